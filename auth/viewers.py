"""Viewers: who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.base import or_unavailable
from models.errors import Unauthenticated
from models.users import Role, User

if TYPE_CHECKING:
    from datetime import datetime

    from auth.tokens import Tokens
    from models.ids import Id


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in account, for as long as its token counts."""

    user: User
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


async def viewer_of(token: str, tokens: Tokens) -> Viewer:
    """Whom an access token names.

    Raises:
        Unauthenticated: when the token does not count, or its account is gone or disabled.
        Unavailable: when the database does not answer.
    """
    claims = tokens.read(token)
    with or_unavailable():
        user = await User.get(claims.user_id)
    if user is None or user.disabled:
        raise Unauthenticated("This account cannot sign in.")
    return Viewer(user, claims.expires_at)


def signed_in(viewer: Viewer | None) -> Viewer:
    """The viewer, of whom there must be one.

    Raises:
        Unauthenticated: when nobody is signed in.
    """
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    return viewer
