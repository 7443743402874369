"""Pages of other origins: those of the settings may use the API, with credentials; others may not.

Browsers ask before they send JSON or headers of ours (the CORS protocol of the Fetch standard).
What they send unasked, a GET by a script, a picture or a frame, is not run for foreign pages: it
would do no harm but use up the visitor's budget.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.edge.refusals import FOREIGN_PAGE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENDPOINT = "/graphql"
METHODS = b"GET, HEAD, POST"
REQUEST_HEADERS = (
    b"Accept, Apollo-Require-Preflight, Authorization, Content-Type, If-None-Match, Last-Event-ID, "
    b"Traceparent, Tracestate, X-Apollo-Operation-Name, X-Request-Id, X-Session"
)
ANSWER_HEADERS = (
    b"Allow, ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"
)
LONGEST = b"7200"
"""Seconds that a browser keeps the answer to a preflight, as long as any does."""

VARY = (b"vary", b"Origin")
PREFLIGHT_VARY = (
    b"vary",
    b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
)
FOREIGN_SITES = frozenset({b"cross-site", b"same-site"})


class CrossOrigin:
    """Lets pages of some origins in; those of others get no CORS header and no query run."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origin.encode() for origin in origins)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer, or let the application answer."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if origin in self._origins:
            return self._answer(headers, scope, receive, send)
        if scope["path"] == ENDPOINT and _is_embedded(headers):
            return FOREIGN_PAGE(scope, receive, send)
        return self._app(scope, receive, _adding([VARY], send) if self._origins else send)

    async def _answer(
        self, headers: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        allowed = [
            (b"access-control-allow-origin", headers[b"origin"]),
            (b"access-control-allow-credentials", b"true"),
        ]
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            allowed += [
                (b"access-control-allow-methods", METHODS),
                (b"access-control-allow-headers", REQUEST_HEADERS),
                (b"access-control-max-age", LONGEST),
                PREFLIGHT_VARY,
            ]
            await send({"type": "http.response.start", "status": 204, "headers": allowed})
            await send({"type": "http.response.body", "body": b""})
            return
        allowed += [(b"access-control-expose-headers", ANSWER_HEADERS), VARY]
        await self._app(scope, receive, _adding(allowed, send))


def _is_embedded(headers: dict[bytes, bytes]) -> bool:
    """Whether a foreign page asks, rather than a person who follows its link."""
    if headers.get(b"sec-fetch-site") not in FOREIGN_SITES:
        return False
    is_followed = headers.get(b"sec-fetch-mode") == b"navigate"
    return not (is_followed and headers.get(b"sec-fetch-dest") == b"document")


def _adding(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_with_headers
