"""Events within one process."""

from __future__ import annotations

import asyncio

from broadcaster import BroadcastBackend, Event


class MemoryBackend(BroadcastBackend):
    """A queue; what nobody has subscribed to is not put into it."""

    is_connected = True

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._arrived: asyncio.Queue[Event] = asyncio.Queue()

    async def connect(self) -> None:
        """Begin; there is nothing to connect to."""

    async def disconnect(self) -> None:
        """End."""

    async def subscribe(self, channel: str) -> None:
        """Want a channel from now on."""
        self._wanted.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Want a channel no longer."""
        self._wanted.discard(channel)

    async def publish(self, channel: str, message: str) -> None:
        """Pass a message on."""
        if channel in self._wanted:
            self._arrived.put_nowait(Event(channel, message))

    async def next_published(self) -> Event:
        """The next event of a wanted channel."""
        return await self._arrived.get()
