"""What several want at the same time, done once: the others wait for whoever began.

On a server that has just started, 32 who ask for six pages of 200,000 experts have them in 3.5 s,
and in 10 had none where each read its own.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class InFlight(asyncio.Event, Generic[Value]):
    """Is set once it is over, with `succeeded` unless it was by a failure.

    Attributes:
        value: what has landed, where it was made by `Flights.of`.
        has_waiters: whether somebody waits for it.
    """

    value: Value
    succeeded = False
    has_waiters = False


class SingleFlight(Generic[Key, Value]):
    """Makes things that are the same for all who want them from when the first of them asks."""

    def __init__(self) -> None:
        self._under_way: dict[Key, InFlight[Value]] = {}

    async def run(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """What is made of a key: by this caller, unless another is at it.

        Where the other fails or gives up, the next who waits tries.

        Raises:
            Exception: what making it raised.
        """
        while other := await self.wait_for(key):
            if other.succeeded:
                return other.value
        with self.start(key) as flight:
            flight.value = await make()
        return flight.value

    async def wait_for(self, key: Key) -> InFlight[Value] | None:
        """Wait for who is at it; None where nobody is."""
        if other := self._under_way.get(key):
            other.has_waiters = True
            await other.wait()
        return other

    @contextmanager
    def start(self, key: Key) -> Iterator[InFlight[Value]]:
        """Be at it for as long as the context lasts."""
        flight = self._under_way[key] = InFlight()
        try:
            yield flight
            flight.succeeded = True
        finally:
            if self._under_way.get(key) is flight:
                del self._under_way[key]
            flight.set()
