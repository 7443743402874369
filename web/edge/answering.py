"""Write each complete response in one piece, with cached header lines.

Uvicorn writes head and body separately and validates every header each time, which costs more CPU.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from uvicorn._types import ASGI3Application, ASGIReceiveCallable, Scope
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

CONNECTION_HEADERS = frozenset({b"connection", b"transfer-encoding"})
BODILESS_STATUSES = frozenset({204, 304})
MAX_CACHED_HEADERS = 1_024
MAX_CACHED_VALUE_BYTES = 256


class SingleWrite:
    """Application wrapper that writes the complete response to one request in a single call.

    Uvicorn itself writes streams, responses without a body, and the last response on a connection.
    As ASGI requires, nothing is sent before the first body message.
    """

    def __init__(self, app: ASGI3Application, cycle: RequestResponseCycle) -> None:
        self._app = app
        self._cycle = cycle
        self._start: Any = None

    async def __call__(
        self,
        scope: Scope,
        receive: ASGIReceiveCallable,
        _send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Call the application."""
        await self._app(scope, receive, self._send)

    async def _send(self, message: Any) -> None:
        start = self._start
        if start is None and message["type"] == "http.response.start":
            self._start = message
        elif start is None or self._cycle.response_started:
            await self._cycle.send(message)
        elif (encoded := self._encode(message)) is not None:
            self._write(encoded)
        else:
            await self._cycle.send(start)
            await self._cycle.send(message)

    def _encode(self, message: Any) -> bytes | None:
        """Return the bytes of the response, or None if uvicorn has to send it."""
        cycle, status = self._cycle, self._start["status"]
        headers = self._start.get("headers", ())
        by_name = dict(headers)
        body: bytes = message.get("body", b"")
        if (
            message.get("more_body", False)
            or message["type"] != "http.response.body"
            or int(by_name.get(b"content-length", -1)) != len(body)
            or not CONNECTION_HEADERS.isdisjoint(by_name)
            or status in BODILESS_STATUSES
            or cycle.scope["method"] == "HEAD"
            or not cycle.keep_alive
            or cycle.disconnected
            or cycle.flow.write_paused
        ):
            return None
        lines = [header_line(name, value) for name, value in cycle.default_headers]
        lines += [header_line(name, value) for name, value in headers]
        return b"".join((STATUS_LINE[status], *lines, b"\r\n", body))

    def _write(self, encoded: bytes) -> None:
        cycle = self._cycle
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(encoded)
        cycle.message_event.set()
        cycle.on_response()


def header_line(name: bytes, value: bytes) -> bytes:
    """Return an encoded header line; short header lines are cached, because they recur."""
    encode = _cached_line if len(value) <= MAX_CACHED_VALUE_BYTES else _encoded_line
    return encode(name, value)


def _encoded_line(name: bytes, value: bytes) -> bytes:
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("Invalid HTTP header.")
    return b"%b: %b\r\n" % (name.lower(), value)


_cached_line = lru_cache(maxsize=MAX_CACHED_HEADERS)(_encoded_line)
