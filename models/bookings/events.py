"""The event log: every change of a calendar, numbered without gaps.

It is the truth of what happened. A nudge only makes it fast; who missed one reads here.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, IndexModel

from models.calendar.rules import Calendar
from models.calendar.slots import Slot, SlotKey, SlotStatus
from models.calendar.times import cell_of
from models.errors import BadUserInput
from models.ids import Id, decode, encode
from models.store.documents import Part, Record, or_unavailable
from models.store.unchecked import construct_unchecked

if TYPE_CHECKING:
    from collections.abc import Iterable

CURSOR = re.compile(r"Event:([0-9a-f]{24}):(0|[1-9]\d{0,14})", re.ASCII)
RETENTION_SECONDS = 2 * 24 * 60 * 60
MAX_CLIENTS_PER_QUERY = 16
"""Of more than these it is cheaper to read everybody's events of a short time."""


class EventKind(StrEnum):
    """What happened: to a slot, to a booking alone, or to the hours."""

    HELD = "HELD"
    BOOKED = "BOOKED"
    RELEASED = "RELEASED"
    STATUS = "STATUS"
    RESET = "RESET"


class SlotState(Part):
    """A slot as it stood after the event."""

    starts_at: datetime
    minutes: int
    price: int
    status: SlotStatus
    held_until: datetime | None = None
    clients: tuple[Id, ...] = ()

    @classmethod
    def of(cls, slot: Slot) -> SlotState:
        """The stored form of a slot."""
        return construct_unchecked(
            cls,
            starts_at=slot.key.starts_at,
            minutes=slot.key.minutes,
            price=slot.price,
            status=slot.status,
            held_until=slot.held_until,
            clients=slot.clients,
        )

    def slot(self, expert_id: Id) -> Slot:
        """The slot in the form in which slots are computed."""
        return Slot(
            SlotKey(expert_id, cell_of(self.starts_at), self.minutes),
            self.price,
            self.status,
            self.held_until,
            self.clients,
        )


class Event(Record):
    """One change: written in the change's own transaction, with the expert's next number.

    `changed` are the listed slots of every length whose status it changed, as they stood after it;
    stored, since rules change and a replay must say what was true then.
    """

    expert_id: Id
    sequence: int
    at: datetime
    kind: EventKind
    booking_id: Id | None = None
    client_id: Id | None = None
    slot: SlotState | None = None
    changed: list[SlotState] = []

    @property
    def client_ids(self) -> set[Id]:
        """Who has a part in it: the clients of its booking and of the slots that it changed."""
        states = [self.slot, *self.changed] if self.slot else self.changed
        clients = {client for state in states for client in state.clients}
        return clients | {self.client_id} if self.client_id else clients

    class Settings:
        """`one_event_per_number` keeps a number from being given twice.

        `client_by_time` finds what lately happened to a client's bookings.

        `at` never decreases within an expert, so that the time-to-live removes from the old end.
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
    """What an event says of a booking: that its newest state has this number or a later one."""

    client_id: Id
    booking_id: Id
    sequence: int
    at: datetime


async def events_after(expert_id: Id, sequence: int, limit: int = 500) -> list[Event]:
    """The events of an expert from the one after `sequence` on, in order and without a gap.

    At most `limit` of them; none where the next one is not there (any more).

    Raises:
        Unavailable: when the database does not answer.
    """
    query = {"expert_id": expert_id, "sequence": {"$gt": sequence, "$lte": sequence + limit}}
    with or_unavailable():
        found = sorted(await Event.find(query).to_list(), key=lambda event: event.sequence)
    return [event for number, event in enumerate(found, sequence + 1) if event.sequence == number]


async def bookings_touched(client_ids: Iterable[Id], since: datetime) -> list[BookingTouched]:
    """What happened to bookings of some clients at that time or later, in no order.

    Raises:
        Unavailable: when the database does not answer.
    """
    ids = set(client_ids)
    query: dict[str, Any] = {"at": {"$gte": since}}
    if len(ids) <= MAX_CLIENTS_PER_QUERY:
        query["client_id"] = {"$in": list(ids)}
    fields = dict.fromkeys(BookingTouched.model_fields, 1)
    with or_unavailable():
        rows = await Event.get_pymongo_collection().find(query, fields).to_list()
    return [BookingTouched.model_validate(row) for row in rows if row.get("client_id") in ids]


async def last_sequences(expert_ids: Iterable[Id]) -> dict[Id, int]:
    """The number of the last event of each of some experts.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        found = await Calendar.find({"_id": {"$in": list(expert_ids)}}).to_list()
    return {calendar.id: calendar.sequence for calendar in found}


def cursor_of(expert_id: Id, sequence: int) -> str:
    """Where in an expert's events a reader is: after that number."""
    return encode(f"Event:{expert_id}:{sequence}")


def sequence_in(cursor: str, expert_id: Id) -> int:
    """The number in a cursor of that expert.

    Raises:
        BadUserInput: for a cursor of another expert, and for what is no cursor.
    """
    try:
        parts = CURSOR.fullmatch(decode(cursor))
    except ValueError:
        parts = None
    if parts is None:
        raise BadUserInput("after: not a cursor of an event")
    if parts[1] != str(expert_id):
        raise BadUserInput("after: a cursor of another expert")
    return int(parts[2])
