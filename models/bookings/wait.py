"""Entries of the experts' waiting lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pymongo import ASCENDING, IndexModel

from models.calendar.times import day_span, first_cell_from, instant_of, local_date
from models.ids import Id
from models.store.documents import Part, Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.calendar.rules import Rules
    from models.calendar.slots import SlotKey

MAX_WAITS_PER_CLIENT = 5
MAX_WAITS_PER_CALENDAR = 500
"""Limits the use of memory, because a calendar in memory includes its entire waiting list."""

MAX_WINDOW = timedelta(days=62)


class WaitTerms(Part):
    """Terms of a waiting-list entry: the client wants a session that starts in `[since, until)`."""

    client_id: Id
    since: datetime
    until: datetime
    minutes: int

    @property
    def cells(self) -> range:
        """The cells at which a session on these terms can start."""
        return range(first_cell_from(self.since), first_cell_from(self.until))

    def admits(self, key: SlotKey) -> bool:
        """Return whether a slot has the wanted length and starts within the wanted window."""
        return key.minutes == self.minutes and key.cell in self.cells

    def may_compete_with(self, other: WaitTerms) -> bool:
        """Return whether a session on these terms could overlap a session on the other terms."""
        return self.since < other.until + timedelta(
            minutes=other.minutes
        ) and other.since < self.until + timedelta(minutes=self.minutes)


class Wait(Record):
    """An entry of an expert's waiting list.

    Entries are served in the order of `number`, the sequence number of the event with which the
    client joined the list. `offer_id` is the id of the hold that is currently offered to the
    client. `declined` lists the start times of offered slots that the client gave back; these slots
    are not offered to the client again. `due_at` is the next time at which the passing of time
    alone affects the entry: the end of its window, or the midnight when one more day becomes
    bookable.
    """

    expert_id: Id
    number: int
    terms: WaitTerms
    joined_at: datetime
    due_at: datetime
    offer_id: Id | None = None
    declined: list[datetime] = []

    class Settings:
        """Ended entries are deleted; the event log keeps their terms for two days."""

        name = "waits"
        indexes = (
            IndexModel(
                [("expert_id", ASCENDING), ("number", ASCENDING)],
                unique=True,
                name="one_wait_per_number",
            ),
            IndexModel([("terms.client_id", ASCENDING)], name="waits_by_client"),
            IndexModel([("due_at", ASCENDING)], name="waits_by_due_time"),
        )


def next_due_at(terms: WaitTerms, rules: Rules, now: datetime) -> datetime:
    """Return the next time at which an entry must be reviewed even if nothing has been changed.

    It is the end of the entry's window or, if the window ends beyond the booking horizon, the next
    midnight in the expert's time zone, when one more day becomes bookable.
    """
    today = local_date(now, rules.time_zone)
    last_day = today + timedelta(days=rules.horizon_days)
    if terms.until <= instant_of(day_span(last_day, rules.time_zone)[1]):
        return terms.until
    return instant_of(day_span(today, rules.time_zone)[1])


async def waits_of(client_id: Id) -> list[Wait]:
    """Return a client's entries in all waiting lists, in the order in which the client joined.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = await Wait.find({"terms.client_id": client_id}).to_list()
    return sorted(found, key=lambda wait: (wait.joined_at, wait.id))


async def lines_of(expert_ids: Iterable[Id]) -> dict[Id, list[Wait]]:
    """Return the non-empty waiting lists of experts, each in order, keyed by the expert's id.

    Raises:
        Unavailable: if the database does not respond.
    """
    found: dict[Id, list[Wait]] = {}
    with or_unavailable():
        waits = await Wait.find({"expert_id": {"$in": list(expert_ids)}}).to_list()
    for wait in sorted(waits, key=lambda wait: wait.number):
        found.setdefault(wait.expert_id, []).append(wait)
    return found


async def experts_with_due_waits(now: datetime, limit: int = 200) -> set[Id]:
    """Read up to `limit` entries that are due, and return the ids of their experts.

    Raises:
        Unavailable: if the database does not respond.
    """
    query = {"due_at": {"$lte": now}}
    waits = Wait.get_pymongo_collection()
    with or_unavailable():
        rows = await waits.find(query, {"expert_id": 1}).limit(limit).to_list()
    return {Id(row["expert_id"]) for row in rows}
