"""Middleware that adds security headers to every response, including error responses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

RawHeaders = Sequence[tuple[bytes, bytes]]

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy of HTML pages, for the booking client and GraphiQL. GraphiQL
needs `script-src` for its editor's workers, `font-src` for its icon font, and `connect-src` for its
WebSockets."""

API_HEADERS: RawHeaders = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Default security headers, each added unless the response already has this header."""

STRICT_TRANSPORT = (b"strict-transport-security", b"max-age=31536000")
"""Require HTTPS for a year, but not on subdomains, because these may be other services."""

TLS_HEADERS: RawHeaders = (*API_HEADERS, STRICT_TRANSPORT)
NAMES = frozenset(name for name, _ in TLS_HEADERS)

STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class SecurityHeaders:
    """Middleware that adds the default security headers that a response lacks."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Run the application and add the missing headers to its response."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        defaults = TLS_HEADERS if scope["scheme"] in {"https", "wss"} else API_HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                headers = message.get("headers", ())
                names = dict(headers)
                if NAMES.isdisjoint(names):
                    message["headers"] = [*headers, *defaults]
                else:
                    missing = (default for default in defaults if default[0] not in names)
                    message["headers"] = [*headers, *missing]
            await send(message)

        return self._app(scope, receive, send_with_headers)
