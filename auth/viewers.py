"""Viewers: who is asking."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from models.accounts import sessions
from models.accounts.users import Role, User, accounts
from models.caching.batch_loader import AT_ONCE, BatchLoader
from models.caching.cache import Cache
from models.errors import Unauthenticated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from auth.tokens import Claims, Tokens
    from models.ids import Id

REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 10_000
MOST_VERIFIED = 4_096
ENDED = "This session has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in account, for as long as its token counts."""

    user: User
    session_id: Id
    expires_at: datetime

    @property
    def id(self) -> Id:
        """The account's id."""
        return self.user.id

    @property
    def role(self) -> Role:
        """What the account is for."""
        return self.user.role

    @property
    def expert_id(self) -> Id | None:
        """The expert that the account is, if it is one."""
        return self.user.expert_id


class Viewers:
    """Finds out who a token names, and remembers it for a second at most.

    A session that ends in this process is forgotten at once; one that ends in another is forgotten
    when the nudge about it comes. A token that was valid once is so until its end: its signature
    is verified once (60 µs), its session looked up as often as that of any other.

    Args:
        tokens: reads them.
        at_once: so many sessions are looked up together.
    """

    def __init__(self, tokens: Tokens, at_once: int = AT_ONCE) -> None:
        self._tokens = tokens
        self._verified: Cache[str, Claims] = Cache("tokens", MOST_VERIFIED)
        self._known: Cache[Id, tuple[float, User]] = Cache("viewers", MOST_REMEMBERED)
        self._accounts = BatchLoader(_accounts, at_once)
        self._forgotten = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Viewers]:
        """Look people up for as long as the context lasts."""
        async with self._accounts.open("viewers"):
            yield self

    async def of(self, token: str) -> Viewer:
        """Whom an access token names.

        Raises:
            Unauthenticated: when the token does not count, its session has ended, or its account
                is gone or disabled.
            Unavailable: when the database does not answer.
        """
        claims = self._claims(token)
        asked_at = monotonic()
        remembered, user = self._known.get(claims.session_id) or (0.0, None)
        if user is None or asked_at - remembered > REMEMBERED_SECONDS:
            forgotten = self._forgotten
            user = await self._account(claims)
            # What ended while it was looked up is not remembered.
            if forgotten == self._forgotten:
                self._known.keep(claims.session_id, (asked_at, user))
        if user.id != claims.user_id:
            raise Unauthenticated("The access token is not valid.")
        return Viewer(user, claims.session_id, claims.expires_at)

    def forget(self, session_ids: Iterable[Id], user_id: Id | None = None) -> None:
        """Look sessions, or all of an account's, up again."""
        self._forgotten += 1
        ended = set(session_ids)
        self._known.drop(lambda session, known: session in ended or known[1].id == user_id)

    async def _account(self, claims: Claims) -> User:
        found = await self._accounts.ask((claims.user_id, claims.session_id))
        if not isinstance(found, User):
            raise Unauthenticated(found or ENDED)
        return found

    def _claims(self, token: str) -> Claims:
        claims = self._verified.get(token)
        if claims is None or claims.expires_at <= datetime.now(UTC):
            claims = self._tokens.read(token)
            self._verified.keep(token, claims)
        return claims


async def _accounts(asked: Sequence[tuple[Id, Id]]) -> dict[tuple[Id, Id], User | str]:
    """The accounts of some sessions by account and session, or why those cannot be asked with."""
    alive, users = await asyncio.gather(
        sessions.alive({session_id for _, session_id in asked}),
        accounts({user_id for user_id, _ in asked}),
    )
    found: dict[tuple[Id, Id], User | str] = {}
    for user_id, session_id in asked:
        user = users.get(user_id)
        if session_id not in alive:
            found[user_id, session_id] = ENDED
        elif user is None or user.disabled:
            found[user_id, session_id] = "This account cannot sign in."
        else:
            found[user_id, session_id] = user
    return found


def signed_in(viewer: Viewer | None) -> Viewer:
    """The viewer, of whom there must be one.

    Raises:
        Unauthenticated: when nobody is signed in.
    """
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer
