"""Security headers, on every answer that the application gives, errors and all."""

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
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Of pages. GraphiQL needs no more than the booking client: its editor's workers fall under
`script-src`, its icons' font under `font-src`, its sockets under `connect-src`."""

API_HEADERS: RawHeaders = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
"""Of every answer that does not say otherwise."""

ONLY_TLS = (b"strict-transport-security", b"max-age=31536000")
"""For a year; not for subdomains, which may not be ours."""

OVER_TLS: RawHeaders = (*API_HEADERS, ONLY_TLS)
NAMES = frozenset(name for name, _ in OVER_TLS)

STARTS = frozenset({"http.response.start", "websocket.http.response.start"})


class SecurityHeaders:
    """Adds to each answer what it lacks of them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Give the answers what they lack."""
        if scope["type"] == "lifespan":
            return self._app(scope, receive, send)
        due = OVER_TLS if scope["scheme"] in {"https", "wss"} else API_HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                given = message.get("headers", ())
                names = dict(given)
                if NAMES.isdisjoint(names):
                    message["headers"] = [*given, *due]
                else:
                    message["headers"] = [*given, *(one for one in due if one[0] not in names)]
            await send(message)

        return self._app(scope, receive, send_with_headers)
