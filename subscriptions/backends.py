"""The message bus between processes, over the broadcast backend that a URL selects."""

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
    """A broadcaster that reports whether its backend is connected.

    While the backend is not connected, processes receive events only by polling the event log once
    a second.
    """

    def __init__(self, backend: SupervisedBackend | MemoryBackend) -> None:
        super().__init__(backend=backend)
        self._transport = backend
        self._subscribing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        return self

    @property
    def is_connected(self) -> bool:
        """Whether the backend is connected, or needs no connection."""
        return self._transport.is_connected

    @property
    def reaches_other_processes(self) -> bool:
        """Whether the backend carries messages between processes."""
        return not isinstance(self._transport, MemoryBackend)

    async def notify(self, channel: str, message: str) -> None:
        """Publish a message on a best-effort basis; its recipients also poll the database."""
        try:
            await self.publish(channel, message)
        except (OSError, RuntimeError) as error:
            log.warning("could not publish a notification: %s", error)

    @asynccontextmanager
    async def notifications(self, channel: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
        """Subscribe to a channel; yield a function that waits for the next message."""
        subscription = self.subscribe(channel)
        # The lock serializes starting and ending subscriptions, because the end of an old
        # subscription must not end a new one to the same channel.
        async with self._subscribing:
            subscriber = await subscription.__aenter__()

        async def next_message() -> str:
            message: str = (await subscriber.get()).message
            return message

        try:
            yield next_message
        finally:
            async with self._subscribing:
                await subscription.__aexit__(None, None, None)


def broadcast(url: str) -> Bus:
    """Return a bus over the backend that a URL selects.

    Args:
        url: `memory://` carries messages only within this process. `mongodb://`, without a host,
            uses the change stream of the application's own database, which must be open.
            `redis://HOST` and `rediss://HOST` use a Redis or Valkey server.

    Raises:
        ValueError: if the URL selects none of these backends. The error message omits the URL,
            because the URL may contain a password.
    """
    if url == MEMORY:
        return Bus(MemoryBackend())
    if url == MONGODB:
        return Bus(MongoBackend())
    if url.startswith(tuple(f"{scheme}://" for scheme in REDIS)):
        try:
            parts = urlsplit(url)
            is_server = bool(parts.hostname) and parts.port != 0
            if is_server:
                from subscriptions.redis import RedisBackend  # noqa: PLC0415 - the Redis client takes 8 MB of memory

                return Bus(RedisBackend(url))
        except (ValueError, TypeError) as error:
            raise ValueError("not a Redis or Valkey URL; use redis://HOST:PORT") from error
    raise ValueError("not a broadcast backend; use memory://, mongodb:// or redis://HOST:PORT")
