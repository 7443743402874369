"""What clients are told whose requests do not come as far as to GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson

from web.edge.headers import API_HEADERS

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from web.edge.headers import RawHeaders


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status with what to do about it; `retry_after` is in seconds."""

    status: HTTPStatus
    message: str
    retry_after: int | None = None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer in place of the application, also to who wants a socket."""
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        headers = [*self._headers(), (b"content-length", b"%d" % len(self._body()))]
        await send({"type": f"{kind}.start", "status": int(self.status), "headers": headers})
        await send({"type": f"{kind}.body", "body": self._body()})

    def as_bytes(self, headers: RawHeaders) -> bytes:
        """The last answer on a connection, with these headers and those of security."""
        body = self._body()
        lines = [
            f"HTTP/1.1 {self.status} {self.status.phrase}".encode(),
            *(b"%b: %b" % header for header in (*headers, *API_HEADERS, *self._headers())),
            b"content-length: %d" % len(body),
            b"connection: close",
        ]
        return b"\r\n".join([*lines, b"", body])

    def _headers(self) -> RawHeaders:
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"cache-control", b"no-store"),
        ]
        if self.retry_after is not None:
            headers.append((b"retry-after", b"%d" % self.retry_after))
        return headers

    def _body(self) -> bytes:
        """Errors as GraphQL clients read them."""
        error = {"message": self.message, "extensions": {"code": self.status.name}}
        return orjson.dumps({"errors": [error]})


class HttpRefused(Exception):
    """The connection gets that answer, and is ended."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1 (RFC 9112).")
ONE_HOST = Refusal(HTTPStatus.BAD_REQUEST, "A request needs one Host header (RFC 9112, 3.2).")
NO_HANDSHAKE = Refusal(
    HTTPStatus.BAD_REQUEST, "A WebSocket begins with a GET that has no body (RFC 6455, 4.1)."
)
NO_TUNNEL = Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This is no proxy.")
TOO_SLOW = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request did not come in time.")
BODY_TOO_LONG = Refusal(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is longer than this server takes."
)
URL_TOO_LONG = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long; use POST.")
HEAD_TOO_LONG = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too long, or too many."
)
TOO_MANY_IN_LINE = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "Too many requests were sent before the first was answered.", 1
)
UNKNOWN_CODING = Refusal(
    HTTPStatus.NOT_IMPLEMENTED, "The only transfer coding is chunked, of HTTP/1.1."
)
UNKNOWN_VERSION = Refusal(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Use HTTP/1.1.")
FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "The server has no room for another connection.", 5)
TOO_MANY_CONNECTIONS = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "This address has too many connections; close some.", 10
)
TOO_MANY_SOCKETS = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "This address has too many sockets; close some.", 10
)
NO_NAME = Refusal(HTTPStatus.BAD_REQUEST, "The Host header names no host.")
OTHER_NAME = Refusal(
    HTTPStatus.MISDIRECTED_REQUEST,
    "This server has another name. EXPERTBOOK_ALLOWED_HOSTS lists those that it goes by.",
)
FOREIGN_PAGE = Refusal(
    HTTPStatus.FORBIDDEN,
    "Pages of other sites use this API where EXPERTBOOK_CLIENT_URL lists them.",
)
