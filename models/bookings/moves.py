"""Commands that perform the actions on bookings that models/bookings/life.py defines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.booking import BookingStatus
from models.bookings.command import Command
from models.bookings.life import TRANSITIONS, Action, check_action, is_past_expiry
from models.bookings.reservations import (
    at_hold,
    at_slot,
    check_price,
    clear_slot,
    find_offered_slot,
    standing_hold,
)
from models.calendar.errors import SlotNotOffered
from models.calendar.slots import slot_id

if TYPE_CHECKING:
    from models.bookings.booking import Booking
    from models.bookings.caps import Caps
    from models.bookings.command import Agendas
    from models.ids import Id


@dataclass(eq=False, kw_only=True)
class ChangeStatus(Command):
    """Confirm, complete, mark as missed or cancel a booking.

    Args:
        action: an action whose transition in models/bookings/life.py has a target status.
        actor_id: the account of the person who performs the action.
        is_manager: whether the actor is the booking's expert or an administrator.
        reason: the actor's reason, shown to both parties.
    """

    action: Action
    actor_id: Id
    is_manager: bool
    reason: str | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Change the status.

        Raises:
            NotAllowed: if the booking's status or the time does not allow the action.
            TooLate: if the client's deadline has passed.
        """
        booking = agendas.booking(self.booking_ids[0])
        agenda = agendas[booking.expert_id]
        check_action(self.action, booking, agenda.now, is_manager=self.is_manager)
        target = TRANSITIONS[self.action].target
        if target is None:
            raise ValueError(f"{self.action} does not change the status")
        if target is BookingStatus.CANCELLED:
            return [agenda.release(booking, target, self.actor_id, self.reason)]
        return [agenda.advance(booking, target, self.actor_id, self.reason)]


@dataclass(eq=False, kw_only=True)
class MoveBooking(Command):
    """Move a booking to another slot of its expert; the new slot may overlap the old one.

    If the new slot has the same length, the booking keeps its price and place, unless the client
    holds the new slot on other terms.

    Args:
        actor_id: the account of the person who moves the booking.
        is_manager: whether the actor is the booking's expert or an administrator.
        is_client: whether the actor is the booking's client; if the expert confirms bookings
            manually, a move by the client needs a new confirmation.
        caps: the limits on the client's moves; None for no limits.
        room: the URL of a new video room, used if the session length changes; None to use the
            expert's own link.
        expected_price: the price that the client has seen, in minor currency units; None to skip
            the check.
    """

    actor_id: Id
    is_manager: bool
    is_client: bool
    caps: Caps | None = None
    room: str | None = None
    expected_price: int | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Move the booking.

        Raises:
            NotAllowed: if the booking's status does not allow a move.
            TooLate: if the client's deadline has passed.
            SlotNotOffered: if the new slot is not offered now, or belongs to another expert.
            SlotTaken: if the new slot is taken.
            TooMany: if the booking has been moved too often.
            PriceChanged: if the price after the move is not the expected price.
        """
        [key] = self.slots
        booking = agendas.booking(self.booking_ids[0])
        now = agendas[booking.expert_id].now
        check_action(Action.RESCHEDULE, booking, now, is_manager=self.is_manager)
        if key.expert_id != booking.expert_id:
            raise SlotNotOffered(slot_id(key))
        if key == booking.key:
            return [booking]
        if self.caps:
            self.caps.check_move(booking)
        agenda = agendas[key.expert_id]
        if standing := standing_hold(agendas, key, booking.client_id):
            agenda.release(standing, BookingStatus.CANCELLED, self.actor_id)
            moved = at_hold(booking, standing)
        else:
            agenda, slot = find_offered_slot(agendas, key)
            if hold := clear_slot(agenda, slot, booking.client_id, moving=booking):
                agenda.release(hold, BookingStatus.CANCELLED, self.actor_id)
            moved = at_slot(booking, agenda, slot, self.room)
        check_price(moved.price, self.expected_price)
        if self.is_client and not agenda.rules.confirms_automatically:
            moved = moved.model_copy(update={"status": BookingStatus.PENDING})
        return [agenda.move(booking, moved, self.actor_id)]


@dataclass(eq=False, kw_only=True)
class RemoveBooking(Command):
    """Remove a finished booking from an account's list, and free its remaining time."""

    viewer_id: Id

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Remove the booking from the account's list, and free its remaining time."""
        booking = agendas.booking(self.booking_ids[0])
        return [agendas[booking.expert_id].remove(booking, self.viewer_id)]


@dataclass(eq=False, kw_only=True)
class ExpireBooking(Command):
    """Expire a hold that has ended or a pending booking that has started; else do nothing."""

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Expire the hold if it has ended, or the pending booking if its start has passed."""
        booking = agendas.booking(self.booking_ids[0])
        agenda = agendas[booking.expert_id]
        if not is_past_expiry(booking, agenda.now):
            return []
        return [agenda.release(booking, BookingStatus.EXPIRED, actor_id=None)]
