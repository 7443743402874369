"""Supervised broadcast backends, which reconnect whenever they lose the connection to the server.

The library broadcaster reads from its backend in a single task. An error in the backend would
silently end the task in which broadcaster reads, and all subscribers would wait forever. So a
supervised backend reads in a task of its own, which reconnects after growing delays and subscribes
to all wanted channels again. Each channel gets a RESYNC message as soon as its subscription is
established; events published before that are in the event log.

`subscribe` and `unsubscribe` never wait, so that concurrent calls cannot leave broadcaster's map of
subscribers in an inconsistent state.
"""

from __future__ import annotations

import asyncio
import logging
import random
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from broadcaster import BroadcastBackend, Event

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from contextlib import AbstractAsyncContextManager

log = logging.getLogger(__name__)

RESYNC = ""
"""Message that tells a channel's subscribers to read the event log, because they may have missed
messages."""

PUBLISH_TIMEOUT_SECONDS = 0.4
PING_INTERVAL_SECONDS = 1.0
RESPONSE_TIMEOUT_SECONDS = 2.0
MIN_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 5.0
STABLE_SECONDS = 5.0
"""A connection that lasts longer than this resets the delay before the next attempt."""


class BrokerConnection(Protocol):
    """An established connection; every method raises an error once the connection is broken."""

    async def subscribe(self, channels: Collection[str]) -> None:
        """Subscribe to channels; each gets a RESYNC message as soon as it is subscribed."""

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Unsubscribe from channels."""

    async def publish(self, channel: str, message: str) -> None:
        """Send a message to the channel's subscribers."""

    async def ping(self) -> None:
        """Ping the server, and return once it has responded."""

    async def read(self) -> None:
        """Deliver incoming messages; never returns."""


class _Broken(Exception):
    """The connection is broken."""


class SupervisedBackend(BroadcastBackend):
    """A backend that replaces its connection whenever the connection breaks.

    Args:
        failures: the exceptions that a broken connection raises, in addition to OSError.
    """

    def __init__(self, *failures: type[Exception]) -> None:
        self._failures: tuple[type[Exception], ...] = (OSError, *failures)
        self._wanted: set[str] = set()
        self._wanted_changed = asyncio.Event()
        self._received: asyncio.Queue[Event] = asyncio.Queue()
        self._attempted = asyncio.Event()
        self._connection: BrokerConnection | None = None
        self._suspect = asyncio.Event()
        self._failed_publish = ""
        self._is_lost = False
        self._supervisor: asyncio.Task[None]

    @abstractmethod
    def open_connection(
        self, deliver: Callable[[Event], None]
    ) -> AbstractAsyncContextManager[BrokerConnection]:
        """Connect, and yield the connection once the server has responded.

        Args:
            deliver: called with each message that arrives.
        """

    @property
    def is_connected(self) -> bool:
        """Whether the backend is connected and the server responds."""
        return self._connection is not None and not self._suspect.is_set()

    async def connect(self) -> None:
        """Start the supervisor; wait until its first attempt to connect has succeeded or failed."""
        self._supervisor = asyncio.create_task(self._supervise(), name="broadcast backend")
        await self._attempted.wait()

    async def disconnect(self) -> None:
        """Stop the supervisor."""
        self._supervisor.cancel()
        with suppress(asyncio.CancelledError):
            await self._supervisor

    async def subscribe(self, channel: str) -> None:
        """Subscribe to a channel in the background."""
        self._wanted.add(channel)
        self._wanted_changed.set()

    async def unsubscribe(self, channel: str) -> None:
        """Unsubscribe from a channel in the background."""
        self._wanted.discard(channel)
        self._wanted_changed.set()

    async def next_published(self) -> Event:
        """Wait for the next message on a wanted channel; never raises."""
        return await self._received.get()

    async def publish(self, channel: str, message: str) -> None:
        """Send a message within PUBLISH_TIMEOUT_SECONDS, or drop it if there is no connection."""
        if self._connection is None or self._suspect.is_set():
            return
        try:
            async with asyncio.timeout(PUBLISH_TIMEOUT_SECONDS):
                await self._connection.publish(channel, message)
        except self._failures as error:
            # Until the server responds to a ping, further messages are dropped without waiting.
            self._failed_publish = f"{channel} ({str(error) or 'no answer'})"
            self._suspect.set()

    async def _supervise(self) -> None:
        backoff = MIN_BACKOFF_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with self.open_connection(self._deliver) as connection:
                    await self._use(connection)
            except Exception as error:  # noqa: BLE001 - no error may end the supervisor
                self._mark_lost(error)
            if asyncio.get_running_loop().time() - began > STABLE_SECONDS:
                backoff = MIN_BACKOFF_SECONDS
            await asyncio.sleep(backoff * random.uniform(0.5, 1))  # noqa: S311 - the delay is no secret
            backoff = min(backoff * 2, MAX_BACKOFF_SECONDS)

    async def _use(self, connection: BrokerConnection) -> None:
        """Read, subscribe and ping on a connection until it breaks."""
        self._suspect.clear()
        self._connection = connection
        self._attempted.set()
        if self._is_lost:
            log.info("%s is back", self)
            self._is_lost = False
        try:
            async with asyncio.TaskGroup() as group:
                for work in (
                    connection.read(),
                    self._sync_subscriptions(connection),
                    self._probe(connection),
                ):
                    group.create_task(self._report_failure(work))
        except* _Broken:
            pass  # already logged

    async def _report_failure(self, work: Awaitable[None]) -> None:
        """Await the work; report failure at once, because closing the connection may take long."""
        try:
            await work
        except Exception as error:
            self._mark_lost(error)
            raise _Broken from error

    def _mark_lost(self, error: Exception) -> None:
        """Mark the backend as disconnected; log the reason once."""
        self._connection = None
        self._attempted.set()
        if not isinstance(error, self._failures):
            log.error("%s failed", self, exc_info=error)
        if not self._is_lost:
            self._is_lost = True
            why = str(error) or "no answer"
            log.warning("%s is away (%s); events are read from the log", self, why)

    def _deliver(self, event: Event) -> None:
        if event.channel in self._wanted:
            self._received.put_nowait(event)

    async def _sync_subscriptions(self, connection: BrokerConnection) -> None:
        """Subscribe the connection to the wanted channels, now and whenever these change."""
        applied: set[str] = set()
        while True:
            self._wanted_changed.clear()
            wanted = set(self._wanted)
            if gone := applied - wanted:
                await connection.unsubscribe(gone)
            if new := wanted - applied:
                await connection.subscribe(new)
            applied = wanted
            await self._wanted_changed.wait()

    async def _probe(self, connection: BrokerConnection) -> None:
        """Ping regularly, to detect a server that hangs without closing the connection."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_INTERVAL_SECONDS):
                    await self._suspect.wait()
            async with asyncio.timeout(RESPONSE_TIMEOUT_SECONDS):
                await connection.ping()
            if self._suspect.is_set():
                log.warning("could not publish a message on channel %s", self._failed_publish)
                self._suspect.clear()
