"""Keepalive for WebSockets: one timer pings all of them, a few at a time."""

from __future__ import annotations

from asyncio import get_running_loop
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from asyncio import TimerHandle

TURNS = 200
"""Number of groups into which the sockets are divided.

The groups are pinged at different times, so that pinging never blocks the event loop for long.
"""


class Pinged(Protocol):
    """Interface of a connection that can be pinged."""

    def keep_alive(self) -> None:
        """Ping the peer, or disconnect it if it has not answered the last ping in time."""


class Keepalive:
    """Pings all registered connections at a fixed interval, with a single timer.

    Args:
        seconds: the interval between two pings of a connection, and before its first ping.
    """

    def __init__(self, seconds: float) -> None:
        self._turn_seconds = seconds / TURNS
        self._groups: list[set[Pinged]] = [set() for _ in range(TURNS)]
        self._next = 0
        self._count = 0
        self._timer: TimerHandle | None = None

    def add(self, connection: Pinged) -> int:
        """Start pinging the connection; return its group number, which `remove` needs."""
        group = self._next - 1
        self._groups[group].add(connection)
        self._count += 1
        if self._timer is None:
            self._schedule()
        return group

    def remove(self, connection: Pinged, group: int) -> None:
        """Stop pinging the connection; do nothing if it is not registered."""
        if connection not in self._groups[group]:
            return
        self._groups[group].remove(connection)
        self._count -= 1
        if not self._count and self._timer:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        self._timer = get_running_loop().call_later(self._turn_seconds, self._take_turn)

    def _take_turn(self) -> None:
        self._schedule()
        group = self._groups[self._next]
        self._next = (self._next + 1) % TURNS
        for connection in list(group):
            connection.keep_alive()
