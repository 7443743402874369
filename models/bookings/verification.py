"""Checks of cross-document invariants in the stored data.

MongoDB documents are read with the driver itself, because the application's own classes are under
verification. The checks need no indexes.
"""

from __future__ import annotations

import asyncio
import gc
from collections import Counter, defaultdict
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

from models.accounts.users import User
from models.bookings.booking import Booking
from models.bookings.directory_verification import DirectoryChecker
from models.bookings.events import Event
from models.bookings.findings import EVENT_RETENTION, GRACE, Finding, Row
from models.bookings.wait import Wait
from models.bookings.waitlist_verification import WaitlistChecker
from models.calendar.rules import Calendar
from models.calendar.times import CELL, CELL_MINUTES
from models.directory.experts import COPIED_RULES, Expert
from models.directory.photos import Photo
from models.directory.reviews import Review
from models.errors import DatabaseUnreachable
from models.store.connection import DEFAULT_NAME, new_client, or_unreachable
from models.store.documents import or_unavailable
from models.store.transactions import read_snapshot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.ids import Id
    from models.store.connection import Database

INACTIVE = {"CANCELLED", "EXPIRED"}
KINDS = (
    *("booking without event", "copy", "event without booking", "expired hold", "gap", "history"),
    *("malformed", "offer", "open slot", "order", "orphan", "overlap", "rating", "status", "time"),
    "waiting list",
)
"""The kinds of problem that the checks report."""
ROWS_PER_BATCH = 5000
EXPERTS_PER_TRANSACTION = 20
"""Number of experts whose documents one transaction reads: few enough that these are only a few
thousand documents."""
COLLECTIONS = [
    kind.Settings.name for kind in (Event, Booking, Calendar, Expert, User, Photo, Review, Wait)
]
WITHOUT_CONTENT = {Photo.Settings.name: {"content": 0}}


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """All problems found, and the number of documents checked per collection."""

    findings: list[Finding]
    documents: Counter[str]


@asynccontextmanager
async def open_for_reading(url: str) -> AsyncIterator[Database]:
    """Connect without creating indexes, because creating them fails if stored data violate them.

    Raises:
        DatabaseUnreachable: if no server responds, or if the context raises an error of the driver.
    """
    async with new_client(url) as client:
        try:
            await client.admin.command("ping")
        except PyMongoError as error:
            message = "No database answers at MONGODB_URL. Start it, or correct the URL."
            raise DatabaseUnreachable(message) from error
        with or_unreachable():
            yield client.get_default_database(DEFAULT_NAME)


async def verify(now: datetime, progress: Callable[[int, int], None]) -> list[Finding]:
    """Check the database that the document classes are bound to, and return the problems found."""
    return (await check_invariants(User.get_pymongo_collection().database, now, progress)).findings


async def check_invariants(
    database: Database, now: datetime, progress: Callable[[int, int], None]
) -> VerificationReport:
    """Check the stored data; other processes may write at the same time.

    The first pass reads the collections without a transaction, so concurrent writes can make what
    it reads inconsistent. The documents of each expert with a suspected problem are therefore read
    again in a snapshot transaction, and only problems that also occur there are reported.

    Args:
        database: the database to check.
        now: the current time, to determine which holds have expired.
        progress: called with the number of documents read so far and the expected total.

    Raises:
        Unavailable: if the database does not respond.
    """
    checker = InvariantChecker(now)
    documents: Counter[str] = Counter()

    async def read(name: str) -> None:
        # Excluding more fields would double the time that the embedded database needs to read.
        projection = WITHOUT_CONTENT.get(name)
        async for row in database[name].find({}, projection, batch_size=ROWS_PER_BATCH):
            checker.add(name, row)
            documents[name] += 1
            if documents.total() % 1000 == 0:
                progress(min(documents.total(), total), total)

    with or_unavailable(), _garbage_collection_disabled():
        total = sum([await database[name].estimated_document_count() for name in COLLECTIONS])
        # Read concurrently, so that one collection is checked while the database fetches another.
        await asyncio.gather(*(read(name) for name in COLLECTIONS))
        progress(total, total)
        suspected = list(checker.findings())
        findings = [finding for finding in suspected if finding.expert_id is None]
        experts = sorted({finding.expert_id for finding in suspected if finding.expert_id})
        for first in range(0, len(experts), EXPERTS_PER_TRANSACTION):
            batch = experts[first : first + EXPERTS_PER_TRANSACTION]
            snapshot = await _read_snapshot(database, batch, now)
            findings += [found for found in snapshot.findings() if found.expert_id in batch]
    return VerificationReport(findings, documents)


@contextmanager
def _garbage_collection_disabled() -> Iterator[None]:
    """Disable the cyclic garbage collector, which would take half of the checks' running time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


async def _read_snapshot(
    database: Database, experts: Collection[Id], now: datetime
) -> InvariantChecker:
    """Return a checker with all documents of the given experts, read in a single transaction."""

    async def read(session: AsyncClientSession) -> InvariantChecker:
        checker = InvariantChecker(now)
        user_ids: set[Id] = set()

        async def add(collection: str, field: str, ids: Iterable[Id]) -> None:
            query = {field: {"$in": list(ids)}}
            projection = WITHOUT_CONTENT.get(collection)
            async for row in database[collection].find(query, projection, session=session):
                checker.add(collection, row)
                owner = row["terms"] if collection == Wait.Settings.name else row
                user_ids.update(owner[name] for name in ("client_id", "user_id") if name in owner)

        await add(Event.Settings.name, "expert_id", experts)
        await add(Booking.Settings.name, "expert_id", experts)
        await add(Calendar.Settings.name, "_id", experts)
        await add(Expert.Settings.name, "_id", experts)
        await add(Photo.Settings.name, "expert_id", experts)
        await add(Review.Settings.name, "expert_id", experts)
        await add(Wait.Settings.name, "expert_id", experts)
        await add(User.Settings.name, "_id", user_ids)
        await add(User.Settings.name, "expert_id", experts)
        return checker

    return await read_snapshot(database.client, read)


@dataclass(frozen=True, slots=True)
class _BookingSummary:
    """The fields of a booking that are checked against events, calendars and accounts."""

    expert_id: Id
    client_id: Id
    sequence: int
    is_recent: bool
    recent_steps: int


class InvariantChecker:
    """Collects documents in any order and reports the invariants that they violate."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._findings: list[Finding] = []
        self._users: dict[Id, Id | None] = {}
        self._experts: dict[Id, Row] = {}
        self._calendars: dict[Id, Row] = {}
        self._logs: dict[Id, dict[int, tuple[Id | None, datetime]]] = defaultdict(dict)
        self._bookings: dict[Id, _BookingSummary] = {}
        self._owners: dict[tuple[Id, datetime], Id] = {}
        self._overlaps: set[tuple[Id, Id]] = set()
        self._directory = DirectoryChecker()
        self._waitlists = WaitlistChecker(now)

    def add(self, collection: str, row: Row) -> None:
        """Add a document that was read from the given collection."""
        try:
            self._add(collection, row)
        except (KeyError, TypeError) as error:
            detail = f"{row['_id']} of {collection}: {error!r}"
            self._findings.append(Finding("malformed", detail, expert_id=None))

    def _add(self, collection: str, row: Row) -> None:
        self._waitlists.add(collection, row)
        if collection == Booking.Settings.name:
            self._add_booking(row)
        elif collection == Event.Settings.name:
            event = (row.get("booking_id"), row["at"])
            self._logs[row["expert_id"]][row["sequence"]] = event
        elif collection == Calendar.Settings.name:
            self._calendars[row["_id"]] = row
        elif collection == Expert.Settings.name:
            self._experts[row["_id"]] = row
            self._directory.add_expert(row)
        elif collection == Photo.Settings.name:
            self._directory.add_photo(row)
        elif collection == Review.Settings.name:
            self._directory.add_review(row)
        elif collection == User.Settings.name:
            self._users[row["_id"]] = row.get("expert_id")

    def _add_booking(self, row: Row) -> None:
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
        self._directory.add_booking(row)
        # If a party has removed the booking from their list, its remaining time was released.
        is_whole = not row.get("removed_by")
        if row["active"] == (status in INACTIVE) and (row["active"] or is_whole):
            detail = f"booking {id_} is {status} but active={row['active']}"
            self._report("status", detail, expert_id)
        befores, afters = ([step.get(name) for step in history] for name in ("before", "after"))
        state = (status, row["starts_at"])
        if befores != [None, *afters[:-1]] or (afters[-1], history[-1].get("starts_at")) != state:
            detail = f"the history of booking {id_} does not lead to {status}"
            self._report("history", detail, expert_id)
        if row["active"]:
            self._check_cells(row, is_whole=is_whole)

    def _check_cells(self, row: Row, *, is_whole: bool) -> None:
        id_, expert_id, cells = row["_id"], row["expert_id"], row["cells"]
        held_until = row.get("held_until")
        if row["status"] == "HELD" and (held_until is None or held_until < self._now - GRACE):
            self._report("expired hold", f"booking {id_}, held until {held_until}", expert_id)
        is_contiguous = all(later - earlier == CELL for earlier, later in pairwise(cells))
        is_complete = len(cells) * CELL_MINUTES >= row["minutes"] or not is_whole
        if not (cells and cells[0] == row["starts_at"] and is_contiguous and is_complete):
            detail = f"booking {id_} does not occupy the time of its session"
            self._report("time", detail, expert_id)
        for cell in cells:
            other = self._owners.setdefault((expert_id, cell), id_)
            if other != id_ and (other, id_) not in self._overlaps:
                self._overlaps.add((other, id_))
                detail = f"bookings {other} and {id_} at {cell.isoformat()}"
                self._report("overlap", detail, expert_id)

    def findings(self) -> Iterator[Finding]:
        """Yield the violated invariants; call this method after all documents have been added."""
        yield from self._findings
        yield from self._orphans()
        yield from (Finding(*found) for found in self._directory.findings())
        yield from self._waitlists.findings(self._users, self._owners)
        events: Counter[Id] = Counter()
        for expert_id, log in self._logs.items():
            events.update(booking_id for booking_id, _ in log.values() if booking_id)
            for number, (booking_id, _) in log.items():
                if booking_id is not None and booking_id not in self._bookings:
                    detail = f"{number} of {expert_id}: {booking_id}"
                    yield Finding("event without booking", detail, expert_id)
        for id_, booking in self._bookings.items():
            number = booking.sequence
            booking_id, _ = self._logs.get(booking.expert_id, {}).get(number, (None, None))
            if (booking.is_recent and booking_id != id_) or events[id_] < booking.recent_steps:
                detail = f"{id_}, number {number} of {booking.expert_id}"
                yield Finding("booking without event", detail, booking.expert_id)
        for expert_id, calendar in self._calendars.items():
            yield from self._numbering(expert_id, calendar)
            yield from self._copies(expert_id, calendar.get("rules", {}))

    def _orphans(self) -> Iterator[Finding]:
        for user_id, expert_id in self._users.items():
            if expert_id is not None and expert_id not in self._experts:
                yield Finding("orphan", f"account {user_id} has no expert {expert_id}", expert_id)
        for expert_id, expert in self._experts.items():
            if expert["user_id"] not in self._users:
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

    def _copies(self, expert_id: Id, rules: Row) -> Iterator[Finding]:
        expert = self._experts.get(expert_id, {})
        for name in COPIED_RULES & expert.keys() & rules.keys():
            if expert[name] != rules[name]:
                detail = f"{name} of {expert_id}: {expert[name]}, in the calendar {rules[name]}"
                yield Finding("copy", detail, expert_id)

    def _numbering(self, expert_id: Id, calendar: Row) -> Iterator[Finding]:
        log, last = self._logs.get(expert_id, {}), calendar["sequence"]
        if not log:
            if last and calendar["last_event_at"] > self._now - EVENT_RETENTION:
                detail = f"no event of {expert_id}, whose last number is {last}"
                yield Finding("gap", detail, expert_id)
            return
        first, highest = min(log), max(log)
        missing = sorted(set(range(first, last + 1)) - log.keys())
        if missing or highest != last:
            numbers = ", ".join(str(number) for number in missing[:5]) or "none"
            detail = (
                f"events of {expert_id}: {first} to {highest}; the calendar's last number is "
                f"{last}; missing: {numbers}"
            )
            yield Finding("gap", detail, expert_id)
        times = [at for _, (_, at) in sorted(log.items())]
        if any(later < earlier for earlier, later in pairwise(times)):
            yield Finding("order", f"events of {expert_id} are not in order of time", expert_id)

    def _report(self, kind: str, detail: str, expert_id: Id) -> None:
        self._findings.append(Finding(kind, detail, expert_id))
