"""Queries for accounts, and the registration of new accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.passwords import weakness
from auth.visibility import may_see_user
from models.accounts.emails import email_key
from models.accounts.users import Language, Role, User
from models.bookings.account_mails import verification_mail
from models.calendar.times import utc_now
from models.directory.administration import NO_EXPERT
from models.store.documents import or_unavailable
from resolvers.checks import InputValidator
from resolvers.sessions import DEFAULT_ZONE, start_session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from auth.passwords import Passwords
    from auth.viewers import Viewer
    from models.ids import Id
    from resolvers.callers import Caller
    from resolvers.sessions import SessionServices, SignIn


async def register(
    services: SessionServices,
    *,
    name: str,
    email: str,
    password: str,
    time_zone: str | None,
    caller: Caller,
) -> SignIn:
    """Create a client's account, and start a session for it.

    Raises:
        InvalidInput: if any field is invalid; `problems` lists all of them.
        EmailTaken: if an account with this e-mail address exists, ignoring case.
        TooManyAttempts: if there were too many attempts from the network address.
    """
    await services.throttle.attempt("register", address=caller.address)
    user = await create(
        services.passwords,
        name,
        email,
        password,
        Role.CLIENT,
        time_zone,
        verify_within=services.unverified_lifetime,
        accepts=services.accepts_address,
        language=caller.language,
    )
    await services.throttle.succeeded("login", user.email, caller.address, is_verified=False)
    return await start_session(services, user, caller)


async def create(
    passwords: Passwords,
    name: str,
    email: str,
    password: str,
    role: Role,
    time_zone: str | None = None,
    *,
    verify_within: timedelta | None = None,
    accepts: Callable[[str], bool] | None = None,
    language: Language = Language.EN,
) -> User:
    """Create an account.

    If `verify_within` is given, an e-mail with a verification link is queued, and the account is
    removed after that time unless its e-mail address has been verified. `accepts` returns whether
    the mail server can deliver to an e-mail address.

    Raises:
        InvalidInput: if any field is invalid; `problems` lists all of them.
        EmailTaken: if an account with this e-mail address exists, ignoring case.
    """
    validator = InputValidator()
    name = validator.name("name", name)
    email = validator.email("email", email, accepts)
    time_zone = validator.time_zone("timeZone", time_zone)
    if role is Role.EXPERT:
        validator.add_problem("role", NO_EXPERT)
    problem = weakness(password)
    if problem:
        validator.add_problem("password", problem)
    validator.raise_problems()
    now = utc_now()
    user = User(
        name=name,
        email=email,
        email_key=email_key(email),
        password_hash=await passwords.hash(password),
        role=role,
        time_zone=time_zone or DEFAULT_ZONE,
        language=language,
        created_at=now,
        unverified_until=now + verify_within if verify_within else None,
    )
    with or_unavailable():
        return await user.register(*([verification_mail(user, now)] if verify_within else []))


async def by_email(email: str) -> User | None:
    """Return the account with the given e-mail address, ignoring case."""
    with or_unavailable():
        return await User.by_email(email)


async def users(user_ids: Sequence[Id]) -> list[User | None]:
    """Return the accounts with the given ids, in the same order, with one database command."""
    with or_unavailable():
        found = await User.find({"_id": {"$in": list(user_ids)}}).to_list()
    by_id = {user.id: user for user in found}
    return [by_id.get(id_) for id_ in user_ids]


def if_visible(viewer: Viewer | None, user: User | None) -> User | None:
    """Return the given account, or None if the viewer may not see the account."""
    return user if user and may_see_user(viewer, user.id) else None
