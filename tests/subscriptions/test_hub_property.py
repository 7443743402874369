"""Property: slots read at a cursor, plus the events after it, equal the slots read afresh.

Random operations of the API run concurrently on the real database, with sessions of several
lengths, breaks, and holds that expire. Nudges are lost, duplicated and reordered. Random operations
are often refused, so the test counts the changes that were committed: it runs until there are
`--changes` of them.
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
from models.bookings.events import Event, EventKind, last_sequences
from models.bookings.life import Action
from models.bookings.outbox import Mail
from models.calendar.rules import Calendar, DateOverride, LocalRange, Offer, Rules, WeeklyRange
from models.calendar.slot_ids import slot_id
from models.calendar.slots import SlotStatus
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
from tests.subscriptions.desks import CONTACT, someone
from tests.subscriptions.watchers import Reading, Watcher, read, watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import pytest

    from auth.viewers import Viewer
    from models.store.connection import Client

MOST_AT_ONCE = 64
READINGS_KEPT = 8
ATTEMPTS_PER_CHANGE = 20
"""Twice as many operations as changes are usual; the bound only ends a test that makes none."""
ZONES = ("Europe/London", "Asia/Kolkata")
LENGTHS = (60, 30, 45, 15, 90)


def some_ranges(dice: random.Random) -> list[tuple[int, int]]:
    """One or two ranges of a day, in minutes."""
    noon = dice.randrange(11 * 60, 14 * 60, 15)
    morning = (dice.randrange(7 * 60, 10 * 60, 15), noon)
    return [morning, (noon + dice.randrange(0, 60, 15), dice.randrange(16 * 60, 21 * 60, 15))]


@dataclass
class Practice:
    """An expert, those who watch the calendar, and those who change it at random."""

    id: Id
    dice: random.Random
    ledger: Ledger
    since: datetime
    clients: list[Viewer]
    current: Reading
    watchers: list[Watcher]
    readings: list[Reading] = field(default_factory=list)
    known: dict[Id, Booking] = field(default_factory=dict)
    asked: set[Id] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.keeper = someone(Role.EXPERT, self.id)

    def slot(self) -> str:
        """The id of a slot, mostly of one that is free as far as is known."""
        listed = list(self.current.slots.values())
        free = [slot for slot in listed if slot.status is SlotStatus.OPEN]
        chosen = self.dice.choice(free if free and self.dice.random() < 0.97 else listed)
        return slot_id(chosen.key)

    def booking(self, *statuses: BookingStatus) -> tuple[Viewer, str]:
        """A booking in one of some states, and its client or expert.

        Half of the time it is one that is not being changed already, as far as there is one.
        """
        found = [each for each in self.known.values() if each.status in statuses]
        if self.dice.random() < 0.5:
            found = [each for each in found if each.id not in self.asked] or found
        if not found:
            return self.keeper, "none"
        chosen = self.dice.choice(found)
        self.asked.add(chosen.id)
        [client] = [each for each in self.clients if each.id == chosen.client_id]
        return self.dice.choice([client, self.keeper]), global_id("Booking", chosen.id)

    async def change(self) -> str:
        """One random operation; answers with what it was, and whether it was refused."""
        doings: dict[str, tuple[float, Callable[[], Awaitable[list[Booking]]]]] = {
            "hold": (30, self.hold),
            "book": (26, self.book),
            "move": (14, self.move),
            "sweep": (2, self.sweep),
            "hours": (0.5, self.hours),
            "cancel": (30, partial(self.advance, Action.CANCEL)),
            "complete": (6, partial(self.advance, Action.COMPLETE)),
            "confirm": (5, partial(self.advance, Action.CONFIRM)),
            "remove": (5, self.remove),
        }
        [name] = self.dice.choices([*doings], [weight for weight, _ in doings.values()])
        try:
            made = await doings[name][1]()
        except Refused as refusal:
            return f"{name}: {refusal.code}"
        self.known |= {booking.id: booking for booking in made}
        return name

    async def hold(self) -> list[Booking]:
        """Keep a slot, often for so short that the clock soon ends it."""
        lasts = timedelta(milliseconds=self.dice.choice([30, 300, 60_000, 300_000, 300_000]))
        client = self.dice.choice(self.clients)
        return [await reservations.hold(self.ledger, client, self.slot(), None, lasts)]

    async def book(self) -> list[Booking]:
        """Book a slot, sometimes several, sometimes one's own hold."""
        client = self.dice.choice(self.clients)
        holds = [b for b in self.known.values() if b.status is BookingStatus.HELD]
        if holds and self.dice.random() < 0.4:
            hold = self.dice.choice(holds)
            [client] = [each for each in self.clients if each.id == hold.client_id]
            wanted = [slot_id(hold.key)]
        else:
            wanted = [self.slot() for _ in range(self.dice.choice([1, 1, 1, 2]))]
        request = BookingRequest("slotIds", wanted, *CONTACT)
        return await reservations.book(self.ledger, client, request, None)

    async def move(self) -> list[Booking]:
        """Give a booking other time."""
        viewer, id_ = self.booking(BookingStatus.CONFIRMED, BookingStatus.PENDING)
        return [await moves.reschedule(self.ledger, viewer, id_, self.slot())]

    async def advance(self, action: Action) -> list[Booking]:
        """Cancel, confirm or complete a booking."""
        sources = {
            Action.CANCEL: (BookingStatus.CONFIRMED, BookingStatus.PENDING, BookingStatus.HELD),
            Action.CONFIRM: (BookingStatus.PENDING,),
            Action.COMPLETE: (BookingStatus.CONFIRMED,),
        }
        viewer, id_ = self.booking(*sources[action])
        return [await moves.advance(self.ledger, viewer, id_, action)]

    async def remove(self) -> list[Booking]:
        """Give back the time of a session that is over before it began."""
        viewer, id_ = self.booking(BookingStatus.COMPLETED)
        removed = await moves.remove(self.ledger, viewer, id_)
        self.known.pop(removed.id, None)
        return []

    async def hours(self) -> list[Booking]:
        """Change some of the rules: the time that is listed, and the lengths, break and prices."""
        dice = self.dice
        day = local_date(self.since, "UTC") + timedelta(days=dice.randrange(3))
        ranges = [LocalRange(start=a, end=b) for a, b in some_ranges(dice)]
        offers = [
            PricedLength(minutes, Price(dice.randrange(1_000, 9_000), "EUR"))
            for minutes in dice.sample(LENGTHS, dice.randrange(2, 5))
        ]
        overrides = [DateOverride(day=day, ranges=tuple(dice.choice([ranges, []])))]
        wanted: dict[str, Any] = {
            "offers": offers,
            "overrides": overrides,
            "break_minutes": dice.choice([0, 0, 15, 30]),
            "step_minutes": dice.choice([None, 15, 30]),
            "minimum_notice_minutes": dice.choice([0, 30, 1_440]),
            "confirms_automatically": dice.random() < 0.6,
        }
        chosen = dice.sample(sorted(wanted), dice.randrange(1, 4))
        change = RulesChange(**{name: wanted[name] for name in chosen})
        await calendars.set_availability(self.ledger, self.keeper, None, change, "EUR", utc_now())
        return []

    async def sweep(self) -> list[Booking]:
        """Release what the clock has ended."""
        await moves.expire(self.ledger)
        return []

    async def look(self) -> None:
        """Read the slots while they are being changed, to return with that cursor later."""
        await asyncio.sleep(self.dice.random() * 0.02)
        self.readings.append(await read(self.id, self.since))
        del self.readings[:-READINGS_KEPT]


class Office:
    """The ledger and the hub of a process, whose nudges get lost, doubled and mixed up."""

    def __init__(self, client: Client, dice: random.Random) -> None:
        self._bus = broadcast("memory://")
        self.hub = Hub(self._bus)
        self.ledger = Ledger(client, self._announce)
        self.told: dict[Id, list[Event]] = defaultdict(list)
        self._dice = dice

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Work for as long as the context lasts."""
        async with self._bus, self.hub.open(), self.ledger.open():
            yield

    def committed(self) -> Counter[EventKind]:
        """Count the committed events by kind."""
        return Counter(event.kind for told in self.told.values() for event in told)

    async def _announce(self, events: Sequence[Event]) -> None:
        for event in events:
            self.told[event.expert_id].append(event)
        nudges = self._dice.choices([[], [*events] * 2, [*events]], [1, 9, 90])[0]
        self._dice.shuffle(nudges)
        await self.hub.announce(nudges)


@asynccontextmanager
async def open_practice(office: Office, dice: random.Random, zone: str) -> AsyncIterator[Practice]:
    """A practice with its watchers; nothing is left of it afterwards."""
    weekly = [
        WeeklyRange(weekday=day, start=start, end=end)
        for day in range(7)
        for start, end in some_ranges(dice)
    ]
    offers = tuple(Offer(minutes=minutes, price=minutes * 100) for minutes in LENGTHS[:3])
    rules = Rules(
        time_zone=zone, weekly=tuple(weekly), offers=offers, cancellation_notice_minutes=0
    )
    calendar = Calendar(id=new_id(), rules=rules)
    await calendar.insert()
    since = utc_now()
    first = await read(calendar.id, since)
    ways: list[dict[str, Any]] = [{}, {"pause": 0.005}, {"patience": 40}]
    watchers = [Watcher(office.hub, calendar.id, since, first, **way) for way in ways]
    clients = [someone() for _ in range(12)]
    try:
        async with watching(*watchers):
            yield Practice(calendar.id, dice, office.ledger, since, clients, first, watchers)
    finally:
        for kind in (Booking, Event):
            await kind.find({"expert_id": calendar.id}).delete()
        await calendar.delete()
        await Mail.delete_all()


async def check(practice: Practice, office: Office) -> None:
    """Compare everybody with the slots as they are, while nothing happens to this calendar.

    That is at a moment after which nobody has read, and at which no hold's end is yet to be told:
    else who reads by the clock and who hears of events may differ on that hold.
    """
    reading = practice.dice.choice(practice.readings)
    returning = Watcher(office.hub, practice.id, practice.since, reading)
    everyone = [*practice.watchers, returning]
    async with watching(returning):
        while True:
            told = office.told[practice.id]
            last = max((e.sequence for e in told if e.kind in CHANGED), default=0)
            number = len(told)
            for watcher in everyone:
                await watcher.knows(last)
            now = utc_now()
            await moves.expire(office.ledger)
            practice.current = await read(practice.id, practice.since, now)
            if await last_sequences([practice.id]) == {practice.id: number}:
                break
    for watcher in everyone:
        assert watcher.reading.listed_at(now) == practice.current.slots
    active = await Booking.find({"expert_id": practice.id, "active": True}).to_list()
    practice.known = {booking.id: booking for booking in active}
    practice.asked.clear()


async def live(practice: Practice, office: Office, outcomes: Counter[str], changes: int) -> None:
    """Change a calendar at random until enough changes of every kind are committed.

    Checks after each round of concurrent operations. Fails with the outcomes when too many
    operations were refused.
    """
    while not has_enough(kinds := office.committed(), changes):
        attempts = outcomes.total()
        assert attempts < changes * ATTEMPTS_PER_CHANGE, (attempts, kinds, outcomes)
        turns = [practice.change() for _ in range(practice.dice.randint(1, MOST_AT_ONCE))]
        made, _ = await asyncio.gather(asyncio.gather(*turns), practice.look())
        outcomes.update(made)
        await check(practice, office)


def has_enough(kinds: Counter[EventKind], changes: int) -> bool:
    """Return whether there are so many events, and at least one of each kind."""
    return kinds.total() >= changes and set(kinds) == set(EventKind)


async def test_slots_read_once_and_their_events_are_the_slots_read_anew(
    database: Client, request: pytest.FixtureRequest
) -> None:
    """For watchers that are live, slow, disconnected, or back with an old cursor.

    Their slots of every length are compared hundreds of times, each time while no operation is
    running and no hold has expired without its event.
    """
    changes: int = request.config.getoption("--changes")
    dice = random.Random(changes)
    office, outcomes = Office(database, dice), Counter[str]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(office.open())
        practices = [
            await stack.enter_async_context(open_practice(office, dice, zone)) for zone in ZONES
        ]
        async with asyncio.TaskGroup() as group:
            for practice in practices:
                group.create_task(live(practice, office, outcomes, changes))
        for practice in practices:
            told = office.told[practice.id]
            assert [event.sequence for event in told] == [*range(1, len(told) + 1)]
            changed = [event.sequence for event in told if event.kind in CHANGED]
            assert [watcher.seen for watcher in practice.watchers] == [changed] * 3
    assert has_enough(office.committed(), changes)
