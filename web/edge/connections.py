"""Limits on the number of open connections, in total and per network address."""

from __future__ import annotations

import resource
from collections import Counter
from typing import TYPE_CHECKING

from uvicorn.server import ServerState

from web.edge.addresses import address_key
from web.edge.keepalive import Keepalive
from web.edge.refusals import SERVER_FULL, TOO_MANY_CONNECTIONS, HttpRefused

if TYPE_CHECKING:
    from web.edge.addresses import TrustedProxies

MAX_CONNECTIONS = 60_000
MAX_CONNECTIONS_PER_ADDRESS = 400
"""Twice the limit on WebSockets per network address."""

PING_SECONDS = 20.0
"""Interval at which the server pings each WebSocket."""

RESERVED_FILES = 200
"""Number of file descriptors for other purposes than clients: database, Redis, e-mail, files."""


class Connections(ServerState):
    """Uvicorn's server state, with limits on the connections in total and per network address.

    Args:
        proxies: exempt from the limit per network address, because proxies connect on behalf of
            many clients.
        has_caps: whether to enforce the limit per network address.
    """

    def __init__(self, proxies: TrustedProxies, *, has_caps: bool) -> None:
        super().__init__()
        self._limit = min(MAX_CONNECTIONS, raise_file_limit() - RESERVED_FILES)
        self._addresses: Counter[str] = Counter()
        self._proxies = proxies
        self.has_caps = has_caps
        self.keepalive = Keepalive(PING_SECONDS)

    def enter(self, host: str | None) -> str | None:
        """Count a new connection.

        Returns:
            The address key to pass to `leave` when the connection closes; None if the connection
            does not count towards the limit per network address.

        Raises:
            HttpRefused: the server or the client's network address has too many connections.
        """
        if len(self.connections) > self._limit:
            raise HttpRefused(SERVER_FULL)
        if not self.has_caps or host is None or host in self._proxies:
            return None
        key = address_key(host)
        if self._addresses[key] >= MAX_CONNECTIONS_PER_ADDRESS:
            raise HttpRefused(TOO_MANY_CONNECTIONS)
        self._addresses[key] += 1
        return key

    def leave(self, key: str) -> None:
        """Remove one connection from the count of the address key that `enter` returned."""
        self._addresses[key] -= 1
        if not self._addresses[key]:
            del self._addresses[key]


def raise_file_limit() -> int:
    """Raise this process's limit on open files as far as needed and allowed, and return it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return wanted if soft == resource.RLIM_INFINITY else soft
