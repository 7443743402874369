"""Changes to existing bookings: status, slot, and removal from a party's list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auth.policies import OPERATIONS, is_self, relations_to_booking
from auth.rules import Decision, Relation
from models.bookings.booking import due_bookings
from models.bookings.life import TRANSITIONS, Action, check_action
from models.bookings.moves import ChangeStatus, ExpireBooking, MoveBooking, RemoveBooking
from models.calendar.errors import SlotNotOffered
from models.calendar.slots import slot_key
from models.calendar.times import utc_now
from models.errors import InvalidInput, NotAllowed, Problem, Refused
from models.ids import Id
from models.store.documents import or_unavailable
from resolvers.availability import validate_price
from resolvers.bookings import find_booking
from resolvers.checks import InputValidator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from auth.rules import Relations
    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.bookings.caps import Caps
    from models.ledger.ledger import Ledger
    from resolvers.availability import Price

MAX_REASON_CHARS: Final = 500
OPERATION_OF: Final[Mapping[Action, str]] = {
    Action.CONFIRM: "Mutation.confirmBooking",
    Action.COMPLETE: "Mutation.completeBooking",
    Action.MARK_NO_SHOW: "Mutation.markNoShow",
    Action.CANCEL: "Mutation.cancelBooking",
    Action.RESCHEDULE: "Mutation.rescheduleBooking",
    Action.REMOVE: "Mutation.removeBooking",
}


async def advance(
    ledger: Ledger, viewer: Viewer, booking_id: str, action: Action, reason: str | None = None
) -> Booking:
    """Confirm, complete or cancel a booking, or mark it as missed.

    Args:
        ledger: commits the change.
        viewer: the account that acts.
        booking_id: global id of the booking.
        action: the action.
        reason: the viewer's reason, shown in the booking's history and in the e-mail to the other
            party.

    Raises:
        InvalidInput: if the reason is too long or has control characters.
        NotAllowed: if the viewer may not see the booking, or the action is not allowed.
        TooLate: if the client's deadline for this action has passed.
    """
    validator = InputValidator()
    stated = validator.note("reason", reason, MAX_REASON_CHARS, "A reason")
    validator.raise_problems()
    booking, relations = await _require_booking(viewer, booking_id, action)
    if TRANSITIONS[action].target is None:
        raise ValueError(f"{action} does not change the status")
    command = ChangeStatus(
        expert_ids=[booking.expert_id],
        booking_ids=[booking.id],
        action=action,
        actor_id=viewer.id,
        is_manager=_is_manager(relations),
        reason=stated or None,
    )
    [changed] = await ledger.post(command)
    return changed


async def reschedule(
    ledger: Ledger,
    viewer: Viewer,
    booking_id: str,
    opaque_id: str,
    caps: Caps | None = None,
    expected_price: Price | None = None,
    currency: str = "",
    room: str | None = None,
) -> Booking:
    """Move a booking to another slot of its expert, which may overlap the old slot.

    The move is atomic: it updates one MongoDB document. If the client moves a booking and the
    expert confirms bookings by hand, the booking becomes PENDING again. `room` is the URL of a new
    video room, used if the session length changes; if it is None, the expert's own link is used.

    Raises:
        NotAllowed: if the viewer may not see the booking, or the action is not allowed.
        TooLate: if the client's deadline for this action has passed.
        SlotNotOffered: if the new slot is not offered now.
        SlotTaken: if the new slot is taken.
        TooMany: if the booking has already been moved as often as `caps` allows.
        PriceChanged: if the price differs from the expected price.
        InvalidInput: if the expected price is negative or its currency differs from `currency`.
    """
    booking, relations = await _require_booking(viewer, booking_id, Action.RESCHEDULE)
    try:
        key = slot_key(opaque_id)
    except ValueError:
        raise SlotNotOffered(opaque_id) from None
    expected_amount = None
    if expected_price:
        validator = InputValidator()
        expected_amount = validate_price(validator, "expectedPrice", expected_price, currency)
        validator.raise_problems()
    command = MoveBooking(
        expert_ids=list(dict.fromkeys([booking.expert_id, Id(key.expert_id)])),
        slots=[key],
        booking_ids=[booking.id],
        actor_id=viewer.id,
        is_manager=_is_manager(relations),
        is_client=is_self(viewer, booking.client_id),
        caps=caps,
        room=room,
        expected_price=expected_amount,
    )
    [changed] = await ledger.post(command)
    return changed


async def remove(
    ledger: Ledger, viewer: Viewer, booking_id: str, reason: str | None = None
) -> Booking:
    """Remove a finished booking from the viewer's list, and free its remaining time.

    Raises:
        InvalidInput: if a reason is given, since the history, which would show it, does not record
            removals.
        NotAllowed: if the viewer may not see the booking, or it is not finished.
    """
    if reason:
        raise InvalidInput([Problem("reason", "A removal takes no reason")])
    booking, relations = await _require_booking(viewer, booking_id, Action.REMOVE)
    now = utc_now()
    check_action(Action.REMOVE, booking, now, is_manager=_is_manager(relations))
    if viewer.id in booking.removed_by:
        return booking
    if not booking.active or booking.cells[-1] < now:
        with or_unavailable():
            return await booking.hide_from(viewer.id)
    command = RemoveBooking(
        expert_ids=[booking.expert_id], booking_ids=[booking.id], viewer_id=viewer.id
    )
    [removed] = await ledger.post(command)
    return removed


async def expire(ledger: Ledger) -> int:
    """Expire holds whose time is up, and pending bookings whose start has passed.

    Every process runs this function; the ledger lets only the first process make and announce a
    change.

    Returns:
        The number of holds and bookings that were due to expire.
    """
    with or_unavailable():
        due = await due_bookings(utc_now())
    for booking in due:
        await ledger.post(ExpireBooking(expert_ids=[booking.expert_id], booking_ids=[booking.id]))
    return len(due)


def allowed_actions(viewer: Viewer | None, booking: Booking, now: datetime) -> list[Action]:
    """Return the actions that the viewer may take now."""
    relations = relations_to_booking(viewer, booking)
    return [action for action in Action if is_allowed(action, relations, booking, now)]


def is_allowed(action: Action, relations: Relations, booking: Booking, now: datetime) -> bool:
    """Return whether the access policy and the booking's status and time allow an action now."""
    try:
        _require(action, relations)
        check_action(action, booking, now, is_manager=_is_manager(relations))
    except Refused:
        return False
    return True


def _require(action: Action, relations: Relations) -> None:
    if OPERATIONS[OPERATION_OF[action]].decide(relations) is not Decision.ALLOWED:
        raise NotAllowed


def _is_manager(relations: Relations) -> bool:
    return not relations.isdisjoint({Relation.EXPERT, Relation.ADMIN})


async def _require_booking(
    viewer: Viewer, booking_id: str, action: Action
) -> tuple[Booking, Relations]:
    """Return a booking and the viewer's relations to it, if the viewer may take the action."""
    booking = await find_booking(viewer, booking_id)
    if booking is None:
        raise NotAllowed
    relations = relations_to_booking(viewer, booking)
    _require(action, relations)
    return booking, relations
