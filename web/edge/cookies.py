"""Browser sessions in HttpOnly cookies.

A page requests a cookie session with the header `X-Session: cookie`. Without that header, cookies
are ignored, so pages of foreign origins cannot use them: browsers do not let these pages send the
header, and the server refuses foreign requests that have it. WebSocket handshakes cannot carry the
header, so only their `Origin` header is checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema.context import BrowserSession

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

    from resolvers.sessions import SignIn

HEADER, COOKIE_MODE = "x-session", "cookie"
ACCESS, REFRESH = "expertbook-access", "expertbook-refresh"


@dataclass(frozen=True, slots=True)
class Cookies:
    """Session cookies of one connection, usable by pages of this server and of `origins`."""

    connection: HTTPConnection
    origins: frozenset[str]

    @property
    def is_secure(self) -> bool:
        """Whether the connection uses TLS."""
        return self.connection.scope["scheme"] in {"https", "wss"}

    @property
    def is_foreign(self) -> bool:
        """Whether the request comes from a page of an origin that is not allowed."""
        origin = self.connection.headers.get("origin")
        if origin is None:
            return self.connection.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return origin not in self.origins and not self._is_own(origin)

    @property
    def is_requested(self) -> bool:
        """Whether the client requests a cookie session with `X-Session: cookie`."""
        return self.connection.headers.get(HEADER, "").lower() == COOKIE_MODE

    @property
    def access_token(self) -> str | None:
        """The access token from the access cookie; None if there is no such cookie."""
        return self._value(ACCESS)

    def browser_session(self) -> BrowserSession | None:
        """Return the browser's session if the client requests a cookie session, else None."""
        if not self.is_requested:
            return None
        return BrowserSession(self._value(REFRESH))

    def apply(self, session: BrowserSession, response: Response) -> None:
        """Set an issued session's cookies in the response, or delete those of an ended session."""
        if session.issued:
            self._set(response, session.issued)
        elif session.is_ended:
            for name in (ACCESS, REFRESH):
                response.delete_cookie(
                    self._name(name), secure=self.is_secure, httponly=True, samesite="lax"
                )

    def _set(self, response: Response, issued: SignIn) -> None:
        for name, value, until in (
            (ACCESS, issued.access_token, issued.expires_at),
            (REFRESH, issued.refresh_token, issued.refreshable_until),
        ):
            response.set_cookie(
                self._name(name),
                value,
                expires=until,
                secure=self.is_secure,
                httponly=True,
                samesite="lax",
            )

    def _value(self, name: str) -> str | None:
        """Return the value of a cookie; the last value if the name occurs more than once.

        The header is parsed as browsers write it (RFC 6265, section 5.4). Starlette's parser is not
        used, because it takes quadratic time to remove quotes, and because it strips non-ASCII
        whitespace from names, so that a subdomain could bypass the `__Host-` prefix.
        """
        found = None
        for header in self.connection.headers.getlist("cookie"):
            for pair in header.split(";"):
                key, _, value = pair.strip(" \t").partition("=")
                if key == self._name(name):
                    found = value
        return found

    def _name(self, name: str) -> str:
        # The prefix stops subdomains and plain HTTP from setting a cookie (RFC 6265bis, 4.1.3.2).
        return f"__Host-{name}" if self.is_secure else name

    def _is_own(self, origin: str) -> bool:
        scheme, port = ("https", ":443") if self.is_secure else ("http", ":80")
        host = self.connection.headers.get("host", "").lower().removesuffix(port)
        return origin == f"{scheme}://{host}"
