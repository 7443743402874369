"""Broadcast backend within one process."""

from __future__ import annotations

import asyncio

from broadcaster import BroadcastBackend, Event


class MemoryBackend(BroadcastBackend):
    """Queue of messages; messages on channels without a subscriber are dropped."""

    is_connected = True

    def __init__(self) -> None:
        self._wanted: set[str] = set()
        self._received: asyncio.Queue[Event] = asyncio.Queue()

    async def connect(self) -> None:
        """Do nothing, because there is no server."""

    async def disconnect(self) -> None:
        """Do nothing, because there is no server."""

    async def subscribe(self, channel: str) -> None:
        """Accept messages on a channel from now on."""
        self._wanted.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Drop messages on a channel from now on."""
        self._wanted.discard(channel)

    async def publish(self, channel: str, message: str) -> None:
        """Queue a message if its channel has a subscriber."""
        if channel in self._wanted:
            self._received.put_nowait(Event(channel, message))

    async def next_published(self) -> Event:
        """Wait for the next message on a subscribed channel."""
        return await self._received.get()
