"""Error responses for requests that are refused before they reach GraphQL."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson

from web.edge.headers import API_HEADERS

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from web.edge.headers import RawHeaders


# The names that these statuses had until Python 3.13 renamed them.
_RENAMED = {413: "REQUEST_ENTITY_TOO_LARGE", 414: "REQUEST_URI_TOO_LONG"}


def code_of(status: HTTPStatus) -> str:
    """Return the error code of an HTTP status: its name, the same in every version of Python."""
    return _RENAMED.get(status, status.name)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Error response, and at the same time the ASGI application that sends it.

    `retry_after` is the number of seconds after which the client may try again.
    """

    status: HTTPStatus
    message: str
    retry_after: int | None = None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send the error response to an HTTP request or WebSocket handshake."""
        kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
        headers = [*self._headers(), (b"content-length", b"%d" % len(self._body()))]
        await send({"type": f"{kind}.start", "status": int(self.status), "headers": headers})
        await send({"type": f"{kind}.body", "body": self._body()})

    def as_bytes(self, headers: RawHeaders) -> bytes:
        """Return the raw HTTP error response, with the given headers and the security headers."""
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
        """Return the error in GraphQL's response format."""
        error = {"message": self.message, "extensions": {"code": code_of(self.status)}}
        return orjson.dumps({"errors": [error]})


class HttpRefused(Exception):
    """Raised to send `refusal` to the client and close the connection."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


MALFORMED = Refusal(HTTPStatus.BAD_REQUEST, "The request is not valid HTTP/1.1 (RFC 9112).")
ONE_HOST_REQUIRED = Refusal(
    HTTPStatus.BAD_REQUEST, "A request needs exactly one Host header (RFC 9112, 3.2)."
)
BAD_HANDSHAKE = Refusal(
    HTTPStatus.BAD_REQUEST, "A WebSocket handshake is a GET request without a body (RFC 6455, 4.1)."
)
NOT_A_PROXY = Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "This server is not a proxy.")
TOO_SLOW = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The request was not received in time.")
BODY_TOO_LONG = Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too long.")
URL_TOO_LONG = Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "The URL is too long; use POST.")
HEAD_TOO_LONG = Refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request has too many or too long headers."
)
TOO_MANY_PIPELINED = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many pipelined requests; wait for answers before sending more.",
    1,
)
UNKNOWN_CODING = Refusal(
    HTTPStatus.NOT_IMPLEMENTED, "The only supported transfer coding is chunked, in HTTP/1.1."
)
UNKNOWN_VERSION = Refusal(
    HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This HTTP version is not supported; use HTTP/1.1."
)
SERVER_FULL = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE, "The server has too many connections; try again later.", 5
)
TOO_MANY_CONNECTIONS = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "Your address has too many connections; close some.", 10
)
TOO_MANY_SOCKETS = Refusal(
    HTTPStatus.TOO_MANY_REQUESTS, "Your address has too many open WebSockets; close some.", 10
)
INVALID_HOST = Refusal(HTTPStatus.BAD_REQUEST, "The Host header is not a valid host name.")
UNKNOWN_HOST = Refusal(
    HTTPStatus.MISDIRECTED_REQUEST,
    "This host name is not allowed; add it to EXPERTBOOK_ALLOWED_HOSTS.",
)
FOREIGN_PAGE = Refusal(
    HTTPStatus.FORBIDDEN,
    "This origin is not allowed; add it to EXPERTBOOK_CLIENT_URL.",
)
