"""Events between processes by a Redis or Valkey server's publish and subscribe."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from broadcaster import Event
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from subscriptions.supervision import ANSWER_SECONDS, RESYNC, SupervisedBackend

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection

    from redis.asyncio.client import PubSub

PERMANENT = "expertbook"
"""A channel that is never left: a connection without any is no subscriber to the server."""

AT_ONCE = 500


class RedisConnection:
    """Two connections: one that is subscribed, and one that publishes."""

    def __init__(self, client: Redis, pubsub: PubSub, deliver: Callable[[Event], None]) -> None:
        self._client = client
        self._pubsub = pubsub
        self._deliver = deliver
        self._heard = asyncio.Event()

    async def subscribe(self, channels: Collection[str]) -> None:
        """Ask for channels."""
        for some in chunks(channels):
            await self._pubsub.subscribe(*some)

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Ask for channels no longer."""
        for some in chunks(channels):
            await self._pubsub.unsubscribe(*some)

    async def publish(self, channel: str, message: str) -> None:
        """Send a message to whoever has subscribed."""
        await self._client.publish(channel, message)

    async def ping(self) -> None:
        """Return when anything has come from the server, if only the answer to this."""
        self._heard.clear()
        await self._pubsub.ping()
        await self._heard.wait()

    async def read(self) -> None:
        """Deliver what comes, and a RESYNC for every subscription that the server confirms."""
        while True:
            message: dict[str, Any] | None = await self._pubsub.get_message(timeout=None)
            self._heard.set()
            if message is None:
                continue
            if message["type"] == "message":
                self._deliver(Event(message["channel"], message["data"]))
            elif message["type"] == "subscribe":
                self._deliver(Event(message["channel"], RESYNC))


class RedisBackend(SupervisedBackend):
    """Publish and subscribe of the server that a URL names.

    Raises:
        ValueError: for a URL that names none.
    """

    def __init__(self, url: str) -> None:
        super().__init__(RedisError)
        self._url = url
        self._client()

    def __str__(self) -> str:
        return "the broadcast server"

    @asynccontextmanager
    async def linked(self, deliver: Callable[[Event], None]) -> AsyncIterator[RedisConnection]:
        """Connect twice, both with an answer."""
        async with self._client() as client, client.pubsub() as pubsub:
            async with asyncio.timeout(ANSWER_SECONDS):
                await client.ping()
                await pubsub.subscribe(PERMANENT)
                await pubsub.get_message(timeout=None)
            yield RedisConnection(client, pubsub, deliver)

    def _client(self) -> Redis:
        # The supervisor is to hear of what breaks, so nothing is tried again here. A limit on
        # reading would cut off a subscriber to whom nothing is said for a while.
        return Redis.from_url(
            self._url,
            protocol=2,
            decode_responses=True,
            socket_timeout=None,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_keepalive=True,
            health_check_interval=0,
            retry=Retry(NoBackoff(), 0),
        )


def chunks(channels: Collection[str]) -> list[list[str]]:
    """The channels in commands of a moderate length."""
    ordered = sorted(channels)
    return [ordered[first : first + AT_ONCE] for first in range(0, len(ordered), AT_ONCE)]
