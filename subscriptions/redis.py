"""Broadcast backend over the publish/subscribe commands of a Redis or Valkey server."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from broadcaster import Event
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from subscriptions.supervision import RESPONSE_TIMEOUT_SECONDS, RESYNC, SupervisedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from redis.asyncio.client import PubSub

PERMANENT_CHANNEL = "expertbook"
"""Channel that is always subscribed, because the server ends subscriber mode on a connection that
is subscribed to no channel."""

MAX_CHANNELS_PER_COMMAND = 500


class RedisConnection:
    """Two connections to the server: one subscribes, the other publishes."""

    def __init__(self, client: Redis, pubsub: PubSub, deliver: Callable[[Event], None]) -> None:
        self._client = client
        self._pubsub = pubsub
        self._deliver = deliver
        self._has_received = asyncio.Event()

    async def subscribe(self, channels: Collection[str]) -> None:
        """Subscribe to channels."""
        for chunk in chunks(channels):
            await self._pubsub.subscribe(*chunk)

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Unsubscribe from channels."""
        for chunk in chunks(channels):
            await self._pubsub.unsubscribe(*chunk)

    async def publish(self, channel: str, message: str) -> None:
        """Send a message to the channel's subscribers."""
        await self._client.publish(channel, message)

    async def ping(self) -> None:
        """Ping the server and wait until it sends the reply or any other message."""
        self._has_received.clear()
        await self._pubsub.ping()
        await self._has_received.wait()

    async def read(self) -> None:
        """Deliver messages, and a RESYNC message for each subscription that the server confirms."""
        while True:
            message: dict[str, Any] | None = await self._pubsub.get_message(timeout=None)
            self._has_received.set()
            if message is None:
                continue
            if message["type"] == "message":
                self._deliver(Event(message["channel"], message["data"]))
            elif message["type"] == "subscribe":
                self._deliver(Event(message["channel"], RESYNC))


class RedisBackend(SupervisedBackend):
    """Backend over the Redis or Valkey server at a URL.

    Raises:
        ValueError: if the URL is invalid.
    """

    def __init__(self, url: str) -> None:
        super().__init__(RedisError)
        self._url = url
        self._client()

    def __str__(self) -> str:
        return "the broadcast server"

    @asynccontextmanager
    async def open_connection(
        self, deliver: Callable[[Event], None]
    ) -> AsyncIterator[RedisConnection]:
        """Open both connections and wait until the server responds on each."""
        async with self._client() as client, client.pubsub() as pubsub:
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS):
                await client.ping()
                await pubsub.subscribe(PERMANENT_CHANNEL)
                await pubsub.get_message(timeout=None)
            yield RedisConnection(client, pubsub, deliver)

    def _client(self) -> Redis:
        # No retries, since the supervisor must notice failures. No read timeout, since a
        # subscription may be idle for a long time.
        return Redis.from_url(
            self._url,
            protocol=2,
            decode_responses=True,
            socket_timeout=None,
            socket_connect_timeout=RESPONSE_TIMEOUT_SECONDS,
            socket_keepalive=True,
            health_check_interval=0,
            retry=Retry(NoBackoff(), 0),
        )


def chunks(channels: Collection[str]) -> list[list[str]]:
    """Split channels into sorted lists of at most MAX_CHANNELS_PER_COMMAND channels each."""
    ordered = sorted(channels)
    size = MAX_CHANNELS_PER_COMMAND
    return [ordered[first : first + size] for first in range(0, len(ordered), size)]
