"""The hub: delivers each expert's events to everyone who watches, in order and none missing.

The event log in the database is the truth. What this process has committed is delivered straight
from memory; to the others broadcaster carries a nudge with the event in it. What is next in line is
delivered, what is older dropped; a gap, or a look at the counters once a second, reads what is
missing from the log.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from contextvars import Context
from itertools import groupby
from typing import TYPE_CHECKING

from models.bookings.events import last_sequences
from models.errors import BadUserInput, Unavailable
from subscriptions.channels import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from models.bookings.events import Event
    from models.ids import Id
    from subscriptions.backends import Bus

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 1.0


class Hub:
    """The channels that somebody watches, one broadcaster subscription for each.

    Args:
        bus: what carries nudges.
        heard: is told before the watchers whose calendar has changed, by whatever process.
    """

    def __init__(self, bus: Bus, heard: Callable[[Id], None] = lambda _: None) -> None:
        self._bus = bus
        self._heard = heard
        self._channels: dict[Id, Channel] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Hub]:
        """Own the channels' tasks for as long as the context lasts; the broadcast must be open."""
        async with asyncio.TaskGroup() as self._tasks:
            reconciler = self._tasks.create_task(self._reconcile(), name="reconcile")
            try:
                yield self
            finally:
                reconciler.cancel()
                for channel in self._channels.values():
                    channel.task.cancel()

    async def announce(self, events: Sequence[Event]) -> None:
        """Tell of committed events: who watches here before the next line, others soon after.

        Best effort, since the log has them. Straight from memory, an event costs 0.1 ms less than
        by a nudge, which is sent where another process may want it, or where something is missing
        before it here.
        """
        for expert_id, found in groupby(events, lambda event: event.expert_id):
            theirs = list(found)
            channel = self._channels.get(expert_id)
            is_told = channel is None or channel.take(theirs)
            if self._bus.has_others or not is_told:
                for event in theirs:
                    await self._bus.nudge(f"expert:{expert_id}", event.model_dump_json())

    def watching(self, expert_id: Id, after: int | None) -> Watching:
        """The expert's channel, and the number of the last event that the watcher knows.

        Args:
            expert_id: whose events.
            after: that number, or None for the latest.

        Raises:
            BadUserInput: when there is no such expert, or no such event yet.
            Unavailable: when the database does not answer.
        """
        return Watching(self, expert_id, after)

    async def follow(self, expert_id: Id, after: int | None) -> AsyncGenerator[Event, None]:
        """Every event after that number, or from now on; never ends by itself.

        Raises:
            BadUserInput: when there is no such expert, or no such event yet.
            CursorExpired: when the next event is no longer kept.
            Unavailable: when the database does not answer.
        """
        async with self.watching(expert_id, after) as (channel, known):
            position = known
            while True:
                for event in await channel.after(position):
                    position = event.sequence
                    yield event

    def watch(self, expert_id: Id) -> Channel:
        """The expert's channel; in the map before anything is awaited, so there is one."""
        channel = self._channels.get(expert_id)
        if channel is None:
            channel = self._channels[expert_id] = Channel(expert_id, self._heard)
            # In a context of its own: it outlives the request that was the first to watch.
            listening = self._listen(channel)
            channel.task = self._tasks.create_task(listening, name=channel.name, context=Context())
        channel.watchers += 1
        return channel

    def leave(self, channel: Channel) -> None:
        """One watches it less."""
        channel.watchers -= 1
        if not channel.watchers:
            del self._channels[channel.expert_id]
            channel.task.cancel()

    async def _listen(self, channel: Channel) -> None:
        async with self._bus.nudges(channel.name) as nudge:
            await self._begin(channel)
            while True:
                message = await nudge()
                try:
                    await channel.hear(message)
                except Unavailable:
                    log.warning("events of %s are late: the database is away", channel.name)

    async def _begin(self, channel: Channel) -> None:
        """Read the counter, once the subscription stands, so that nothing falls between."""
        while True:
            try:
                channel.begin((await last_sequences([channel.expert_id]))[channel.expert_id])
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
            else:
                return

    async def _reconcile(self) -> None:
        """Look at the watched counters once a second, for nudges that got lost."""
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            watched = [channel for channel in self._channels.values() if channel.ready.is_set()]
            if not watched:
                continue
            try:
                latest = await last_sequences(channel.expert_id for channel in watched)
                for channel in watched:
                    if latest.get(channel.expert_id, 0) > channel.last:
                        await channel.catch_up()
            except Unavailable:
                log.warning("the database is away; events follow when it is back")


class Watching:
    """A place at a channel, for as long as the context lasts.

    No generator: that would take 0.7 KB for as long as a subscription lasts.
    """

    __slots__ = ("_after", "_channel", "_expert_id", "_hub")

    def __init__(self, hub: Hub, expert_id: Id, after: int | None) -> None:
        self._hub = hub
        self._expert_id = expert_id
        self._after = after
        self._channel: Channel

    async def __aenter__(self) -> tuple[Channel, int]:
        latest = (await last_sequences([self._expert_id])).get(self._expert_id)
        if latest is None:
            raise BadUserInput("expertId: there is no such expert")
        if self._after is not None and self._after > latest:
            raise BadUserInput("after: a cursor of an event that has not happened")
        self._channel = self._hub.watch(self._expert_id)
        try:
            await self._channel.ready.wait()
        except BaseException:
            self._hub.leave(self._channel)
            raise
        return self._channel, latest if self._after is None else self._after

    async def __aexit__(self, *_: object) -> None:
        self._hub.leave(self._channel)
