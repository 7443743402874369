"""The event log: every change of a calendar, numbered without gaps.

The log is the source of truth. Notifications only speed up the delivery of events; a process that
misses a notification reads the missing events from the log.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.bookings.wait import WaitTerms
from models.calendar.rules import Calendar
from models.calendar.slots import Slot, SlotKey, SlotStatus
from models.calendar.times import cell_of
from models.errors import BadUserInput
from models.ids import Id, decode, encode
from models.store.documents import Part, Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

CURSOR = re.compile(r"Event:([0-9a-f]{24}):(0|[1-9]\d{0,14})(?::([0-9a-f]{24}))?", re.ASCII)
RETENTION_SECONDS = 2 * 24 * 60 * 60
POSITION_FIELDS = ("sequence", "last_event_id")
MAX_CALENDARS_PER_QUERY = 500
"""Limit that keeps the decoding of a reply from blocking the event loop for over a millisecond."""
MAX_CLIENTS_PER_QUERY = 16
"""Limit beyond which it is cheaper to read all recent events and filter them in this process."""


class Position(NamedTuple):
    """The position in an expert's event log after the event with this number and id.

    After a backup is restored, new events reuse the numbers of lost ones, and only the ids tell
    them apart. The id is None before the first event, and after events of sample data, which are
    not stored.
    """

    sequence: int
    event_id: Id | None = None


class LogHead(NamedTuple):
    """The end of an expert's event log, and whether the expert has stopped accepting bookings."""

    position: Position
    is_closed: bool


class EventKind(StrEnum):
    """Kind of an event.

    STATUS means that only a booking's status changed, and RESET that the rules changed. JOINED and
    LEFT concern only the waiting list: the numbers of these events prove the order of the list, and
    no subscriber receives these events.
    """

    HELD = "HELD"
    BOOKED = "BOOKED"
    RELEASED = "RELEASED"
    STATUS = "STATUS"
    RESET = "RESET"
    JOINED = "JOINED"
    LEFT = "LEFT"


class SlotState(Part):
    """State of a slot after an event."""

    starts_at: datetime
    minutes: int
    price: int
    status: SlotStatus
    held_until: datetime | None = None
    clients: tuple[Id, ...] = ()

    @classmethod
    def of(cls, slot: Slot) -> SlotState:
        """Return the form in which a slot's state is stored in an event."""
        return cls(
            starts_at=slot.key.starts_at,
            minutes=slot.key.minutes,
            price=slot.price,
            status=slot.status,
            held_until=slot.held_until,
            clients=slot.clients,
        )

    def slot(self, expert_id: Id) -> Slot:
        """Return the expert's slot that has this state."""
        return Slot(
            SlotKey(expert_id, cell_of(self.starts_at), self.minutes),
            self.price,
            self.status,
            self.held_until,
            self.clients,
        )


class Event(Record):
    """Record of a change to an expert's calendar, written in the same transaction as the change.

    `changed` holds all listed slots, of every length, whose status changed. These slots are stored
    because the rules can change later, but a replay must report the slots as they were.
    `previous_id` is the id of the preceding event. In a RESET, `accepts_bookings` says whether the
    expert is listed from then on. If the event concerns a waiting list, because a client joined or
    left it, or an offer was held, booked or released, `wait_id` is the id of the waiting-list
    entry. `terms` contains the terms of a new entry, so it is set only in a JOINED event.
    """

    expert_id: Id
    sequence: int
    at: datetime
    kind: EventKind
    previous_id: Id | None = None
    booking_id: Id | None = None
    client_id: Id | None = None
    slot: SlotState | None = None
    changed: list[SlotState] = []
    accepts_bookings: bool | None = None
    wait_id: Id | None = None
    terms: WaitTerms | None = None

    @property
    def position(self) -> Position:
        """The position in the log after the event."""
        return Position(self.sequence, self.id)

    @property
    def has_open_slot(self) -> bool:
        """Whether the event's slot, or another slot that it changed, is open after the event."""
        states = [self.slot, *self.changed] if self.slot else self.changed
        return any(state.status is SlotStatus.OPEN for state in states)

    @property
    def client_ids(self) -> set[Id]:
        """The ids of the clients of the event's booking and of the slots that the event changed."""
        states = [self.slot, *self.changed] if self.slot else self.changed
        clients = {client for state in states for client in state.clients}
        return clients | {self.client_id} if self.client_id else clients

    class Settings:
        """`one_event_per_number` prevents two events of one expert with the same number.

        `client_by_time` serves queries for recent events of a client's bookings.

        `at` never decreases within an expert's log, so the TTL index deletes its oldest events
        first.
        """

        name = "events"
        indexes = (
            IndexModel(
                [("expert_id", ASCENDING), ("sequence", ASCENDING)],
                unique=True,
                name="one_event_per_number",
            ),
            IndexModel([("client_id", ASCENDING), ("at", ASCENDING)], name="client_by_time"),
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_two_days"
            ),
        )


class BookingTouched(Part):
    """A change of a booking, recorded in the event numbered `sequence`."""

    client_id: Id
    booking_id: Id
    sequence: int
    at: datetime

    def follows(self, other: BookingTouched | None) -> bool:
        """Return whether this change is later than `other`, even if a backup was restored."""
        return other is None or self.sequence > other.sequence or self.at > other.at


async def events_after(expert_id: Id, sequence: int, limit: int = 500) -> list[Event]:
    """Return an expert's events after the event numbered `sequence`, in order and without gaps.

    Args:
        expert_id: id of the expert.
        sequence: number of the last event already known.
        limit: maximum number of events.

    Returns:
        The events; an empty list if the next event does not exist or has been deleted.

    Raises:
        Unavailable: if the database does not respond.
    """
    found = await _events_between(expert_id, sequence, sequence + limit)
    return [event for number, event in enumerate(found, sequence + 1) if event.sequence == number]


async def events_until(expert_id: Id, sequence: int, limit: int) -> list[Event]:
    """Return an expert's events up to the event numbered `sequence`, in order and without gaps.

    Args:
        expert_id: id of the expert.
        sequence: number of the last event to return.
        limit: maximum number of events.

    Returns:
        The latest `limit` events; an empty list if the event numbered `sequence` is not in the log.

    Raises:
        Unavailable: if the database does not respond.
    """
    found = await _events_between(expert_id, sequence - limit, sequence)
    first = sequence - len(found) + 1
    return [event for number, event in enumerate(found, first) if event.sequence == number]


async def _events_between(expert_id: Id, after: int, until: int) -> list[Event]:
    """Return an expert's events whose numbers lie in `(after, until]`, in order."""
    query = {"expert_id": expert_id, "sequence": {"$gt": after, "$lte": until}}
    with or_unavailable():
        return sorted(await Event.find(query).to_list(), key=lambda event: event.sequence)


async def bookings_touched(client_ids: Iterable[Id], since: datetime) -> list[BookingTouched]:
    """Return all changes of the clients' bookings since `since`, in no particular order.

    Raises:
        Unavailable: if the database does not respond.
    """
    ids = set(client_ids)
    query: dict[str, Any] = {"at": {"$gte": since}}
    if len(ids) <= MAX_CLIENTS_PER_QUERY:
        query["client_id"] = {"$in": list(ids)}
    fields = dict.fromkeys(BookingTouched.model_fields, 1)
    with or_unavailable():
        rows = await Event.get_pymongo_collection().find(query, fields).to_list()
    return [BookingTouched.model_validate(row) for row in rows if row.get("client_id") in ids]


def position_of(calendar: Calendar) -> Position:
    """Return the position after the last event of a calendar."""
    return Position(calendar.sequence, calendar.last_event_id)


async def last_positions(expert_ids: Iterable[Id]) -> dict[Id, Position]:
    """Return the position after the last event of each expert's calendar.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        return await read_positions(expert_ids)


async def read_positions(
    expert_ids: Iterable[Id], session: AsyncClientSession | None = None
) -> dict[Id, Position]:
    """Read the position after each expert's last event, in the transaction of `session`, if given.

    Raises:
        PyMongoError: if the database does not respond.
    """
    rows = await _read_calendars(expert_ids, POSITION_FIELDS, session)
    return {row["_id"]: _position(row) for row in rows}


async def _read_calendars(
    expert_ids: Iterable[Id], fields: Sequence[str], session: AsyncClientSession | None = None
) -> list[dict[str, Any]]:
    """Read fields of the experts' calendars, in the transaction of `session`, if given."""
    calendars = Calendar.get_pymongo_collection()
    ids = list(expert_ids)
    found: list[dict[str, Any]] = []
    for first in range(0, len(ids), MAX_CALENDARS_PER_QUERY):
        query = {"_id": {"$in": ids[first : first + MAX_CALENDARS_PER_QUERY]}}
        reading = calendars.find(query, fields, batch_size=MAX_CALENDARS_PER_QUERY, session=session)
        found += await reading.to_list()
    return found


def _position(row: dict[str, Any]) -> Position:
    return Position(row["sequence"], row.get("last_event_id"))


async def log_heads(expert_ids: Iterable[Id]) -> dict[Id, LogHead]:
    """Return the current end of the event log of each expert.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        rows = await _read_calendars(expert_ids, (*POSITION_FIELDS, "rules.accepts_bookings"))
    return {
        row["_id"]: LogHead(_position(row), row.get("rules", {}).get("accepts_bookings") is False)
        for row in rows
    }


async def log_holds(expert_id: Id, position: Position) -> bool:
    """Return whether an expert's event log continues at a position.

    The log continues there if the position's event is the calendar's last event, is in the log, or
    is named as `previous_id` by an event in the log. Otherwise, the position's event and its
    successor have been deleted (events are kept for two days), or the database was restored from a
    backup that does not contain the event.

    Raises:
        Unavailable: if the database does not respond.
    """
    # Read the calendar first, so that an event that is added meanwhile is then found in the log.
    if (await last_positions([expert_id])).get(expert_id) == position:
        return True
    sequence, event_id = position
    query = {"expert_id": expert_id, "sequence": {"$in": [sequence, sequence + 1]}}
    fields = {"sequence": 1, "previous_id": 1}
    with or_unavailable():
        rows = await Event.get_pymongo_collection().find(query, fields).to_list()
    found = {row["sequence"]: row for row in rows}
    if sequence in found and found[sequence]["_id"] == event_id:
        return True
    return sequence + 1 in found and found[sequence + 1].get("previous_id") == event_id


def cursor_of(expert_id: Id, position: Position) -> str:
    """Return the cursor that represents a position in an expert's event log."""
    sequence, event_id = position
    return encode(f"Event:{expert_id}:{sequence}" + (f":{event_id}" if event_id else ""))


def position_in(cursor: str, expert_id: Id) -> Position:
    """Return the position that a cursor represents.

    Raises:
        BadUserInput: if the text is not a cursor, or is a cursor of another expert.
    """
    try:
        parts = CURSOR.fullmatch(decode(cursor))
    except ValueError:
        parts = None
    if parts is None:
        raise BadUserInput("after: not a cursor of an event")
    if parts[1] != str(expert_id):
        raise BadUserInput("after: a cursor of another expert")
    return Position(int(parts[2]), Id(parts[3]) if parts[3] else None)
