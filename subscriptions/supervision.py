"""What keeps a broadcast backend alive while the server behind it comes and goes.

Broadcaster has one task that reads from its backend; an error there would end it in silence, and
every subscriber would wait for ever. So the backend reads in a task of its own, which connects
again with growing pauses and asks for all wanted channels anew. Whenever a subscription stands, its
channel gets a RESYNC: what was published before that is in the event log.

Nothing here waits inside `subscribe` and `unsubscribe`, so that broadcaster's own map of
subscribers is never changed half-way, however many come and go at once.
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
"""The message that says: read the log, something may have been missed."""

PUBLISH_SECONDS = 0.4
PING_SECONDS = 1.0
ANSWER_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
STEADY_SECONDS = 5.0
"""A connection that held this long was a good one: the next pauses are short again."""


class BrokerConnection(Protocol):
    """A connection that stands; each method raises when it has broken."""

    async def subscribe(self, channels: Collection[str]) -> None:
        """Ask for channels; each gets a RESYNC as soon as its subscription stands."""

    async def unsubscribe(self, channels: Collection[str]) -> None:
        """Ask for channels no longer."""

    async def publish(self, channel: str, message: str) -> None:
        """Send a message to whoever has subscribed."""

    async def ping(self) -> None:
        """Return when the server has shown that it lives."""

    async def read(self) -> None:
        """Deliver what comes; never returns."""


class _Broken(Exception):
    """The link is of no more use."""


class SupervisedBackend(BroadcastBackend):
    """A backend over a connection that is made again whenever it breaks.

    Args:
        failures: what a link raises when it has broken.
    """

    def __init__(self, *failures: type[Exception]) -> None:
        self._failures: tuple[type[Exception], ...] = (OSError, *failures)
        self._wanted: set[str] = set()
        self._changed = asyncio.Event()
        self._arrived: asyncio.Queue[Event] = asyncio.Queue()
        self._tried = asyncio.Event()
        self._link: BrokerConnection | None = None
        self._doubt = asyncio.Event()
        self._untaken = ""
        self._is_lost = False
        self._supervisor: asyncio.Task[None]

    @abstractmethod
    def linked(
        self, deliver: Callable[[Event], None]
    ) -> AbstractAsyncContextManager[BrokerConnection]:
        """Connect, and give the link once the server has answered.

        Args:
            deliver: what takes the events that come.
        """

    @property
    def is_connected(self) -> bool:
        """Whether messages pass at the moment."""
        return self._link is not None and not self._doubt.is_set()

    async def connect(self) -> None:
        """Begin; a server that is away is waited for in the background."""
        self._supervisor = asyncio.create_task(self._supervise(), name="broadcast backend")
        await self._tried.wait()

    async def disconnect(self) -> None:
        """End, for good."""
        self._supervisor.cancel()
        with suppress(asyncio.CancelledError):
            await self._supervisor

    async def subscribe(self, channel: str) -> None:
        """Want a channel from now on; does not wait."""
        self._wanted.add(channel)
        self._changed.set()

    async def unsubscribe(self, channel: str) -> None:
        """Want a channel no longer; does not wait."""
        self._wanted.discard(channel)
        self._changed.set()

    async def next_published(self) -> Event:
        """The next event of a wanted channel; never raises."""
        return await self._arrived.get()

    async def publish(self, channel: str, message: str) -> None:
        """Send a message, within half a second; while nothing is connected it is dropped."""
        if self._link is None or self._doubt.is_set():
            return
        try:
            async with asyncio.timeout(PUBLISH_SECONDS):
                await self._link.publish(channel, message)
        except self._failures as error:
            # Until the server has shown that it lives, nobody else waits for it.
            self._untaken = f"{channel} was not taken ({str(error) or 'no answer'})"
            self._doubt.set()

    async def _supervise(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with self.linked(self._deliver) as link:
                    await self._carry(link)
            except Exception as error:  # noqa: BLE001 - nothing may end the supervisor
                self._lose(error)
            if asyncio.get_running_loop().time() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - no secret
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _carry(self, link: BrokerConnection) -> None:
        """Keep a link in use until it breaks."""
        self._doubt.clear()
        self._link = link
        self._tried.set()
        if self._is_lost:
            log.info("%s is back", self)
            self._is_lost = False
        try:
            async with asyncio.TaskGroup() as group:
                for work in (link.read(), self._apply(link), self._probe(link)):
                    group.create_task(self._mind(work))
        except* _Broken:
            pass  # which has been said

    async def _mind(self, work: Awaitable[None]) -> None:
        """Say at once what breaks a link: to leave it may take a while."""
        try:
            await work
        except Exception as error:
            self._lose(error)
            raise _Broken from error

    def _lose(self, error: Exception) -> None:
        """Say once why nothing passes."""
        self._link = None
        self._tried.set()
        if not isinstance(error, self._failures):
            log.error("%s failed", self, exc_info=error)
        if not self._is_lost:
            self._is_lost = True
            why = str(error) or "no answer"
            log.warning("%s is away (%s); events are read from the log", self, why)

    def _deliver(self, event: Event) -> None:
        if event.channel in self._wanted:
            self._arrived.put_nowait(event)

    async def _apply(self, link: BrokerConnection) -> None:
        """Have the link subscribed to what is wanted, now and after every change."""
        applied: set[str] = set()
        while True:
            self._changed.clear()
            wanted = set(self._wanted)
            if gone := applied - wanted:
                await link.unsubscribe(gone)
            if new := wanted - applied:
                await link.subscribe(new)
            applied = wanted
            await self._changed.wait()

    async def _probe(self, link: BrokerConnection) -> None:
        """Notice a server that is silent without having closed the connection."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(PING_SECONDS):
                    await self._doubt.wait()
            async with asyncio.timeout(ANSWER_SECONDS):
                await link.ping()
            if self._doubt.is_set():
                log.warning("a message to %s", self._untaken)
                self._doubt.clear()
