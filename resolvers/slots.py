"""Slots: what an expert offers, and what is nearest to a time that is gone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from models.bookings.booking import Booking, BookingStatus, Span, occupants_in, taken_cells
from models.calendar.rules import MAX_BREAK, MAX_SESSION_MINUTES, MIN_SESSION_MINUTES, Calendar
from models.calendar.slots import Slot, SlotStatus, listed_slot, listed_slots, slot_of
from models.calendar.times import CELL_MINUTES, day_span, instant_of, local_date
from models.errors import BadUserInput
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.calendar.slots import Occupant, SlotKey
    from models.ids import Id

LONGEST_SPAN = timedelta(days=62)
MOST_DAYS = 62
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9000, 1, 1)


async def calendars(expert_ids: Sequence[Id]) -> list[Calendar | None]:
    """The calendars of some experts, in their order, in one command."""
    with or_unavailable():
        found = Calendar.get_pymongo_collection().find({"_id": {"$in": list(expert_ids)}})
        rows = await found.to_list()
    by_id = {row["_id"]: Calendar.model_validate(row) for row in rows}
    return [by_id.get(id_) for id_ in expert_ids]


async def occupants(spans: Sequence[Span]) -> list[list[Occupant]]:
    """What is taken in some spans, and some time around them, in the order of the spans."""
    with or_unavailable():
        found = await occupants_in(spans)
    return [found.get(span.expert_id, []) for span in spans]


def check_span(since: datetime, until: datetime) -> None:
    """Refuse a span that makes no sense.

    Raises:
        BadUserInput: when it is empty, longer than 62 days or at the end of time; names the
            argument.
    """
    _check_day(since.date())
    if until <= since:
        raise BadUserInput("to: must be later than from")
    if until - since > LONGEST_SPAN:
        raise BadUserInput(f"to: at most {LONGEST_SPAN.days} days after from")


def _check_day(day: date) -> None:
    """Keep the arithmetic of days, weeks and zones within what dates can say."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadUserInput("from: not a day on which anyone could meet")


def length_of(calendar: Calendar, minutes: int | None) -> int:
    """The length in minutes that is asked for: the first offer's where none is named.

    Raises:
        BadUserInput: for a length that nobody could offer.
    """
    if minutes is None:
        return calendar.rules.offers[0].minutes
    if minutes % CELL_MINUTES or not MIN_SESSION_MINUTES <= minutes <= MAX_SESSION_MINUTES:
        raise BadUserInput(
            f"minutes: a multiple of {CELL_MINUTES} "
            f"from {MIN_SESSION_MINUTES} to {MAX_SESSION_MINUTES}"
        )
    return minutes


def slots_between(
    calendar: Calendar,
    occupants: Sequence[Occupant],
    minutes: int,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Slot]:
    """The listed slots that start in `[since, until)`, earliest first."""
    taken = taken_cells(occupants, now)
    return listed_slots(calendar.id, calendar.rules, taken, minutes, since, until, now)


def days_span(first: date, count: int, zone_name: str) -> tuple[datetime, datetime]:
    """The instants at which some local days begin and end.

    Raises:
        BadUserInput: for a count outside 1 to 62, or a day at the end of time.
    """
    if not 1 <= count <= MOST_DAYS:
        raise BadUserInput(f"count: must lie between 1 and {MOST_DAYS}")
    _check_day(first)
    last = first + timedelta(days=count - 1)
    return instant_of(day_span(first, zone_name)[0]), instant_of(day_span(last, zone_name)[1])


def by_day(
    slots: Iterator[Slot], first: date, count: int, zone_name: str
) -> list[tuple[date, list[Slot]]]:
    """Slots under the local days on which they start, days without any included."""
    days: dict[date, list[Slot]] = {first + timedelta(days=n): [] for n in range(count)}
    for slot in slots:
        days[local_date(slot.key.starts_at, zone_name)].append(slot)
    return list(days.items())


def search_spans(calendar: Calendar, now: datetime) -> list[tuple[datetime, datetime]]:
    """Where to look for the next open slot: first the coming fortnight, then the rest."""
    near = now + timedelta(days=14)
    far = now + timedelta(days=calendar.rules.horizon_days + 2)
    return [(now, near), (near, far)] if far > near else [(now, far)]


def first_open(slots: Iterator[Slot]) -> Slot | None:
    """The earliest slot that can be booked."""
    return next((slot for slot in slots if slot.status is SlotStatus.OPEN), None)


def slot_while_active(booking: Booking, now: datetime) -> Slot | None:
    """The slot that a booking takes, or None where it takes none any more."""
    if not booking.occupies_at(now):
        return None
    held = booking.status is BookingStatus.HELD
    status = SlotStatus.HELD if held else SlotStatus.BOOKED
    return Slot(booking.key, booking.price, status, booking.held_until, (booking.client_id,))


def slot_after(
    booking: Booking, calendar: Calendar, others: Sequence[Occupant], now: datetime
) -> Slot:
    """The slot that a booking took, as it now stands."""
    return slot_of(booking.key, booking.price, calendar.rules, taken_cells(others, now))


def span_of(key: SlotKey) -> Span:
    """The time that decides whether a slot is free."""
    return Span(key.expert_id, key.starts_at, key.ends_at + MAX_BREAK)


def listed(
    key: SlotKey, calendar: Calendar, occupants: Sequence[Occupant], now: datetime
) -> Slot | None:
    """The slot of that key, or None where it is not offered."""
    return listed_slot(key, calendar.rules, taken_cells(occupants, now), now)
