"""The open sockets of this process, by which the ends of sessions reach them."""

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
MOST_PER_ADDRESS = 200


class Connected(Protocol):
    """Something that stays open: a socket, or a stream of events."""

    viewer: Viewer | None

    def end(self) -> None:
        """Close it: its session has ended."""


class Sockets:
    """Every open socket and stream, and how many each address has."""

    def __init__(self, most_per_address: int | None = MOST_PER_ADDRESS) -> None:
        self._open: set[Connected] = set()
        self._addresses: Counter[str] = Counter()
        self._most = most_per_address

    def admits(self, address: str) -> bool:
        """Whether that address may open another one."""
        return self._most is None or self._addresses[address] < self._most

    def registered(self, connection: Connected, address: str) -> Registered:
        """Know of a socket for as long as the context lasts."""
        return Registered(self._open, self._addresses, connection, address)

    def end(self, ended: SessionEnd) -> None:
        """Close the sockets of ended sessions."""
        for connection in self._signed_in():
            viewer = connection.viewer
            if viewer and ended.includes(viewer.session_id, viewer.id):
                connection.end()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sockets]:
        """Look the sessions up every few seconds, for ends that were not told."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._reconcile(), name="socket sessions")
            try:
                yield self
            finally:
                task.cancel()

    def _signed_in(self) -> list[Connected]:
        return [connection for connection in self._open if connection.viewer]

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            connections = {c: c.viewer.session_id for c in self._signed_in() if c.viewer}
            if not connections:
                continue
            try:
                lasting = await active_sessions(set(connections.values()))
            except Unavailable:
                continue
            for connection, session_id in connections.items():
                if session_id not in lasting:
                    connection.end()


class Registered:
    """A socket that is known of, for as long as the context lasts.

    No generator: that would take 0.3 KB for as long as a socket is open.
    """

    __slots__ = ("_address", "_addresses", "_connection", "_open")

    def __init__(
        self,
        among: set[Connected],
        addresses: Counter[str],
        connection: Connected,
        address: str,
    ) -> None:
        self._open = among
        self._addresses = addresses
        self._connection = connection
        self._address = address

    def __enter__(self) -> None:
        """Count it."""
        self._open.add(self._connection)
        self._addresses[self._address] += 1

    def __exit__(self, *_: object) -> None:
        """Forget it."""
        self._open.discard(self._connection)
        self._addresses[self._address] -= 1
        if not self._addresses[self._address]:
            del self._addresses[self._address]


def address_of(connection: HTTPConnection) -> str:
    """Where a connection comes from, as limits count it."""
    client = connection.scope.get("client")
    return address_key(client[0]) if client else ""
