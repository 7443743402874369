"""The life of a booking: the statuses in which, and the times at which, each action is possible.

| action       | from                          | to        | when                                |
|--------------|-------------------------------|-----------|-------------------------------------|
| CONFIRM      | PENDING                       | CONFIRMED | until the session starts            |
| COMPLETE     | CONFIRMED                     | COMPLETED | once the session has started        |
| MARK_NO_SHOW | CONFIRMED                     | NO_SHOW   | once the session has started        |
| CANCEL       | HELD, PENDING, CONFIRMED      | CANCELLED | clients: until the deadline         |
| RESCHEDULE   | PENDING, CONFIRMED            |           | clients: until the deadline         |
| REMOVE       | COMPLETED, CANCELLED, EXPIRED |           | at any time                         |

A hold has no deadline. A hold becomes EXPIRED at its end, and a pending booking at the start of its
session. auth/policies.py defines who may perform each action.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from models.bookings.booking import UPCOMING, BookingStatus
from models.errors import NotAllowed, TooLate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from models.bookings.booking import Booking


class Action(StrEnum):
    """An action that a party or an administrator can perform on a booking."""

    CONFIRM = "CONFIRM"
    COMPLETE = "COMPLETE"
    MARK_NO_SHOW = "MARK_NO_SHOW"
    CANCEL = "CANCEL"
    RESCHEDULE = "RESCHEDULE"
    REMOVE = "REMOVE"


@dataclass(frozen=True, slots=True)
class Transition:
    """A row of this module's table; `target` is None if the status does not change."""

    sources: frozenset[BookingStatus]
    target: BookingStatus | None = None
    has_deadline: bool = False
    before_start: bool = False
    after_start: bool = False


REMOVABLE: Final = frozenset(
    {BookingStatus.COMPLETED, BookingStatus.CANCELLED, BookingStatus.EXPIRED}
)
TRANSITIONS: Final[Mapping[Action, Transition]] = {
    Action.CONFIRM: Transition(
        frozenset({BookingStatus.PENDING}), BookingStatus.CONFIRMED, before_start=True
    ),
    Action.COMPLETE: Transition(
        frozenset({BookingStatus.CONFIRMED}), BookingStatus.COMPLETED, after_start=True
    ),
    Action.MARK_NO_SHOW: Transition(
        frozenset({BookingStatus.CONFIRMED}), BookingStatus.NO_SHOW, after_start=True
    ),
    Action.CANCEL: Transition(
        UPCOMING | {BookingStatus.HELD}, BookingStatus.CANCELLED, has_deadline=True
    ),
    Action.RESCHEDULE: Transition(UPCOMING, has_deadline=True),
    Action.REMOVE: Transition(REMOVABLE),
}


def check_action(action: Action, booking: Booking, now: datetime, *, is_manager: bool) -> None:
    """Check that the table of this module allows an action on a booking at a given time.

    Args:
        action: the action.
        booking: the booking in its present state.
        now: the time of the action.
        is_manager: whether the booking's expert or an administrator acts, for whom deadlines do not
            apply.

    Raises:
        NotAllowed: if the booking's status or the time does not allow the action.
        TooLate: if the client's deadline has passed.
    """
    transition = TRANSITIONS[action]
    if booking.status not in transition.sources:
        raise NotAllowed
    if transition.before_start and now >= booking.starts_at:
        raise NotAllowed
    if transition.after_start and now < booking.starts_at:
        raise NotAllowed
    is_bound = transition.has_deadline and booking.status is not BookingStatus.HELD
    if is_bound and not is_manager and now > booking.cancellable_until:
        raise TooLate(booking.cancellable_until)


def is_past_expiry(booking: Booking, now: datetime) -> bool:
    """Return whether a booking must be given the status EXPIRED now."""
    if booking.status is BookingStatus.HELD:
        return booking.held_until is None or booking.held_until <= now
    return booking.status is BookingStatus.PENDING and booking.starts_at <= now
