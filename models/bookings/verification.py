"""The judge: what must hold between the stored documents, looked at from outside.

Reads the database alone, with the driver and without the code that it judges; it needs no index.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter, defaultdict
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from models.accounts.users import User
from models.bookings.booking import Booking
from models.bookings.events import RETENTION_SECONDS, Event
from models.calendar.rules import Calendar
from models.calendar.times import CELL_MINUTES
from models.directory.experts import Expert
from models.errors import DatabaseUnreachable
from models.store.connection import DEFAULT_NAME, SERVER_TIMEOUT_MS
from models.store.documents import or_unavailable
from models.store.transactions import READ, WRITE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.ids import Id
    from models.store.connection import Client, Database

GRACE = timedelta(seconds=5)
"""What is released within a second of its end may be a little late on a busy machine."""
EVENT_RETENTION = timedelta(seconds=RETENTION_SECONDS) - timedelta(hours=1)
INACTIVE = {"CANCELLED", "EXPIRED"}
CELL = timedelta(minutes=CELL_MINUTES)
ROWS_PER_BATCH = 5000
EXPERTS_PER_TRANSACTION = 20
"""Experts that are read in one transaction: some thousand documents."""
COLLECTIONS = [kind.Settings.name for kind in (Event, Booking, Calendar, Expert, User)]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be, where, and the expert whom it is about, if any."""

    kind: str
    detail: str
    expert_id: Id | None


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """Everything that is wrong, and how many documents of each collection were looked at."""

    findings: list[Finding]
    seen: Counter[str]


@asynccontextmanager
async def open_for_reading(url: str) -> AsyncIterator[Database]:
    """Connect and make no index: that would be a write, and fail on data that break one.

    Raises:
        DatabaseUnreachable: nothing usable answers there.
    """
    try:
        client: Client = AsyncMongoClient(
            url, tz_aware=True, appname="expertbook", serverSelectionTimeoutMS=SERVER_TIMEOUT_MS
        )
    except (PyMongoError, ValueError) as error:
        raise DatabaseUnreachable(f"MONGODB_URL is not a connection string: {error}") from error
    async with client:
        try:
            await client.admin.command("ping")
        except PyMongoError as error:
            raise DatabaseUnreachable(
                "No database answers there. Start it, or correct MONGODB_URL."
            ) from error
        yield client.get_default_database(DEFAULT_NAME)


async def verify(now: datetime, progress: Callable[[int, int], None]) -> list[Finding]:
    """Everything that is wrong in the database that the documents are bound to."""
    return (await check_invariants(User.get_pymongo_collection().database, now, progress)).findings


async def check_invariants(
    database: Database, now: datetime, progress: Callable[[int, int], None]
) -> VerificationReport:
    """Everything that is wrong with the stored data, also while a program writes.

    Collections that are read one after the other while bookings go on do not fit together. So
    what does not fit is a suspicion: the expert is read again, in a transaction that sees one
    moment, and only what does not fit in there is a finding.

    Args:
        database: to read.
        now: as of which holds have ended.
        progress: is told how many documents have been read, and of how many.

    Raises:
        Unavailable: when the database does not answer.
    """
    everything = InvariantChecker(now)
    seen: Counter[str] = Counter()

    async def read(name: str) -> None:
        # Whole documents: to choose fields costs the embedded database twice the time.
        async for row in database[name].find(batch_size=ROWS_PER_BATCH):
            everything.see(name, row)
            seen[name] += 1
            if seen.total() % 1000 == 0:
                progress(min(seen.total(), total), total)

    with or_unavailable(), _no_search_for_cycles():
        total = sum([await database[name].estimated_document_count() for name in COLLECTIONS])
        # Together: one is judged while the database fetches another.
        await asyncio.gather(*(read(name) for name in COLLECTIONS))
        progress(total, total)
        suspicions = list(everything.findings())
        findings = [found for found in suspicions if found.expert_id is None]
        suspects = sorted({found.expert_id for found in suspicions if found.expert_id})
        for first in range(0, len(suspects), EXPERTS_PER_TRANSACTION):
            some = suspects[first : first + EXPERTS_PER_TRANSACTION]
            evidence = await _read_again(database, some, now)
            findings += [found for found in evidence.findings() if found.expert_id in some]
    return VerificationReport(findings, seen)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep Python from going through all that is kept, again and again: half of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


async def _read_again(
    database: Database, experts: Collection[Id], now: datetime
) -> InvariantChecker:
    """All that belongs to some experts, as of one moment."""

    async def read(session: AsyncClientSession) -> InvariantChecker:
        evidence = InvariantChecker(now)
        people: set[Id] = set()

        async def see(kind: str, by: str, ids: Iterable[Id]) -> None:
            query = {by: {"$in": list(ids)}}
            async for row in database[kind].find(query, session=session):
                evidence.see(kind, row)
                people.update(row[name] for name in ("client_id", "user_id") if name in row)

        await see(Event.Settings.name, "expert_id", experts)
        await see(Booking.Settings.name, "expert_id", experts)
        await see(Calendar.Settings.name, "_id", experts)
        await see(Expert.Settings.name, "_id", experts)
        await see(User.Settings.name, "_id", people)
        await see(User.Settings.name, "expert_id", experts)
        return evidence

    async with database.client.start_session() as session:
        return await session.with_transaction(read, READ, WRITE)


@dataclass(frozen=True, slots=True)
class _BookingSummary:
    """What the events must have of a booking."""

    expert_id: Id
    client_id: Id
    sequence: int
    is_recent: bool
    recent_steps: int


class InvariantChecker:
    """Collects what it is shown, in any order, and says what does not fit."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._found: list[Finding] = []
        self._users: dict[Id, Id | None] = {}
        self._experts: dict[Id, Id] = {}
        self._calendars: dict[Id, Row] = {}
        self._logs: dict[Id, dict[int, tuple[Id | None, datetime]]] = defaultdict(dict)
        self._bookings: dict[Id, _BookingSummary] = {}
        self._owners: dict[tuple[Id, datetime], Id] = {}
        self._overlaps: set[tuple[Id, Id]] = set()

    def see(self, kind: str, row: Row) -> None:
        """Take a document of a collection."""
        try:
            self._see(kind, row)
        except (KeyError, TypeError) as error:
            detail = f"{row['_id']} of {kind}: {error!r}"
            self._found.append(Finding("misshapen", detail, expert_id=None))

    def _see(self, kind: str, row: Row) -> None:
        if kind == Booking.Settings.name:
            self._see_booking(row)
        elif kind == Event.Settings.name:
            about = (row.get("booking_id"), row["at"])
            self._logs[row["expert_id"]][row["sequence"]] = about
        elif kind == Calendar.Settings.name:
            self._calendars[row["_id"]] = row
        elif kind == Expert.Settings.name:
            self._experts[row["_id"]] = row["user_id"]
        else:
            self._users[row["_id"]] = row.get("expert_id")

    def _see_booking(self, row: Row) -> None:
        id_, expert_id, status = row["_id"], row["expert_id"], row["status"]
        since = self._now - EVENT_RETENTION
        history = row.get("history") or [{}]
        self._bookings[id_] = _BookingSummary(
            expert_id,
            row["client_id"],
            row["sequence"],
            row["updated_at"] > since,
            sum(step["at"] > since for step in history if step),
        )
        # What somebody has taken out of their list has given back the time still ahead.
        is_whole = not row.get("removed_by")
        if row["active"] == (status in INACTIVE) and (row["active"] or is_whole):
            self._find("status", f"booking {id_} is {status} and active={row['active']}", expert_id)
        befores, afters = ([step.get(name) for step in history] for name in ("before", "after"))
        ends = (status, row["starts_at"])
        if befores != [None, *afters[:-1]] or (afters[-1], history[-1].get("starts_at")) != ends:
            self._find("history", f"that of booking {id_} does not lead to {status}", expert_id)
        if row["active"]:
            self._see_time(row, is_whole=is_whole)

    def _see_time(self, row: Row, *, is_whole: bool) -> None:
        id_, expert_id, cells = row["_id"], row["expert_id"], row["cells"]
        held_until = row.get("held_until")
        if row["status"] == "HELD" and (held_until is None or held_until < self._now - GRACE):
            self._find("hold past its end", f"booking {id_}, held until {held_until}", expert_id)
        is_row = all(later - earlier == CELL for earlier, later in pairwise(cells))
        is_long = len(cells) * CELL_MINUTES >= row["minutes"] or not is_whole
        if not (cells and cells[0] == row["starts_at"] and is_row and is_long):
            self._find("time", f"booking {id_} does not take the time of its session", expert_id)
        for cell in cells:
            other = self._owners.setdefault((expert_id, cell), id_)
            if other != id_ and (other, id_) not in self._overlaps:
                self._overlaps.add((other, id_))
                self._find(
                    "overlap", f"bookings {other} and {id_} at {cell.isoformat()}", expert_id
                )

    def findings(self) -> Iterator[Finding]:
        """What does not fit, once everything has been shown."""
        yield from self._found
        yield from self._orphans()
        told: Counter[Id] = Counter()
        for expert_id, log in self._logs.items():
            told.update(about for about, _ in log.values() if about)
            for number, (about, _) in log.items():
                if about is not None and about not in self._bookings:
                    detail = f"{number} of {expert_id}: {about}"
                    yield Finding("event without booking", detail, expert_id)
        for id_, booking in self._bookings.items():
            number = booking.sequence
            about, _ = self._logs.get(booking.expert_id, {}).get(number, (None, None))
            if (booking.is_recent and about != id_) or told[id_] < booking.recent_steps:
                detail = f"{id_}, number {number} of {booking.expert_id}"
                yield Finding("booking without event", detail, booking.expert_id)
        for expert_id, calendar in self._calendars.items():
            yield from self._numbering(expert_id, calendar)

    def _orphans(self) -> Iterator[Finding]:
        for user_id, expert_id in self._users.items():
            if expert_id is not None and expert_id not in self._experts:
                yield Finding("orphan", f"account {user_id} has no expert {expert_id}", expert_id)
        for expert_id, user_id in self._experts.items():
            if user_id not in self._users:
                yield Finding("orphan", f"expert {expert_id} has no account", expert_id)
            if expert_id not in self._calendars:
                yield Finding("orphan", f"expert {expert_id} has no calendar", expert_id)
        for expert_id in self._calendars.keys() - self._experts.keys():
            yield Finding("orphan", f"calendar {expert_id} has no expert", expert_id)
        for expert_id in self._logs.keys() - self._calendars.keys():
            numbers = f"{min(self._logs[expert_id])} to {max(self._logs[expert_id])}"
            yield Finding("orphan", f"events {numbers} of {expert_id} have no calendar", expert_id)
        yield from self._orphaned_bookings()

    def _orphaned_bookings(self) -> Iterator[Finding]:
        for id_, booking in self._bookings.items():
            if booking.expert_id not in self._calendars:
                yield Finding("orphan", f"booking {id_} has no calendar", booking.expert_id)
            if booking.client_id not in self._users:
                yield Finding("orphan", f"booking {id_} has no client", booking.expert_id)

    def _numbering(self, expert_id: Id, calendar: Row) -> Iterator[Finding]:
        log, last = self._logs.get(expert_id, {}), calendar["sequence"]
        if not log:
            if last and calendar["last_event_at"] > self._now - EVENT_RETENTION:
                detail = f"no event of {expert_id}, whose last number is {last}"
                yield Finding("hole", detail, expert_id)
            return
        first, highest = min(log), max(log)
        missing = sorted(set(range(first, last + 1)) - log.keys())
        if missing or highest != last:
            gone = ", ".join(str(number) for number in missing[:5]) or "none"
            detail = f"events of {expert_id}: {first} to {highest} of {last}; missing: {gone}"
            yield Finding("hole", detail, expert_id)
        times = [at for _, (_, at) in sorted(log.items())]
        if any(later < earlier for earlier, later in pairwise(times)):
            yield Finding("order", f"events of {expert_id} go back in time", expert_id)

    def _find(self, kind: str, detail: str, expert_id: Id) -> None:
        self._found.append(Finding(kind, detail, expert_id))
