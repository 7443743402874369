"""Check the `Host` header against the allowed names, as a defence against DNS rebinding.

In that attack, the owner of a malicious page points the page's host name to this server's IP
address, so that the browser treats the page and this server as the same origin. Only the `Host`
header reveals the attack.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from web.edge.addresses import parse_address
from web.edge.refusals import INVALID_HOST, UNKNOWN_HOST

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

MONITORING_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths exempt from the host check, because monitoring tools use the server's IP address. Foreign
pages can learn nothing confidential from these paths."""

MAX_HOST_LENGTH = 260
"""Maximum length of a `Host` header in bytes; enough for the longest domain name with a port."""

ANY = "*"
ANY_ADDRESS = "address"
NAME = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
HOST = re.compile(rb"(?:\[([0-9a-f:.]+)\]|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::\d{1,5})?")


class AllowedHosts:
    """Middleware that responds with status 421 to requests for a host name that is not allowed.

    Args:
        app: the application to protect.
        allowed: host names and IP addresses. `*.example.com` matches every subdomain, and `*`
            matches any name. `address` matches any IP address, which is safe, because DNS rebinding
            needs a host name.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        names = [name.lower().strip("[]") for name in allowed]
        self._names = frozenset(names)
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Run the application if the host name is allowed, else refuse the request."""
        if scope["type"] == "lifespan" or scope["path"] in MONITORING_PATHS:
            return self._app(scope, receive, send)
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        name = host_name(host)
        if name is None:
            return INVALID_HOST(scope, receive, send)
        app = self._app if self.allows(name) else UNKNOWN_HOST
        return app(scope, receive, send)

    def allows(self, name: str) -> bool:
        """Return whether a host name or IP address is allowed."""
        return (
            name in self._names
            or ANY in self._names
            or name.endswith(self._suffixes)
            or (ANY_ADDRESS in self._names and parse_address(name) is not None)
        )


def check_names(allowed: Sequence[str]) -> None:
    """Validate a list of allowed hosts.

    Raises:
        ValueError: an entry is neither a host name nor an IP address.
    """
    for name in allowed:
        plain = name.removeprefix("*.")
        is_address = parse_address(plain.strip("[]")) is not None
        if name not in {ANY, ANY_ADDRESS} and not is_address and not NAME.fullmatch(plain.encode()):
            raise ValueError(f"{name} is not a host name; remove the scheme and the port")


def host_name(host: bytes) -> str | None:
    """Return the host name or IP address in a `Host` header, without the port; None if invalid."""
    return _host_name(host) if len(host) <= MAX_HOST_LENGTH else None


@lru_cache(maxsize=1024)
def _host_name(host: bytes) -> str | None:
    found = HOST.fullmatch(host.lower())
    return (found[1] or found[2]).decode() if found else None
