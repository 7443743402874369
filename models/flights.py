"""What several want at the same time, done once: the others wait for whoever began.

On a server that has just started, 32 who ask for six pages of 200,000 experts have them in 3.5 s,
and in 10 had none where each read its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class _Flight(asyncio.Event, Generic[Value]):
    """Is set once it is over; a landing is what was made."""

    landing: tuple[Value] | None = None


class Flights(Generic[Key, Value]):
    """Makes things that are the same for all who want them from when the first of them asks."""

    def __init__(self) -> None:
        self._under_way: dict[Key, _Flight[Value]] = {}

    async def of(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """What is made of a key: by this caller, unless another is at it.

        Where the other fails or gives up, the next who waits tries.

        Raises:
            Exception: what making it raised.
        """
        while other := self._under_way.get(key):
            await other.wait()
            if other.landing:
                return other.landing[0]
        flight = self._under_way[key] = _Flight()
        try:
            made = await make()
            flight.landing = (made,)
            return made
        finally:
            del self._under_way[key]
            flight.set()
