"""HTTP protocol with limits that uvicorn lacks: on connections, message sizes and durations.

The limits cost little for a request that arrives in one piece, because a timer runs only while a
part of the request is missing.
"""

from __future__ import annotations

import socket
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.edge import refusals, request_heads
from web.edge.answering import SingleWrite
from web.edge.refusals import HttpRefused
from web.edge.websocket_protocol import WebSocketProtocol

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, TimerHandle, Transport
    from collections.abc import Callable

    from starlette.types import Scope
    from uvicorn._types import ASGI3Application
    from uvicorn.config import Config
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

    from web.edge.connections import Connections
    from web.edge.refusals import Refusal

EXTENSION = "expertbook.http"

HEAD_SECONDS = 10.0
BODY_SECONDS = 10.0
IDLE_SECONDS = 75
"""Longer than proxies keep idle connections, so no proxy reuses one that the server is closing."""

LINGER_SECONDS = 2.0
"""Time for a refused client to stop sending and read the response before the connection ends."""

STUCK_SECONDS = 10.0
"""Interval at which a slow reader's progress is checked."""

MIN_BYTES_PER_SECOND = 240
"""Clients that read more slowly are disconnected; Kestrel has the same limit."""

MAX_UNSENT_BYTES = 64 * 1024
"""Limit on unsent bytes in the kernel's buffer; a larger buffer would hide a slow reader."""

MAX_PIPELINED = 16
CHUNKED_FACTOR = 4
"""Limit on a chunked body with its framing and trailers, as a multiple of a plain body's limit."""

LONG_BODY_SECONDS = 60.0
"""Time limit for receiving a long request body, such as a photo from a phone."""


class Stage(Enum):
    """The part of a request that the server is receiving on a connection."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class HttpProtocol(HttpToolsProtocol):
    """HTTP connection, available to the application as the ASGI extension `expertbook.http`."""

    server_state: Connections
    on_drain: Callable[[], None] | None = None

    def __init__(
        self,
        config: Config,
        server_state: Connections,
        app_state: dict[str, Any],
        _loop: AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._address_key: str | None = None
        self._stage = Stage.NOTHING
        self._is_new_stage = False
        self._stage_bytes = self._chunk_bytes = 0
        self._body_size, self._max_body = 0, request_heads.MAX_BODY_BYTES
        self._unanswered = 0
        self._running_cycle: RequestResponseCycle | None = None
        self._refusal: Refusal | None = None
        self._deadline: TimerHandle | None = None
        self._read_check: TimerHandle | None = None

    def abort(self) -> None:
        """Close the connection at once and discard unsent data."""
        self._disconnect()
        self.transport.abort()

    def shutdown(self) -> None:
        """Ask a streaming response to finish, because the stopping server waits for responses."""
        super().shutdown()
        if self.on_drain:
            self.on_drain()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # like uvicorn
        """Count the connection, or refuse it if a limit is reached."""
        super().connection_made(transport)
        try:
            self._address_key = self.server_state.enter(self.client[0] if self.client else None)
        except HttpRefused as refused:
            self._refusal = refused.refusal
            transport.write(refused.refusal.as_bytes(self.server_state.default_headers))
            transport.close()
        else:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._on_deadline)
            if self.client:
                end = transport.get_extra_info("socket")
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop counting the connection and release its timers."""
        self._release()
        self._stop_timers()
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse received bytes and enforce size and time limits."""
        if self._refusal:
            return
        self._is_new_stage = False
        self._chunk_bytes = len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, HttpRefused) else refusals.MALFORMED)
            return
        if self._stage is Stage.NOTHING:
            return
        if not self._is_new_stage:
            self._stage_bytes += self._chunk_bytes
            is_head = self._stage is Stage.HEAD
            limit = request_heads.MAX_HEAD_BYTES if is_head else CHUNKED_FACTOR * self._max_body
            if self._stage_bytes > limit:
                self._refuse(refusals.HEAD_TOO_LONG if is_head else refusals.BODY_TOO_LONG)
                return
        if self._deadline is None:
            seconds = HEAD_SECONDS if self._stage is Stage.HEAD else self._body_seconds()
            self._deadline = self.loop.call_later(seconds, self._on_deadline)

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                # Ignore upgrades to protocols other than WebSocket, such as h2c, which Java's HTTP
                # client offers. The parser has skipped the body, so parse the request again without
                # Upgrade.
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection, which remains counted, over to the WebSocket protocol."""
        self._stop_timers()
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, WebSocketProtocol):
            if self._address_key is not None:  # a bound method would keep this object alive
                protocol.on_lost = partial(self.server_state.leave, self._address_key)
            if not protocol.handshake_initiated:  # its parser, with lower limits, refused the head
                self._refusal = refusals.HEAD_TOO_LONG
                self._end(refusals.HEAD_TOO_LONG)
        del self.parser, self.scope  # break reference cycles

    def on_message_begin(self) -> None:
        """Start a request and add the ASGI extension to its scope."""
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"wire": self}}
        self._begin(Stage.HEAD)

    def on_headers_complete(self) -> None:
        """Validate the request head, then run the application or queue a pipelined request."""
        request_heads.check_head(
            self.parser.get_http_version(),
            self.url,
            self.headers,
            is_short=self._is_new_stage and self._chunk_bytes <= request_heads.MAX_HEAD_BYTES,
        )
        if self.parser.should_upgrade():
            self._check_upgrade()
            return
        if len(self.pipeline) >= MAX_PIPELINED:
            raise HttpRefused(refusals.TOO_MANY_PIPELINED)
        self._unset_keepalive_if_required()
        self._max_body = request_heads.max_body_bytes(self.url)
        super().on_headers_complete()
        self.headers = []  # keep trailers out of the application's headers
        self.url = b""
        self._unanswered += 1
        self._end_deadline()
        self._begin(Stage.BODY)

    def _check_upgrade(self) -> None:
        method = self.parser.get_method()
        self.scope["method"] = method.decode()
        if method == b"CONNECT":
            raise HttpRefused(refusals.NOT_A_PROXY)
        if self._should_upgrade() and (
            method != b"GET" or request_heads.has_body(self.headers) or self._unanswered
        ):
            raise HttpRefused(refusals.BAD_HANDSHAKE)

    def on_body(self, body: bytes) -> None:
        """Pass a part of the request body on to the application, up to the size limit."""
        self._body_size += len(body)
        if self._body_size > self._max_body:
            raise HttpRefused(refusals.BODY_TOO_LONG)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Finish receiving the request and wait for the next one."""
        if self._stage is Stage.BODY:
            super().on_message_complete()
            self._end_deadline()
        self._begin(Stage.NOTHING)

    def on_response_complete(self) -> None:
        """Start the next pipelined request, or end a refused connection after its last response."""
        self._unanswered -= 1
        if self._refusal and not self._unanswered:
            self._end(self._refusal)
            return
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._check_reader()

    def pause_writing(self) -> None:
        """Pause the response until the client reads, and check the client's reading speed."""
        super().pause_writing()
        self._check_reader()

    def resume_writing(self) -> None:
        """Resume the response."""
        super().resume_writing()
        self._stop_read_check()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running_cycle = cycle
        super()._start_asgi_task(cycle, SingleWrite(app, cycle))

    def _disconnect(self) -> None:
        """Tell the running response about the disconnect, even if further requests are queued."""
        if self._running_cycle:
            self._running_cycle.disconnected = True
            self._running_cycle.waiting_for_100_continue = False
            self._running_cycle.message_event.set()

    def _begin(self, stage: Stage) -> None:
        self._stage = stage
        self._is_new_stage = True
        self._stage_bytes = self._body_size = 0

    def _body_seconds(self) -> float:
        return LONG_BODY_SECONDS if self._max_body > request_heads.MAX_BODY_BYTES else BODY_SECONDS

    def _on_deadline(self) -> None:
        self._deadline = None
        if self.flow.read_paused:  # the application is slow, not the client
            self._deadline = self.loop.call_later(self._body_seconds(), self._on_deadline)
        elif self._stage is Stage.NOTHING:
            self.transport.close()
        else:
            self._refuse(refusals.TOO_SLOW)

    def _refuse(self, refusal: Refusal) -> None:
        """Stop reading, respond to complete requests, then send the refusal and close."""
        self._refusal = refusal
        self._end_deadline()
        if self._stage is Stage.BODY and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.abort()
                return
            self._unanswered -= 1
            if self._unanswered:
                self.pipeline.popleft()
            else:
                self._disconnect()
        if not self._unanswered:
            self._end(refusal)

    def _end(self, refusal: Refusal) -> None:
        if self.transport.is_closing():
            return
        self._stop_timers()
        is_answered = self._stage is Stage.BODY and self.cycle.response_complete
        if not is_answered:
            self.transport.write(refusal.as_bytes(self.server_state.default_headers))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.abort)

    def _check_reader(self, before: int | None = None) -> None:
        """Disconnect a client that reads more slowly than the minimum rate."""
        self._stop_read_check()
        left = self.transport.get_write_buffer_size()
        if before is not None and 0 <= before - left < STUCK_SECONDS * MIN_BYTES_PER_SECOND:
            self.abort()
        elif left:
            self._read_check = self.loop.call_later(STUCK_SECONDS, self._check_reader, left)

    def _stop_read_check(self) -> None:
        if self._read_check:
            self._read_check.cancel()
            self._read_check = None

    def _end_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _stop_timers(self) -> None:
        self._end_deadline()
        self._stop_read_check()
        self._unset_keepalive_if_required()

    def _release(self) -> None:
        if self._address_key is not None:
            self.server_state.leave(self._address_key)
            self._address_key = None


def http_protocol_of(scope: Scope) -> HttpProtocol:
    """Return the HTTP connection of a request, which `HttpProtocol` stores in the ASGI scope."""
    wire: HttpProtocol = scope["extensions"][EXTENSION]["wire"]
    return wire
