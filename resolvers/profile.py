"""Changes to the viewer's own account: profile, e-mail address, password and sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auth.code_keys import is_code
from auth.policies import relations_of, require
from models.accounts import codes, links, sessions
from models.accounts.emails import email_key
from models.accounts.links import Purpose
from models.accounts.users import User
from models.bookings.account_mails import queue_change_notice, queue_verification_mail
from models.calendar.times import utc_now
from models.directory import administration as directory
from models.errors import BadUserInput, WrongCode, WrongCredentials
from models.ids import object_id
from models.store.documents import or_unavailable
from resolvers.checks import InputValidator
from resolvers.codes import check_proof, prove_address
from resolvers.sessions import check_password, end_all_sessions, end_session, start_session

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.accounts.sessions import Session
    from models.accounts.users import Language
    from resolvers.callers import Caller
    from resolvers.sessions import SessionServices, SignIn


async def update_profile(
    services: SessionServices,
    viewer: Viewer,
    *,
    name: str | None,
    time_zone: str | None,
    language: Language | None,
    phone: str | None,
) -> User:
    """Change the viewer's account; None keeps a value, and an empty `phone` removes the number.

    Raises:
        NotAllowed: for guests.
        InvalidInput: if any field is invalid; `problems` lists all invalid fields.
        Unavailable: if the database does not respond.
    """
    require("Mutation.updateProfile", relations_of(viewer))
    validator = InputValidator()
    changes: dict[str, Any] = {}
    if name is not None:
        changes["name"] = validator.name("name", name)
    if time_zone is not None:
        changes["time_zone"] = validator.time_zone("timeZone", time_zone)
    if language is not None:
        changes["language"] = language
    if phone is not None:
        changes["phone"] = (
            validator.phone("phone", phone, services.phone_region) if phone.strip() else None
        )
    validator.raise_problems()
    _, changed = await directory.change_user(viewer.id, changes)
    return changed


async def change_email(
    services: SessionServices, viewer: Viewer, email: str, code: str, address: str
) -> User:
    """Change the viewer's e-mail address, given a code sent to the new one; notify the former one.

    Raises:
        NotAllowed: for guests.
        InvalidInput: if the e-mail address is invalid or unchanged.
        WrongCode: if the code is wrong, has expired or was used before.
        TooManyAttempts: if there were too many attempts to enter a code.
        EmailTaken: if another account has the e-mail address; the code stays valid.
        Unavailable: if the database does not respond.
    """
    require("Mutation.changeEmail", relations_of(viewer))
    validator = InputValidator()
    found = validator.email("email", email, services.accepts_address)
    if found == viewer.user.email and viewer.user.email_verified:
        validator.add_problem("email", "This is your address already")
    validator.raise_problems()
    proven = await prove_address(services, found, code, address)
    before = utc_now()
    changed = await codes.change_email(proven, viewer.user, found, email_key(found))
    await services.throttle.succeeded("code", found, address, is_verified=True)
    if changed.email_key != viewer.user.email_key:
        await queue_change_notice(viewer.user, before)
    return changed


async def change_password(
    services: SessionServices, viewer: Viewer, current: str, password: str, caller: Caller
) -> SignIn:
    """Change or set the viewer's password and start a new session.

    All earlier sessions end, and all password reset links become invalid.

    Args:
        services: the sign-in services.
        viewer: the account's owner.
        current: the current password, or a code that was sent to the account's e-mail address.
        password: the new password.
        caller: the client that sent the request, with its network address and device.

    Raises:
        Forbidden: for guests.
        WrongCredentials: if `current` is a wrong password, or a wrong or expired code.
        InvalidInput: if the new password is too weak.
        TooManyAttempts: if there were too many wrong attempts.
    """
    require("Mutation.changePassword", relations_of(viewer))
    if is_code(current):
        check_password(password)  # before `check_proof` uses up the code
    try:
        await check_proof(services, viewer.user, current, "password", caller.address)
    except WrongCode as error:
        raise WrongCredentials from error
    check_password(password)
    user = viewer.user.model_copy()
    await user.set_password_hash(await services.passwords.hash(password))
    await links.revoke_links(user.id, Purpose.PASSWORD_RESET)
    await end_all_sessions(services.ends, user.id)
    return await start_session(services, user, caller)


async def resend_verification(services: SessionServices, viewer: Viewer, address: str) -> bool:
    """Queue another verification e-mail; return False if the e-mail address is verified already.

    Raises:
        Forbidden: for guests.
        TooManyAttempts: if too many verification e-mails were requested.
        Unavailable: if the database does not respond.
    """
    require("Mutation.resendVerification", relations_of(viewer))
    with or_unavailable():
        user = await User.get(viewer.id)
    if user is None or user.email_verified:
        return False
    await services.throttle.attempt("verification", address=address, account=user.email)
    await queue_verification_mail(user)
    return True


async def sessions_of(user: User) -> list[Session]:
    """Return an account's sessions, the latest sign-in first."""
    return await sessions.sessions_of(user.id, utc_now())


async def find_session(viewer: Viewer | None, session_id: str) -> Session | None:
    """Return one of the viewer's own sessions, or None if the viewer has no such session.

    Raises:
        BadUserInput: if the id is not a global id of a session.
        Unavailable: if the database does not respond.
    """
    key = object_id(session_id, "Session", "id")
    return await sessions.own_session(key, viewer.id, utc_now()) if viewer else None


async def end_own_session(services: SessionServices, viewer: Viewer, session_id: str) -> bool:
    """End one of the viewer's sessions, and close its open connections.

    Returns:
        True if the session was ended; False if the viewer has no such session.

    Raises:
        Unavailable: if the database does not respond.
    """
    try:
        found = await find_session(viewer, session_id)
    except BadUserInput:
        return False
    if found is None:
        return False
    await end_session(services.ends, found.id)
    return True
