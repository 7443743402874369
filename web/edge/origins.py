"""CORS: pages of the configured origins may use the API with credentials; other pages may not.

Before a request with JSON or custom headers, browsers ask for permission with a preflight request
(the Fetch standard's CORS protocol). They send the GET requests for embedded scripts, images and
frames without a preflight. If a page of another origin embeds the endpoint in this way, the server
refuses the request, because it would use up the visitor's rate limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.edge.refusals import FOREIGN_PAGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDPOINT = "/graphql"
METHODS = b"DELETE, GET, HEAD, POST"
REQUEST_HEADERS = b", ".join(
    (
        *(b"Accept", b"Authorization", b"Content-Type", b"If-None-Match", b"Last-Event-ID"),
        *(b"X-Request-Id", b"X-Session"),
        # Headers that Apollo Client and other GraphQL clients send
        *(b"Apollo-Query-Hash", b"Apollo-Require-Preflight", b"ApolloGraphQL-Client-Name"),
        *(b"ApolloGraphQL-Client-Version", b"GraphQL-Client-Name", b"GraphQL-Client-Version"),
        *(b"GraphQL-Preflight", b"X-Apollo-Operation-Id", b"X-Apollo-Operation-Name"),
        # Tracing headers of W3C, Sentry, Zipkin, Datadog and New Relic
        *(b"Traceparent", b"Tracestate", b"Baggage", b"Sentry-Trace", b"B3", b"X-B3-TraceId"),
        *(b"X-B3-SpanId", b"X-B3-ParentSpanId", b"X-B3-Sampled", b"X-B3-Flags"),
        *(b"X-Datadog-Trace-Id", b"X-Datadog-Parent-Id", b"X-Datadog-Origin"),
        *(b"X-Datadog-Sampling-Priority", b"X-Datadog-Tags", b"Newrelic"),
    )
)
ANSWER_HEADERS = (
    b"Allow, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"
)
EXPOSED = (b"access-control-expose-headers", ANSWER_HEADERS)
PREFLIGHT_MAX_AGE = b"7200"
"""Seconds for which browsers may cache a preflight response: the maximum that Chromium accepts."""

VARY = (b"vary", b"Origin")
PREFLIGHT_VARY = (
    b"vary",
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
)
FOREIGN_SITES = frozenset({b"cross-site", b"same-site"})


class CrossOrigin:
    """Middleware that adds CORS headers for allowed origins and refuses cross-origin embeds."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Respond to preflights, refuse cross-origin embeds, and pass on all other requests."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin in self._origins:
            is_preflight = b"access-control-request-method" in headers
            if scope["method"] == "OPTIONS" and is_preflight:
                return _answer_preflight(_allowed(origin), send)
            headers_added = [*_allowed(origin), EXPOSED, VARY]
            return self._app(scope, receive, _with_headers(headers_added, send))
        if scope["path"] == ENDPOINT and _is_embedded(headers):
            return FOREIGN_PAGE(scope, receive, send)
        return self._app(scope, receive, _with_headers([VARY], send) if self._origins else send)


def _allowed(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
    ]


async def _answer_preflight(allowed: list[tuple[bytes, bytes]], send: Send) -> None:
    headers = [
        *allowed,
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", REQUEST_HEADERS),
        (b"access-control-max-age", PREFLIGHT_MAX_AGE),
        PREFLIGHT_VARY,
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _is_embedded(headers: dict[bytes, bytes]) -> bool:
    """Return whether a page of another origin made the request without navigating to the URL."""
    if headers.get(b"sec-fetch-site") not in FOREIGN_SITES:
        return False
    is_followed = headers.get(b"sec-fetch-mode") == b"navigate"
    return not (is_followed and headers.get(b"sec-fetch-dest") == b"document")


def _with_headers(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_with_headers
