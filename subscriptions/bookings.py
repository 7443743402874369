"""The feed: tells clients and experts of every change of their bookings, as newest states.

After a commit a nudge goes to the client's channel; once a second, and whenever nudges may have
got lost, one look into the event log for all watched clients finds what none has told. An expert's
calendar is followed through the hub.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import Context
from typing import TYPE_CHECKING

from models.bookings.events import bookings_touched, events_after, last_sequences
from models.errors import ExpertBookError, Unavailable
from subscriptions.backends import RESYNC
from subscriptions.clients import GLANCE_BACK, LOOK_BACK, ClientChannel, Watcher, look

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.ids import Id
    from subscriptions.backends import Bus
    from subscriptions.hub import Hub

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 1.0
FAR_EVERY = 5
MOST_RECENT = 100
"""More than happens in a calendar while a subscription begins."""


class BookingFeed:
    """The channels of the clients who watch, one broadcaster subscription for each."""

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self._bus = bus
        self._hub = hub
        self._channels: dict[Id, ClientChannel] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._doubtful: set[Id] = set()
        self._look_now = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[BookingFeed]:
        """Own the tasks for as long as the context lasts; broadcast and hub must be open."""
        async with asyncio.TaskGroup() as self._tasks:
            reconciler = self._tasks.create_task(self._reconcile(), name="reconcile bookings")
            try:
                yield self
            finally:
                channels = [channel.task for channel in self._channels.values()]
                for task in (reconciler, *channels, *self._followers):
                    task.cancel()

    async def announce(self, events: Sequence[Event]) -> None:
        """Tell every process of committed events; best effort, since the log has them."""
        latest = {event.booking_id: event for event in events if event.booking_id}
        for event in latest.values():
            message = event.model_dump_json(exclude={"slot", "changed"})
            await self._bus.nudge(f"client:{event.client_id}", message)

    async def changes(
        self, client_id: Id, expert_id: Id | None, since: datetime
    ) -> AsyncGenerator[Booking, None]:
        """The bookings that change from that time on; never ends by itself.

        Args:
            client_id: whose bookings.
            expert_id: whose calendar, too.
            since: this moment, or one that has just passed.

        Raises:
            CursorExpired: when changes of the calendar are no longer kept.
            Unavailable: when the database does not answer at the beginning.
        """
        position = await _position(expert_id, since) if expert_id else None
        watcher, follower = Watcher(), None
        channel = self._watch(client_id, since)
        channel.join(watcher, since)
        if expert_id is not None and position is not None:
            following = self._follow(expert_id, position, watcher)
            follower = self._tasks.create_task(following, name=f"bookings of {expert_id}")
            self._followers.add(follower)
        try:
            await channel.ready.wait()
            while True:
                for booking in await watcher.states():
                    yield booking
        finally:
            if follower:
                follower.cancel()
                self._followers.discard(follower)
            self._leave(channel, watcher)

    def _watch(self, client_id: Id, since: datetime) -> ClientChannel:
        """The client's channel; in the map before anything is awaited, so there is one."""
        channel = self._channels.get(client_id)
        if channel is None:
            channel = self._channels[client_id] = ClientChannel(client_id, since)
            # In a context of its own: it outlives the request that was the first to watch.
            listening = self._listen(channel)
            channel.task = self._tasks.create_task(listening, name=channel.name, context=Context())
        return channel

    def _leave(self, channel: ClientChannel, watcher: Watcher) -> None:
        channel.watchers.discard(watcher)
        if not channel.watchers:
            del self._channels[channel.client_id]
            channel.task.cancel()

    async def _listen(self, channel: ClientChannel) -> None:
        await self._begin(channel)
        async with self._bus.nudges(channel.name) as nudge:
            channel.ready.set()
            self._doubt(channel)  # something may have happened before the subscription stood
            while True:
                message = await nudge()
                if message == RESYNC:
                    self._doubt(channel)
                else:
                    channel.hear(message)

    async def _begin(self, channel: ClientChannel) -> None:
        since = channel.looked_at - LOOK_BACK
        while True:
            try:
                channel.begin(await bookings_touched([channel.client_id], since))
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
            else:
                return

    async def _follow(self, expert_id: Id, position: int, watcher: Watcher) -> None:
        """Tell a watcher of what happens in a calendar."""
        while True:
            try:
                async with aclosing(self._hub.follow(expert_id, position)) as events:
                    async for event in events:
                        position = event.sequence
                        if event.booking_id:
                            watcher.owe(event.booking_id)
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
            except ExpertBookError as error:
                watcher.fail(error)
                return

    def _doubt(self, channel: ClientChannel) -> None:
        """Have the log read at once for a channel."""
        self._doubtful.add(channel.client_id)
        self._look_now.set()

    async def _reconcile(self) -> None:
        """Look into the log once a second for every client, at once for those in doubt.

        Every fifth time further back, for commits that took long.
        """
        loop = asyncio.get_running_loop()
        everyone_at = loop.time() + RECONCILE_SECONDS
        rounds = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(everyone_at):
                    await self._look_now.wait()
            ids, self._doubtful = self._doubtful, set()
            self._look_now.clear()
            back = GLANCE_BACK
            if loop.time() >= everyone_at:
                ids, rounds = set(self._channels), rounds + 1
                back = GLANCE_BACK if rounds % FAR_EVERY else LOOK_BACK
                everyone_at = loop.time() + RECONCILE_SECONDS
            channels = {id_: self._channels[id_] for id_ in ids if id_ in self._channels}
            ready = {id_: channel for id_, channel in channels.items() if channel.ready.is_set()}
            try:
                await look(ready, back)
            except Unavailable:
                log.warning("the database is away; changes of bookings follow when it is back")


async def _position(expert_id: Id, since: datetime) -> int | None:
    """The number of an expert's last event before a moment that has just passed."""
    latest = (await last_sequences([expert_id])).get(expert_id)
    if latest is None:
        return None
    recent = await events_after(expert_id, max(0, latest - MOST_RECENT))
    return next((event.sequence - 1 for event in recent if event.at >= since), latest)
