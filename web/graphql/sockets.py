"""Open WebSockets and event streams: how long they last, and a registry that ends them."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from enum import Enum
from typing import TYPE_CHECKING

from models.accounts.sessions import active_sessions
from models.calendar.times import utc_now
from models.errors import Unavailable
from web.edge.addresses import address_key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from starlette.requests import HTTPConnection

    from auth.viewers import Viewer
    from subscriptions.sessions import SessionEnd

RECONCILE_SECONDS = 5.0
MAX_SOCKETS_PER_ADDRESS = 200


class End(Enum):
    """The reason why the server ends a connection."""

    NOT_INITIALISED = "Connection initialisation timeout"
    TOKEN_EXPIRED = "The access token has expired"  # noqa: S105 - not a secret
    SESSION_ENDED = "The session has ended"
    RESTART = "Service restart"


class OpenConnection:
    """A connection that lasts until its client leaves or the server ends it.

    Args:
        address: the key, from `address_of`, under which the client's connections are counted.
        viewer: the signed-in user; the connection ends when their token expires.
    """

    def __init__(self, address: str, viewer: Viewer | None = None) -> None:
        self.address = address
        self.viewer = viewer
        self._end = End.TOKEN_EXPIRED
        self._timeout = asyncio.timeout_at(self._expiry())

    async def wait_for_end(self, serving: Awaitable[None]) -> End | None:
        """Serve the connection; return why the server ended it, or None if the client ended it."""
        try:
            async with self._timeout:
                await serving
        except TimeoutError:
            return self._end
        return None

    def end_at_expiry(self) -> None:
        """End the connection when the viewer's token expires."""
        self.end_at(End.TOKEN_EXPIRED, self._expiry())

    def end(self) -> None:
        """End the connection because its session has ended."""
        self.end_at(End.SESSION_ENDED, 0)

    def drain(self) -> None:
        """End the connection because the server stops; the client reconnects elsewhere."""
        self.end_at(End.RESTART, 0)

    def end_at(self, end: End, time: float | None) -> None:
        """End the connection at the given event-loop time; None means never."""
        self._end = end
        with suppress(RuntimeError):  # the connection has ended already
            self._timeout.reschedule(time)

    def _expiry(self) -> float | None:
        """Return the event-loop time at which the viewer's token expires, if there is a viewer."""
        if self.viewer is None:
            return None
        left = self.viewer.expires_at - utc_now()
        return asyncio.get_running_loop().time() + left.total_seconds()


class Sockets:
    """Open connections of this process, counted per network address.

    Args:
        max_per_address: maximum number of connections per network address; None for no limit.
    """

    def __init__(self, max_per_address: int | None = MAX_SOCKETS_PER_ADDRESS) -> None:
        self._open: set[OpenConnection] = set()
        self._counts: Counter[str] = Counter()
        self._max_per_address = max_per_address

    def admits(self, address: str) -> bool:
        """Return whether a network address may open another connection."""
        return self._max_per_address is None or self._counts[address] < self._max_per_address

    def add(self, connection: OpenConnection) -> None:
        """Register an open connection."""
        self._open.add(connection)
        self._counts[connection.address] += 1

    def remove(self, connection: OpenConnection) -> None:
        """Unregister a closed connection."""
        self._open.discard(connection)
        self._counts[connection.address] -= 1
        if not self._counts[connection.address]:
            del self._counts[connection.address]

    def end(self, ended: SessionEnd) -> None:
        """Close the connections of ended sessions."""
        for connection in list(self._open):
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

    async def _end_inactive(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            sessions = {each: each.viewer.session_id for each in self._open if each.viewer}
            if not sessions:
                continue
            try:
                active = await active_sessions(set(sessions.values()))
            except Unavailable:
                continue
            for connection, session_id in sessions.items():
                if session_id not in active:
                    connection.end()


def address_of(connection: HTTPConnection) -> str:
    """Return the key for counting a client's connections: its IPv4 address or IPv6 /64 network."""
    client = connection.scope.get("client")
    return address_key(client[0]) if client else ""
