"""The judge: what must hold between the stored documents, looked at from outside.

Reads the database alone, with the driver and without the code that it judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.base import or_unavailable
from models.bookings import Booking
from models.calendars import Calendar
from models.events import KEPT_SECONDS, Event
from models.experts import Expert
from models.users import User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from models.base import Record
    from models.ids import Id

GRACE = timedelta(seconds=5)
"""What is released within a second of its end may be a little late on a busy machine."""
KEPT = timedelta(seconds=KEPT_SECONDS) - timedelta(hours=1)
MOST_TOLD = 100

Row = dict[str, Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be, and where."""

    kind: str
    detail: str


async def verify(now: datetime, progress: Progress) -> list[Finding]:
    """Everything that is wrong with the stored data; an empty list: nothing.

    Args:
        now: as of which holds have ended.
        progress: is told how many documents have been read, and of how many.

    Raises:
        Unavailable: when the database does not answer.
    """
    judge = Judge(now)
    kinds: list[tuple[type[Record], Callable[[Row], None], list[str]]] = [
        (User, judge.see_user, ["_id"]),
        (Expert, judge.see_expert, ["_id", "user_id"]),
        (Calendar, judge.see_calendar, ["_id", "sequence", "last_event_at"]),
        (Event, judge.see_event, ["expert_id", "sequence", "at", "booking_id"]),
        (Booking, judge.see_booking, BOOKING_FIELDS),
    ]
    with or_unavailable():
        totals = [
            await kind.get_pymongo_collection().estimated_document_count() for kind, _, _ in kinds
        ]
        done, total = 0, sum(totals)
        for kind, see, fields in kinds:
            async for row in _rows(kind, fields):
                see(row)
                done += 1
                if done % 1000 == 0:
                    progress(done, total)
    progress(total, total)
    return list(judge.findings())


BOOKING_FIELDS = [
    *("_id", "expert_id", "client_id", "active", "status", "cells", "sequence"),
    *("held_until", "updated_at", "history"),
]
INACTIVE = {"CANCELLED", "EXPIRED"}


async def _rows(kind: type[Record], fields: list[str]) -> AsyncIterator[Row]:
    projection = dict.fromkeys(fields, 1)
    async for row in kind.get_pymongo_collection().find({}, projection, batch_size=2000):
        yield row


class Judge:
    """Collects what it is shown, and says what does not fit."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._found: list[Finding] = []
        self._users: set[Id] = set()
        self._experts: dict[Id, Id] = {}
        self._calendars: dict[Id, Row] = {}
        self._numbers: dict[Id, dict[int, Id | None]] = defaultdict(dict)
        self._bookings: set[Id] = set()
        self._owners: dict[tuple[Id, datetime], Id] = {}

    def see_user(self, row: Row) -> None:
        """Take an account."""
        self._users.add(row["_id"])

    def see_expert(self, row: Row) -> None:
        """Take an expert."""
        self._experts[row["_id"]] = row["user_id"]
        if row["user_id"] not in self._users:
            self._find("orphan", f"expert {row['_id']} has no account")

    def see_calendar(self, row: Row) -> None:
        """Take a calendar."""
        self._calendars[row["_id"]] = row
        if row["_id"] not in self._experts:
            self._find("orphan", f"calendar {row['_id']} has no expert")

    def see_event(self, row: Row) -> None:
        """Take an event."""
        self._numbers[row["expert_id"]][row["sequence"]] = row.get("booking_id")
        if row["expert_id"] not in self._calendars:
            self._find("orphan", f"event {row['sequence']} of {row['expert_id']} has no calendar")

    def see_booking(self, row: Row) -> None:
        """Take a booking."""
        id_, expert_id = row["_id"], row["expert_id"]
        self._bookings.add(id_)
        if expert_id not in self._calendars:
            self._find("orphan", f"booking {id_} has no calendar")
        if row["client_id"] not in self._users:
            self._find("orphan", f"booking {id_} has no client")
        if row["active"] == (row["status"] in INACTIVE):
            self._find("status", f"booking {id_} is {row['status']} and active={row['active']}")
        if not row["history"] or row["history"][-1]["after"] != row["status"]:
            self._find("history", f"the history of booking {id_} does not end in {row['status']}")
        if row["active"]:
            self._see_time(row)
        is_kept = row["updated_at"] > self._now - KEPT
        if is_kept and self._numbers[expert_id].get(row["sequence"]) != id_:
            self._find("booking without event", f"{id_}, number {row['sequence']} of {expert_id}")

    def _see_time(self, row: Row) -> None:
        held_until = row.get("held_until")
        if row["status"] == "HELD" and (held_until is None or held_until < self._now - GRACE):
            self._find("hold past its end", f"booking {row['_id']}, held until {held_until}")
        if not row["cells"]:
            self._find("no time", f"booking {row['_id']} is active and takes no time")
        for cell in row["cells"]:
            other = self._owners.setdefault((row["expert_id"], cell), row["_id"])
            if other != row["_id"]:
                self._find("overlap", f"bookings {other} and {row['_id']} at {cell.isoformat()}")

    def findings(self) -> Iterator[Finding]:
        """What does not fit, once everything has been shown."""
        yield from self._found
        for expert_id in self._experts.keys() - self._calendars.keys():
            yield Finding("orphan", f"expert {expert_id} has no calendar")
        for expert_id, calendar in self._calendars.items():
            yield from self._numbering(expert_id, calendar)

    def _numbering(self, expert_id: Id, calendar: Row) -> Iterator[Finding]:
        numbers = self._numbers.get(expert_id, {})
        last = calendar["sequence"]
        if not numbers:
            if last and calendar["last_event_at"] > self._now - KEPT:
                yield Finding("hole", f"no event of {expert_id}, whose number is {last}")
            return
        first = min(numbers)
        missing = set(range(first, last + 1)) - numbers.keys()
        if missing or max(numbers) != last:
            told = ", ".join(str(number) for number in sorted(missing)[:5])
            yield Finding(
                "hole",
                f"events of {expert_id}: {first} to {max(numbers)} of {last}; missing: {told}",
            )
        for number, booking_id in numbers.items():
            if booking_id is not None and booking_id not in self._bookings:
                yield Finding("event without booking", f"{number} of {expert_id}: {booking_id}")

    def _find(self, kind: str, detail: str) -> None:
        self._found.append(Finding(kind, detail))
