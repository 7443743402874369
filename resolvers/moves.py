"""Transitions of bookings after they are made, each a change of the expert's calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.moves import TRANSITIONS, Action, check, is_past_expiry
from auth.policies import is_self, relations_to_booking
from models.bookings.booking import Booking, BookingStatus, due_bookings
from models.calendar.errors import SlotNotOffered
from models.calendar.slot_ids import slot_key
from models.calendar.times import utc_now
from models.errors import NotAllowed
from models.ledger.changes import Change
from models.store.documents import or_unavailable
from resolvers.bookings import find_booking
from resolvers.reservations import at_slot, clear_slot, find_offered_slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from auth.viewers import Viewer
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger


async def advance(ledger: Ledger, viewer: Viewer, booking_id: str, action: Action) -> Booking:
    """Confirm, complete, mark as missed or cancel a booking.

    Raises:
        NotAllowed: if the viewer may not see the booking, or the action is not allowed.
        TooLate: if the client's deadline has passed.
    """
    booking = await _require_booking(viewer, booking_id)
    target = TRANSITIONS[action].target
    if target is None:
        raise ValueError(f"{action} does not change the status")

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        check(action, relations_to_booking(viewer, found), found, agenda.now)
        if target is BookingStatus.CANCELLED:
            return [agenda.release(found, target, viewer.id)]
        return [agenda.advance(found, target, viewer.id)]

    [changed] = await ledger.post(Change(decide, booking_ids=[booking.id]))
    return changed


async def reschedule(ledger: Ledger, viewer: Viewer, booking_id: str, opaque_id: str) -> Booking:
    """Move a booking to another slot of its expert, which may overlap the old one.

    The move is atomic: it updates one document. If the client moves a booking with an expert who
    confirms by hand, the booking becomes PENDING again.

    Raises:
        NotAllowed: if the viewer may not see the booking, or the action is not allowed.
        TooLate: if the client's deadline has passed.
        SlotNotOffered: if the new slot is not offered now.
        SlotTaken: if the new slot is taken.
    """
    booking = await _require_booking(viewer, booking_id)
    try:
        key = slot_key(opaque_id)
    except ValueError:
        raise SlotNotOffered(opaque_id) from None

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        check(Action.RESCHEDULE, relations_to_booking(viewer, found), found, utc_now())
        if key.expert_id != found.expert_id:
            raise SlotNotOffered(opaque_id)
        if key == found.key:
            return [found]
        agenda, slot = find_offered_slot(agendas, key)
        hold = clear_slot(agenda, slot, found.client_id, moving=found)
        if hold:
            agenda.release(hold, BookingStatus.CANCELLED, viewer.id)
        target = at_slot(found, agenda, slot)
        if is_self(viewer, found.client_id) and not agenda.rules.confirms_automatically:
            target = target.model_copy(update={"status": BookingStatus.PENDING})
        return [agenda.move(found, target, viewer.id)]

    [changed] = await ledger.post(Change(decide, slots=[key], booking_ids=[booking.id]))
    return changed


async def remove(ledger: Ledger, viewer: Viewer, booking_id: str) -> Booking:
    """Remove a finished booking from the viewer's list, and free any of its time still ahead.

    Raises:
        NotAllowed: if the viewer may not see the booking, or it is not finished.
    """
    booking = await _require_booking(viewer, booking_id)
    check(Action.REMOVE, relations_to_booking(viewer, booking), booking, utc_now())
    if viewer.id in booking.removed_by:
        return booking
    if not booking.active or booking.cells[-1] < utc_now():
        with or_unavailable():
            return await booking.hide_from(viewer.id)

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        return [agendas[found.expert_id].give_back(found, viewer.id)]

    [removed] = await ledger.post(Change(decide, booking_ids=[booking.id]))
    return removed


async def expire(ledger: Ledger) -> int:
    """Expire the holds past their end and the pending bookings past their start.

    Every process runs this; the ledger lets the first one win and announce the change.

    Returns:
        The number of bookings that were due.
    """
    with or_unavailable():
        due = await due_bookings(utc_now())
    for booking in due:
        await ledger.post(Change(_expiry(booking), booking_ids=[booking.id]))
    return len(due)


def _expiry(booking: Booking) -> Callable[[Agendas], list[Booking]]:
    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        if not is_past_expiry(found, agenda.now):
            return []
        return [agenda.release(found, BookingStatus.EXPIRED, actor_id=None)]

    return decide


async def _require_booking(viewer: Viewer, booking_id: str) -> Booking:
    booking = await find_booking(viewer, booking_id)
    if booking is None:
        raise NotAllowed
    return booking
