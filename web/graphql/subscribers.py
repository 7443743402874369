"""WebSocket subscribers of events that are rendered once for many subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import orjson

from web.edge.websocket_protocol import text_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.bookings.events import Event
    from schema.execution.shared_subscriptions import SharedSubscription
    from subscriptions.encoded_events import EncodedEvents
    from subscriptions.hub import Hub
    from web.edge.websocket_protocol import WebSocketProtocol


class SharedSubscriber:
    """Subscription on a socket that receives its events as encoded frames."""

    __slots__ = ("_id", "_protocol", "_view", "_viewer", "viewer_id")

    def __init__(
        self,
        id_: str,
        protocol: WebSocketProtocol,
        shared: SharedSubscription,
        viewer: Viewer | None,
    ) -> None:
        self._id = id_
        self._protocol = protocol
        self._view = shared.view
        self._viewer = viewer
        self.viewer_id = viewer.id if viewer else None

    def render(self, event: Event) -> bytes | None:
        """Return the event as the viewer sees it, or None if the subscription filters it out."""
        return self._view.render(event, self._viewer)

    def send(self, encoded: EncodedEvents) -> bool:
        """Write each payload as a `next` message; return False if the send buffer is full."""
        return self._protocol.write(encoded.frames(self._id, _frames))

    async def drained(self) -> None:
        """Wait until the send buffer has room again."""
        await self._protocol.drained()

    async def serve(self, hub: Hub, shared: SharedSubscription) -> NoReturn:
        """Deliver events until the subscription is cancelled or fails.

        Raises:
            BadUserInput: if the cursor is ahead of the last event.
            CursorExpired: if the event after the cursor is no longer stored.
            Unavailable: if the database does not answer.
            ConnectionAbortedError: if the client is gone or does not read.
        """
        async with hub.subscribe(shared.expert_id, shared.after) as (channel, position):
            await channel.serve(self._view, self._view.render, self, position)


def _frames(id_: str, payloads: Sequence[bytes]) -> bytes:
    head = _head(id_)
    return b"".join(text_frame(head, payload, b"}") for payload in payloads)


def _head(id_: str) -> bytes:
    return b'{"type":"next","id":%b,"payload":' % orjson.dumps(id_)
