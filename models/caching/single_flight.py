"""Single-flight: concurrent callers for a key share one computation."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class InFlight(asyncio.Event, Generic[Value]):
    """A running computation; the event is set when it ends.

    Attributes:
        value: the result, if `SingleFlight.run` started the computation and it succeeded.
        succeeded: whether the computation ended without an exception.
        has_waiters: whether other callers wait for the computation.
    """

    value: Value
    succeeded = False
    has_waiters = False


class SingleFlight(Generic[Key, Value]):
    """Shares one computation per key between concurrent callers."""

    def __init__(self) -> None:
        self._in_flight: dict[Key, InFlight[Value]] = {}

    async def run(self, key: Key, make: Callable[[], Awaitable[Value]]) -> Value:
        """Return the result of `make`, or that of a running computation for the same key.

        If the running computation fails or is cancelled, one of the waiting callers retries.

        Raises:
            Exception: any exception raised by this caller's `make`.
        """
        while other := await self.wait_for(key):
            if other.succeeded:
                return other.value
        with self.start(key) as flight:
            flight.value = await make()
        return flight.value

    async def wait_for(self, key: Key) -> InFlight[Value] | None:
        """Wait for the running computation of a key and return it; None if there is none."""
        if other := self._in_flight.get(key):
            other.has_waiters = True
            await other.wait()
        return other

    @contextmanager
    def start(self, key: Key) -> Iterator[InFlight[Value]]:
        """Register a computation of this key for the duration of the context."""
        flight = self._in_flight[key] = InFlight()
        try:
            yield flight
            flight.succeeded = True
        finally:
            if self._in_flight.get(key) is flight:
                del self._in_flight[key]
            flight.set()
