"""Bookings, and the unique index that prevents double booking."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.calendar.places import Place
from models.calendar.rules import MAX_BREAK_MINUTES, MAX_SESSION_MINUTES, Calendar
from models.calendar.slots import Occupant, SlotKey
from models.calendar.times import CELL_MINUTES, cell_of, instant_of
from models.ids import Id
from models.store.documents import Part, Record, at_one_moment
from models.store.pages import Filter, Order, Page, PageArguments, page
from models.store.search import words_of
from models.store.transactions import read_snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pymongo.asynchronous.client_session import AsyncClientSession

OCCUPANT_FIELDS = dict.fromkeys(
    ("expert_id", "client_id", "cells", "starts_at", "minutes", "held_until"), 1
)
ROWS_PER_BATCH = 1_000
"""Number of rows in each batch of a cursor; MongoDB's default for the first batch is 101."""

MAX_OCCUPIED_CELLS = (MAX_SESSION_MINUTES + MAX_BREAK_MINUTES) // CELL_MINUTES


class Span(NamedTuple):
    """Half-open time range `[since, until)` in the calendar of one expert."""

    expert_id: Id
    since: datetime
    until: datetime


class BookingStatus(StrEnum):
    """Status of a booking."""

    HELD = "HELD"
    PENDING = "PENDING"
    CONFIRMED = "CONFIRMED"
    COMPLETED = "COMPLETED"
    NO_SHOW = "NO_SHOW"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


UPCOMING = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})
INACTIVE = frozenset({BookingStatus.CANCELLED, BookingStatus.EXPIRED})


class Contact(Part):
    """Contact details of a booking's client; `phone` is in E.164 format."""

    name: str
    email: str
    phone: str
    time_zone: str | None = None


class BookingChange(Part):
    """A change in a booking's history; a change without `actor_id` was made automatically.

    `reason` is the reason that the actor gave; both parties can read it.
    """

    at: datetime
    actor_id: Id | None
    before: BookingStatus | None
    after: BookingStatus
    starts_at: datetime
    reason: str | None = None

    @property
    def is_move(self) -> bool:
        """Whether the change gave the booking another start or length, not just another status."""
        is_confirmation = self.before != self.after and self.after is BookingStatus.CONFIRMED
        return {self.before, self.after} <= UPCOMING and not is_confirmation


class Booking(Record):
    """A session with an expert, held or booked by a client.

    `cells` are the quarter hours of the session and the break after it; a booking that becomes
    inactive keeps them, and only its `active` flag changes. `price` and `place` stay as agreed when
    the slot was held or booked, even if the expert's offer changes. If the booking began as an
    offer, `wait_id` is the waiting-list entry that received the offer. Only the expert reads
    `expert_note`; the ledger does not write it (models/ledger/batch.py).
    """

    expert_id: Id
    client_id: Id
    status: BookingStatus
    active: bool
    starts_at: datetime
    minutes: int
    cells: list[datetime]
    price: int
    place: Place = Place()
    contact: Contact | None = None
    contact_key: str | None = None
    note: str = ""
    expert_note: str = ""
    created_at: datetime
    updated_at: datetime
    held_until: datetime | None = None
    is_prolonged: bool = False
    wait_id: Id | None = None
    cancellable_until: datetime
    sequence: int = 0
    order_key: str = ""
    search_words: list[str] = []
    """The words of `search_words_of`; empty for a hold."""
    removed_by: list[Id] = []
    history: list[BookingChange] = []

    class Settings:
        """`one_booking_per_cell` prevents double booking.

        This multikey index over `cells` keeps two active bookings of an expert from sharing a
        quarter hour, whatever their lengths, without a lock or a prior check. The index begins
        with the shard key. The other indexes serve calendars, searches, and lists ordered by
        `order_key`.
        """

        name = "bookings"
        indexes = (
            IndexModel(
                [("expert_id", ASCENDING), ("cells", ASCENDING)],
                unique=True,
                partialFilterExpression={"active": True},
                name="one_booking_per_cell",
            ),
            IndexModel(
                [("expert_id", ASCENDING), ("active", ASCENDING), ("starts_at", ASCENDING)],
                name="expert_by_start",
            ),
            IndexModel(
                [("client_id", ASCENDING), ("order_key", ASCENDING)], name="client_by_order_key"
            ),
            IndexModel(
                [("expert_id", ASCENDING), ("order_key", ASCENDING)], name="expert_by_order_key"
            ),
            IndexModel([("order_key", ASCENDING)], name="all_by_order_key"),
            IndexModel(
                [("search_words", ASCENDING), ("order_key", ASCENDING)],
                name="search_by_order_key",
            ),
            IndexModel(
                [("expert_id", ASCENDING), ("client_id", ASCENDING), ("wait_id", ASCENDING)],
                unique=True,
                partialFilterExpression={"status": "HELD"},
                name="one_hold_per_client_expert_and_wait",
            ),
            IndexModel([("status", ASCENDING), ("held_until", ASCENDING)], name="holds_by_end"),
            IndexModel([("status", ASCENDING), ("starts_at", ASCENDING)], name="status_by_start"),
        )

    @property
    def key(self) -> SlotKey:
        """The booked slot."""
        return SlotKey(self.expert_id, cell_of(self.starts_at), self.minutes)

    @property
    def ends_at(self) -> datetime:
        """The end of the session, without the break after it."""
        return self.key.ends_at

    @property
    def reference(self) -> str:
        """The reference that people use for the booking: eight letters and digits from its id."""
        return reference(self.id)

    @property
    def was_booked(self) -> bool:
        """Whether the slot has ever been booked, rather than only held or offered."""
        return self.contact is not None or any(step.after in UPCOMING for step in self.history)

    def occupies_at(self, now: datetime) -> bool:
        """Return whether the booking is active and not a hold that has expired by `now`."""
        return self.active and (self.held_until is None or now < self.held_until)

    def with_change(
        self,
        at: datetime,
        before: BookingStatus | None,
        actor_id: Id | None,
        reason: str | None = None,
    ) -> Booking:
        """Return a copy of the booking whose history also records its present status and start."""
        step = BookingChange(
            at=at,
            actor_id=actor_id,
            before=before,
            after=self.status,
            starts_at=self.starts_at,
            reason=reason,
        )
        fields = {"updated_at": at, "history": [*self.history, step]}
        changed: Booking = self.model_copy(update=fields)
        return changed

    def occupant(self) -> Occupant:
        """Return the booking's occupied time, which blocks slots."""
        first = cell_of(self.cells[0])
        cells = range(first, first + len(self.cells))
        return Occupant(self.id, self.client_id, cells, self.key.session_end, self.held_until)

    async def set_expert_note(self, note: str) -> bool:
        """Set the expert's private note; return False if the booking no longer exists.

        The note is not part of the calendar: a change adds no event and keeps `updated_at`.
        """
        result = await self.get_pymongo_collection().update_one(
            {"_id": self.id, "expert_id": self.expert_id}, {"$set": {"expert_note": note}}
        )
        return result.matched_count > 0

    async def hide_from(self, viewer_id: Id) -> Booking:
        """Remove the booking from a viewer's list and return the changed booking."""
        await self.get_pymongo_collection().update_one(
            {"_id": self.id, "expert_id": self.expert_id},
            {"$addToSet": {"removed_by": viewer_id}},
        )
        removed: Booking = self.model_copy(update={"removed_by": [*self.removed_by, viewer_id]})
        return removed

    def update_order_key(self) -> Booking:
        """Update the order key and return the booking; call this before every write."""
        self.order_key = order_key(self.starts_at, str(self.id))
        return self


def reference(id_: Id) -> str:
    """Return a booking reference in Crockford's base 32, such as 7KQ2-M9XD; it is not unique."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    number = int.from_bytes(id_.binary[:4] + id_.binary[9:]) % 32**8
    letters = "".join(alphabet[number >> shift & 31] for shift in range(35, -5, -5))
    return f"{letters[:4]}-{letters[4:]}"


def search_words_of(id_: Id, contact: Contact | None) -> list[str]:
    """Return a booking's search words: its reference, and the contact's name and e-mail address."""
    return words_of(reference(id_), *((contact.name, contact.email) if contact else ()))


def order_key(starts_at: datetime, suffix: str = "") -> str:
    """Return a booking's order key: its start in minutes since 1970, followed by a suffix."""
    return f"{max(0, ceil(starts_at.timestamp() / 60)):010}{suffix}"


def taken_cells(occupants: Iterable[Occupant], now: datetime) -> dict[int, Occupant]:
    """Map each occupied cell to its occupant; holds that have expired by `now` do not count."""
    return {
        cell: occupant
        for occupant in occupants
        if occupant.occupies_at(now)
        for cell in occupant.cells
    }


def occupant_of(row: Mapping[str, Any]) -> Occupant:
    """Return the occupant of a stored booking, read with `OCCUPANT_FIELDS`."""
    first = cell_of(row["cells"][0])
    session_end = cell_of(row["starts_at"]) + row["minutes"] // CELL_MINUTES
    cells = range(first, first + len(row["cells"]))
    ids = Id(row["_id"]), Id(row["client_id"])
    return Occupant(*ids, cells, session_end, row.get("held_until"))


async def occupants_in(spans: Iterable[Span]) -> dict[Id, list[Occupant]]:
    """Return, for each expert, the occupants of the given spans, read from one snapshot.

    The result can include bookings that end shortly before a span.
    """
    experts: dict[tuple[datetime, datetime], set[Id]] = defaultdict(set)
    for span in spans:
        experts[span.since, span.until].add(span.expert_id)
    queries: list[Filter] = []
    for (since, until), ids in experts.items():
        expert = {"$in": sorted(ids)} if len(ids) > 1 else next(iter(ids))
        queries.append(active_in(expert, since, until))
    found: dict[Id, list[Occupant]] = defaultdict(list)
    if queries:
        query = {"$or": queries} if len(queries) > 1 else queries[0]
        rows = at_one_moment(Booking).find(query, OCCUPANT_FIELDS, batch_size=ROWS_PER_BATCH)
        for row in await rows.to_list():
            found[row["expert_id"]].append(occupant_of(row))
    return found


def active_in(expert: object, since: datetime, until: datetime) -> Filter:
    """Return the query for experts' active bookings that start in a span or shortly before it."""
    starts_at = {"$gte": instant_of(cell_of(since) - MAX_OCCUPIED_CELLS), "$lt": until}
    return {"expert_id": expert, "active": True, "starts_at": starts_at}


async def standing_holds(client_id: Id, now: datetime) -> list[Booking]:
    """Return a client's holds and offers that have not ended."""
    held = {"status": BookingStatus.HELD.value, "active": True}
    query = {"client_id": client_id, "order_key": {"$gte": order_key(now)}, **held}
    found = await Booking.find(query).to_list()
    return [hold for hold in found if hold.occupies_at(now)]


async def due_bookings(now: datetime, limit: int = 200) -> list[Booking]:
    """Return up to `limit` expired holds, and up to `limit` pending bookings with past starts."""
    held = {"status": BookingStatus.HELD.value, "held_until": {"$lte": now}}
    pending = {"status": BookingStatus.PENDING.value, "starts_at": {"$lte": now}}
    found = [await Booking.find(query).limit(limit).to_list() for query in (held, pending)]
    return [booking for bookings in found for booking in bookings]


async def calendar_and_upcoming_bookings(
    expert_id: Id, now: datetime
) -> tuple[Calendar | None, list[Booking]]:
    """Return a calendar and its upcoming bookings, earliest first, from one snapshot."""
    query = {
        "expert_id": expert_id,
        "active": True,
        "status": {"$in": [BookingStatus.PENDING.value, BookingStatus.CONFIRMED.value]},
        "starts_at": {"$gt": now},
    }

    async def read(session: AsyncClientSession) -> tuple[Calendar | None, list[Booking]]:
        calendar = await Calendar.get(expert_id, session=session)
        bookings = await Booking.find(query, session=session).sort("+starts_at").to_list()
        return calendar, bookings

    return await read_snapshot(Booking.get_pymongo_collection().database.client, read)


async def booking_page(filters: list[Filter], arguments: PageArguments) -> Page[Booking]:
    """Return a page of the bookings that match any of the given filters, latest start first."""
    order = Order("start-desc", "order_key", descending=True)
    return await page(Booking, filters, order, arguments, Booking.model_validate, ("search_words",))
