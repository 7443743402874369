"""Sessions of browsers: in cookies that no script can read.

A page asks for them with the header `X-Session: cookie`. They count only together with that
header, which a foreign page cannot send, and not for a foreign Origin. A socket cannot have the
header: for it the Origin alone decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schema.context import BrowserSession

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection
    from starlette.responses import Response

    from resolvers.sessions import SignIn

HEADER, ASKS = "x-session", "cookie"
ACCESS, REFRESH = "expertbook-access", "expertbook-refresh"


@dataclass(frozen=True, slots=True)
class Cookies:
    """The session cookies of one connection; `origins` may use them beside this server's own."""

    connection: HTTPConnection
    origins: frozenset[str]

    @property
    def is_secure(self) -> bool:
        """Whether the connection is over TLS."""
        return self.connection.scope["scheme"] in {"https", "wss"}

    @property
    def is_foreign(self) -> bool:
        """Whether a page of another origin sends this."""
        origin = self.connection.headers.get("origin")
        if origin is None:
            return self.connection.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return origin not in self.origins and not self._is_own(origin)

    @property
    def is_asked_for(self) -> bool:
        """Whether the client wants its session in cookies."""
        return self.connection.headers.get(HEADER, "").lower() == ASKS

    @property
    def access_token(self) -> str | None:
        """The access token in the cookie."""
        return self._value(ACCESS)

    def browser_session(self) -> BrowserSession | None:
        """The session that the browser has, if it asks for one in cookies."""
        if not self.is_asked_for:
            return None
        return BrowserSession(self._value(REFRESH))

    def apply(self, session: BrowserSession, response: Response) -> None:
        """Write down what became of the session."""
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
        """What the browser sends under a name; the last, if it is there twice.

        Read as browsers write it (RFC 6265, 5.4). Starlette's reading also takes other space than
        ASCII's for none, by which a subdomain gets round the prefix below, and undoes quotes, which
        can take seconds.
        """
        found = None
        for header in self.connection.headers.getlist("cookie"):
            for pair in header.split(";"):
                key, _, value = pair.strip(" \t").partition("=")
                if key == self._name(name):
                    found = value
        return found

    def _name(self, name: str) -> str:
        # The prefix keeps subdomains and plain HTTP from setting it (RFC 6265bis, 4.1.3.2).
        return f"__Host-{name}" if self.is_secure else name

    def _is_own(self, origin: str) -> bool:
        scheme, port = ("https", ":443") if self.is_secure else ("http", ":80")
        host = self.connection.headers.get("host", "").lower().removesuffix(port)
        return origin == f"{scheme}://{host}"
