"""Commands that move or prolong a hold while its client signs in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.booking import Booking, BookingStatus
from models.bookings.command import Command
from models.bookings.reservations import hold_end

if TYPE_CHECKING:
    from datetime import timedelta

    from models.bookings.command import Agendas
    from models.ids import Id


@dataclass(eq=False, kw_only=True)
class MoveHold(Command):
    """Move a guest's hold to the account with which the guest has signed in.

    The hold replaces the account's other holds with the same expert. If the hold has ended, or
    another sign-in has already moved it, nothing changes. If the account belongs to the expert
    whose time is held, the hold is released.

    Args:
        guest_id: the id of the guest's account.
        holder_id: the id of the account with which the guest has signed in.
        own_expert_id: the id of the account's own expert, or None if the account is not an
            expert's.
    """

    guest_id: Id
    own_expert_id: Id | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Move the hold."""
        hold = agendas.booking(self.booking_ids[0])
        agenda = agendas[hold.expert_id]
        if self.holder_id is None or hold.client_id != self.guest_id:
            return []
        if not is_standing(hold, agendas):
            return []
        if hold.expert_id == self.own_expert_id:
            return [agenda.release(hold, BookingStatus.CANCELLED, self.guest_id)]
        for earlier in agenda.holds_of(self.holder_id):
            agenda.release(earlier, BookingStatus.CANCELLED, self.holder_id)
        # The guest's account will soon be deleted, so name the new account in the history instead.
        history = [
            step.model_copy(update={"actor_id": self.holder_id})
            if step.actor_id == self.guest_id
            else step
            for step in hold.history
        ]
        given = hold.model_copy(update={"client_id": self.holder_id, "history": history})
        return [agenda.replace_hold(given)]


@dataclass(eq=False, kw_only=True)
class ProlongHold(Command):
    """Prolong a hold, but only once, while its client waits for a sign-in code; prolong no offers.

    Args:
        duration: how long the prolonged hold lasts from the time of the decision; it ends earlier
            if the session starts.
    """

    duration: timedelta

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Prolong the hold, unless it has ended or has been prolonged before."""
        hold = agendas.booking(self.booking_ids[0])
        agenda = agendas[hold.expert_id]
        until = hold_end(agenda, hold.key, self.duration)
        if hold.is_prolonged or hold.wait_id or not is_standing(hold, agendas):
            return []
        if hold.held_until and hold.held_until >= until:
            return []
        prolonged = hold.model_copy(update={"held_until": until, "is_prolonged": True})
        return [agenda.replace_hold(prolonged)]


def is_standing(hold: Booking, agendas: Agendas) -> bool:
    """Return whether a booking is a hold that has not ended."""
    now = agendas[hold.expert_id].now
    return hold.status is BookingStatus.HELD and hold.occupies_at(now)
