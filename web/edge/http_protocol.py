"""HTTP connections with bounds: on their number, on sizes, on the time that a client takes.

Uvicorn has none of these. A request that comes in one piece meets a few comparisons: a timer is
set only while something is missing.
"""

from __future__ import annotations

import socket
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.edge import refusals
from web.edge.answering import Answering
from web.edge.refusals import HttpRefused
from web.edge.request_heads import LONGEST_BODY, LONGEST_HEAD, check_head, has_body
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
"""Longer than proxies keep their connections: none sends a request into one that closes."""

LINGER_SECONDS = 2.0
"""How long a refused client may go on sending, so that it comes to read its answer."""

STUCK_SECONDS = 10.0
SLOWEST_READER = 240
"""Bytes a second, as of Kestrel's limit."""

UNSENT = 64 * 1024
"""What the system keeps of an answer beside what is under way: more would hide a slow reader."""

MOST_IN_LINE = 16
LONGEST_CODED_BODY = 4 * LONGEST_BODY
"""With the sizes of its chunks, their extensions and the trailers."""


class Stage(Enum):
    """What a connection is in the middle of."""

    NOTHING = "nothing"
    HEAD = "head"
    BODY = "body"


class HttpProtocol(HttpToolsProtocol):
    """A connection that offers itself to the application as an ASGI extension."""

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
        self._place: str | None = None
        self._stage = Stage.NOTHING
        self._is_new_stage = False
        self._received = self._arrived = 0
        self._body_size = 0
        self._unanswered = 0
        self._running: RequestResponseCycle | None = None
        self._refusal: Refusal | None = None
        self._deadline: TimerHandle | None = None
        self._reader: TimerHandle | None = None

    def abort(self) -> None:
        """End the connection at once, with what is still to be sent on it."""
        self._disconnect()
        self.transport.abort()

    def shutdown(self) -> None:
        """Have an answer without an end end itself: the server waits for all of them."""
        super().shutdown()
        if self.on_drain:
            self.on_drain()

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Admit the connection, if there is room for it."""
        super().connection_made(transport)
        try:
            self._place = self.server_state.enter(self.client[0] if self.client else None)
        except HttpRefused as refused:
            self._refusal = refused.refusal
            transport.write(refused.refusal.as_bytes(self.server_state.default_headers))
            transport.close()
        else:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_late)
            if self.client:
                end = transport.get_extra_info("socket")
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)

    def connection_lost(self, exc: Exception | None) -> None:
        """Make room for another one."""
        self._leave()
        self._stop_timers()
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next part of what the client sends."""
        if self._refusal:
            return
        self._is_new_stage = False
        self._arrived = len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            cause = error.__context__
            self._refuse(cause.refusal if isinstance(cause, HttpRefused) else refusals.MALFORMED)
            return
        if self._stage is Stage.NOTHING:
            return
        if not self._is_new_stage:
            self._received += self._arrived
            is_head = self._stage is Stage.HEAD
            if self._received > (LONGEST_HEAD if is_head else LONGEST_CODED_BODY):
                self._refuse(refusals.HEAD_TOO_LONG if is_head else refusals.BODY_TOO_LONG)
                return
        if self._deadline is None:
            seconds = HEAD_SECONDS if self._stage is Stage.HEAD else BODY_SECONDS
            self._deadline = self.loop.call_later(seconds, self._too_late)

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._should_upgrade():
                    self.handle_websocket_upgrade()
                    return
                # Such as h2c, which Java's client offers: the parser has skipped the body.
                data = self._head_without_upgrade() + data[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)]
        lines += [b"%b: %b" % header for header in self.headers if header[0] != b"upgrade"]
        return b"\r\n".join([*lines, b"", b""])

    def handle_websocket_upgrade(self) -> None:
        """Become a WebSocket, which leaves the place of both."""
        self._stop_timers()
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, WebSocketProtocol):
            if self._place is not None:  # this itself is not kept for as long as the socket lasts
                protocol.on_lost = partial(self.server_state.leave, self._place)
            if not protocol.handshake_initiated:  # its own parser takes less, and says nothing
                self._refusal = refusals.HEAD_TOO_LONG
                self._end(refusals.HEAD_TOO_LONG)
        del self.parser, self.scope  # both lead back here: nothing would be freed by itself

    def on_message_begin(self) -> None:
        """Offer this to the application."""
        self._unset_keepalive_if_required()
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: {"wire": self}}
        self._begin(Stage.HEAD)

    def on_headers_complete(self) -> None:
        """Begin to answer, or stand in line."""
        check_head(
            self.parser.get_http_version(),
            self.url,
            self.headers,
            is_short=self._is_new_stage and self._arrived <= LONGEST_HEAD,
        )
        if self.parser.should_upgrade():
            self._check_upgrade()
            return
        if len(self.pipeline) >= MOST_IN_LINE:
            raise HttpRefused(refusals.TOO_MANY_IN_LINE)
        self._unset_keepalive_if_required()
        super().on_headers_complete()
        self.headers = []  # of the trailers, which the application is not to take for its own
        self._unanswered += 1
        self._end_deadline()
        self._begin(Stage.BODY)

    def _check_upgrade(self) -> None:
        method = self.parser.get_method()
        self.scope["method"] = method.decode()
        if method == b"CONNECT":
            raise HttpRefused(refusals.NO_TUNNEL)
        if self._should_upgrade() and (
            method != b"GET" or has_body(self.headers) or self._unanswered
        ):
            raise HttpRefused(refusals.NO_HANDSHAKE)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body_size += len(body)
        if self._body_size > LONGEST_BODY:
            raise HttpRefused(refusals.BODY_TOO_LONG)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for the next request."""
        if self._stage is Stage.BODY:
            super().on_message_complete()
            self._end_deadline()
        self._begin(Stage.NOTHING)

    def on_response_complete(self) -> None:
        """Go on with the next in line, or end after the last if the client was refused."""
        self._unanswered -= 1
        if self._refusal and not self._unanswered:
            self._end(self._refusal)
            return
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._watch_reader()

    def pause_writing(self) -> None:
        """Wait for the client to read, but not for ever."""
        super().pause_writing()
        self._watch_reader()

    def resume_writing(self) -> None:
        """Go on."""
        super().resume_writing()
        self._stop_watching()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, Answering(app, cycle))

    def _disconnect(self) -> None:
        """Tell the answer that runs, which uvicorn forgets when another request is in line."""
        if self._running:
            self._running.disconnected = True
            self._running.waiting_for_100_continue = False
            self._running.message_event.set()

    def _begin(self, stage: Stage) -> None:
        self._stage = stage
        self._is_new_stage = True
        self._received = self._body_size = 0

    def _too_late(self) -> None:
        self._deadline = None
        if self.flow.read_paused:  # by the server, which is late itself
            self._deadline = self.loop.call_later(BODY_SECONDS, self._too_late)
        elif self._stage is Stage.NOTHING:
            self.transport.close()
        else:
            self._refuse(refusals.TOO_SLOW)

    def _refuse(self, refusal: Refusal) -> None:
        """Take nothing more, answer what came whole, then say why and end the connection."""
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

    def _watch_reader(self, before: int | None = None) -> None:
        """Cut off a client that takes next to nothing of what is sent."""
        self._stop_watching()
        left = self.transport.get_write_buffer_size()
        if before is not None and 0 <= before - left < STUCK_SECONDS * SLOWEST_READER:
            self.abort()
        elif left:
            self._reader = self.loop.call_later(STUCK_SECONDS, self._watch_reader, left)

    def _stop_watching(self) -> None:
        if self._reader:
            self._reader.cancel()
            self._reader = None

    def _end_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _stop_timers(self) -> None:
        self._end_deadline()
        self._stop_watching()
        self._unset_keepalive_if_required()

    def _leave(self) -> None:
        if self._place is not None:
            self.server_state.leave(self._place)
            self._place = None


def http_protocol_of(scope: Scope) -> HttpProtocol | None:
    """The connection, where the server offers it."""
    wire: HttpProtocol | None = scope.get("extensions", {}).get(EXTENSION, {}).get("wire")
    return wire
