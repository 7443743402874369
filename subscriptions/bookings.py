"""The booking feed: sends clients and experts the newest state of each changed booking.

After a booking's change is committed, a notification is sent on the client's channel. Once a
second, the event log is polled for all clients with subscriptions. When a client's notifications
may have been lost, the log is polled for this client at once. The events of an expert's calendar
come from the hub.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager, suppress
from contextvars import Context
from typing import TYPE_CHECKING

from models.bookings.events import Position, bookings_touched, events_after, last_positions
from models.errors import ExpertBookError, Unavailable
from subscriptions.backends import RESYNC
from subscriptions.clients import (
    LONG_LOOKBACK,
    SHORT_LOOKBACK,
    BookingSubscription,
    ClientChannel,
    poll,
)

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
POLLS_PER_LONG_LOOKBACK = 5
MAX_RECENT_EVENTS = 100
"""Number of recent events to read: more than a calendar gets while a subscription starts."""


class BookingFeed:
    """The channels of clients with subscriptions; each channel has one subscription on the bus."""

    def __init__(self, bus: Bus, hub: Hub) -> None:
        self._bus = bus
        self._hub = hub
        self._channels: dict[Id, ClientChannel] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._requested: set[Id] = set()
        self._poll_now = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[BookingFeed]:
        """Run the feed's tasks while the context is open; the bus and the hub must be open."""
        async with asyncio.TaskGroup() as self._tasks:
            reconciler = self._tasks.create_task(self._reconcile(), name="reconcile bookings")
            try:
                yield self
            finally:
                channels = [channel.task for channel in self._channels.values()]
                for task in (reconciler, *channels, *self._followers):
                    task.cancel()

    async def announce(self, events: Sequence[Event]) -> None:
        """Notify every process of committed events.

        A notification may be lost; processes then find the event in the log.
        """
        latest = {event.booking_id: event for event in events if event.booking_id}
        for event in latest.values():
            message = event.model_dump_json(exclude={"slot", "changed"})
            await self._bus.notify(f"client:{event.client_id}", message)

    async def changes(
        self, client_id: Id, expert_id: Id | None, since: datetime
    ) -> AsyncGenerator[Booking, None]:
        """Yield the newest state of each booking that changes after `since`, endlessly.

        Args:
            client_id: the client whose bookings to follow.
            expert_id: the expert whose calendar to follow as well, if any.
            since: the time at which the subscription started, which must be very recent.

        Raises:
            CursorExpired: if events of the calendar have been deleted before they were read.
            Unavailable: if the database does not respond when the subscription starts.
        """
        position = await _position(expert_id, since) if expert_id else None
        subscription, follower = BookingSubscription(), None
        channel = self._open_channel(client_id, since)
        channel.subscribe(subscription, since)
        if expert_id is not None and position is not None:
            following = self._follow(expert_id, position, subscription)
            follower = self._tasks.create_task(following, name=f"bookings of {expert_id}")
            self._followers.add(follower)
        try:
            await channel.ready.wait()
            while True:
                for booking in await subscription.next_states():
                    yield booking
        finally:
            if follower:
                follower.cancel()
                self._followers.discard(follower)
            self._unsubscribe(channel, subscription)

    def _open_channel(self, client_id: Id, since: datetime) -> ClientChannel:
        """Return the client's channel, opened on first use.

        The channel is stored before anything is awaited, so a client never has two channels.
        """
        channel = self._channels.get(client_id)
        if channel is None:
            channel = self._channels[client_id] = ClientChannel(client_id, since)
            # The task starts in an empty context, because it outlives the request that started it.
            listening = self._listen(channel)
            channel.task = self._tasks.create_task(listening, name=channel.name, context=Context())
        return channel

    def _unsubscribe(self, channel: ClientChannel, subscription: BookingSubscription) -> None:
        channel.subscriptions.discard(subscription)
        if not channel.subscriptions:
            del self._channels[channel.client_id]
            channel.task.cancel()

    async def _listen(self, channel: ClientChannel) -> None:
        await self._start(channel)
        async with self._bus.notifications(channel.name) as next_message:
            channel.ready.set()
            self._request_poll(channel)  # finds changes committed before the subscription
            while True:
                message = await next_message()
                if message == RESYNC:
                    self._request_poll(channel)
                else:
                    channel.receive(message)

    async def _start(self, channel: ClientChannel) -> None:
        since = channel.polled_at - LONG_LOOKBACK
        while True:
            try:
                channel.start(await bookings_touched([channel.client_id], since))
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
            else:
                return

    async def _follow(
        self, expert_id: Id, position: Position, subscription: BookingSubscription
    ) -> None:
        """Follow a calendar, and add its changed bookings to a subscription."""
        while True:
            try:
                following = self._hub.follow(expert_id, position, sees_disabled=True)
                async with aclosing(following) as events:
                    async for event in events:
                        position = event.position
                        if event.booking_id:
                            subscription.add(event.booking_id)
            except Unavailable:
                await asyncio.sleep(RECONCILE_SECONDS)
            except ExpertBookError as error:
                subscription.fail(error)
                return

    def _request_poll(self, channel: ClientChannel) -> None:
        """Request that the event log be polled at once for a channel."""
        self._requested.add(channel.client_id)
        self._poll_now.set()

    async def _reconcile(self) -> None:
        """Poll the event log once a second for all clients, and at once for a client on request.

        Every fifth poll looks further back, to find changes whose commits took long.
        """
        loop = asyncio.get_running_loop()
        next_poll_at = loop.time() + RECONCILE_SECONDS
        polls = 0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(next_poll_at):
                    await self._poll_now.wait()
            ids, self._requested = self._requested, set()
            self._poll_now.clear()
            lookback = SHORT_LOOKBACK
            if loop.time() >= next_poll_at:
                ids, polls = set(self._channels), polls + 1
                lookback = SHORT_LOOKBACK if polls % POLLS_PER_LONG_LOOKBACK else LONG_LOOKBACK
                next_poll_at = loop.time() + RECONCILE_SECONDS
            channels = {id_: self._channels[id_] for id_ in ids if id_ in self._channels}
            ready = {id_: channel for id_, channel in channels.items() if channel.ready.is_set()}
            try:
                await poll(ready, lookback)
            except Unavailable:
                log.warning("booking changes are delayed: the database is unavailable")


async def _position(expert_id: Id, since: datetime) -> Position | None:
    """Return the position in an expert's event log at a recent time; None if there is no log."""
    latest = (await last_positions([expert_id])).get(expert_id)
    if latest is None:
        return None
    recent = await events_after(expert_id, max(0, latest.sequence - MAX_RECENT_EVENTS))
    return next(
        (Position(each.sequence - 1, each.previous_id) for each in recent if each.at >= since),
        latest,
    )
