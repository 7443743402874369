"""Compares the stored bookings with the responses that clients received."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.calendar.times import CELL_MINUTES
from models.ids import object_id

if TYPE_CHECKING:
    from models.ids import Id
    from models.store.connection import Database
    from tests.support.journals import Journal, Step

KINDS = {"HELD": "HELD", "PENDING": "BOOKED", "CONFIRMED": "BOOKED", "CANCELLED": "RELEASED"}
UPCOMING = {"PENDING", "CONFIRMED"}
Row = dict[str, Any]


@dataclass
class StoredDocuments:
    """The stored bookings of the given clients, with events, idempotency records and e-mails."""

    bookings: dict[Id, Row]
    events: dict[Id, list[Row]]
    requests: dict[str, list[Id]]
    mails: Counter[tuple[Id, int, str]]

    @classmethod
    async def read(cls, database: Database, clients: set[Id]) -> StoredDocuments:
        """Read the bookings and related records of the given clients from the database."""
        ours = {"client_id": {"$in": list(clients)}}
        bookings = {row["_id"]: row async for row in database["bookings"].find(ours)}
        events: dict[Id, list[Row]] = defaultdict(list)
        # Events are found by client, to include those of bookings that do not exist.
        async for row in database["events"].find(ours).sort("sequence"):
            events[row["booking_id"]].append(row)
        requests = {}
        async for row in database["requests"].find():
            client, _, key = row["_id"].split(":")
            if client in {str(id_) for id_ in clients}:
                requests[key] = row["booking_ids"]
        known = {row["_id"] async for row in database["bookings"].find({}, {"_id": 1})}
        mails: Counter[tuple[Id, int, str]] = Counter()
        async for row in database["outbox"].find({"occasion": {"$ne": None}}):
            occasion = row["occasion"]
            # Skip e-mails about bookings of the sample data.
            if occasion["booking_id"] in bookings or occasion["booking_id"] not in known:
                mails[occasion["booking_id"], occasion["revision"], row["kind"]] += 1
        return cls(bookings, events, requests, mails)


async def audit(journal: Journal, database: Database) -> None:
    """Assert that exactly those changes are stored that the server acknowledged.

    Raises:
        AssertionError: if a booking differs from its acknowledged state, if a booking was never
            acknowledged, or if its events, e-mails or idempotency records are missing or surplus.
    """
    stored = await StoredDocuments.read(database, journal.clients)
    acknowledged = {
        object_id(id_, "Booking", "id"): steps for id_, steps in journal.histories.items()
    }
    assert set(stored.bookings) == set(acknowledged)
    assert set(stored.events) == set(acknowledged)
    for id_, steps in acknowledged.items():
        _check_booking(stored.bookings[id_], steps)
        _check_events(stored.events[id_], steps)
    ids = {
        key: [object_id(id_, "Booking", "id") for id_ in booking_ids]
        for key, booking_ids in journal.bookings_by_key.items()
    }
    assert stored.requests == ids
    assert stored.mails == Counter(
        (id_, revision, kind)
        for id_, steps in acknowledged.items()
        for revision, kind in _expected_mails(steps)
    )


def _check_booking(row: Row, steps: list[Step]) -> None:
    """Assert that a booking has gone through exactly the acknowledged states."""
    history = [(step["after"], step["starts_at"]) for step in row["history"]]
    assert history == [(step.status, step.starts_at) for step in steps]
    last = steps[-1]
    assert (row["status"], row["starts_at"]) == (last.status, last.starts_at)
    assert last.sequence in {None, row["sequence"]}
    assert row["active"] == (last.status != "CANCELLED")
    cells = range(row["minutes"] // CELL_MINUTES)
    assert row["cells"] == [_after(row["starts_at"], cell) for cell in cells]


def _after(start: datetime, cells: int) -> datetime:
    return start + cells * timedelta(minutes=CELL_MINUTES)


def _check_events(events: list[Row], steps: list[Step]) -> None:
    """Assert that each step has an event with the acknowledged number, and each move two events."""
    remaining = list(events)
    before: Step | None = None
    for step in steps:
        was_moved = before is not None and before.starts_at != step.starts_at
        if was_moved:
            assert remaining.pop(0)["kind"] == "RELEASED"
        event = remaining.pop(0)
        if before and before.status == "PENDING" and step.status == "CONFIRMED" and not was_moved:
            assert event["kind"] == "STATUS"
        else:
            expected = KINDS[step.status], step.starts_at
            assert (event["kind"], event["slot"]["starts_at"]) == expected
        assert step.sequence in {None, event["sequence"]}
        before = step
    assert remaining == []


def _expected_mails(steps: list[Step]) -> list[tuple[int, str]]:
    """Return the expected e-mails about a booking, as (revision, kind) pairs."""
    expected = []
    before: Step | None = None
    for revision, step in enumerate(steps):
        was_upcoming = before is not None and before.status in UPCOMING
        if step.status in UPCOMING and not (before and was_upcoming):
            expected.append((revision, "BOOKED"))
        elif step.status in UPCOMING and before:
            is_moved = before.starts_at != step.starts_at
            expected.append((revision, "MOVED" if is_moved else "CONFIRMED"))
        elif was_upcoming:
            expected.append((revision, "CANCELLED"))
        before = step
    if steps[-1].status == "CONFIRMED":
        expected.append((len(steps) - 1, "REMINDER"))
    return expected
