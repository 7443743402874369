"""Offers: time that becomes free and is held for the first client in line who waits for it.

The function `decide` decides every command of the ledger, and every change of a calendar adds an
event. Therefore the events alone show which time became free, for every kind of command. After a
command, each entry of the waiting list either has an offer, or matches only open slots that its
client has declined.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from models.bookings.booking import BookingStatus
from models.bookings.events import EventKind, SlotState
from models.bookings.reservations import new_booking, terms_of_slot
from models.bookings.wait import next_due_at
from models.calendar.errors import SlotRefusal
from models.calendar.places import new_room
from models.calendar.slots import SlotKey, SlotStatus
from models.calendar.times import cell_of
from models.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.agenda import Agenda
    from models.bookings.booking import Booking
    from models.bookings.command import Agendas, Command
    from models.bookings.events import Event
    from models.bookings.wait import Wait
    from models.calendar.slots import Slot
    from models.ids import Id


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """Settings for the offers that are made to waiting clients.

    Attributes:
        duration: how long an offer lasts; it ends earlier if the slot can no longer be booked.
        video_url: the template for URLs of video rooms; None to use the experts' own links.
    """

    duration: timedelta = timedelta(minutes=30)
    video_url: str | None = None


def decide(command: Command, agendas: Agendas, terms: OfferTerms) -> list[Booking]:
    """Decide a command, and offer the time that it frees to the waiting clients.

    Time that has become free because holds expired is offered first, so that the command cannot
    take it.

    Raises:
        ExpertBookError: if the command is refused. All changes, including new offers, are undone,
            and the slots in the error get the status that they have after that.
    """
    undo = agendas.savepoint()
    try:
        return _decide(command, agendas, terms)
    except Exception as error:
        undo()
        if isinstance(error, SlotRefusal):
            _show_undone(error, agendas)
        raise


def _show_undone(refusal: SlotRefusal, agendas: Agendas) -> None:
    """Update the slots in a refusal to their state after the command's changes were undone.

    Later events will reuse the numbers of the undone events. If the refusal contained the number of
    an undone event, the client would ignore the later event with this number.
    """
    agenda = agendas[refusal.slots[0].key.expert_id]
    last = agenda.next_sequence - 1
    if refusal.sequence != last:
        refusal.slots = [agenda.slot(slot.key) or slot for slot in refusal.slots]
        refusal.sequence = last


def _decide(command: Command, agendas: Agendas, terms: OfferTerms) -> list[Booking]:
    for agenda in agendas.values():
        if agenda.waitlist:
            _catch_up(agenda, terms)
    decided = {id_: len(agenda.events) for id_, agenda in agendas.items()}
    answer = command.decide(agendas)
    for id_, agenda in agendas.items():
        if agenda.waitlist:
            _Turn(agenda, terms, first=decided[id_]).take()
    return answer


def _catch_up(agenda: Agenda, terms: OfferTerms) -> None:
    """Release expired holds, remove expired waiting-list entries, and offer the freed time."""
    turn = _Turn(agenda, terms, first=len(agenda.events))
    for hold in agenda.lapsed_holds():
        agenda.release(hold, BookingStatus.EXPIRED, actor_id=None)
    for wait in agenda.waitlist:
        if wait.terms.until <= agenda.now:
            agenda.leave(wait)
        elif wait.due_at <= agenda.now:
            turn.renew(wait)
    turn.take()


class _Turn:
    """One pass in which a waiting list responds to the events of a change.

    Args:
        agenda: the expert's agenda.
        terms: the settings for offers.
        first: the index, in the agenda's list of events, of the first event to respond to.
    """

    def __init__(self, agenda: Agenda, terms: OfferTerms, first: int) -> None:
        self._agenda = agenda
        self._terms = terms
        self._first = first
        self._freed: dict[int, set[int]] = {}
        """Start cells of slots that became open, by session length in minutes."""
        self._searching: set[Id] = set()
        """Ids of entries for which all open slots are considered, not only newly opened ones."""
        self._passing: set[Id] = set()
        """Ids of entries that lost an offer but stay in the list; all other entries are served
        first."""
        self._starts: dict[tuple[bool, int], list[int]] = {}

    def take(self) -> None:
        """Apply the events to the waiting list, then offer the open slots to its entries."""
        agenda = self._agenda
        index = self._first
        while index < len(agenda.events):  # ending an entry adds events
            self._respond(agenda.events[index])
            index += 1
        if not (self._freed or self._searching):
            return
        waits = [wait for wait in agenda.waitlist if wait.offer_id is None]
        has_offered = False
        for wait in sorted(waits, key=lambda wait: wait.id in self._passing):
            if slot := self._slot_for(wait):
                self._offer(wait, slot)
                has_offered = True
        if has_offered:
            self._show_offers()

    def renew(self, wait: Wait) -> None:
        """Consider all open slots for an entry, since new ones may be in its time window."""
        agenda = self._agenda
        self._searching.add(wait.id)
        due_at = next_due_at(wait.terms, agenda.rules, agenda.now)
        if due_at != wait.due_at:
            agenda.change_wait(wait, due_at=due_at)

    def _respond(self, event: Event) -> None:
        agenda = self._agenda
        if event.kind is EventKind.RESET:
            for wait in agenda.waitlist:
                if agenda.rules.accepts_bookings:
                    self.renew(wait)
                else:
                    agenda.leave(wait)
        elif event.kind is EventKind.BOOKED and event.slot and event.client_id:
            key = event.slot.slot(agenda.calendar.id).key
            for wait in agenda.waitlist.satisfied(event.client_id, key):
                agenda.leave(wait)
        elif event.kind is EventKind.RELEASED:
            self._end_offer(event)
        for state in event.changed:
            if state.status is SlotStatus.OPEN:
                self._freed.setdefault(state.minutes, set()).add(cell_of(state.starts_at))

    def _end_offer(self, event: Event) -> None:
        """If the event released an offer, remove the offer from its waiting-list entry.

        If the offer expired after its full duration, the entry ends. If the client declined the
        offer, or if the offer ended early because the slot could no longer be booked, the entry
        stays in the waiting list. In all cases, none of the client's entries is offered the slot
        again.
        """
        agenda = self._agenda
        wait = agenda.waitlist.get(event.wait_id)
        if wait is None or wait.offer_id is None or wait.offer_id != event.booking_id:
            return
        offer = agenda.booking(wait.offer_id)
        had_full_time = agenda.now >= offer.created_at + self._terms.duration
        if offer.status is BookingStatus.EXPIRED and had_full_time:
            agenda.leave(wait)
        else:
            agenda.change_wait(wait, offer_id=None)
            self._searching.add(wait.id)
            self._passing.add(wait.id)
        for other in agenda.waitlist.satisfied(offer.client_id, offer.key):
            coming = [start for start in other.declined if start > agenda.now]
            agenda.change_wait(other, declined=[*coming, offer.starts_at])

    def _slot_for(self, wait: Wait) -> Slot | None:
        """Return the earliest open slot that can be offered to an entry, or None."""
        agenda, minutes, cells = self._agenda, wait.terms.minutes, wait.terms.cells
        starts = self._starts_for(wait)
        given_back = set(map(cell_of, wait.declined))
        for cell in starts[bisect_left(starts, cells.start) : bisect_left(starts, cells.stop)]:
            if cell in given_back:
                continue
            slot = agenda.slot(SlotKey(agenda.calendar.id, cell, minutes))
            if slot and slot.status is SlotStatus.OPEN and self._end_of(slot) > agenda.now:
                return slot
            starts.remove(cell)  # e.g. an earlier offer has taken the slot
        return None

    def _starts_for(self, wait: Wait) -> list[int]:
        """Return the start cells of the open slots to consider for an entry, earliest first."""
        searches, minutes = wait.id in self._searching, wait.terms.minutes
        starts = self._starts.get((searches, minutes))
        if starts is None:
            found = self._all_open(minutes) if searches else sorted(self._freed.get(minutes, ()))
            starts = self._starts[searches, minutes] = found
        return starts

    def _all_open(self, minutes: int) -> list[int]:
        """Return the start cells of open slots in the time windows of entries in `_searching`."""
        agenda = self._agenda
        terms = [
            wait.terms
            for wait in agenda.waitlist
            if wait.id in self._searching and wait.terms.minutes == minutes
        ]
        since, until = min(each.since for each in terms), max(each.until for each in terms)
        return [slot.key.cell for slot in agenda.open_slots(minutes, since, until)]

    def _offer(self, wait: Wait, slot: Slot) -> None:
        agenda = self._agenda
        room = new_room(self._terms.video_url)
        offered = {
            "status": BookingStatus.HELD,
            "held_until": self._end_of(slot),
            "wait_id": wait.id,
        }
        terms = terms_of_slot(agenda, slot, room)
        offer = new_booking(new_id(), wait.terms.client_id, agenda, terms, **offered)
        agenda.book(offer)
        agenda.change_wait(wait, offer_id=offer.id)

    def _end_of(self, slot: Slot) -> datetime:
        """Return the time at which an offer of the slot ends if it is made now."""
        notice = timedelta(minutes=self._agenda.rules.minimum_notice_minutes)
        return min(self._agenda.now + self._terms.duration, slot.key.starts_at - notice)

    def _show_offers(self) -> None:
        """Update the slots in RELEASED events to their status after the offers were made.

        All events of a change are committed together, so nobody could have booked the released time
        before it was offered.
        """
        agenda = self._agenda

        def final(state: SlotState) -> SlotState:
            slot = agenda.slot(state.slot(agenda.calendar.id).key)
            if slot is None or state.status is not SlotStatus.OPEN:
                return state
            return SlotState.of(slot._replace(price=state.price))

        for event in agenda.events[self._first :]:
            if event.kind is EventKind.RELEASED and event.slot:
                event.slot = final(event.slot)
                event.changed = [final(state) for state in event.changed]
