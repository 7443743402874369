"""A subscription on a socket that is served together with others like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import orjson

from web.edge.websocket_protocol import text_frame

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from auth.viewers import Viewer
    from models.bookings.events import Event
    from schema.execution.shared_subscriptions import SharedSubscription
    from subscriptions.encoded_events import EncodedEvents
    from subscriptions.hub import Hub
    from web.edge.websocket_protocol import WebSocketProtocol


class SharedSubscriber:
    """One operation of one socket, which gets its events as ready frames."""

    __slots__ = ("_id", "_view", "_viewer", "_wire", "viewer_id")

    def __init__(
        self, id_: str, wire: WebSocketProtocol, live: SharedSubscription, viewer: Viewer | None
    ) -> None:
        self._id = id_
        self._wire = wire
        self._view = live.view
        self._viewer = viewer
        self.viewer_id = viewer.id if viewer else None

    def render(self, event: Event) -> bytes | None:
        """The event as the viewer sees it."""
        return self._view.render(event, self._viewer)

    def send(self, encoded: EncodedEvents) -> bool:
        """Write the payloads, each in a `next`; False when the peer is to be waited for."""
        return self._wire.write(encoded.frames(self._id, _frames))

    async def drained(self) -> None:
        """Wait until the peer has read enough."""
        await self._wire.drained()

    async def serve(self, hub: Hub, live: SharedSubscription) -> NoReturn:
        """Serve it until it is cancelled or fails.

        Raises:
            BadUserInput: for a cursor of an event that has not happened.
            CursorExpired: when the next event is no longer kept.
            Unavailable: when the database does not answer.
            ConnectionAbortedError: when the peer has gone, or does not read.
        """
        async with hub.subscribe(live.expert_id, live.after) as (channel, position):
            await channel.serve(self._view, self._view.render, self, position)


class SoloSubscriber(SharedSubscriber):
    """One whose events go out as any other message does: it takes them, then waits for that."""

    __slots__ = ("_due", "_send")

    def __init__(
        self,
        id_: str,
        wire: WebSocketProtocol,
        live: SharedSubscription,
        viewer: Viewer | None,
        send: Callable[[str], Awaitable[None]],
    ) -> None:
        super().__init__(id_, wire, live, viewer)
        self._send = send
        self._due: Sequence[bytes] = ()

    def send(self, encoded: EncodedEvents) -> bool:
        """Take the payloads, which are sent before anything else is taken."""
        self._due = encoded.payloads
        return False

    async def drained(self) -> None:
        """Send what was taken."""
        due, self._due = self._due, ()
        for payload in due:
            await self._send((_head(self._id) + payload + b"}").decode())


def _frames(id_: str, payloads: Sequence[bytes]) -> bytes:
    head = _head(id_)
    return b"".join(text_frame(head, payload, b"}") for payload in payloads)


def _head(id_: str) -> bytes:
    return b'{"type":"next","id":%b,"payload":' % orjson.dumps(id_)
