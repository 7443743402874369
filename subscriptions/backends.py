"""The broadcast backend that a URL names."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from broadcaster import Broadcast

from subscriptions.memory import MemoryBackend
from subscriptions.mongodb import MongoBackend
from subscriptions.supervision import RESYNC, SupervisedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["MEMORY", "MONGODB", "RESYNC", "Bus", "broadcast"]

log = logging.getLogger(__name__)

MEMORY = "memory://"
MONGODB = "mongodb://"
REDIS = ("redis", "rediss")


class Bus(Broadcast):
    """A broadcaster that knows whether messages pass between processes at the moment.

    While they do not, every process goes by the event log, a second later at most.
    """

    def __init__(self, backend: SupervisedBackend | MemoryBackend) -> None:
        super().__init__(backend=backend)
        self._carrier = backend
        self._gate = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def is_connected(self) -> bool:
        """Whether the backend has a connection, or needs none."""
        return self._carrier.is_connected

    @property
    def has_others(self) -> bool:
        """Whether messages pass to other processes at all."""
        return not isinstance(self._carrier, MemoryBackend)

    async def nudge(self, channel: str, message: str) -> None:
        """Send a message that may get lost: whoever it is for looks at the database, too."""
        try:
            await self.publish(channel, message)
        except (OSError, RuntimeError) as error:
            log.warning("a nudge could not be sent: %s", error)

    @asynccontextmanager
    async def nudges(self, channel: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
        """Subscribe to a channel; what it gives waits for the next message."""
        subscription = self.subscribe(channel)
        # One at a time: the end of an old subscription must not undo a new one of that name.
        async with self._gate:
            subscriber = await subscription.__aenter__()

        async def next_message() -> str:
            message: str = (await subscriber.get()).message
            return message

        try:
            yield next_message
        finally:
            async with self._gate:
                await subscription.__aexit__(None, None, None)


def broadcast(url: str) -> Bus:
    """A broadcaster over that backend.

    Args:
        url: `memory://` reaches this process alone; `mongodb://`, without a host, is the change
            stream of the application's own database, which must be open; `redis://HOST` and
            `rediss://HOST` name a Redis or Valkey server.

    Raises:
        ValueError: for any other; the text repeats nothing of it, since it may have a password.
    """
    if url == MEMORY:
        return Bus(MemoryBackend())
    if url == MONGODB:
        return Bus(MongoBackend())
    if url.startswith(tuple(f"{scheme}://" for scheme in REDIS)):
        try:
            named = urlsplit(url)
            is_server = bool(named.hostname) and named.port != 0
            if is_server:
                from subscriptions.redis import RedisBackend  # noqa: PLC0415 - takes 8 MB

                return Bus(RedisBackend(url))
        except (ValueError, TypeError) as error:
            raise ValueError("not the URL of a Redis or Valkey server") from error
    raise ValueError("not a broadcast backend: use memory://, mongodb:// or redis://HOST:PORT")
