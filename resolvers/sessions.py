"""Signing in and out: sessions and the tokens that stand for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.passwords import MAX_LENGTH, weakness
from models.accounts import links, sessions
from models.accounts.links import Purpose
from models.accounts.users import User
from models.calendar.times import utc_now
from models.errors import InvalidInput, Problem, SessionEnded, WrongCredentials
from models.store.documents import or_unavailable
from subscriptions.sessions import SessionEnd

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from auth.passwords import Passwords
    from auth.throttle import Throttle
    from auth.tokens import Tokens
    from auth.viewers import Viewer
    from models.ids import Id
    from subscriptions.sessions import SessionEnds


@dataclass(frozen=True, slots=True)
class SignIns:
    """What signing in and out needs of the program."""

    passwords: Passwords
    tokens: Tokens
    throttle: Throttle
    ends: SessionEnds
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in: who, the access token, and the refresh token that gets the next pair."""

    user: User
    access_token: str
    expires_at: datetime
    refresh_token: str
    refreshable_until: datetime


async def begin(parts: SignIns, user: User) -> SignIn:
    """Begin a session of an account that has shown who it is."""
    session, refresh_token = await sessions.begin(user.id, utc_now(), parts.lifetime)
    return _sign_in(parts, user, session, refresh_token)


async def login(parts: SignIns, email: str, password: str, address: str) -> SignIn:
    """Sign in.

    Raises:
        WrongCredentials: unknown address, wrong password or disabled account, in the same time.
        TooManyAttempts: by that account or from that address.
    """
    await parts.throttle.attempt("login", address=address, account=email)
    with or_unavailable():
        user = await User.by_email(email)
    encoded = user.password_hash if user and not user.disabled else None
    if not await parts.passwords.matches(encoded, password[: MAX_LENGTH + 1]) or user is None:
        raise WrongCredentials
    await parts.throttle.succeeded("login", email)
    if parts.passwords.is_outdated(user.password_hash):
        await user.set_password_hash(await parts.passwords.hash(password))
    return await begin(parts, user)


async def refresh(parts: SignIns, refresh_token: str | None) -> SignIn:
    """Use a refresh token for the next pair of tokens.

    Raises:
        SessionEnded: for a token that does not count; one that was used before ends its session.
    """
    if not refresh_token:
        raise SessionEnded
    try:
        session, next_token = await sessions.renew(refresh_token, utc_now(), parts.lifetime)
    except SessionEnded:
        session_id = await sessions.session_of(refresh_token)
        if session_id:
            await parts.ends.announce(SessionEnd(session_ids=frozenset({session_id})))
        raise
    with or_unavailable():
        user = await User.get(session.user_id)
    if user is None or user.disabled:
        await end(parts.ends, session.id)
        raise SessionEnded
    return _sign_in(parts, user, session, next_token)


async def logout(
    parts: SignIns, viewer: Viewer | None, refresh_token: str | None, *, everywhere: bool
) -> bool:
    """End the viewer's session, or all of them; False when there was none."""
    if viewer and everywhere:
        await end_all(parts.ends, viewer.id)
        return True
    session_id = viewer.session_id if viewer else None
    if session_id is None and refresh_token:
        session_id = await sessions.session_of(refresh_token)
    if session_id is None:
        return False
    await end(parts.ends, session_id)
    return True


async def change_password(
    parts: SignIns, viewer: Viewer, current: str, password: str, address: str
) -> SignIn:
    """Change the viewer's password; every other session and every link to a new one ends.

    Raises:
        WrongCredentials: when `current` is not the password.
        InvalidInput: when the new one will not do.
        TooManyAttempts: with the current one.
    """
    email = viewer.user.email
    await parts.throttle.attempt("password", address=address, account=email)
    if not await parts.passwords.matches(viewer.user.password_hash, current[: MAX_LENGTH + 1]):
        raise WrongCredentials
    await parts.throttle.succeeded("password", email)
    check_password(password)
    user = viewer.user.model_copy()
    await user.set_password_hash(await parts.passwords.hash(password))
    await links.revoke_links(user.id, Purpose.PASSWORD_RESET)
    await end_all(parts.ends, user.id)
    return await begin(parts, user)


def check_password(password: str, field: str = "password") -> None:
    """Refuse a new password that is too weak.

    Raises:
        InvalidInput: names the field.
    """
    problem = weakness(password)
    if problem:
        raise InvalidInput([Problem(field, problem)])


async def end(ends: SessionEnds, session_id: Id) -> None:
    """End a session, on open sockets, too."""
    await sessions.end(session_id)
    await ends.announce(SessionEnd(session_ids=frozenset({session_id})))


async def end_all(ends: SessionEnds, user_id: Id) -> None:
    """End every session of an account, on open sockets, too."""
    await sessions.end_all(user_id)
    await ends.announce(SessionEnd(user_id=user_id))


def _sign_in(parts: SignIns, user: User, session: sessions.Session, refresh_token: str) -> SignIn:
    access = parts.tokens.issue(user.id, session.id, utc_now())
    return SignIn(user, access.token, access.expires_at, refresh_token, session.expires_at)
