"""Random API operations on an expert's calendar, and clients that receive the resulting events."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from models.accounts.users import Role
from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event, EventKind
from models.bookings.life import Action
from models.bookings.offers import OfferTerms
from models.bookings.outbox import Mail
from models.bookings.wait import Wait, WaitTerms
from models.bookings.waits import JoinWaitlist, LeaveWaitlist
from models.calendar.rules import Calendar, DateOverride, LocalRange, Offer, Rules, WeeklyRange
from models.calendar.slots import SlotStatus, slot_id
from models.calendar.times import local_date, utc_now
from models.errors import Refused
from models.ids import Id, global_id, new_id
from models.ledger.ledger import Ledger
from resolvers import calendars, moves, reservations
from resolvers.availability import Price, PricedLength
from resolvers.calendars import RulesChange
from resolvers.reservations import BookingRequest
from subscriptions.backends import broadcast
from subscriptions.hub import Hub
from tests.support.platforms import CONTACT, new_viewer
from tests.support.reserving import reserving
from tests.support.slot_clients import SlotClient, Snapshot, following, read_slots

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from auth.viewers import Viewer
    from models.store.connection import Client

MAX_SNAPSHOTS = 8
LENGTHS = (60, 30, 45, 15, 90)
SHORT_OFFERS = OfferTerms(timedelta(milliseconds=300))


def random_ranges(rng: random.Random) -> list[tuple[int, int]]:
    """Return two random time ranges of a day, in minutes since midnight."""
    noon = rng.randrange(11 * 60, 14 * 60, 15)
    morning = (rng.randrange(7 * 60, 10 * 60, 15), noon)
    return [morning, (noon + rng.randrange(0, 60, 15), rng.randrange(16 * 60, 21 * 60, 15))]


@dataclass
class Scenario:
    """An expert's calendar, clients that receive its events, and users that change it at random."""

    id: Id
    rng: random.Random
    ledger: Ledger
    since: datetime
    users: list[Viewer]
    current: Snapshot
    clients: list[SlotClient]
    snapshots: list[Snapshot] = field(default_factory=list)
    bookings: dict[Id, Booking] = field(default_factory=dict)
    chosen_ids: set[Id] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.expert = new_viewer(Role.EXPERT, self.id)

    def slot(self) -> str:
        """Return the id of a random slot, usually one that was open at the last check."""
        listed = list(self.current.slots.values())
        free = [slot for slot in listed if slot.status is SlotStatus.OPEN]
        chosen = self.rng.choice(free if free and self.rng.random() < 0.97 else listed)
        return slot_id(chosen.key)

    def booking(self, *statuses: BookingStatus) -> tuple[Viewer, str]:
        """Choose a booking with one of the given statuses; return its client or expert, and its id.

        Half of the time, prefer bookings that have not been chosen since the last check.
        """
        found = [each for each in self.bookings.values() if each.status in statuses]
        if self.rng.random() < 0.5:
            found = [each for each in found if each.id not in self.chosen_ids] or found
        if not found:
            return self.expert, "none"
        chosen = self.rng.choice(found)
        self.chosen_ids.add(chosen.id)
        [client] = [each for each in self.users if each.id == chosen.client_id]
        return self.rng.choice([client, self.expert]), global_id("Booking", chosen.id)

    async def change(self) -> str:
        """Run a random operation; return its name, and the error code if it was refused."""
        operations: dict[str, tuple[float, Callable[[], Awaitable[list[Booking]]]]] = {
            "hold": (30, self.hold),
            "book": (26, self.book),
            "move": (14, self.move),
            "sweep": (2, self.sweep),
            "hours": (0.5, self.hours),
            "cancel": (30, partial(self.advance, Action.CANCEL)),
            "confirm": (5, partial(self.advance, Action.CONFIRM)),
            "remove": (5, self.remove),
            "join": (3, self.join),
            "leave": (1, self.leave),
        }
        [name] = self.rng.choices([*operations], [weight for weight, _ in operations.values()])
        try:
            changed = await operations[name][1]()
        except Refused as refusal:
            return f"{name}: {refusal.code}"
        self.bookings |= {booking.id: booking for booking in changed}
        return name

    async def hold(self) -> list[Booking]:
        """Hold a slot, often so briefly that the hold soon expires."""
        lasts = timedelta(milliseconds=self.rng.choice([30, 300, 60_000, 300_000, 300_000]))
        client = self.rng.choice(self.users)
        return [await reservations.hold(reserving(self.ledger, lasts), client, self.slot(), None)]

    async def book(self) -> list[Booking]:
        """Book one slot, two slots, or a slot that the client holds."""
        client = self.rng.choice(self.users)
        holds = [b for b in self.bookings.values() if b.status is BookingStatus.HELD]
        if holds and self.rng.random() < 0.4:
            hold = self.rng.choice(holds)
            [client] = [each for each in self.users if each.id == hold.client_id]
            wanted = [slot_id(hold.key)]
        else:
            wanted = [self.slot() for _ in range(self.rng.choice([1, 1, 1, 2]))]
        request = BookingRequest("slotIds", wanted, *CONTACT)
        return await reservations.book(reserving(self.ledger), client, request)

    async def move(self) -> list[Booking]:
        """Move a booking to another slot."""
        viewer, id_ = self.booking(BookingStatus.CONFIRMED, BookingStatus.PENDING)
        return [await moves.reschedule(self.ledger, viewer, id_, self.slot())]

    async def advance(self, action: Action) -> list[Booking]:
        """Cancel or confirm a booking."""
        sources = {
            Action.CANCEL: (BookingStatus.CONFIRMED, BookingStatus.PENDING, BookingStatus.HELD),
            Action.CONFIRM: (BookingStatus.PENDING,),
        }
        viewer, id_ = self.booking(*sources[action])
        return [await moves.advance(self.ledger, viewer, id_, action)]

    async def remove(self) -> list[Booking]:
        """Remove a cancelled booking from its client's list."""
        viewer, id_ = self.booking(BookingStatus.CANCELLED)
        removed = await moves.remove(self.ledger, viewer, id_)
        self.bookings.pop(removed.id, None)
        return []

    async def join(self) -> list[Booking]:
        """Join the waiting list for a taken slot, or for the 24 hours that begin with it."""
        taken = [s.key for s in self.current.slots.values() if s.status is not SlotStatus.OPEN]
        if not taken:
            return []
        key, client = self.rng.choice(taken), self.rng.choice(self.users)
        since, until = key.starts_at, key.starts_at + timedelta(hours=self.rng.choice([0.25, 24]))
        terms = WaitTerms(client_id=client.id, since=since, until=until, minutes=key.minutes)
        command = JoinWaitlist(
            expert_ids=[self.id], window=(since, until), terms=terms, new_id=new_id()
        )
        return await self.ledger.post(command)

    async def leave(self) -> list[Booking]:
        """Remove a random entry from the waiting list."""
        if found := await Wait.find({"expert_id": self.id}).to_list():
            wait_id = self.rng.choice(found).id
            await self.ledger.post(LeaveWaitlist(expert_ids=[self.id], wait_id=wait_id))
        return []

    async def hours(self) -> list[Booking]:
        """Change one to three of the calendar's rules, such as its offers, overrides and break."""
        rng = self.rng
        day = local_date(self.since, "UTC") + timedelta(days=rng.randrange(3))
        ranges = [LocalRange(start=a, end=b) for a, b in random_ranges(rng)]
        offers = [
            PricedLength(minutes, Price(rng.randrange(1_000, 9_000), "EUR"))
            for minutes in rng.sample(LENGTHS, rng.randrange(2, 5))
        ]
        overrides = [DateOverride(day=day, ranges=tuple(rng.choice([ranges, []])))]
        wanted: dict[str, Any] = {
            "offers": offers,
            "overrides": overrides,
            "break_minutes": rng.choice([0, 0, 15, 30]),
            "step_minutes": rng.choice([None, 15, 30]),
            "minimum_notice_minutes": rng.choice([0, 30, 1_440]),
            "confirms_automatically": rng.random() < 0.6,
        }
        chosen = rng.sample(sorted(wanted), rng.randrange(1, 4))
        change = RulesChange(**{name: wanted[name] for name in chosen})
        await calendars.set_availability(
            self.ledger, self.expert, None, change, "EUR", None, utc_now()
        )
        return []

    async def sweep(self) -> list[Booking]:
        """Release expired holds."""
        await moves.expire(self.ledger)
        return []

    async def take_snapshot(self) -> None:
        """Read the slots while they change, and keep them as a snapshot for later clients."""
        await asyncio.sleep(self.rng.random() * 0.02)
        self.snapshots.append(await read_slots(self.id, self.since))
        del self.snapshots[:-MAX_SNAPSHOTS]


class LossyProcess:
    """Ledger and hub of a process that loses, duplicates and reorders announcements of events."""

    def __init__(self, client: Client, rng: random.Random) -> None:
        self._bus = broadcast("memory://")
        self.hub = Hub(self._bus)
        self.ledger = Ledger(client, self._announce, offers=SHORT_OFFERS)
        self.events: dict[Id, list[Event]] = defaultdict(list)
        self._rng = rng

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Run the hub and the ledger for the duration of the context."""
        async with self._bus, self.hub.open(), self.ledger.open():
            yield

    def committed(self) -> Counter[EventKind]:
        """Return the number of committed events of each kind."""
        return Counter(event.kind for events in self.events.values() for event in events)

    async def _announce(self, events: Sequence[Event]) -> None:
        for event in events:
            self.events[event.expert_id].append(event)
        announced = self._rng.choices([[], [*events] * 2, [*events]], [1, 9, 90])[0]
        self._rng.shuffle(announced)
        await self.hub.announce(announced)


@asynccontextmanager
async def open_scenario(
    process: LossyProcess, rng: random.Random, zone: str, *, confirms: bool
) -> AsyncIterator[Scenario]:
    """Open a scenario with clients; delete its stored data when the context ends.

    `confirms` tells whether the calendar initially confirms bookings automatically.
    """
    weekly = [
        WeeklyRange(weekday=day, start=start, end=end)
        for day in range(7)
        for start, end in random_ranges(rng)
    ]
    offers = tuple(Offer(minutes=minutes, price=minutes * 100) for minutes in LENGTHS[:3])
    rules = Rules(
        time_zone=zone,
        weekly=tuple(weekly),
        offers=offers,
        cancellation_notice_minutes=0,
        confirms_automatically=confirms,
    )
    calendar = Calendar(id=new_id(), rules=rules)
    await calendar.insert()
    since = utc_now()
    first = await read_slots(calendar.id, since)
    options: list[dict[str, Any]] = [{}, {"pause": 0.005}, {"events_per_connection": 40}]
    clients = [SlotClient(process.hub, calendar.id, since, first, **each) for each in options]
    users = [new_viewer() for _ in range(12)]
    try:
        async with following(*clients):
            yield Scenario(calendar.id, rng, process.ledger, since, users, first, clients)
    finally:
        for kind in (Booking, Event, Wait):
            await kind.find({"expert_id": calendar.id}).delete()
        await calendar.delete()
        await Mail.delete_all()
