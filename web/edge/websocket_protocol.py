"""WebSocket frames written straight to the transport.

A ready frame costs 7.0 µs of CPU where uvicorn's `send` costs 10.4 (1,000 sockets, one event). A
socket of ours offers itself to the application as the ASGI extension `expertbook.wire`.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.server import ServerProtocol

from models.telemetry.metrics import CUT_OFF
from web.edge.connections import Connections
from web.edge.headers import API_HEADERS
from web.edge.pacing import Pace
from web.edge.waiting import Gate, Inbox

if TYPE_CHECKING:
    import http
    from asyncio.transports import BaseTransport
    from collections.abc import Callable

    from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
    from uvicorn.config import Config
    from uvicorn.server import ServerState
    from websockets.frames import Frame
    from websockets.http11 import Request, Response

EXTENSION = "expertbook.wire"
STUCK_SECONDS = 10.0
CLOSE_SECONDS = 2.0
LONGEST_FRAME = 64 * 1024
SEND_BUFFER = 64 * 1024
BYTES_AT_ONCE = 512
FRAMES_AT_ONCE = 64
"""What is read of a socket, more or less, before others have their turn: a millisecond or two."""

MOST_FRAGMENTS = 1_024
"""Of a message: empty ones count for nothing in its length, but take room."""

SHORT, MEDIUM = 125, 0xFFFF


class Handshake(ServerProtocol):
    """The server's side, which refuses as the rest of the program does."""

    def reject(self, status: http.HTTPStatus | int, text: str) -> Response:
        """Refuse with the security headers."""
        response = super().reject(status, text)
        response.headers.update((name.decode(), value.decode()) for name, value in API_HEADERS)
        return response


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """A socket's end: frames go out without waiting, and whoever does not read is cut off."""

    on_drain: Callable[[], None] | None
    on_lost: Callable[[], None] | None

    # With the base's own, which would not fit in a dict that instances share: 1.3 KB less.
    __slots__ = (
        "_pace",
        "_taken",
        "_turn",
        "_unread",
        "app",
        "app_state",
        "asgi_version",
        "client",
        "close_sent",
        "close_timeout",
        "close_timer",
        "config",
        "conn",
        "connections",
        "curr_msg_data_type",
        "default_headers",
        "disconnected",
        "frames",
        "handshake_complete",
        "handshake_initiated",
        "initial_response",
        "last_ping_rtt",
        "logger",
        "loop",
        "on_drain",
        "on_lost",
        "pending_ping_payload",
        "ping_interval",
        "ping_sent_at",
        "ping_timeout",
        "ping_timer",
        "pong_timer",
        "queue",
        "read_paused",
        "request",
        "response",
        "root_path",
        "scheme",
        "scope",
        "server",
        "tasks",
        "transport",
        "writable",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.on_drain = self.on_lost = None
        self.queue = Inbox()  # type: ignore[assignment] # it is all of a queue that is used
        self.writable = Gate()  # type: ignore[assignment] # likewise
        self.conn = Handshake(max_size=config.ws_max_size, logger=self.logger)
        has_pace = isinstance(server_state, Connections) and server_state.has_caps
        self._pace = Pace() if has_pace else None
        self._unread = bytearray()
        self._turn: asyncio.Handle | None = None
        self._taken = 0

    def connection_made(self, transport: BaseTransport) -> None:
        """Bound what the system keeps for a peer that does not read."""
        super().connection_made(transport)
        if (end := transport.get_extra_info("socket")) is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever counts connections."""
        self._unread.clear()
        if self._turn:
            self._turn.cancel()
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()

    def handle_connect(self, event: Request) -> None:
        """Offer this to the application."""
        super().handle_connect(event)
        if not self.close_sent:
            self.close_timeout = CLOSE_SECONDS
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment] # it fits no protocol of uvicorn's

    def data_received(self, data: bytes) -> None:
        """Take what has come, in turns."""
        self._unread += data
        if not (self._turn or self.read_paused):
            self._read()

    def _read(self) -> None:
        """Read on, where the application has taken what came before."""
        self._turn = None
        if not (self.read_paused or self.transport.is_closing()):
            self._read_some()

    def _read_some(self) -> None:
        """Read until it is enough for once."""
        self._taken = 0
        while self._unread and self._taken < FRAMES_AT_ONCE and not self.transport.is_closing():
            part = bytes(self._unread[:BYTES_AT_ONCE])
            del self._unread[:BYTES_AT_ONCE]
            super().data_received(part)
        wait = self._pace.take(self._taken) if self._pace else 0.0
        if wait:
            self._turn = self.loop.call_later(wait, self._read)
        elif self._unread:
            self._turn = self.loop.call_soon(self._read)
        if self._turn:
            self.transport.pause_reading()
        elif not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> ASGIReceiveEvent:
        """Give the application the next message; after the last one there is, read on."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if not self._turn:
                self._read()
        return message

    def handle_events(self) -> None:
        """Count the frames that have come."""
        self._taken += len(self.conn.events)
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """Put a message together, of so many parts."""
        if self.close_sent:
            return
        if len(self.frames) >= MOST_FRAGMENTS:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping, unless the peer does not read answers (RFC 6455, 5.5.3 lets it be)."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_parser_exception(self) -> None:
        """End the connection; before the handshake is answered nothing can be said in frames."""
        if self.conn.close_sent is None:
            self.disconnected = self.handshake_complete = True
            self.abort()
        else:
            super().handle_parser_exception()

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message of the application; a close does not wait for ever to be taken."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            # Of no more use, but the parser holds the one for as long as it lasts.
            self.request.headers.clear()
            del self.request, self.response
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # uvicorn takes a refusal for an application's failure
        if message["type"] == "websocket.close":
            self.loop.call_later(STUCK_SECONDS, self.abort)
            if not self._turn:
                self._read()

    def write(self, frame: bytes) -> bool:
        """Send a frame without waiting; False when the peer should be waited for before more."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return self.writable.is_set()

    async def drained(self) -> None:
        """Wait until the peer has read enough; one that does not is cut off.

        Raises:
            ConnectionAbortedError: when it was, or has gone.
        """
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self.writable.wait()
        except TimeoutError:
            CUT_OFF.inc()
            self.abort()
        if self.disconnected or self.transport.is_closing():
            raise ConnectionAbortedError

    def abort(self) -> None:
        """End the connection at once: a peer that does not read cannot be sent a close code."""
        self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Cut off a peer that does not answer pings."""
        super().keepalive_timeout()
        CUT_OFF.inc()
        self.abort()

    def shutdown(self) -> None:
        """Let the application end the connection when the server stops, or end it now."""
        if self.on_drain is None or self.close_sent:
            super().shutdown()
        else:
            self.on_drain()


def text_frame(prefix: bytes, payload: bytes, suffix: bytes) -> bytes:
    """A whole text message as one frame of a server (RFC 6455, 5.2)."""
    size = len(prefix) + len(payload) + len(suffix)
    if size <= SHORT:
        head = bytes((0x81, size))
    elif size <= MEDIUM:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return b"".join((head, prefix, payload, suffix))
