"""The life cycle of a booking: its transitions, who may make them, and when.

| action       | from                          | to        | client       | expert, admin |
|--------------|-------------------------------|-----------|--------------|---------------|
| CONFIRM      | PENDING                       | CONFIRMED |              | until it starts |
| COMPLETE     | CONFIRMED                     | COMPLETED |              | at any time   |
| MARK_NO_SHOW | CONFIRMED                     | NO_SHOW   |              | once it starts |
| CANCEL       | HELD, PENDING, CONFIRMED      | CANCELLED | until the deadline | at any time |
| RESCHEDULE   | PENDING, CONFIRMED            |           | until the deadline | at any time |
| REMOVE       | COMPLETED, CANCELLED, EXPIRED |           | at any time  | at any time   |

The deadline does not apply to holds. A hold becomes EXPIRED at its end, a pending booking at its
start.
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
    """An action on a booking."""

    CONFIRM = "CONFIRM"
    COMPLETE = "COMPLETE"
    MARK_NO_SHOW = "MARK_NO_SHOW"
    CANCEL = "CANCEL"
    RESCHEDULE = "RESCHEDULE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of the table; `target` is None if the status does not change."""

    rule: Rule
    sources: frozenset[BookingStatus]
    target: BookingStatus | None
    has_deadline: bool = False
    before_start: bool = False
    after_start: bool = False


UPCOMING: Final = frozenset({BookingStatus.PENDING, BookingStatus.CONFIRMED})
REMOVABLE: Final = frozenset(
    {BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.EXPIRED}
)
TRANSITIONS: Final[Mapping[Action, Transition]] = {
    Action.CONFIRM: Transition(
        OPERATIONS["Mutation.confirmBooking"],
        frozenset({BookingStatus.PENDING}),
        BookingStatus.CONFIRMED,
        before_start=True,
    ),
    Action.COMPLETE: Transition(
        OPERATIONS["Mutation.completeBooking"],
        frozenset({BookingStatus.CONFIRMED}),
        BookingStatus.COMPLETED,
    ),
    Action.MARK_NO_SHOW: Transition(
        OPERATIONS["Mutation.markNoShow"],
        frozenset({BookingStatus.CONFIRMED}),
        BookingStatus.NO_SHOW,
        after_start=True,
    ),
    Action.CANCEL: Transition(
        OPERATIONS["Mutation.cancelBooking"],
        UPCOMING | {BookingStatus.HELD},
        BookingStatus.CANCELLED,
        has_deadline=True,
    ),
    Action.RESCHEDULE: Transition(
        OPERATIONS["Mutation.rescheduleBooking"], UPCOMING, None, has_deadline=True
    ),
    Action.REMOVE: Transition(OPERATIONS["Mutation.removeBooking"], REMOVABLE, None),
}


def check(action: Action, relations: Relations, booking: Booking, now: datetime) -> None:
    """Check that the table allows an action now.

    Args:
        action: the action.
        relations: the viewer's relations to the booking.
        booking: the booking in its present state.
        now: the time of the action.

    Raises:
        NotAllowed: if the table does not allow it for this viewer, status or time.
        TooLate: if the client's deadline has passed.
    """
    transition = TRANSITIONS[action]
    if (
        transition.rule.decide(relations) is not Decision.ALLOWED
        or booking.status not in transition.sources
    ):
        raise NotAllowed
    if transition.before_start and now >= booking.starts_at:
        raise NotAllowed
    if transition.after_start and now < booking.starts_at:
        raise NotAllowed
    is_manager = not relations.isdisjoint({Relation.EXPERT, Relation.ADMIN})
    is_bound = transition.has_deadline and booking.status is not BookingStatus.HELD
    if is_bound and not is_manager and now > booking.cancellable_until:
        raise TooLate(booking.cancellable_until)


def allowed_actions(relations: Relations, booking: Booking, now: datetime) -> list[Action]:
    """Return the actions that the viewer may take now."""
    return [action for action in Action if _is_allowed(action, relations, booking, now)]


def _is_allowed(action: Action, relations: Relations, booking: Booking, now: datetime) -> bool:
    try:
        check(action, relations, booking, now)
    except Refused:
        return False
    return True


def is_past_expiry(booking: Booking, now: datetime) -> bool:
    """Return whether a booking must become EXPIRED now."""
    if booking.status is BookingStatus.HELD:
        return booking.held_until is None or booking.held_until <= now
    return booking.status is BookingStatus.PENDING and booking.starts_at <= now
