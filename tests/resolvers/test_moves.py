"""Tests of the actions on a booking that are allowed for each viewer, status and time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from auth.rules import Relation
from models.bookings.booking import Booking, BookingStatus
from models.bookings.life import Action, check_action, is_past_expiry
from models.errors import NotAllowed, TooLate
from models.ids import new_id
from resolvers.moves import is_allowed

START = datetime(2027, 3, 1, 12, tzinfo=UTC)
DEADLINE = START - timedelta(hours=24)
EARLY, LATE, STARTED = DEADLINE - timedelta(1), DEADLINE + timedelta(1 / 24), START
STRANGER = frozenset({Relation.ANYONE, Relation.SIGNED_IN})
CLIENT, EXPERT, ADMIN = (
    STRANGER | {relation} for relation in (Relation.CLIENT, Relation.EXPERT, Relation.ADMIN)
)
MANAGERS = (EXPERT, ADMIN)
EVERYBODY = (frozenset({Relation.ANYONE}), STRANGER, CLIENT, EXPERT, ADMIN)
TIMES = (EARLY, LATE, STARTED)


def booking(status: BookingStatus, held_until: datetime | None = None) -> Booking:
    """Return a booking with the given status, without storing it."""
    found: Booking = Booking.model_construct(
        id=new_id(),
        status=status,
        starts_at=START,
        cancellable_until=DEADLINE,
        held_until=held_until,
    )
    return found


def rows(
    action: Action, statuses: str, viewers: tuple[frozenset[Relation], ...], times: object
) -> set[object]:
    """Return all (action, status, relations, time) combinations of the given values."""
    assert isinstance(times, tuple)
    return set(product([action], map(BookingStatus, statuses.split()), viewers, times))


ALLOWED = (
    rows(Action.CONFIRM, "PENDING", MANAGERS, (EARLY, LATE))
    | rows(Action.COMPLETE, "CONFIRMED", MANAGERS, (STARTED,))
    | rows(Action.MARK_NO_SHOW, "CONFIRMED", MANAGERS, (STARTED,))
    | rows(Action.CANCEL, "HELD PENDING CONFIRMED", MANAGERS, TIMES)
    | rows(Action.CANCEL, "HELD", (CLIENT,), TIMES)
    | rows(Action.CANCEL, "PENDING CONFIRMED", (CLIENT,), (EARLY,))
    | rows(Action.RESCHEDULE, "PENDING CONFIRMED", MANAGERS, TIMES)
    | rows(Action.RESCHEDULE, "PENDING CONFIRMED", (CLIENT,), (EARLY,))
    | rows(Action.REMOVE, "COMPLETED CANCELLED EXPIRED", (CLIENT, *MANAGERS), TIMES)
)
TOO_LATE = rows(Action.CANCEL, "PENDING CONFIRMED", (CLIENT,), (LATE, STARTED)) | rows(
    Action.RESCHEDULE, "PENDING CONFIRMED", (CLIENT,), (LATE, STARTED)
)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", BookingStatus)
async def test_actions_are_allowed_exactly_where_the_table_says_so(
    database: object, action: Action, status: BookingStatus
) -> None:
    assert database
    for relations, now in product(EVERYBODY, TIMES):
        found = booking(status)
        cell = (action, status, relations, now)
        assert is_allowed(action, relations, found, now) == (cell in ALLOWED)
        if cell in TOO_LATE:
            with pytest.raises(TooLate):
                check_action(action, found, now, is_manager=False)


@pytest.mark.parametrize("action", Action)
async def test_managers_are_bound_only_by_the_status_and_the_start_time(
    database: object, action: Action
) -> None:
    assert database
    for status, now in product(BookingStatus, TIMES):
        if (action, status, EXPERT, now) in ALLOWED:
            check_action(action, booking(status), now, is_manager=True)
        else:
            with pytest.raises(NotAllowed):
                check_action(action, booking(status), now, is_manager=True)


async def test_late_cancellation_reports_the_deadline(database: object) -> None:
    assert database
    with pytest.raises(TooLate) as refused:
        check_action(Action.CANCEL, booking(BookingStatus.CONFIRMED), LATE, is_manager=False)
    assert refused.value.deadline == DEADLINE
    check_action(Action.CANCEL, booking(BookingStatus.CONFIRMED), DEADLINE, is_manager=False)


async def test_only_holds_and_pending_bookings_expire(database: object) -> None:
    assert database
    for status in BookingStatus:
        found = booking(status, held_until=EARLY if status is BookingStatus.HELD else None)
        ended = {BookingStatus.HELD, BookingStatus.PENDING}
        assert is_past_expiry(found, STARTED) == (status in ended)
        assert not is_past_expiry(found, EARLY - timedelta(seconds=1))
    assert is_past_expiry(booking(BookingStatus.HELD, held_until=EARLY), EARLY)
