"""The hosts by whose names this server may be asked.

A page whose name its owner points to this server's address (DNS rebinding) is of the same origin
as what it reads then; only the name in `Host` tells.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from web.edge.addresses import parsed
from web.edge.refusals import NO_NAME, OTHER_NAME

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

FOR_WATCHERS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by address, and nothing that a foreign page could use."""

LONGEST_HOST = 260
"""A name of the domain system and a port."""

ANY = "*"
ANY_ADDRESS = "address"
NAME = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
HOST = re.compile(rb"(?:\[([0-9a-f:.]+)\]|([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?)(?::\d{1,5})?")


class AllowedHosts:
    """Answers 421 under any other name.

    Args:
        app: what is asked by these names.
        allowed: names and addresses. `*.example.com` is every name below, `*` any at all, and
            `address` any IP address, which nobody can rebind.
    """

    def __init__(self, app: ASGIApp, allowed: Sequence[str]) -> None:
        self._app = app
        names = [name.lower().strip("[]") for name in allowed]
        self._names = frozenset(names)
        self._tails = tuple(name[1:] for name in names if name.startswith("*."))

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer under the right names."""
        if scope["type"] == "lifespan" or scope["path"] in FOR_WATCHERS:
            return self._app(scope, receive, send)
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        name = host_name(host)
        if name is None:
            return NO_NAME(scope, receive, send)
        app = self._app if self.allows(name) else OTHER_NAME
        return app(scope, receive, send)

    def allows(self, name: str) -> bool:
        """Whether the server may be asked by that name."""
        return (
            name in self._names
            or ANY in self._names
            or name.endswith(self._tails)
            or (ANY_ADDRESS in self._names and parsed(name) is not None)
        )


def check_names(allowed: Sequence[str]) -> None:
    """Check what is to be allowed.

    Raises:
        ValueError: where one is no name.
    """
    for name in allowed:
        plain = name.removeprefix("*.")
        is_address = parsed(plain.strip("[]")) is not None
        if name not in {ANY, ANY_ADDRESS} and not is_address and not NAME.fullmatch(plain.encode()):
            raise ValueError(f"{name} is no host; leave out the scheme and the port")


def host_name(host: bytes) -> str | None:
    """The name or address in a `Host` header, without its port; none where it is not one."""
    return _host_name(host) if len(host) <= LONGEST_HOST else None


@lru_cache(maxsize=1024)
def _host_name(host: bytes) -> str | None:
    found = HOST.fullmatch(host.lower())
    return (found[1] or found[2]).decode() if found else None
