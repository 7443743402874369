"""Queries for slots and for the calendars that they are computed from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from models.bookings.booking import Booking, BookingStatus, Span, occupants_in, taken_cells
from models.calendar.rules import MAX_BREAK, MAX_SESSION_MINUTES, MIN_SESSION_MINUTES, Calendar
from models.calendar.slots import Slot, SlotKey, SlotStatus, listed_slot, listed_slots, slot_of
from models.calendar.times import CELL_MINUTES, day_span, instant_of, local_date
from models.errors import BadUserInput
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.calendar.slots import Occupant
    from models.directory.filters import Available
    from models.ids import Id

MAX_SPAN = timedelta(days=62)
MAX_DAYS = 62
MAX_NEXT_SLOTS = 10
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9000, 1, 1)
FIRST_MOMENT = datetime.fromtimestamp(0, UTC)


async def calendars(expert_ids: Sequence[Id]) -> list[Calendar | None]:
    """Return the calendars of the given experts, in the same order, with one database command."""
    with or_unavailable():
        found = Calendar.get_pymongo_collection().find({"_id": {"$in": list(expert_ids)}})
        rows = await found.to_list()
    by_id = {row["_id"]: Calendar.model_validate(row) for row in rows}
    return [by_id.get(id_) for id_ in expert_ids]


async def occupants(spans: Sequence[Span]) -> list[list[Occupant]]:
    """Return the holds and bookings in and around each span, in the order of the spans."""
    with or_unavailable():
        found = await occupants_in(spans)
    return [found.get(span.expert_id, []) for span in spans]


def check_span(since: datetime, until: datetime) -> None:
    """Check that a span of time is valid in a request.

    Raises:
        BadUserInput: if the span is empty, longer than `MAX_SPAN`, or outside the supported dates;
            the message names the invalid argument.
    """
    _check_day(since.date())
    if until <= since:
        raise BadUserInput("to: must be later than from")
    if until - since > MAX_SPAN:
        raise BadUserInput(f"to: must be at most {MAX_SPAN.days} days after from")


def _check_day(day: date) -> None:
    """Refuse dates with which calculations of days, weeks or time zones would overflow."""
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadUserInput(f"from: must lie between {FIRST_DAY} and {LAST_DAY}")


def session_minutes(calendar: Calendar, minutes: int | None) -> int:
    """Return the requested session length, or else that of the first offer, in minutes.

    Raises:
        BadUserInput: if no expert could offer a session of that length.
    """
    check_minutes(minutes)
    return calendar.rules.offers[0].minutes if minutes is None else minutes


def check_minutes(minutes: int | None) -> None:
    """Check a session length; None, the default length, is always valid.

    Raises:
        BadUserInput: if no expert could offer a session of that length.
    """
    if minutes is not None and (
        minutes % CELL_MINUTES or not MIN_SESSION_MINUTES <= minutes <= MAX_SESSION_MINUTES
    ):
        raise BadUserInput(
            f"minutes: must be a multiple of {CELL_MINUTES} "
            f"from {MIN_SESSION_MINUTES} to {MAX_SESSION_MINUTES}"
        )


def check_available(available: Available, path: str) -> None:
    """Check the time span and the session length of a search for open slots.

    Raises:
        BadUserInput: if the time span or the session length is invalid; the message begins with
            `path` and the name of the invalid field.
    """
    try:
        check_span(available.since, available.until)
        check_minutes(available.minutes)
    except BadUserInput as error:
        raise BadUserInput(f"{path}.{error}") from error


def slots_between(
    calendar: Calendar,
    occupants: Sequence[Occupant],
    minutes: int,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Slot]:
    """Return the listed slots that start in `[since, until)`, earliest first."""
    taken = _taken(calendar, occupants, now)
    return listed_slots(calendar.id, calendar.rules, taken, minutes, since, until, now)


def _taken(calendar: Calendar, occupants: Sequence[Occupant], now: datetime) -> dict[int, Occupant]:
    """Map each occupied cell (quarter hour) to the hold or booking that occupies it.

    If the calendar has a waiting list, the time of an ended hold stays taken until the hold is
    released, since only the first client in line may get this time.
    """
    return taken_cells(occupants, FIRST_MOMENT if calendar.waiting else now)


def span_of_days(first: date, count: int, zone_name: str) -> tuple[datetime, datetime]:
    """Return the start and end of `count` consecutive local days.

    Raises:
        BadUserInput: if `count` is not from 1 to `MAX_DAYS`, or if `first` is out of range.
    """
    if not 1 <= count <= MAX_DAYS:
        raise BadUserInput(f"count: must lie between 1 and {MAX_DAYS}")
    _check_day(first)
    last = first + timedelta(days=count - 1)
    return instant_of(day_span(first, zone_name)[0]), instant_of(day_span(last, zone_name)[1])


def group_by_day(
    slots: Iterator[Slot], first: date, count: int, zone_name: str
) -> list[tuple[date, list[Slot]]]:
    """Group slots by the local day on which they start; include days without slots."""
    days: dict[date, list[Slot]] = {first + timedelta(days=n): [] for n in range(count)}
    for slot in slots:
        days[local_date(slot.key.starts_at, zone_name)].append(slot)
    return list(days.items())


def search_windows(calendar: Calendar, now: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans to search for the next open slot: two weeks, then the days after them."""
    near = now + timedelta(days=14)
    far = now + timedelta(days=calendar.rules.horizon_days + 2)
    return [(now, near), (near, far)] if far > near else [(now, far)]


def check_next(count: int) -> None:
    """Check the requested number of open slots.

    Raises:
        BadUserInput: if the number is not from 1 to `MAX_NEXT_SLOTS`.
    """
    if not 1 <= count <= MAX_NEXT_SLOTS:
        raise BadUserInput(f"count: must lie between 1 and {MAX_NEXT_SLOTS}")


def first_open_slots(slots: Iterator[Slot], count: int) -> list[Slot]:
    """Return the first `count` open slots, or all of them if there are fewer."""
    return list(islice((slot for slot in slots if slot.status is SlotStatus.OPEN), count))


def open_slots(calendar: Calendar, minutes: int, cells: Sequence[int]) -> list[Slot]:
    """Return the slots at the given open cells, or none if the expert offers no such length."""
    offer = calendar.rules.offer(minutes)
    if offer is None:
        return []
    keys = [SlotKey(calendar.id, cell, minutes) for cell in cells]
    return [Slot(key, offer.price, SlotStatus.OPEN) for key in keys]


def occupied_slot(booking: Booking, now: datetime) -> Slot | None:
    """Return the slot that a booking occupies now, or None if it occupies no slot."""
    if not booking.occupies_at(now):
        return None
    held = booking.status is BookingStatus.HELD
    status = SlotStatus.HELD if held else SlotStatus.BOOKED
    return Slot(booking.key, booking.price, status, booking.held_until, (booking.client_id,))


def current_slot(
    booking: Booking, calendar: Calendar, others: Sequence[Occupant], now: datetime
) -> Slot:
    """Return a booking's slot with the status that it has at `now`."""
    return slot_of(booking.key, booking.price, calendar.rules, _taken(calendar, others, now))


def occupancy_span(key: SlotKey) -> Span:
    """Return the span whose holds and bookings decide whether a slot is free."""
    return Span(key.expert_id, key.starts_at, key.ends_at + MAX_BREAK)


def find_listed_slot(
    key: SlotKey, calendar: Calendar, occupants: Sequence[Occupant], now: datetime
) -> Slot | None:
    """Return the slot with the given key, or None if the calendar does not list this slot."""
    return listed_slot(key, calendar.rules, _taken(calendar, occupants, now), now)
