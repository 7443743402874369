"""Sign-in codes sent by e-mail: requesting a code, proving an e-mail address, and signing in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from auth.code_keys import is_code, typed_code
from models.accounts import codes
from models.accounts.emails import email_key
from models.accounts.users import User
from models.bookings.account_mails import queue_code_mail
from models.calendar.times import utc_now
from models.errors import InvalidInput, WrongCode
from resolvers.checks import MAX_NAME_CHARS, InputValidator, recipient_of
from resolvers.guests import prolong_holds
from resolvers.sessions import DEFAULT_ZONE, end_all_sessions, start_session

if TYPE_CHECKING:
    from models.accounts.codes import Attempt
    from resolvers.callers import Caller
    from resolvers.sessions import SessionServices, SignIn

UNNAMED: Final = "New client"
SEPARATORS: Final = re.compile(r"[\W_\d]+")


async def request_code(services: SessionServices, email: str, caller: Caller) -> bool:
    """Queue an e-mail with a sign-in code; return True even if there is no such account.

    The account is looked up only when the e-mail is sent, so the response time does not reveal
    whether the account exists. If the caller's own e-mail address is not verified, each of the
    caller's holds is prolonged once, to allow time for reading the e-mail.

    Raises:
        TooManyAttempts: if too many codes were requested for the e-mail address or from the network
            address.
        BadUserInput: if the mail server cannot deliver to the e-mail address.
        Unavailable: if the database does not respond.
    """
    await services.throttle.attempt("code request", address=caller.address, account=email)
    found = recipient_of(email, services.accepts_address)
    if found is None:
        return True
    if caller.viewer and not caller.viewer.user.email_verified:
        await prolong_holds(services.ledger, caller.viewer.id, services.hold_lifetime)
    await queue_code_mail(found, caller.language)
    return True


async def prove_address(services: SessionServices, email: str, code: str, address: str) -> Attempt:
    """Check a sign-in code that was sent to an e-mail address, and return the attempt.

    The check does not use up the code.

    Raises:
        WrongCode: if the code is wrong; the error has the number of attempts left, which is 0 if no
            code is valid.
        TooManyAttempts: if there were too many attempts for the e-mail address or from the network
            address.
        Unavailable: if the database does not respond.
    """
    await services.throttle.attempt("code", address=address, account=email)
    found = await codes.spend_attempt(email, address, utc_now())
    is_right = services.code_keys.admits(email, typed_code(code), found.digest if found else "")
    if found is None or not is_right:
        raise WrongCode(found.left if found else 0)
    return found


async def sign_in_with_code(
    services: SessionServices,
    *,
    email: str,
    code: str,
    name: str | None,
    time_zone: str | None,
    caller: Caller,
) -> SignIn:
    """Sign in with a code that was sent by e-mail; create an account if there is none yet.

    Args:
        services: the sign-in services.
        email: the e-mail address.
        code: the sign-in code that was sent to the e-mail address.
        name: the name of a new account; None to derive it from the e-mail address.
        time_zone: the time zone of a new account.
        caller: the person who signs in; if this is a guest, the guest's hold moves to the account.

    Raises:
        InvalidInput: if any field is invalid; no attempt is counted.
        WrongCode: if the code is wrong, has expired or was used, or if the account is disabled.
        TooManyAttempts: if there were too many attempts for the e-mail address or from the network
            address.
        Unavailable: if the database does not respond.
    """
    validator = InputValidator()
    found = validator.email("email", email, services.accepts_address)
    name = validator.name("name", name) if name else name_from(found)
    time_zone = validator.time_zone("timeZone", time_zone)
    validator.raise_problems()
    proven = await prove_address(services, found, code, caller.address)
    draft = User(
        name=name,
        email=found,
        email_key=email_key(found),
        password_hash="",
        time_zone=time_zone or DEFAULT_ZONE,
        language=caller.language,
        email_verified=True,
        created_at=utc_now(),
    )
    user, has_ended_sessions = await codes.sign_in(
        proven, draft, caller.viewer.id if caller.viewer else None
    )
    if has_ended_sessions:
        await end_all_sessions(services.ends, user.id)
    await services.throttle.succeeded("code", found, caller.address, is_verified=True)
    return await start_session(services, user, caller)


async def check_proof(
    services: SessionServices, user: User, proof: str, purpose: str, address: str
) -> None:
    """Check the password of an account, or a code that was sent to its e-mail address.

    A proof of six digits is treated as a code, because passwords are longer.

    Raises:
        WrongCode: if the proof is wrong; the error has the number of attempts left.
        TooManyAttempts: if there were too many attempts for this purpose.
        Unavailable: if the database does not respond.
    """
    throttle, email = services.throttle, user.email
    await throttle.attempt(purpose, address=address, account=email)
    if is_code(proof):
        await codes.use(await prove_address(services, email, proof, address))
        await throttle.succeeded("code", email, address, is_verified=True)
    elif not await services.passwords.matches(user.password_hash, proof):
        raise WrongCode(await throttle.left(purpose, address=address, account=email))
    await throttle.succeeded(purpose, email, address, is_verified=user.email_verified)


def name_from(email: str) -> str:
    """Derive a new account's name from its e-mail address: ada.lovelace becomes Ada Lovelace."""
    words = SEPARATORS.sub(" ", email.rpartition("@")[0]).split()
    validator = InputValidator()
    try:
        name = validator.name("name", " ".join(map(str.capitalize, words))[:MAX_NAME_CHARS])
        validator.raise_problems()
    except InvalidInput:
        return UNNAMED
    return name
