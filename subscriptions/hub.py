"""The hub: delivers each expert's events to everyone who watches, in order and none missing.

The event log in the database is the truth; broadcaster carries a nudge with the event in it, which
makes the usual case fast. A nudge that is next in line is delivered, an older one dropped; a gap,
or a look at the counters once a second, reads what is missing from the log.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from contextvars import Context
from typing import TYPE_CHECKING

from models.errors import BadUserInput, Unavailable
from models.events import last_sequences
from subscriptions.channels import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from models.events import Event
    from models.ids import Id
    from subscriptions.backends import Bus

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 1.0


class Hub:
    """The channels that somebody watches, one broadcaster subscription for each."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
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
        """Tell every process of committed events; best effort, since the log has them."""
        for event in events:
            await self._bus.nudge(f"expert:{event.expert_id}", event.model_dump_json())

    @asynccontextmanager
    async def watching(
        self, expert_id: Id, after: int | None
    ) -> AsyncIterator[tuple[Channel, int]]:
        """The expert's channel, and the number of the last event that the watcher knows.

        Args:
            expert_id: whose events.
            after: that number, or None for the latest.

        Raises:
            BadUserInput: when there is no such expert, or no such event yet.
            Unavailable: when the database does not answer.
        """
        latest = (await last_sequences([expert_id])).get(expert_id)
        if latest is None:
            raise BadUserInput("expertId: there is no such expert")
        if after is not None and after > latest:
            raise BadUserInput("after: a cursor of an event that has not happened")
        channel = self._watch(expert_id)
        try:
            await channel.ready.wait()
            yield channel, latest if after is None else after
        finally:
            self._leave(channel)

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

    def _watch(self, expert_id: Id) -> Channel:
        """The expert's channel; in the map before anything is awaited, so there is one."""
        channel = self._channels.get(expert_id)
        if channel is None:
            channel = self._channels[expert_id] = Channel(expert_id)
            # In a context of its own: it outlives the request that was the first to watch.
            listening = self._listen(channel)
            channel.task = self._tasks.create_task(listening, name=channel.name, context=Context())
        channel.watchers += 1
        return channel

    def _leave(self, channel: Channel) -> None:
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
