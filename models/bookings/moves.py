"""Commands that take a booking through its life (models/bookings/life.py)."""

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
        action: an action whose transition has a target.
        actor_id: the account that acts.
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
            NotAllowed: if the status or the time does not allow it.
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
    """Move a booking to another slot of its expert, which may overlap the old one.

    A booking of the same length keeps its price and place, unless the client holds the slot on
    other terms.

    Args:
        actor_id: the account that moves it.
        is_manager: whether the actor is the booking's expert or an administrator.
        is_client: whether the actor is the booking's client, whose moves need a new confirmation if
            the expert confirms by hand.
        caps: the caps that apply, if any.
        room: the URL of a new video room, if the length changes; None to use the expert's own link.
        expected_price: the price that the client has seen, in minor units; None for any.
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
            NotAllowed: if the status does not allow it.
            TooLate: if the client's deadline has passed.
            SlotNotOffered: if the new slot is not offered now, or is another expert's.
            SlotTaken: if the new slot is taken.
            TooMany: if the booking has been moved too often.
            PriceChanged: if the price is not the expected one.
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
    """Hide a finished booking from an account, and free its remaining time."""

    viewer_id: Id

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Hide the booking and free its time."""
        booking = agendas.booking(self.booking_ids[0])
        return [agendas[booking.expert_id].remove(booking, self.viewer_id)]


@dataclass(eq=False, kw_only=True)
class ExpireBooking(Command):
    """Expire a hold past its end or a pending booking past its start; else do nothing."""

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Expire the booking if it is due."""
        booking = agendas.booking(self.booking_ids[0])
        agenda = agendas[booking.expert_id]
        if not is_past_expiry(booking, agenda.now):
            return []
        return [agenda.release(booking, BookingStatus.EXPIRED, actor_id=None)]
