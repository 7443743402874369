"""Experts that tests add to the directory, and open slots computed from all stored calendars."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.bookings.booking import MAX_OCCUPIED_CELLS, Booking, occupant_of, taken_cells
from models.bookings.events import Event
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey, SlotStatus, listed_slots
from models.calendar.times import CELL, utc_now
from models.directory.experts import Category, Expert
from models.directory.versions import increment_directory_version
from models.ids import Id, new_id
from resolvers.slots import FIRST_MOMENT
from tests.support.samples import rules, weekly

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from models.calendar.rules import Rules
    from models.calendar.slots import Occupant
    from models.directory.filters import Available

HOURS = tuple(part for day in range(7) for part in weekly(day, (0, 3 * 60), (540, 840)))


def new_expert(rng: Random) -> Expert:
    """Return a new expert with random details, without storing it."""
    return Expert(
        user_id=new_id(),
        slug=str(new_id()),
        name=f"{rng.choice(('Ada', 'Bea', 'Eve'))} {rng.randrange(1_000)}",
        title="Beekeeper",
        category=rng.choice((Category.LEGAL, Category.DESIGN)),
        bio="Keeps bees.",
        experience_years=rng.randrange(20),
        languages=[rng.choice(("English", "Welsh"))],
        hourly_rate=rng.choice((5_000, 7_000, 9_000)),
        rating_counts=[0, 0, 0, rng.randrange(3), rng.randrange(3)],
    ).update_search_fields()


@dataclass
class OpenDirectory:
    """Experts that a test has added to the directory."""

    rng: Random
    ids: list[Id] = field(default_factory=list)

    async def add(self, of: Rules | None = None) -> Id:
        """Store a new expert, whose calendar is open twice a day by default, and return its id."""
        expert = await new_expert(self.rng).insert()
        found = of or rules(
            weekly=HOURS, minimum_notice_minutes=self.rng.choice((0, 60, 1_440)), horizon_days=10
        )
        await Calendar(id=expert.id, rules=found).insert()
        await increment_directory_version(changed=expert.id)
        self.ids.append(expert.id)
        return expert.id

    async def remove_all(self) -> None:
        """Delete the added experts with their calendars, bookings and events."""
        for model, name in ((Expert, "_id"), (Calendar, "_id"), (Booking, "expert_id"),
                            (Event, "expert_id")):  # fmt: skip
            await model.get_pymongo_collection().delete_many({name: {"$in": self.ids}})
        await increment_directory_version(changed=None)


@dataclass
class Stored:
    """All listed experts with their calendars and occupied times, read by separate queries."""

    experts: Mapping[Id, Expert]
    calendars: Mapping[Id, Calendar]
    occupants: Mapping[Id, list[Occupant]]

    @classmethod
    async def read(cls) -> Stored:
        """Read the experts, their calendars and their active bookings from the database."""
        experts = {each.id: each for each in await Expert.find({"listed": True}).to_list()}
        calendars = {each.id: each for each in await Calendar.find_all().to_list()}
        since = utc_now() - 2 * MAX_OCCUPIED_CELLS * CELL
        active = {"active": True, "starts_at": {"$gte": since}}
        occupants: dict[Id, list[Occupant]] = {id_: [] for id_ in experts}
        async for row in Booking.get_pymongo_collection().find(active):
            occupants.setdefault(row["expert_id"], []).append(occupant_of(row))
        return cls(experts, calendars, occupants)

    def first_open(self, id_: Id, available: Available, now: datetime) -> SlotKey | None:
        """Return an expert's first open slot that meets the condition `available`, or None."""
        of = self.calendars[id_].rules
        minutes = of.offers[0].minutes if available.minutes is None else available.minutes
        # While the waiting list has entries, an expired hold occupies its time until an event
        # records the end of the hold.
        ends_at = FIRST_MOMENT if self.calendars[id_].waiting else now
        taken = taken_cells(self.occupants[id_], ends_at)
        since, until = available.since, available.until
        for slot in listed_slots(id_, of, taken, minutes, since, until, now):
            if slot.status is SlotStatus.OPEN:
                return slot.key
        return None

    def all_open(self, available: Available, now: datetime) -> dict[Id, int]:
        """Return the cell at which each expert's first open slot starts, keyed by expert id."""
        found = {id_: self.first_open(id_, available, now) for id_ in self.experts}
        return {id_: key.cell for id_, key in found.items() if key}
