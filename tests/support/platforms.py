"""A booking platform with one expert, and inboxes for the messages that its users receive."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from auth.viewers import Viewer
from models.accounts.users import Role, User
from models.bookings.booking import Booking
from models.bookings.events import Event
from models.bookings.outbox import Mail
from models.calendar.rules import Calendar, Offer, Rules, WeeklyRange
from models.calendar.slots import slot_id
from models.calendar.times import utc_now
from models.ids import Id, new_id
from models.ledger.ledger import Ledger
from resolvers import reservations, slots
from resolvers.reservations import BookingRequest
from subscriptions.backends import broadcast
from subscriptions.bookings import BookingFeed
from subscriptions.hub import Hub
from tests.support.reserving import reserving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from models.store.connection import Client
    from subscriptions.backends import Bus

PATIENCE_SECONDS = 120
CONTACT = ("Ada", "ada@example.com", "+442079460018", None, None, None)


def new_viewer(role: Role = Role.CLIENT, expert_id: Id | None = None) -> Viewer:
    """Return a signed-in viewer."""
    user = User.model_construct(id=new_id(), role=role, expert_id=expert_id)
    return Viewer(user, new_id(), datetime.max.replace(tzinfo=UTC))


@dataclass
class Platform:
    """The event hub, booking feed and ledger of one process, and an expert with free slots."""

    bus: Bus
    hub: Hub
    feed: BookingFeed
    ledger: Ledger
    expert_id: Id
    expert: Viewer
    free: list[str] = field(default_factory=list)

    async def hold(self, client: Viewer, lasts: timedelta = timedelta(minutes=5)) -> Booking:
        """Hold the next free slot for a client."""
        return await reservations.hold(reserving(self.ledger, lasts), client, self.free.pop(), None)

    async def book(self, client: Viewer) -> Booking:
        """Book the next free slot for a client."""
        request = BookingRequest("slotIds", [self.free.pop()], *CONTACT)
        [booking] = await reservations.book(reserving(self.ledger), client, request)
        return booking

    @asynccontextmanager
    async def inbox(self, viewer: Viewer) -> AsyncIterator[Inbox]:
        """Yield an inbox that collects the messages sent to a viewer from now on."""
        calendar = self.expert_id if viewer is self.expert else None
        inbox = Inbox(self.feed, viewer.id, calendar)
        task = asyncio.create_task(inbox.fill(utc_now()))
        try:
            yield inbox
        finally:
            task.cancel()
            await asyncio.wait([task])


@dataclass(eq=False)
class Inbox:
    """The messages received from one subscription; reading pauses while `open` is not set."""

    feed: BookingFeed
    client_id: Id
    expert_id: Id | None
    received: list[Booking] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()
        self._changed = asyncio.Event()

    async def fill(self, since: datetime) -> None:
        """Receive messages until this task is cancelled."""
        async with aclosing(self.feed.changes(self.client_id, self.expert_id, since)) as sent:
            async for booking in sent:
                self.received.append(booking)
                self._changed.set()
                await self.open.wait()

    async def wait_for(self, booking: Booking) -> None:
        """Wait until the given state of a booking, or a newer state, has been received."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(
                each.id == booking.id and each.sequence >= booking.sequence
                for each in self.received
            ):
                self._changed.clear()
                await self._changed.wait()

    def sequences(self) -> list[int]:
        """Return the event sequence number of each received booking."""
        return [booking.sequence for booking in self.received]


@asynccontextmanager
async def open_platform(
    client: Client,
    url: str = "memory://",
    announced: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events,
) -> AsyncIterator[Platform]:
    """Open a platform with its own hub and ledger; delete its stored data when the context ends.

    Args:
        client: the connection to the database.
        url: the URL of the broadcast backend.
        announced: receives the committed events, and returns those that are to be announced.
    """
    weekly = tuple(WeeklyRange(weekday=day, start=0, end=1440) for day in range(7))
    rules = Rules(
        time_zone="UTC",
        weekly=weekly,
        offers=(Offer(minutes=30, price=3_000),),
        confirms_automatically=False,
    )
    calendar = await Calendar(id=new_id(), rules=rules).insert()
    start = utc_now() + timedelta(days=2)
    listed = slots.slots_between(calendar, [], 30, start, start + timedelta(days=8), utc_now())
    bus = broadcast(url)
    hub = Hub(bus)
    feed = BookingFeed(bus, hub)

    async def announce(events: Sequence[Event]) -> None:
        chosen = announced(events)
        await hub.announce(chosen)
        await feed.announce(chosen)

    expert = new_viewer(Role.EXPERT, calendar.id)
    ledger = Ledger(client, announce)
    try:
        async with bus, hub.open(), feed.open(), ledger.open():
            free = [slot_id(slot.key) for slot in listed]
            yield Platform(bus, hub, feed, ledger, calendar.id, expert, free)
    finally:
        for kind in (Booking, Event):
            await kind.find({"expert_id": calendar.id}).delete()
        await calendar.delete()
        await Mail.delete_all()
