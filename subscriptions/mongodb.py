"""Events between processes by the change stream of the database that they share.

Committing an event is what publishes it, so whoever writes one is heard, and nothing is sent twice.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from broadcaster import Event

from models.bookings.change_stream import ChangeStream, Nudge, nudge, ping_database
from models.errors import Unavailable
from subscriptions.supervision import ANSWER_SECONDS, RESYNC, SupervisedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from models.bookings.change_stream import Committed

EXPERT = "expert:"
CLIENT = "client:"


class MongoConnection:
    """A change stream that is open."""

    def __init__(
        self, stream: AsyncIterator[Committed | Nudge], deliver: Callable[[Event], None]
    ) -> None:
        self._stream = stream
        self._deliver = deliver
        self._channels: set[str] = set()

    async def subscribe(self, channels: Collection[str]) -> None:
        """Have channels from now on; the stream has them all."""
        self._channels.update(channels)
        for channel in channels:
            self._deliver(Event(channel, RESYNC))

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Have channels no longer."""
        self._channels.difference_update(channels)

    async def publish(self, channel: str, message: str) -> None:
        """Send what is no calendar event; those are published by being committed."""
        if not channel.startswith((EXPERT, CLIENT)):
            await nudge(channel, message)

    async def ping(self) -> None:
        """Return when the database has answered."""
        await ping_database()

    async def read(self) -> None:
        """Deliver what comes on the channels that are wanted."""
        async for found in self._stream:
            if isinstance(found, Nudge):
                self._deliver(Event(found.channel, found.message))
                continue
            expert_id, client_id = found.parties
            wanted = self._channels & {EXPERT + expert_id, CLIENT + client_id}
            if wanted:
                message = found.event().model_dump_json()
                for channel in wanted:
                    self._deliver(Event(channel, message))


class MongoBackend(SupervisedBackend):
    """The change stream of the application's own database, which must be open."""

    def __init__(self) -> None:
        super().__init__(Unavailable)
        self._stream = ChangeStream()

    def __str__(self) -> str:
        return "the database's change stream"

    @asynccontextmanager
    async def linked(self, deliver: Callable[[Event], None]) -> AsyncIterator[MongoConnection]:
        """Open the stream where the last one ended."""
        async with AsyncExitStack() as opened:
            async with asyncio.timeout(ANSWER_SECONDS):
                stream = await opened.enter_async_context(self._stream.open())
            yield MongoConnection(stream, deliver)
