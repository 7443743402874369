"""Reads experts and their calendars from the database for the index of open times."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from models.bookings.booking import (
    MAX_OCCUPIED_CELLS,
    OCCUPANT_FIELDS,
    ROWS_PER_BATCH,
    Booking,
    BookingStatus,
    occupant_of,
)
from models.bookings.events import Position, read_positions
from models.bookings.open_times import OpenCalendar, busy_of, unexpired
from models.calendar.rules import Calendar
from models.calendar.times import CELL
from models.directory.experts import Expert
from models.directory.search_index import ListedExpert
from models.ids import Id
from models.store.documents import at_one_moment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from models.bookings.open_index import OpenIndex
    from models.bookings.open_times import SharedRules
    from models.calendar.slots import Occupant

EXPERT_FIELDS: Final = dict.fromkeys(
    (
        *("category", "rating", "experience_years", "hourly_rate", "language_keys"),
        *("confirms_automatically", "by_rating", "by_name"),
    ),
    1,
)
CALENDAR_FIELDS: Final = dict.fromkeys(
    ("rules", "rules_version", "sequence", "last_event_id", "waiting"), 1
)
GRACE: Final = timedelta(hours=1)
CALENDARS_AT_A_TIME: Final = 100
"""Number of calendars that are read at a time, so that the process can do other work between these
reads."""


async def read_experts(expert_ids: Collection[Id] | None) -> dict[Id, ListedExpert]:
    """Return the listed experts with the given ids, or all listed experts for None, keyed by id."""
    wanted: dict[str, Any] = {"listed": True}
    if expert_ids is not None:
        wanted["_id"] = {"$in": list(expert_ids)}
    found = Expert.get_pymongo_collection().find(wanted, EXPERT_FIELDS, batch_size=ROWS_PER_BATCH)
    return {Id(row["_id"]): ListedExpert.of(row) async for row in found}


async def read_calendars(
    expert_ids: Collection[Id], known: OpenIndex, shared: SharedRules, now: datetime
) -> dict[Id, OpenCalendar]:
    """Return the calendars of the given experts, keyed by expert id.

    Args:
        expert_ids: the experts.
        known: the present index; rules in it that have not changed are reused.
        shared: cache of rules, so that calendars with equal rules share one object.
        now: the present time.
    """
    found: dict[Id, OpenCalendar] = {}
    waiting: set[Id] = set()
    ids = list(expert_ids)
    for first in range(0, len(ids), CALENDARS_AT_A_TIME):
        only = {"_id": {"$in": ids[first : first + CALENDARS_AT_A_TIME]}}
        for row in await Calendar.get_pymongo_collection().find(only, CALENDAR_FIELDS).to_list():
            id_ = Id(row["_id"])
            former, version = known.get(id_), row.get("rules_version", 1)
            is_known = former is not None and former.rules_version == version
            rules = former.rules if former and is_known else shared.reduced(row["rules"])
            position = Position(row["sequence"], row.get("last_event_id"))
            found[id_] = OpenCalendar(rules, version, position, ())
            if row.get("waiting"):
                waiting.add(id_)
    # Bookings are read after calendars, so that a calendar's position is never newer than its
    # bookings.
    for id_, occupants in (await _read_occupants(ids, now)).items():
        if id_ in found:
            busy = busy_of(occupants)
            if id_ in waiting:
                # On a calendar with a waiting list, the time of an expired hold stays occupied
                # until an event frees it, because the time is first offered to the clients in line.
                busy = tuple(each._replace(held_until=None) for each in busy)
            found[id_] = replace(found[id_], busy=unexpired(busy, now))
    return found


async def _read_occupants(expert_ids: list[Id], now: datetime) -> dict[Id, list[Occupant]]:
    """Return present and upcoming occupants, keyed by expert; further experts may be included."""
    active = {"active": True, "starts_at": {"$gte": now - MAX_OCCUPIED_CELLS * CELL - GRACE}}
    # For many experts, one query reads the occupants of all experts, since the embedded database
    # scans the collection for each query.
    only: dict[str, Any] = (
        {"expert_id": {"$in": expert_ids}}
        if len(expert_ids) <= CALENDARS_AT_A_TIME
        else {"status": {"$in": [status.value for status in BookingStatus]}}
    )
    bookings = at_one_moment(Booking).find(
        {**only, **active}, OCCUPANT_FIELDS, batch_size=ROWS_PER_BATCH
    )
    found: dict[Id, list[Occupant]] = {}
    async for row in bookings:
        found.setdefault(Id(row["expert_id"]), []).append(occupant_of(row))
    return found


async def read_moved(known: OpenIndex) -> set[Id]:
    """Return the experts whose calendar's stored position differs from that in the index."""
    positions = await read_positions(known)
    return {
        id_
        for id_ in known
        if (calendar := known.get(id_)) and positions.get(id_) != calendar.position
    }
