"""Registry of open WebSockets and event streams, which closes those of ended sessions."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from models.accounts.sessions import active_sessions
from models.errors import Unavailable
from web.edge.addresses import address_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import HTTPConnection

    from auth.viewers import Viewer
    from subscriptions.sessions import SessionEnd

RECONCILE_SECONDS = 5.0
MAX_SOCKETS_PER_ADDRESS = 200


class OpenConnection(Protocol):
    """An open WebSocket or event stream."""

    viewer: Viewer | None

    def end(self) -> None:
        """Close the connection because its session has ended."""


class Sockets:
    """Open WebSockets and event streams of this process, counted by address.

    Args:
        max_per_address: limit per address; None for no limit.
    """

    def __init__(self, max_per_address: int | None = MAX_SOCKETS_PER_ADDRESS) -> None:
        self._open: set[OpenConnection] = set()
        self._counts: Counter[str] = Counter()
        self._max_per_address = max_per_address

    def admits(self, address: str) -> bool:
        """Return whether an address may open another connection."""
        return self._max_per_address is None or self._counts[address] < self._max_per_address

    def register(self, connection: OpenConnection, address: str) -> Registration:
        """Return a context manager that registers a connection."""
        return Registration(self._open, self._counts, connection, address)

    def end(self, ended: SessionEnd) -> None:
        """Close the connections of ended sessions."""
        for connection in self._signed_in():
            viewer = connection.viewer
            if viewer and ended.includes(viewer.session_id, viewer.id):
                connection.end()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sockets]:
        """Check the sessions every few seconds, in case a session's end was not announced."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._end_inactive(), name="socket sessions")
            try:
                yield self
            finally:
                task.cancel()

    def _signed_in(self) -> list[OpenConnection]:
        return [connection for connection in self._open if connection.viewer]

    async def _end_inactive(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            connections = {c: c.viewer.session_id for c in self._signed_in() if c.viewer}
            if not connections:
                continue
            try:
                active = await active_sessions(set(connections.values()))
            except Unavailable:
                continue
            for connection, session_id in connections.items():
                if session_id not in active:
                    connection.end()


class Registration:
    """Context manager that registers a connection.

    A class rather than a generator, which would take more memory for each open connection.
    """

    __slots__ = ("_address", "_connection", "_counts", "_open")

    def __init__(
        self,
        connections: set[OpenConnection],
        counts: Counter[str],
        connection: OpenConnection,
        address: str,
    ) -> None:
        self._open = connections
        self._counts = counts
        self._connection = connection
        self._address = address

    def __enter__(self) -> None:
        """Register the connection."""
        self._open.add(self._connection)
        self._counts[self._address] += 1

    def __exit__(self, *_: object) -> None:
        """Unregister the connection."""
        self._open.discard(self._connection)
        self._counts[self._address] -= 1
        if not self._counts[self._address]:
            del self._counts[self._address]


def address_of(connection: HTTPConnection) -> str:
    """Return a connection's address for counting; IPv6 addresses count by their /64 network."""
    client = connection.scope.get("client")
    return address_key(client[0]) if client else ""
