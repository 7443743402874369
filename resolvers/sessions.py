"""Signing in and out: sessions and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.passwords import weakness
from models.accounts import sessions
from models.accounts.guests import create_guest, is_current
from models.accounts.users import User
from models.calendar.times import utc_now
from models.errors import InvalidInput, Problem, SessionEnded, WrongCredentials
from models.store.documents import or_unavailable
from resolvers.guests import move_hold
from subscriptions.sessions import SessionEnd

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from auth.code_keys import CodeKeys
    from auth.passwords import Passwords
    from auth.throttle import Throttle
    from auth.tokens import Tokens
    from auth.viewers import Viewer
    from models.ids import Id
    from models.ledger.ledger import Ledger
    from resolvers.callers import Caller
    from subscriptions.sessions import SessionEnds

DEFAULT_ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class SessionServices:
    """Services for signing in and out.

    `accepts_address` returns whether the mail server can deliver to an e-mail address. An account
    is removed after `unverified_lifetime` unless its e-mail address is verified. The `ledger` moves
    a guest's hold to an account, and prolongs holds by `hold_lifetime` when a sign-in code is
    requested. `phone_region` is the country (ISO 3166) assumed for phone numbers without a country
    code.
    """

    passwords: Passwords
    tokens: Tokens
    throttle: Throttle
    ends: SessionEnds
    lifetime: timedelta
    accepts_address: Callable[[str], bool]
    unverified_lifetime: timedelta
    code_keys: CodeKeys
    ledger: Ledger
    hold_lifetime: timedelta
    phone_region: str | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """The result of a sign-in: the account, an access token and a refresh token."""

    user: User
    access_token: str
    expires_at: datetime
    refresh_token: str
    refreshable_until: datetime


async def start_session(services: SessionServices, user: User, caller: Caller) -> SignIn:
    """Start a session for an authenticated account, and move a guest's hold to the account."""
    await move_hold(services.ledger, services.ends, caller, user)
    session, refresh_token = await sessions.begin(
        user.id, utc_now(), services.lifetime, caller.device
    )
    ended = await sessions.end_oldest(user.id, utc_now())
    if ended:
        await services.ends.announce(SessionEnd(session_ids=ended))
    return _sign_in(services, user, session, refresh_token)


async def start_guest_session(services: SessionServices, caller: Caller) -> SignIn:
    """Start a session for the caller's guest account; create that account if there is none.

    Raises:
        TooManyAttempts: if too many guests were created from the network address, or too many
            sessions were started for the same guest.
        Unavailable: if the database does not respond.
    """
    guest = await caller.guest()
    if guest and await is_current(guest.id, utc_now()):
        account = str(guest.id)
        await services.throttle.attempt("guest session", address=caller.address, account=account)
    else:
        await services.throttle.attempt("guest", address=caller.address)
        guest = await create_guest(utc_now(), caller.language)
    return await start_session(services, guest, caller)


async def login(services: SessionServices, email: str, password: str, caller: Caller) -> SignIn:
    """Sign in with an e-mail address and a password.

    Args:
        services: the sign-in services.
        email: the account's e-mail address.
        password: the account's password.
        caller: the client.

    Raises:
        WrongCredentials: if the e-mail address is unknown, the password wrong or the account
            disabled; the response time does not reveal which.
        TooManyAttempts: if there were too many attempts for the account or from the network
            address.
    """
    await services.throttle.attempt("login", address=caller.address, account=email)
    with or_unavailable():
        user = await User.by_email(email)
    encoded = user.password_hash if user and not user.disabled else None
    if not await services.passwords.matches(encoded, password) or user is None:
        raise WrongCredentials
    await services.throttle.succeeded(
        "login", email, caller.address, is_verified=user.email_verified
    )
    if services.passwords.is_outdated(user.password_hash):
        await user.set_password_hash(await services.passwords.hash(password))
    return await start_session(services, user, caller)


async def refresh(services: SessionServices, refresh_token: str | None) -> SignIn:
    """Exchange a refresh token for a new pair of tokens.

    Raises:
        SessionEnded: if the token is not valid. If the token was used before, its session also
            ends.
    """
    if not refresh_token:
        raise SessionEnded
    try:
        session, next_token = await sessions.renew(refresh_token, utc_now(), services.lifetime)
    except SessionEnded:
        session_id = await sessions.session_of(refresh_token)
        if session_id:
            await services.ends.announce(SessionEnd(session_ids=frozenset({session_id})))
        raise
    with or_unavailable():
        user = await User.get(session.user_id)
    if user is None or user.disabled:
        await end_session(services.ends, session.id)
        raise SessionEnded
    return _sign_in(services, user, session, next_token)


async def logout(
    services: SessionServices, viewer: Viewer | None, refresh_token: str | None, *, everywhere: bool
) -> bool:
    """End the viewer's session or, with `everywhere`, all sessions of the account.

    Returns:
        Whether there was a session to end.
    """
    session_id = viewer.session_id if viewer else None
    if session_id is None and refresh_token:
        session_id = await sessions.session_of(refresh_token)
    if session_id is None:
        return False
    if not everywhere:
        await end_session(services.ends, session_id)
        return True
    user_id = viewer.id if viewer else await sessions.account_of(session_id)
    if user_id is None:
        return False
    await end_all_sessions(services.ends, user_id)
    return True


def check_password(password: str, field: str = "password") -> None:
    """Check a new password.

    Raises:
        InvalidInput: if the password is too weak; the problem names the given field.
    """
    problem = weakness(password)
    if problem:
        raise InvalidInput([Problem(field, problem)])


async def end_session(ends: SessionEnds, session_id: Id) -> None:
    """End a session, and close its open connections."""
    await sessions.end(session_id)
    await ends.announce(SessionEnd(session_ids=frozenset({session_id})))


async def end_all_sessions(ends: SessionEnds, user_id: Id) -> None:
    """End all sessions of an account, and close their open connections."""
    await sessions.end_all(user_id)
    await ends.announce(SessionEnd(user_id=user_id))


def _sign_in(
    services: SessionServices, user: User, session: sessions.Session, refresh_token: str
) -> SignIn:
    access = services.tokens.issue(user.id, session.id, utc_now())
    return SignIn(user, access.token, access.expires_at, refresh_token, session.expires_at)
