"""The hub: delivers each expert's events to all subscribers, in order and without gaps.

The event log in the database is the source of truth. Events committed by this process are delivered
from memory. Other processes receive these events in notifications over the bus. Each channel
delivers the event that is next in order, and drops events that it has already delivered. A channel
reads missing events from the log after a gap, or if the expert's event counter in the database is
ahead of the channel; the hub polls these counters once a second. If a restored backup has replaced
an expert's log, the subscriptions to that expert end, and clients read the calendar again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from contextvars import Context
from itertools import groupby
from typing import TYPE_CHECKING, NoReturn

from models.bookings.events import last_positions, log_heads
from models.caching.batch_loader import BatchLoader
from models.errors import NoSuchExpert, Unavailable
from subscriptions.channels import Channel, LogReplaced

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

    from models.bookings.events import Event, LogHead, Position
    from models.ids import Id
    from subscriptions.audiences import Member, Render
    from subscriptions.backends import Bus

log = logging.getLogger(__name__)

RECONCILE_SECONDS = 1.0


class Hub:
    """The channels that have subscribers; each channel has one subscription on the bus.

    Args:
        bus: carries notifications between processes.
        on_change: called with an expert's id before subscribers receive the calendar's new events.
    """

    def __init__(self, bus: Bus, on_change: Callable[[Id], None] = lambda _: None) -> None:
        self._bus = bus
        self._on_change = on_change
        self._channels: dict[Id, Channel] = {}
        self._heads: BatchLoader[Id, LogHead] = BatchLoader(log_heads)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Hub]:
        """Run the channels' tasks while the context is open; the bus must be open."""
        async with self._heads.open("log heads"), asyncio.TaskGroup() as self._tasks:
            reconciler = self._tasks.create_task(self._reconcile(), name="reconcile")
            try:
                yield self
            finally:
                reconciler.cancel()
                for channel in self._channels.values():
                    channel.task.cancel()

    async def announce(self, events: Sequence[Event]) -> None:
        """Deliver committed events to this process's subscribers, then notify other processes.

        Notifications are best effort, because the log has the events. If this process's channel
        lacks earlier events, the process notifies itself, too, so that the channel reads the log.
        """
        for expert_id, group in groupby(events, lambda event: event.expert_id):
            of_expert = list(group)
            channel = self._channels.get(expert_id)
            is_delivered = channel is None or await channel.deliver(of_expert)
            if self._bus.reaches_other_processes or not is_delivered:
                for event in of_expert:
                    await self._bus.notify(f"expert:{expert_id}", event.model_dump_json())

    async def serve(
        self,
        expert_id: Id,
        after: Position | None,
        render: Render,
        member: Member,
        *,
        sees_disabled: bool = False,
    ) -> NoReturn:
        """Send an expert's events to a member of an audience, until the caller is cancelled.

        Args:
            expert_id: the expert.
            after: the position of the last event that the member has seen; None for the latest
                event.
            render: renders an event for viewers whose bookings the event does not concern. Members
                with the same render function form an audience.
            member: receives the events.
            sees_disabled: whether to continue after the expert is disabled.

        Raises:
            NoSuchExpert: if the expert does not exist, or is disabled and `sees_disabled` is False.
            CursorExpired: if the log cannot be resumed at that position.
            Unavailable: if the database does not respond.
        """
        channel, position = await self._enter(expert_id, after, sees_disabled=sees_disabled)
        try:
            await channel.serve(render, member, position, sees_disabled=sees_disabled)
        finally:
            self._leave(channel)

    async def follow(
        self, expert_id: Id, after: Position | None, *, sees_disabled: bool = False
    ) -> AsyncGenerator[Event, None]:
        """Yield an expert's events after a position, or only new events if `after` is None.

        The generator never ends by itself.

        Raises:
            NoSuchExpert: if the expert does not exist, or is disabled and `sees_disabled` is False.
            CursorExpired: if the log cannot be resumed at that position.
            Unavailable: if the database does not respond.
        """
        channel, position = await self._enter(expert_id, after, sees_disabled=sees_disabled)
        try:
            while True:
                for event in await channel.next_events(position, sees_disabled=sees_disabled):
                    position = event.sequence
                    yield event
        finally:
            self._leave(channel)

    async def _enter(
        self, expert_id: Id, after: Position | None, *, sees_disabled: bool
    ) -> tuple[Channel, int]:
        """Return the expert's channel, and the number of the last event that the caller has seen.

        The channel is opened on first use.
        """
        latest = await self.latest(expert_id)
        if latest is None:
            raise NoSuchExpert
        channel = self._channels.get(expert_id) or self._open_channel(expert_id)
        channel.subscribers += 1
        try:
            await channel.ready.wait()
            channel.require_open(sees_disabled=sees_disabled)
            if after not in (None, latest):
                await channel.require_position(after)
        except BaseException:
            self._leave(channel)
            raise
        return channel, (after or latest).sequence

    async def latest(self, expert_id: Id) -> Position | None:
        """Return the position after an expert's last event, or None if the expert does not exist.

        If the expert has subscribers in this process, the last event is the one that was last
        delivered to them.

        Raises:
            Unavailable: if the database does not respond.
        """
        channel = self._channels.get(expert_id)
        if channel and channel.ready.is_set():
            return channel.position
        head = await self._heads.load(expert_id)
        return head.position if head else None

    def _open_channel(self, expert_id: Id) -> Channel:
        """Open a channel for an expert.

        The channel is stored before anything is awaited, so an expert never has two channels.
        """
        channel = self._channels[expert_id] = Channel(expert_id, self._on_change)
        # The task starts in an empty context, because it outlives the request that started it.
        listening = self._listen(channel)
        channel.task = self._tasks.create_task(listening, name=channel.name, context=Context())
        return channel

    def _leave(self, channel: Channel) -> None:
        """Remove a subscriber from a channel; close the channel when no subscribers are left."""
        channel.subscribers -= 1
        if not channel.subscribers and self._channels.get(channel.expert_id) is channel:
            del self._channels[channel.expert_id]
            channel.task.cancel()

    def _replace(self, channel: Channel) -> None:
        """End the subscriptions of a channel whose log was replaced; new ones get a new channel."""
        log.warning("the log of %s was replaced; its subscriptions start again", channel.name)
        if self._channels.get(channel.expert_id) is channel:
            del self._channels[channel.expert_id]
        channel.mark_replaced()
        channel.task.cancel()

    async def _listen(self, channel: Channel) -> None:
        async with self._bus.notifications(channel.name) as next_message:
            await self._start(channel)
            while True:
                message = await next_message()
                try:
                    await channel.receive(message)
                except LogReplaced:
                    self._replace(channel)
                except Unavailable:
                    log.warning(
                        "events of %s are delayed: the database is unavailable", channel.name
                    )

    async def _start(self, channel: Channel) -> None:
        """Start a channel at the end of the expert's log; end it if the calendar has been deleted.

        The end of the log is read after subscribing on the bus, so that no event is missed in
        between.
        """
        while True:
            try:
                head = await self._heads.load(channel.expert_id)
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
                continue
            if head:
                channel.start(head)
            else:
                self._replace(channel)
            return

    async def _reconcile(self) -> None:
        """Poll open channels' event counters once a second, in case notifications are lost."""
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            ready = [channel for channel in self._channels.values() if channel.ready.is_set()]
            if not ready:
                continue
            known = {channel.expert_id: channel.position for channel in ready}
            try:
                latest = await last_positions(known)
                for channel in ready:
                    at = latest.get(channel.expert_id)
                    # The channel may have advanced since the calendars were read.
                    if at and at != known[channel.expert_id] and at != channel.position:
                        await self._catch_up(channel)
            except Unavailable:
                log.warning("events are delayed: the database is unavailable")

    async def _catch_up(self, channel: Channel) -> None:
        try:
            await channel.catch_up()
        except LogReplaced:
            self._replace(channel)
