"""The table of moves, row by row, for everybody, from every status and at every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from auth.moves import Action, check, expires, possible
from auth.policies import Relation
from models.bookings.booking import Booking, BookingStatus
from models.errors import NotAllowed, TooLate
from models.ids import new_id

START = datetime(2027, 3, 1, 12, tzinfo=UTC)
DEADLINE = START - timedelta(hours=24)
EARLY, LATE, STARTED = DEADLINE - timedelta(1), DEADLINE + timedelta(1 / 24), START
STRANGER = frozenset({Relation.ANYONE, Relation.SIGNED_IN})
CLIENT, EXPERT, ADMIN = (
    STRANGER | {who} for who in (Relation.CLIENT, Relation.EXPERT, Relation.ADMIN)
)
KEEPERS = (EXPERT, ADMIN)
EVERYBODY = (frozenset({Relation.ANYONE}), STRANGER, CLIENT, EXPERT, ADMIN)
TIMES = (EARLY, LATE, STARTED)


def booking(status: BookingStatus, held_until: datetime | None = None) -> Booking:
    """A booking in that status; nothing is stored."""
    found: Booking = Booking.model_construct(
        id=new_id(),
        status=status,
        starts_at=START,
        cancellable_until=DEADLINE,
        held_until=held_until,
    )
    return found


def rows(
    action: Action, statuses: str, who: tuple[frozenset[Relation], ...], times: object
) -> set[object]:
    """The cells of the table in which a move is possible."""
    assert isinstance(times, tuple)
    return set(product([action], map(BookingStatus, statuses.split()), who, times))


ALLOWED = (
    rows(Action.CONFIRM, "PENDING", KEEPERS, (EARLY, LATE))
    | rows(Action.COMPLETE, "CONFIRMED", KEEPERS, TIMES)
    | rows(Action.MARK_NO_SHOW, "CONFIRMED", KEEPERS, (STARTED,))
    | rows(Action.CANCEL, "HELD PENDING CONFIRMED", KEEPERS, TIMES)
    | rows(Action.CANCEL, "HELD", (CLIENT,), TIMES)
    | rows(Action.CANCEL, "PENDING CONFIRMED", (CLIENT,), (EARLY,))
    | rows(Action.RESCHEDULE, "PENDING CONFIRMED", KEEPERS, TIMES)
    | rows(Action.RESCHEDULE, "PENDING CONFIRMED", (CLIENT,), (EARLY,))
    | rows(Action.REMOVE, "COMPLETED CANCELLED EXPIRED", (CLIENT, *KEEPERS), TIMES)
)
TOO_LATE = rows(Action.CANCEL, "PENDING CONFIRMED", (CLIENT,), (LATE, STARTED)) | rows(
    Action.RESCHEDULE, "PENDING CONFIRMED", (CLIENT,), (LATE, STARTED)
)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", BookingStatus)
async def test_the_table_says_who_may_what_and_when(
    database: object, action: Action, status: BookingStatus
) -> None:
    assert database
    for ties, now in product(EVERYBODY, TIMES):
        found = booking(status)
        cell = (action, status, ties, now)
        if cell in ALLOWED:
            check(action, ties, found, now)
        else:
            with pytest.raises(TooLate if cell in TOO_LATE else NotAllowed):
                check(action, ties, found, now)
        assert (action in possible(ties, found, now)) == (cell in ALLOWED)


async def test_the_deadline_is_told(database: object) -> None:
    assert database
    with pytest.raises(TooLate) as refused:
        check(Action.CANCEL, CLIENT, booking(BookingStatus.CONFIRMED), LATE)
    assert refused.value.deadline == DEADLINE
    check(Action.CANCEL, CLIENT, booking(BookingStatus.CONFIRMED), DEADLINE)


async def test_the_clock_ends_holds_and_pending_bookings_alone(database: object) -> None:
    assert database
    for status in BookingStatus:
        found = booking(status, held_until=EARLY if status is BookingStatus.HELD else None)
        ended = {BookingStatus.HELD, BookingStatus.PENDING}
        assert expires(found, STARTED) == (status in ended)
        assert not expires(found, EARLY - timedelta(seconds=1))
    assert expires(booking(BookingStatus.HELD, held_until=EARLY), EARLY)
