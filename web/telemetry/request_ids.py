"""Give every request an id, which its response and its log entries include."""

from __future__ import annotations

import re
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

from models.telemetry.metrics import HTTP_REQUESTS, HTTP_SECONDS
from models.telemetry.tracing import REQUEST_ID, new_request_id, request_id, tracer

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from prometheus_client import Counter
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from web.edge.addresses import TrustedProxies

HEADER, TRACE_HEADER = b"x-request-id", b"traceparent"
SAFE_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
MAX_TRACEPARENT_LENGTH = 64
SOCKET_STARTS = frozenset({"websocket.accept", "websocket.http.response.start"})
ROUTE_LABELS = {
    "graphql": "graphql",
    "healthz": "operations",
    "readyz": "operations",
    "metrics": "operations",
    "assets": "files",
    "photos": "files",
}


class RequestIds:
    """Outermost middleware: assigns request ids, records metrics and starts trace spans.

    Args:
        app: the application.
        trusted: proxies whose `X-Request-Id` header is used; other clients' headers are replaced.
    """

    def __init__(self, app: ASGIApp, trusted: TrustedProxies) -> None:
        self._app = app
        self._trusted = trusted
        self._counts: dict[tuple[str, int], Counter] = {}
        self._seconds = {
            kind: HTTP_SECONDS.labels(kind) for kind in {*ROUTE_LABELS.values(), "other"}
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Handle a request; its id is set in the context of its task and of the tasks it starts."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        id_, traceparent = self._read(scope)
        REQUEST_ID.set(id_)
        header = (HEADER, id_.encode())
        if scope["type"] == "websocket":
            return self._app(scope, receive, _with_header(send, header))
        return self._respond(scope, receive, send, header, traceparent)

    async def _respond(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        header: tuple[bytes, bytes],
        traceparent: str | None,
    ) -> None:
        """Respond to an HTTP request, and record the response in metrics and a trace span."""
        kind = route_label(scope["path"])
        began = perf_counter()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), header]
                self._seconds[kind].observe(perf_counter() - began)
                self._count(kind, message["status"])
                tracer().set_attribute("http.response.status_code", message["status"])
            await send(message)

        with tracer().request(f"http {kind}", traceparent):
            await self._app(scope, receive, send_counted)

    def _count(self, kind: str, status: int) -> None:
        counter = self._counts.get((kind, status))
        if counter is None:
            counter = self._counts[kind, status] = HTTP_REQUESTS.labels(kind, status)
        counter.inc()

    def _read(self, scope: Scope) -> tuple[str, str | None]:
        """Return the id for the request and its `traceparent` header, if any."""
        given = traceparent = None
        for name, value in scope["headers"]:
            if name == HEADER:
                given = value
            elif name == TRACE_HEADER and len(value) <= MAX_TRACEPARENT_LENGTH:
                traceparent = value.decode("latin-1")
        client = scope.get("client")
        if given and client and client[0] in self._trusted and SAFE_ID.fullmatch(given):
            return given.decode(), traceparent
        return new_request_id(), traceparent


def route_label(path: str) -> str:
    """Return the label under which metrics count a URL path."""
    return ROUTE_LABELS.get(path[1:].partition("/")[0], "other")


async def internal_error(_request: Request, _error: Exception) -> JSONResponse:
    """Respond to a request that failed; uvicorn logs the exception with the same request id."""
    extensions = {"code": "INTERNAL", "requestId": request_id()}
    error = {
        "message": "Something went wrong here. Please try again.",
        "extensions": extensions,
    }
    return JSONResponse({"errors": [error]}, 500, headers={"Cache-Control": "no-store"})


def _with_header(send: Send, header: tuple[bytes, bytes]) -> Send:
    async def send_named(message: Message) -> None:
        if message["type"] in SOCKET_STARTS:
            message["headers"] = [*message.get("headers", ()), header]
        await send(message)

    return send_named
