"""Property: slots read at a cursor, plus the events after it, equal the slots read afresh.

Random operations of the API run concurrently on the real database, with sessions of several
lengths, breaks, holds that expire, and waiting lists. Notifications are lost, duplicated and
reordered. Many random operations are refused, so the test runs until `--changes` changes are
committed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from models.accounts.users import Role
from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event, EventKind, last_positions
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
from subscriptions.slots import CHANGED
from tests.support.platforms import CONTACT, new_viewer
from tests.support.reserving import reserving
from tests.support.slot_clients import SlotClient, Snapshot, following, read_slots

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import pytest

    from auth.viewers import Viewer
    from models.store.connection import Client

MAX_CONCURRENT_OPERATIONS = 64
MAX_SNAPSHOTS = 8
MAX_ATTEMPTS_PER_CHANGE = 20
"""Two attempts per change are usual; the limit only ends a test that makes no progress."""
CALENDARS = (("Europe/London", True), ("Asia/Kolkata", False))
"""Time zones, and whether bookings are confirmed automatically until the rules change."""
LENGTHS = (60, 30, 45, 15, 90)
SHORT_OFFERS = OfferTerms(timedelta(milliseconds=300))


def random_ranges(rng: random.Random) -> list[tuple[int, int]]:
    """Return two ranges of a day, in minutes since midnight."""
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
        """Choose a slot, mostly one that was open at the last check; return its id."""
        listed = list(self.current.slots.values())
        free = [slot for slot in listed if slot.status is SlotStatus.OPEN]
        chosen = self.rng.choice(free if free and self.rng.random() < 0.97 else listed)
        return slot_id(chosen.key)

    def booking(self, *statuses: BookingStatus) -> tuple[Viewer, str]:
        """Choose a booking with one of some statuses; return its client or expert, and its id.

        Half of the time, bookings that were not chosen since the last check are preferred.
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
        """Run a random operation; return its name, and the code if it was refused."""
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
        """Book a slot, two slots or a hold."""
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
        """Wait for a time that is taken, or for all of a day."""
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
        """Leave the waiting list."""
        if found := await Wait.find({"expert_id": self.id}).to_list():
            wait_id = self.rng.choice(found).id
            await self.ledger.post(LeaveWaitlist(expert_ids=[self.id], wait_id=wait_id))
        return []

    async def hours(self) -> list[Booking]:
        """Change some of the rules: overrides, lengths, prices, break, step and notice."""
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
        """Read the slots during changes; a client later starts from this snapshot."""
        await asyncio.sleep(self.rng.random() * 0.02)
        self.snapshots.append(await read_slots(self.id, self.since))
        del self.snapshots[:-MAX_SNAPSHOTS]


class LossyProcess:
    """Ledger and hub of a process that loses, duplicates and reorders announcements."""

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
        """Count the committed events by kind."""
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
    """Open a scenario with clients; delete its documents after the context.

    `confirms` is whether the expert confirms bookings automatically at first.
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


async def check(scenario: Scenario, process: LossyProcess) -> None:
    """Compare all clients with the slots read afresh, while no operation is running.

    Waits until the event of every expired hold is delivered. Until then, a hold is expired for
    readers of the database, but not yet for receivers of events.
    """
    snapshot = scenario.rng.choice(scenario.snapshots)
    returning = SlotClient(process.hub, scenario.id, scenario.since, snapshot)
    clients = [*scenario.clients, returning]
    async with following(returning):
        while True:
            events = process.events[scenario.id]
            last = max((e.sequence for e in events if e.kind in CHANGED), default=0)
            count = len(events)
            for client in clients:
                await client.wait_for(last)
            now = utc_now()
            await moves.expire(process.ledger)
            scenario.current = await read_slots(scenario.id, scenario.since, now)
            if (await last_positions([scenario.id]))[scenario.id].sequence == count:
                break
    for client in clients:
        assert client.snapshot.listed_at(now) == scenario.current.slots
    active = await Booking.find({"expert_id": scenario.id, "active": True}).to_list()
    scenario.bookings = {booking.id: booking for booking in active}
    scenario.chosen_ids.clear()


async def run_scenario(
    scenario: Scenario, process: LossyProcess, outcomes: Counter[str], changes: int
) -> None:
    """Change a calendar at random until enough changes of every kind are committed.

    Checks the clients after each round of concurrent operations. Fails with the outcomes if too
    many operations are refused.
    """
    while not has_enough(kinds := process.committed(), changes):
        attempts = outcomes.total()
        assert attempts < changes * MAX_ATTEMPTS_PER_CHANGE, (attempts, kinds, outcomes)
        operations = [
            scenario.change() for _ in range(scenario.rng.randint(1, MAX_CONCURRENT_OPERATIONS))
        ]
        results, _ = await asyncio.gather(asyncio.gather(*operations), scenario.take_snapshot())
        outcomes.update(results)
        await check(scenario, process)


def has_enough(kinds: Counter[EventKind], changes: int) -> bool:
    """Return whether there are enough events, with at least one of each kind."""
    return kinds.total() >= changes and set(kinds) == set(EventKind)


async def test_slots_read_once_plus_events_equal_slots_read_afresh(
    database: Client, request: pytest.FixtureRequest
) -> None:
    """Holds for clients that are live, slow, reconnecting, or starting from an old snapshot.

    Slots of every length are compared hundreds of times, each time while no operation is running.
    """
    changes: int = request.config.getoption("--changes")
    rng = random.Random(changes)
    process, outcomes = LossyProcess(database, rng), Counter[str]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process.open())
        scenarios = [
            await stack.enter_async_context(open_scenario(process, rng, zone, confirms=confirms))
            for zone, confirms in CALENDARS
        ]
        async with asyncio.TaskGroup() as group:
            for scenario in scenarios:
                group.create_task(run_scenario(scenario, process, outcomes, changes))
        for scenario in scenarios:
            events = process.events[scenario.id]
            assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
            changed = [event.sequence for event in events if event.kind in CHANGED]
            # The other scenario's check may just have expired a hold of this one.
            for client in scenario.clients:
                await client.wait_for(changed[-1])
            assert [client.received for client in scenario.clients] == [changed] * 3
    assert has_enough(process.committed(), changes)
