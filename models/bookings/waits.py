"""Commands that change the waiting list of an expert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from models.bookings.command import Command
from models.bookings.wait import MAX_WAITS_PER_CALENDAR, Wait, next_due_at
from models.calendar.errors import SlotNotOffered, TimeOpen
from models.calendar.slots import SlotKey, slot_id
from models.calendar.times import cell_of, day_span, first_cell_from, local_date
from models.errors import NotAllowed, TooMany

if TYPE_CHECKING:
    from models.bookings.agenda import Agenda
    from models.bookings.booking import Booking
    from models.bookings.command import Agendas
    from models.bookings.wait import WaitTerms
    from models.ids import Id

MAX_OPEN_SLOTS = 3
"""Maximum number of open slots that the refusal `TimeOpen` lists."""


@dataclass(eq=False, kw_only=True)
class JoinWaitlist(Command):
    """Append an entry to the waiting list, unless the list already has one with the same terms.

    Args:
        terms: the sessions that the client waits for.
        new_id: the id that a new entry gets.
    """

    terms: WaitTerms
    new_id: Id

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Append the entry.

        Raises:
            SlotNotOffered: if the expert does not exist, or if the present rules allow no session
                in the window, whatever the working hours are.
            TimeOpen: if a slot that satisfies the entry can be booked now.
            TooMany: if the waiting list is full.
        """
        agenda = agendas.get(self.expert_ids[0])
        if agenda is None or not _can_open(self.terms, agenda):
            key = SlotKey(self.expert_ids[0], cell_of(self.terms.since), self.terms.minutes)
            raise SlotNotOffered(slot_id(key))
        if agenda.waitlist.find(self.terms):
            return []
        found = agenda.open_slots(self.terms.minutes, self.terms.since, self.terms.until)
        if slots := list(islice(found, MAX_OPEN_SLOTS)):
            raise TimeOpen(slots, agenda.next_sequence - 1)
        if len(agenda.waitlist) >= MAX_WAITS_PER_CALENDAR:
            raise TooMany(MAX_WAITS_PER_CALENDAR)
        wait = Wait(
            id=self.new_id,
            expert_id=agenda.calendar.id,
            number=agenda.next_sequence,
            terms=self.terms,
            joined_at=agenda.now,
            due_at=next_due_at(self.terms, agenda.rules, agenda.now),
        )
        agenda.join(wait)
        return []


@dataclass(eq=False, kw_only=True)
class LeaveWaitlist(Command):
    """Remove an entry from the waiting list, and offer its offered slot to the next in line.

    Args:
        wait_id: the id of the entry.
    """

    wait_id: Id

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Remove the entry.

        Raises:
            NotAllowed: if the entry is no longer on the waiting list.
        """
        agenda = agendas.get(self.expert_ids[0])
        wait = agenda.waitlist.get(self.wait_id) if agenda else None
        if agenda is None or wait is None:
            raise NotAllowed
        agenda.leave(wait, wait.terms.client_id)
        return []


@dataclass(eq=False, kw_only=True)
class ReviewWaitlist(Command):
    """Trigger the update of a waiting list to the present time that precedes every command."""

    def decide(self, agendas: Agendas) -> list[Booking]:  # noqa: ARG002 - nothing else to do
        """Do nothing, since the waiting list has already been updated before this call."""
        return []


def _can_open(terms: WaitTerms, agenda: Agenda) -> bool:
    """Return whether a slot that satisfies these terms can become open under the present rules.

    Any quarter hour counts as a possible start, even outside the working hours, because the expert
    may extend them.
    """
    rules, now = agenda.rules, agenda.now
    notice = timedelta(minutes=rules.minimum_notice_minutes)
    last_day = local_date(now, rules.time_zone) + timedelta(days=rules.horizon_days)
    _, after_last_day = day_span(last_day, rules.time_zone)
    first = max(terms.cells.start, first_cell_from(now + notice))
    return (
        rules.accepts_bookings
        and rules.offer(terms.minutes) is not None
        and first < min(terms.cells.stop, after_last_day)
    )
