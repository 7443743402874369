"""Viewers: the signed-in accounts that make requests."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from sys import getsizeof
from time import monotonic
from typing import TYPE_CHECKING

from models.accounts import sessions
from models.accounts.users import Role, User, users_by_id
from models.caching.batch_loader import BatchLoader
from models.caching.cache import Cache
from models.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from auth.tokens import Claims, Tokens
    from models.ids import Id

CACHE_SECONDS = 1.0
MAX_CACHED_SESSIONS = 10_000
MAX_CACHED_TOKENS = 4_096
MAX_CACHED_BYTES = 32 * 1024 * 1024
USER_BYTES = 3_000
"""Estimated memory of a cached account in bytes, without its search terms."""

SESSION_ENDED = "This session has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in account, its session and the expiry time of its access token."""

    user: User
    session_id: Id
    expires_at: datetime

    @property
    def id(self) -> Id:
        """The account's id."""
        return self.user.id

    @property
    def role(self) -> Role:
        """The account's role."""
        return self.user.role

    @property
    def is_guest(self) -> bool:
        """Whether the viewer is a guest, who has no e-mail address."""
        return self.user.guest

    @property
    def expert_id(self) -> Id | None:
        """The id of the account's directory entry, or None if the account has no entry."""
        return self.user.expert_id


class Viewers:
    """Authenticates access tokens, with a cache of sessions and verified tokens.

    A cached session is looked up again after `CACHE_SECONDS`, or as soon as this process learns
    that the session has ended. The signature of a token is not verified again while the token is
    cached.

    Args:
        tokens: verifies the tokens.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._verified: Cache[str, Claims] = Cache("tokens", MAX_CACHED_TOKENS)
        self._cached: Cache[Id, tuple[float, User]] = Cache(
            "viewers", MAX_CACHED_SESSIONS, MAX_CACHED_BYTES
        )
        self._accounts = BatchLoader(_accounts)
        self._invalidations = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Viewers]:
        """Run the batch loader of accounts while the context is open."""
        async with self._accounts.open("viewers"):
            yield self

    async def authenticate(self, token: str) -> Viewer:
        """Return the viewer that an access token names.

        Raises:
            Unauthenticated: if the token is not valid, its session has ended, or its account is
                disabled or deleted.
            Unavailable: if the database does not respond.
        """
        claims = self._claims(token)
        now = monotonic()
        cached_at, user = self._cached.get(claims.session_id) or (0.0, None)
        if user is None or now - cached_at > CACHE_SECONDS:
            invalidations = self._invalidations
            user = await self._account(claims)
            # Do not cache a session that may have ended during the lookup.
            if invalidations == self._invalidations:
                size = USER_BYTES + sum(map(getsizeof, user.terms))
                self._cached.put(claims.session_id, (now, user), size)
        if user.id != claims.user_id:
            raise Unauthenticated("The access token is not valid.")
        return Viewer(user, claims.session_id, claims.expires_at)

    def invalidate(self, session_ids: Iterable[Id], user_id: Id | None = None) -> None:
        """Drop the given sessions, and all sessions of the given account, from the cache."""
        self._invalidations += 1
        ended = set(session_ids)
        self._cached.remove_where(
            lambda session, cached: session in ended or cached[1].id == user_id
        )

    async def _account(self, claims: Claims) -> User:
        accounts_by_key = await self._accounts.load((claims.user_id, claims.session_id))
        if not isinstance(accounts_by_key, User):
            raise Unauthenticated(accounts_by_key or SESSION_ENDED)
        return accounts_by_key

    def _claims(self, token: str) -> Claims:
        claims = self._verified.get(token)
        if claims is None or claims.expires_at <= datetime.now(UTC):
            claims = self._tokens.read(token)
            self._verified.put(token, claims)
        return claims


async def _accounts(keys: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], User | str]:
    """Return, for each pair of account id and session id, the account or a reason for refusal."""
    alive, users = await asyncio.gather(
        sessions.active_sessions({session_id for _, session_id in keys}),
        users_by_id({user_id for user_id, _ in keys}),
    )
    accounts_by_key: dict[tuple[Id, Id], User | str] = {}
    for user_id, session_id in keys:
        user = users.get(user_id)
        if session_id not in alive:
            accounts_by_key[user_id, session_id] = SESSION_ENDED
        elif user is None or user.disabled:
            accounts_by_key[user_id, session_id] = "This account cannot sign in."
        else:
            accounts_by_key[user_id, session_id] = user
    return accounts_by_key


def require_viewer(viewer: Viewer | None) -> Viewer:
    """Return the viewer, or raise Unauthenticated if nobody is signed in."""
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer
