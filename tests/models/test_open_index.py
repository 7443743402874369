"""The index of open times finds the same slots as a search through the individual calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import taken_cells
from models.bookings.events import Position
from models.bookings.open_index import NotComputed, OpenIndex
from models.bookings.open_times import OpenCalendar, busy_of, unexpired
from models.calendar.rules import Offer, Rules
from models.calendar.slots import Occupant, SlotStatus, listed_slots
from models.calendar.times import cell_of
from models.ids import Id, new_id
from models.store.bitmaps import numbers_of
from tests.support.samples import override, rules, weekly

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
         "Pacific/Kiritimati", "Pacific/Pago_Pago")  # fmt: skip
BERLIN_CHANGES = datetime(2027, 3, 28, 1, tzinfo=UTC)
LENGTHS = (15, 30, 45, 60, 90, 120)
DAY = timedelta(days=1)
EVERYBODY = 2**512 - 1


def some_rules(rng: Random, horizon: int) -> Rules:
    """Return random rules; they may have no working hours, or accept no bookings."""
    spans = [
        (start, start + rng.choice((30, 90, 240, 600)))
        for start in rng.sample(range(0, 1425, 15), rng.randrange(3))
    ]
    days = rng.sample(range(7), rng.randrange(8))
    extra = [
        override(date(2027, 3, 26) + DAY * rng.randrange(8), *spans[: rng.randrange(2)])
        for _ in range(rng.randrange(3))
    ]
    return rules(
        time_zone=rng.choice(ZONES),
        weekly=tuple(each for day in days for each in weekly(day, *spans)),
        overrides=tuple({each.day: each for each in extra}.values()),
        offers=tuple(
            Offer(minutes=minutes, price=1) for minutes in rng.sample(LENGTHS, rng.randrange(1, 4))
        ),
        step_minutes=rng.choice((None, 15, 60)),
        break_minutes=rng.choice((0, 0, 15, 45)),
        minimum_notice_minutes=rng.choice((0, 0, 60, 125, 1440)),
        horizon_days=horizon or rng.choice((0, 1, 3, 90)),
        accepts_bookings=rng.random() < 0.9,
    )


def some_occupants(rng: Random, now: datetime) -> list[Occupant]:
    """Return random occupants that do not overlap; some are holds that ended or end soon."""
    cell, found = cell_of(now) - 40, list[Occupant]()
    for _ in range(rng.randrange(30)):
        cell += rng.randrange(12)
        length = rng.choice((1, 2, 4, 8))
        end = now + timedelta(minutes=rng.randrange(-30, 90)) if rng.random() < 0.3 else None
        ids = new_id(), new_id()
        found.append(Occupant(*ids, range(cell, cell + length), cell + length, end))
        cell += length
    return found


class World:
    """Random calendars with occupied time, and an index of their open times."""

    def __init__(self, rng: Random, size: int, now: datetime) -> None:
        self.rng, self.now = rng, now
        # Booking horizon of all calendars in days; 0 gives each calendar a random horizon.
        self.horizon = rng.choice((0, 30))
        self.index = OpenIndex()
        self.calendars: dict[Id, tuple[Rules, list[Occupant]]] = {}
        for _ in range(size):
            self.change(new_id())

    def change(self, id_: Id, *, keeps_rules: bool = False) -> None:
        """Add a calendar or change its occupied time, and also its rules unless `keeps_rules`."""
        former = self.calendars.get(id_)
        found = former[0] if former and keeps_rules else some_rules(self.rng, self.horizon)
        occupants = some_occupants(self.rng, self.now)
        if former and keeps_rules:
            # Remove random bookings, as cancellations do.
            occupants = [each for each in former[1] if self.rng.random() < 0.9]
        self.calendars[id_] = found, occupants
        busy = unexpired(busy_of(occupants), self.now)
        self.index.put(id_, OpenCalendar(found, 1, Position(0), busy))

    def brute_force(self, minutes: int | None, since: datetime, until: datetime) -> dict[Id, int]:
        """Search all calendars; return the start cell of each calendar's first open slot."""
        found = {}
        for id_, (of, occupants) in self.calendars.items():
            taken = taken_cells(occupants, self.now)
            length = of.offers[0].minutes if minutes is None else minutes
            for slot in listed_slots(id_, of, taken, length, since, until, self.now):
                if slot.status is SlotStatus.OPEN:
                    found[id_] = slot.key.cell
                    break
        return found

    def indexed(self, minutes: int | None, since: datetime, until: datetime) -> dict[Id, int]:
        """Return the same result as `brute_force`, but compute it with the index."""
        self.index.expire_holds(self.now)
        ids = {self.index.number(id_): id_ for id_ in self.index}
        while True:
            try:
                levels = list(self.index.soonest(EVERYBODY, minutes, since, until, self.now))
            except NotComputed as missing:
                while not self.index.compute(missing.day, 7):
                    pass
            else:
                break
        members = self.index.open_within(EVERYBODY, minutes, since, until, self.now)
        assert members == sum(each for _, each in levels)
        assert [cell for cell, _ in levels] == sorted({cell for cell, _ in levels})
        found = {}
        for cell, members in levels:
            for number in numbers_of(members):
                id_ = ids[number]
                assert id_ not in found
                found[id_] = cell
        return found


@pytest.fixture(params=[64, 12, 0], ids=["one by one", "mixed", "by bitmaps"], autouse=True)
def threshold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the index answer from individual calendars, from bitmaps, or from both."""
    monkeypatch.setattr("models.bookings.open_index.MAX_SINGLE", request.param)


def spans(rng: Random, now: datetime) -> Sequence[tuple[int | None, datetime, datetime]]:
    """Return random searches: a session length, and the start and end of a time span near `now`."""
    return [
        (
            rng.choice((None, *LENGTHS)),
            since := now + timedelta(minutes=rng.randrange(-600, 4_000)),
            since + timedelta(minutes=rng.choice((1, 15, 20, 180, 1_440, 10_000))),
        )
        for _ in range(12)
    ]


def test_days_dropped_to_save_memory_are_computed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.bookings.open_index.MIN_DAYS", 2)
    monkeypatch.setattr("models.bookings.open_index.MAX_CALENDAR_DAYS", 0)
    rng = Random(9)
    world = World(rng, 20, BERLIN_CHANGES)
    for _ in range(3):
        for minutes, since, until in spans(rng, world.now):
            expected = world.brute_force(minutes, since, until)
            assert world.indexed(minutes, since, until) == expected
            world.index.forget_days(world.now)


@pytest.mark.parametrize("seed", range(8))
def test_index_finds_the_first_open_slot_of_each_calendar(seed: int) -> None:
    """Around a clock change, calendars change, holds end and time passes between searches."""
    rng = Random(seed)
    now = BERLIN_CHANGES - timedelta(minutes=rng.randrange(3_000))
    world = World(rng, 40, now)
    for _ in range(5):
        for minutes, since, until in spans(rng, world.now):
            expected = world.brute_force(minutes, since, until)
            assert world.indexed(minutes, since, until) == expected, (minutes, since, until)
        for id_ in rng.sample(sorted(world.calendars), 8):
            world.change(id_, keeps_rules=rng.random() < 0.7)
        gone = rng.choice(sorted(world.calendars))
        world.index.remove(gone)
        del world.calendars[gone]
        world.change(new_id())
        world.now += timedelta(minutes=rng.choice((0, 7, 60, 700)))
        world.index.forget_days(world.now)
