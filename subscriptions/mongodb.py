"""Broadcast backend over the change stream of the shared MongoDB database.

Committing an event publishes it to every process that uses the database, so the application does
not send events itself.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from broadcaster import Event

from models.bookings.change_stream import ChangeStream, Notification, notify, ping_database
from models.errors import Unavailable
from subscriptions.supervision import RESPONSE_TIMEOUT_SECONDS, RESYNC, SupervisedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from models.bookings.change_stream import Committed

EXPERT = "expert:"
CLIENT = "client:"


class MongoConnection:
    """An open change stream."""

    def __init__(
        self, stream: AsyncIterator[Committed | Notification], deliver: Callable[[Event], None]
    ) -> None:
        self._stream = stream
        self._deliver = deliver
        self._channels: set[str] = set()

    async def subscribe(self, channels: Collection[str]) -> None:
        """Start delivering messages on these channels; the stream carries all channels anyway."""
        self._channels.update(channels)
        for channel in channels:
            self._deliver(Event(channel, RESYNC))

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Stop delivering messages on these channels."""
        self._channels.difference_update(channels)

    async def publish(self, channel: str, message: str) -> None:
        """Send a message, unless it is a calendar event, which the commit has already published."""
        if not channel.startswith((EXPERT, CLIENT)):
            await notify(channel, message)

    async def ping(self) -> None:
        """Return once the database has responded."""
        await ping_database()

    async def read(self) -> None:
        """Deliver messages on the subscribed channels."""
        async for item in self._stream:
            if isinstance(item, Notification):
                self._deliver(Event(item.channel, item.message))
                continue
            expert_id, client_id = item.parties
            wanted = self._channels & {EXPERT + expert_id, CLIENT + client_id}
            if wanted:
                message = item.event().model_dump_json()
                for channel in wanted:
                    self._deliver(Event(channel, message))


class MongoBackend(SupervisedBackend):
    """Broadcast backend that uses the change stream of the application's open database."""

    def __init__(self) -> None:
        super().__init__(Unavailable)
        self._stream = ChangeStream()

    def __str__(self) -> str:
        return "the database's change stream"

    @asynccontextmanager
    async def open_connection(
        self, deliver: Callable[[Event], None]
    ) -> AsyncIterator[MongoConnection]:
        """Open a change stream that continues where the previous stream ended."""
        async with AsyncExitStack() as opened:
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS):
                stream = await opened.enter_async_context(self._stream.open())
            yield MongoConnection(stream, deliver)
