"""Sign-in sessions of an account."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import strawberry

from models.ids import global_id
from resolvers.callers import UNKNOWN_DEVICE
from schema.nodes import Node

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.accounts import sessions as model

ASSUMED_SESSIONS: Final = 5
"""Number of sessions per account that the cost of an operation assumes."""


@strawberry.type(description="A sign-in on a device.")
class Session(Node):
    """A session of the viewer."""

    started_at: datetime = strawberry.field(description="Time at which the session began.")
    last_used_at: datetime = strawberry.field(
        description="Time at which the session's latest access token was issued; the client may "
        "have used the token until it expired."
    )
    device: str = strawberry.field(
        description="Browser and operating system as reported by the client, such as Firefox on "
        "Linux."
    )
    current: bool = strawberry.field(
        description="Whether the current request belongs to this session."
    )

    @classmethod
    def of(cls, session: model.Session, viewer: Viewer | None) -> Session:
        """Convert a stored session to the GraphQL type, for the session's owner."""
        return cls(
            id=strawberry.ID(global_id("Session", session.id)),
            started_at=session.created_at,
            last_used_at=session.last_used_at,
            device=session.device or UNKNOWN_DEVICE,
            current=viewer is not None and viewer.session_id == session.id,
        )
