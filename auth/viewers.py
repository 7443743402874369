"""Viewers: who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from models import sessions
from models.base import or_unavailable
from models.errors import Unauthenticated
from models.users import Role, User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from auth.tokens import Tokens
    from models.ids import Id

REMEMBERED_SECONDS = 1.0
MOST_REMEMBERED = 10_000


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
    when the nudge about it comes.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._known: dict[Id, tuple[float, User]] = {}
        self._forgotten = 0

    async def of(self, token: str) -> Viewer:
        """Whom an access token names.

        Raises:
            Unauthenticated: when the token does not count, its session has ended, or its account
                is gone or disabled.
            Unavailable: when the database does not answer.
        """
        claims = self._tokens.read(token)
        asked_at = monotonic()
        remembered, user = self._known.get(claims.session_id, (0.0, None))
        if user is None or asked_at - remembered > REMEMBERED_SECONDS:
            forgotten = self._forgotten
            user = await _account(claims.user_id, claims.session_id)
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            # What ended while it was looked up is not remembered.
            if forgotten == self._forgotten:
                self._known[claims.session_id] = asked_at, user
        if user.id != claims.user_id:
            raise Unauthenticated("The access token is not valid.")
        return Viewer(user, claims.session_id, claims.expires_at)

    def forget(self, session_ids: Iterable[Id], user_id: Id | None = None) -> None:
        """Look sessions, or all of an account's, up again."""
        self._forgotten += 1
        ended = set(session_ids)
        for session_id in [
            session_id
            for session_id, (_, user) in self._known.items()
            if session_id in ended or user.id == user_id
        ]:
            del self._known[session_id]


async def _account(user_id: Id, session_id: Id) -> User:
    if not await sessions.alive([session_id]):
        raise Unauthenticated("This session has ended. Sign in again.")
    with or_unavailable():
        user = await User.get(user_id)
    if user is None or user.disabled:
        raise Unauthenticated("This account cannot sign in.")
    return user


def signed_in(viewer: Viewer | None) -> Viewer:
    """The viewer, of whom there must be one.

    Raises:
        Unauthenticated: when nobody is signed in.
    """
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer
