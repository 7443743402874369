"""WebSocket protocol with resource limits, and a fast path for frames that are already encoded.

The application gets the connection as the ASGI extension `expertbook.wire` and can write encoded
frames straight to the transport, which costs less CPU than uvicorn's `send`.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.server import ServerProtocol

from models.telemetry.metrics import CUT_OFF
from web.edge.connections import Connections
from web.edge.headers import API_HEADERS
from web.edge.pacing import TokenBucket
from web.edge.waiting import Gate, Inbox

if TYPE_CHECKING:
    import asyncio
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
"""Time after which a peer that does not read is disconnected."""

CLOSE_SECONDS = 2.0
MAX_FRAME_BYTES = 64 * 1024
SEND_BUFFER_BYTES = 64 * 1024
READ_CHUNK_BYTES = 512
MAX_FRAMES_PER_TURN = 64
"""Approximate number of frames read from one socket before other sockets get their turn."""

MAX_FRAGMENTS = 1_024
"""Maximum number of fragments of a message.

Empty fragments take memory, but do not add to the length of the message.
"""

PING = b"\x89\x00"
MAX_7BIT_LENGTH, MAX_16BIT_LENGTH = 125, 0xFFFF


class Handshake(ServerProtocol):
    """WebSocket handshake that adds the security headers to its response if it is refused."""

    def reject(self, status: http.HTTPStatus | int, text: str) -> Response:
        """Return the response that refuses the handshake, with the security headers."""
        response = super().reject(status, text)
        response.headers.update((name.decode(), value.decode()) for name, value in API_HEADERS)
        return response


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket connection that writes frames without waiting and disconnects slow readers."""

    on_drain: Callable[[], None] | None
    on_lost: Callable[[], None] | None

    # The base class's attributes are listed as well, so that instances need no `__dict__`.
    __slots__ = (
        "_frames_read",
        "_keepalive",
        "_keepalive_group",
        "_next_turn",
        "_rate_limit",
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
        self.queue = Inbox()  # type: ignore[assignment] # has all methods that uvicorn calls
        self.writable = Gate()  # type: ignore[assignment] # has all methods that uvicorn calls
        self.conn = Handshake(max_size=config.ws_max_size, logger=self.logger)
        shared = server_state if isinstance(server_state, Connections) else None
        self._keepalive = shared.keepalive if shared else None
        self._keepalive_group = 0
        self._rate_limit = TokenBucket() if shared and shared.has_caps else None
        self._unread = bytearray()
        self._next_turn: asyncio.Handle | None = None
        self._frames_read = 0

    def connection_made(self, transport: BaseTransport) -> None:
        """Limit the kernel's send buffer, which fills up if the peer does not read."""
        super().connection_made(transport)
        if (end := transport.get_extra_info("socket")) is not None:
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop reading, and report the lost connection by calling `on_lost`."""
        self._unread.clear()
        if self._next_turn:
            self._next_turn.cancel()
        super().connection_lost(exc)
        if self.on_lost:
            self.on_lost()

    def handle_connect(self, event: Request) -> None:
        """Add this connection to the ASGI scope, as the extension `expertbook.wire`."""
        super().handle_connect(event)
        if not self.close_sent:
            self.close_timeout = CLOSE_SECONDS
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment] # unknown to uvicorn's types

    def data_received(self, data: bytes) -> None:
        """Buffer the received bytes, and read a limited number of frames from them per turn."""
        self._unread += data
        if not (self._next_turn or self.read_paused):
            self._read()

    def _read(self) -> None:
        """Continue reading, unless messages are still unread or the connection is closing."""
        self._next_turn = None
        if not (self.read_paused or self.transport.is_closing()):
            self._read_turn()

    def _read_turn(self) -> None:
        """Read frames up to the limit for one turn, and schedule the next turn if one is needed."""
        self._frames_read = 0
        while (
            self._unread
            and self._frames_read < MAX_FRAMES_PER_TURN
            and not self.transport.is_closing()
        ):
            part = bytes(self._unread[:READ_CHUNK_BYTES])
            del self._unread[:READ_CHUNK_BYTES]
            super().data_received(part)
        wait = self._rate_limit.take(self._frames_read) if self._rate_limit else 0.0
        if wait:
            self._next_turn = self.loop.call_later(wait, self._read)
        elif self._unread:
            self._next_turn = self.loop.call_soon(self._read)
        if self._next_turn:
            self.transport.pause_reading()
        elif not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> ASGIReceiveEvent:
        """Return the next received message; resume reading once the queue of messages is empty."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            if not self._next_turn:
                self._read()
        return message

    def handle_events(self) -> None:
        """Count the received frames, then handle them."""
        self._frames_read += len(self.conn.events)
        super().handle_events()

    def handle_cont(self, event: Frame) -> None:
        """Handle a continuation frame; refuse messages with too many fragments."""
        if self.close_sent:
            return
        if len(self.frames) >= MAX_FRAGMENTS:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Respond to a ping unless the peer has stopped reading (see RFC 6455, section 5.5.3)."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_parser_exception(self) -> None:
        """Close after a protocol error; send a close frame only if the handshake was completed."""
        if self.conn.close_sent is None:
            self.disconnected = self.handshake_complete = True
            self.abort()
        else:
            super().handle_parser_exception()

    async def send(self, message: ASGISendEvent) -> None:
        """Send the application's message; abort if the peer does not complete a close in time."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            # Free the handshake, which is no longer needed.
            self.request.headers.clear()
            del self.request, self.response
            self.server = self.client = None
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # else uvicorn logs the refusal as an application error
        if message["type"] == "websocket.close":
            self.loop.call_later(STUCK_SECONDS, self.abort)
            if not self._next_turn:
                self._read()

    def write(self, frame: bytes) -> bool:
        """Write a frame without waiting.

        Returns:
            Whether another frame can be written at once; if not, await `drained` first.
        """
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return self.writable.is_set()

    async def drained(self) -> None:
        """Wait until the write buffer has room.

        Raises:
            ConnectionAbortedError: if the peer was disconnected or has closed the connection.
        """
        await self.writable.wait()
        if self.disconnected or self.transport.is_closing():
            raise ConnectionAbortedError

    def abort(self) -> None:
        """Close the connection at once, without sending a close frame.

        A peer that does not read would not receive the frame anyway.
        """
        self.transport.abort()

    def start_keepalive(self) -> None:
        """Start pinging the peer, with the timer that all connections share."""
        if self._keepalive:
            self._keepalive_group = self._keepalive.add(self)

    def stop_keepalive(self) -> None:
        """Stop pinging the peer."""
        if self._keepalive:
            self._keepalive.remove(self, self._keepalive_group)

    def keep_alive(self) -> None:
        """Ping the peer, or disconnect it if it has not answered the last ping in time."""
        if self.close_sent or self.transport.is_closing():
            return
        now = self.loop.time()
        if not self.ping_sent_at:
            self.ping_sent_at = now
            self.transport.write(PING)
        elif self.ping_timeout is not None and now - self.ping_sent_at >= self.ping_timeout:
            self.keepalive_timeout()
            CUT_OFF.inc()
            self.abort()

    def handle_pong(self, event: Frame) -> None:  # noqa: ARG002 - uvicorn's interface
        """Record that the peer is alive; an unsolicited pong proves this, too."""
        self.ping_sent_at = 0.0

    def shutdown(self) -> None:
        """Close the connection at server shutdown, by calling `on_drain` if it is set."""
        if self.on_drain is None or self.close_sent:
            super().shutdown()
        else:
            self.on_drain()


def text_frame(*parts: bytes) -> bytes:
    """Encode a text message as one unmasked frame (RFC 6455, section 5.2)."""
    size = sum(map(len, parts))
    if size <= MAX_7BIT_LENGTH:
        head = bytes((0x81, size))
    elif size <= MAX_16BIT_LENGTH:
        head = b"\x81\x7e" + size.to_bytes(2, "big")
    else:
        head = b"\x81\x7f" + size.to_bytes(8, "big")
    return b"".join((head, *parts))
