"""A desk: an expert, clients who hold and book there, and what each of them is sent."""

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
from models.calendar.slot_ids import slot_id
from models.calendar.times import utc_now
from models.ids import Id, new_id
from models.ledger.ledger import Ledger
from resolvers import reservations, slots
from resolvers.reservations import BookingRequest
from subscriptions.backends import broadcast
from subscriptions.bookings import BookingFeed
from subscriptions.hub import Hub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from models.store.connection import Client
    from subscriptions.backends import Bus

PATIENCE_SECONDS = 120
CONTACT = ("Ada", "ada@example.com", "+442079460018", None, None, None)


def someone(role: Role = Role.CLIENT, expert_id: Id | None = None) -> Viewer:
    """Somebody signed in."""
    user = User.model_construct(id=new_id(), role=role, expert_id=expert_id)
    return Viewer(user, new_id(), datetime.max.replace(tzinfo=UTC))


@dataclass
class Desk:
    """The parts of one process, whose announcements can be changed on their way."""

    bus: Bus
    hub: Hub
    feed: BookingFeed
    ledger: Ledger
    expert_id: Id
    expert: Viewer
    free: list[str] = field(default_factory=list)

    async def hold(self, client: Viewer, lasts: timedelta = timedelta(minutes=5)) -> Booking:
        """Hold the next free slot."""
        return await reservations.hold(self.ledger, client, self.free.pop(), None, lasts)

    async def book(self, client: Viewer) -> Booking:
        """Book the next free slot."""
        request = BookingRequest("slotIds", [self.free.pop()], *CONTACT)
        [booking] = await reservations.book(self.ledger, client, request, None)
        return booking

    @asynccontextmanager
    async def inbox(self, viewer: Viewer) -> AsyncIterator[Inbox]:
        """What a viewer is sent, from this moment on."""
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
    """The messages of one subscription; while `open` is not set, none is taken."""

    feed: BookingFeed
    client_id: Id
    expert_id: Id | None
    found: list[Booking] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()
        self._moved = asyncio.Event()

    async def fill(self, since: datetime) -> None:
        """Take messages, until cancelled."""
        async with aclosing(self.feed.changes(self.client_id, self.expert_id, since)) as sent:
            async for booking in sent:
                self.found.append(booking)
                self._moved.set()
                await self.open.wait()

    async def has(self, booking: Booking) -> None:
        """Wait until that state of a booking, or a newer one, has come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(
                each.id == booking.id and each.sequence >= booking.sequence for each in self.found
            ):
                self._moved.clear()
                await self._moved.wait()

    def sequences(self) -> list[int]:
        """The numbers of the events that brought the bookings to what was sent."""
        return [booking.sequence for booking in self.found]


@asynccontextmanager
async def open_desk(
    client: Client,
    url: str = "memory://",
    told: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events,
) -> AsyncIterator[Desk]:
    """A desk in a process of its own; nothing is left of it afterwards.

    Args:
        client: of the database.
        url: of the broadcast backend.
        told: which events are announced of those that were committed.
    """
    weekly = tuple(WeeklyRange(weekday=day, start=0, end=1440) for day in range(7))
    rules = Rules(
        time_zone="UTC",
        weekly=weekly,
        offers=(Offer(minutes=30, price=3_000),),
        confirms_automatically=False,
    )
    calendar = await Calendar(id=new_id(), rules=rules).insert()
    soon = utc_now() + timedelta(days=2)
    listed = slots.slots_between(calendar, [], 30, soon, soon + timedelta(days=8), utc_now())
    bus = broadcast(url)
    hub = Hub(bus)
    feed = BookingFeed(bus, hub)

    async def announce(events: Sequence[Event]) -> None:
        chosen = told(events)
        await hub.announce(chosen)
        await feed.announce(chosen)

    expert = someone(Role.EXPERT, calendar.id)
    ledger = Ledger(client, announce)
    try:
        async with bus, hub.open(), feed.open(), ledger.open():
            free = [slot_id(slot.key) for slot in listed]
            yield Desk(bus, hub, feed, ledger, calendar.id, expert, free)
    finally:
        for kind in (Booking, Event):
            await kind.find({"expert_id": calendar.id}).delete()
        await calendar.delete()
        await Mail.delete_all()
