"""A subscription on a socket that is served together with others like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import orjson

from schema.context import Context
from web.edge.frames import text_frame

if TYPE_CHECKING:
    from models.events import Event
    from models.ids import Id
    from schema.live import Live
    from subscriptions.hub import Hub
    from web.edge.frames import Wire


@dataclass(eq=False)
class LiveSeat:
    """One operation of one socket, which gets its events as ready frames."""

    id: str
    wire: Wire
    live: Live
    context: Context

    def __post_init__(self) -> None:
        viewer = self.context.viewer
        self.viewer_id: Id | None = viewer.id if viewer else None
        self._prefix = b'{"type":"next","id":%b,"payload":' % orjson.dumps(self.id)

    async def attend(self, hub: Hub) -> NoReturn:
        """Serve it until it is cancelled or fails.

        Raises:
            BadUserInput: for a cursor of an event that has not happened.
            CursorExpired: when the next event is no longer kept.
            Unavailable: when the database does not answer.
            ConnectionAbortedError: when the peer has gone, or does not read.
        """
        live, strangers = self.live, Context(self.context.services, None)
        async with hub.watching(live.expert_id, live.after) as (channel, position):
            await channel.attend(
                live.key, lambda event: live.rendered(event, strangers), self, position
            )

    def render(self, event: Event) -> bytes | None:
        """The event as the viewer sees it."""
        return self.live.rendered(event, self.context)

    def send(self, payload: bytes) -> bool:
        """Write the payload in a `next`; False when the peer should be waited for before more."""
        return self.wire.write(text_frame(self._prefix, payload, b"}"))

    async def drained(self) -> None:
        """Wait until the peer has read enough."""
        await self.wire.drained()
