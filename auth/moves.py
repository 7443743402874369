"""The life of a booking: who may make which move, and when.

| move         | from                          | to        | client       | expert, admin |
|--------------|-------------------------------|-----------|--------------|---------------|
| CONFIRM      | PENDING                       | CONFIRMED |              | until it starts |
| COMPLETE     | CONFIRMED                     | COMPLETED |              | at any time   |
| MARK_NO_SHOW | CONFIRMED                     | NO_SHOW   |              | once it starts |
| CANCEL       | HELD, PENDING, CONFIRMED      | CANCELLED | until the deadline | at any time |
| RESCHEDULE   | PENDING, CONFIRMED            |           | until the deadline | at any time |
| REMOVE       | COMPLETED, CANCELLED, EXPIRED |           | at any time  | at any time   |

A hold has no deadline. By the clock alone: a hold past its end and a pending booking whose start
has passed become EXPIRED.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from auth.policies import OPERATIONS, Decision, Relation
from models.bookings.booking import BookingStatus
from models.errors import NotAllowed, Refused, TooLate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from auth.policies import Relations, Rule
    from models.bookings.booking import Booking


class Action(StrEnum):
    """What can be done with a booking."""

    CONFIRM = "CONFIRM"
    COMPLETE = "COMPLETE"
    MARK_NO_SHOW = "MARK_NO_SHOW"
    CANCEL = "CANCEL"
    RESCHEDULE = "RESCHEDULE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table; `to` is None where the status stays."""

    who: Rule
    sources: frozenset[BookingStatus]
    to: BookingStatus | None
    has_deadline: bool = False
    before_start: bool = False
    after_start: bool = False


AHEAD: Final = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})
OVER: Final = frozenset({BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.EXPIRED})
MOVES: Final[Mapping[Action, Move]] = {
    Action.CONFIRM: Move(
        OPERATIONS["Mutation.confirmBooking"],
        frozenset({BookingStatus.PENDING}),
        BookingStatus.CONFIRMED,
        before_start=True,
    ),
    Action.COMPLETE: Move(
        OPERATIONS["Mutation.completeBooking"],
        frozenset({BookingStatus.CONFIRMED}),
        BookingStatus.COMPLETED,
    ),
    Action.MARK_NO_SHOW: Move(
        OPERATIONS["Mutation.markNoShow"],
        frozenset({BookingStatus.CONFIRMED}),
        BookingStatus.NO_SHOW,
        after_start=True,
    ),
    Action.CANCEL: Move(
        OPERATIONS["Mutation.cancelBooking"],
        AHEAD | {BookingStatus.HELD},
        BookingStatus.CANCELLED,
        has_deadline=True,
    ),
    Action.RESCHEDULE: Move(
        OPERATIONS["Mutation.rescheduleBooking"], AHEAD, None, has_deadline=True
    ),
    Action.REMOVE: Move(OPERATIONS["Mutation.removeBooking"], OVER, None),
}


def check(action: Action, ties: Relations, booking: Booking, now: datetime) -> None:
    """Refuse a move that the table does not have.

    Raises:
        NotAllowed: not for this viewer, not from this status, or not at this time.
        TooLate: the client's deadline has passed.
    """
    move = MOVES[action]
    if move.who.answer(ties) is not Decision.ALLOWED or booking.status not in move.sources:
        raise NotAllowed
    if move.before_start and now >= booking.starts_at:
        raise NotAllowed
    if move.after_start and now < booking.starts_at:
        raise NotAllowed
    is_keeper = not ties.isdisjoint({Relation.EXPERT, Relation.ADMIN})
    is_bound = move.has_deadline and booking.status is not BookingStatus.HELD
    if is_bound and not is_keeper and now > booking.cancellable_until:
        raise TooLate(booking.cancellable_until)


def possible(ties: Relations, booking: Booking, now: datetime) -> list[Action]:
    """The moves that would not be refused now."""
    return [action for action in Action if _is_possible(action, ties, booking, now)]


def _is_possible(action: Action, ties: Relations, booking: Booking, now: datetime) -> bool:
    try:
        check(action, ties, booking, now)
    except Refused:
        return False
    return True


def expires(booking: Booking, now: datetime) -> bool:
    """Whether the clock alone ends it now."""
    if booking.status is BookingStatus.HELD:
        return booking.held_until is None or booking.held_until <= now
    return booking.status is BookingStatus.PENDING and booking.starts_at <= now
