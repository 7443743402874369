"""The moves of a booking's life, each one change of its expert's calendar."""

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
from resolvers.bookings import visible
from resolvers.reservations import clear, moved, offered

if TYPE_CHECKING:
    from collections.abc import Callable

    from auth.viewers import Viewer
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger


async def advance(ledger: Ledger, viewer: Viewer, booking_id: str, action: Action) -> Booking:
    """Confirm, complete, mark as missed or cancel a booking.

    Raises:
        NotAllowed: there is none of the viewer's, or the table of moves does not have this one.
        TooLate: the client's deadline has passed.
    """
    booking = await _known(viewer, booking_id)
    to = TRANSITIONS[action].target
    if to is None:
        raise ValueError(f"{action} is no change of status")

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        check(action, relations_to_booking(viewer, found), found, agenda.now)
        if to is BookingStatus.CANCELLED:
            return [agenda.release(found, to, viewer.id)]
        return [agenda.advance(found, to, viewer.id)]

    [changed] = await ledger.post(Change(decide, booking_ids=[booking.id]))
    return changed


async def reschedule(ledger: Ledger, viewer: Viewer, booking_id: str, opaque: str) -> Booking:
    """Give a booking other time of its expert, also such as overlaps the old.

    One update of one document: whenever it is interrupted, the booking has the old time or the
    new. What the client of an expert who confirms by hand moves is to be confirmed anew.

    Raises:
        NotAllowed, TooLate: as in `advance`.
        SlotNotOffered: the expert does not offer the new time at this moment.
        SlotTaken: the new time is somebody's.
    """
    booking = await _known(viewer, booking_id)
    try:
        key = slot_key(opaque)
    except ValueError:
        raise SlotNotOffered(opaque) from None

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        check(Action.RESCHEDULE, relations_to_booking(viewer, found), found, utc_now())
        if key.expert_id != found.expert_id:
            raise SlotNotOffered(opaque)
        if key == found.key:
            return [found]
        agenda, slot = offered(agendas, key)
        hold = clear(agenda, slot, found.client_id, moving=found)
        if hold:
            agenda.release(hold, BookingStatus.CANCELLED, viewer.id)
        to = moved(found, agenda, slot)
        if is_self(viewer, found.client_id) and not agenda.rules.confirms_automatically:
            to = to.model_copy(update={"status": BookingStatus.PENDING})
        return [agenda.move(found, to, viewer.id)]

    [changed] = await ledger.post(Change(decide, slots=[key], booking_ids=[booking.id]))
    return changed


async def remove(ledger: Ledger, viewer: Viewer, booking_id: str) -> Booking:
    """Take a booking that is over out of the viewer's list; time still ahead becomes free.

    Raises:
        NotAllowed: there is none of the viewer's, or it is not over.
    """
    booking = await _known(viewer, booking_id)
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
    """Release the holds past their end and the pending bookings whose start has passed.

    Every process does it; the first one's change is the one that counts, and is announced.
    The answer is how many there were.
    """
    with or_unavailable():
        due = await due_bookings(utc_now())
    for booking in due:
        await ledger.post(Change(_expiring(booking), booking_ids=[booking.id]))
    return len(due)


def _expiring(booking: Booking) -> Callable[[Agendas], list[Booking]]:
    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        if not is_past_expiry(found, agenda.now):
            return []
        return [agenda.release(found, BookingStatus.EXPIRED, actor_id=None)]

    return decide


async def _known(viewer: Viewer, booking_id: str) -> Booking:
    booking = await visible(viewer, booking_id)
    if booking is None:
        raise NotAllowed
    return booking
