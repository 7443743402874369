"""An expert's calendar in memory, on which commands are decided.

An agenda records changes of bookings and rules, finds the affected slots, and collects the writes,
events and e-mails of the transaction. The module does no I/O and reads no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.bookings.booking import BookingStatus
from models.bookings.events import Event, EventKind, SlotState
from models.bookings.outbox import mail_for
from models.bookings.surroundings import affected_slots, changed_slots, states_of, surroundings
from models.bookings.waitlist import Waitlist
from models.calendar.occupancy import Occupancy
from models.calendar.slots import SlotStatus, listed_slot, listed_slots, slot_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.outbox import Mail
    from models.bookings.wait import Wait
    from models.calendar.rules import Calendar, Rules
    from models.calendar.slots import Occupant, Slot, SlotKey
    from models.directory.experts import Expert
    from models.ids import Id


class Agenda:
    """The rules and active bookings of a calendar, and the changes that commands have made to them.

    Args:
        calendar: the stored calendar, which the agenda does not change.
        bookings: all loaded holds, and the bookings to which commands refer.
        now: the time of the decision.
        expert: the expert's directory entry, if a command needs it.
        occupants: the occupied time of other bookings, none of which is a hold.
        spans: half-open ranges of cells; all bookings within them are loaded.
        waits: all entries of the expert's waiting list.
    """

    def __init__(
        self,
        calendar: Calendar,
        bookings: Iterable[Booking],
        now: datetime,
        expert: Expert | None = None,
        occupants: Iterable[Occupant] = (),
        spans: Sequence[tuple[int, int]] = (),
        waits: Collection[Wait] | Waitlist = (),
    ) -> None:
        self.calendar = calendar
        self.now = now
        self.expert = self.loaded_expert = expert
        self.spans = spans
        self.rules = calendar.rules
        self.has_new_expert = False
        self.events: list[Event] = []
        self.mails: list[Mail] = []
        self.changed_bookings: dict[Id, Booking] = {}
        self.writes: list[Booking] = []
        self.new_ids: set[Id] = set()
        self.waitlist = Waitlist(waits)
        self._bookings = {booking.id: booking for booking in bookings}
        self._occupancy = Occupancy(now)
        for booking in self._bookings.values():
            if booking.active:
                self._occupancy.add(booking.occupant())
        for occupant in occupants:
            self._occupancy.add(occupant)
        self._restore: Callable[[], None] | None = None
        self._is_saved = True

    @property
    def has_new_rules(self) -> bool:
        """Whether a command has replaced the calendar's rules."""
        return self.rules is not self.calendar.rules

    @property
    def next_sequence(self) -> int:
        """The number that the next event of the calendar gets."""
        return self.calendar.sequence + len(self.events) + 1

    @property
    def size(self) -> int:
        """The number of active bookings in memory."""
        return len(self._occupancy)

    def covers(self, key: SlotKey) -> bool:
        """Return whether all bookings around a slot, and around holds that block it, are loaded."""
        holds = [other.key(key.expert_id) for other in self.blockers(key) if other.held_until]
        return all(
            any(since <= first and last <= until for since, until in self.spans)
            for first, last in map(surroundings, [key, *holds])
        )

    def advance_clock(self, now: datetime) -> None:
        """Set the time of the next decision; ignore a time earlier than the current one."""
        if now > self.now:
            self.now = now
            self._occupancy.advance_to(now)

    def successor(self) -> Agenda:
        """Return a new agenda that contains the changes made so far, as if they were stored.

        Both agendas share one occupancy object, so this agenda must not be changed afterwards.
        """
        last: dict[str, Any] = {"sequence": self.next_sequence - 1, "claimed_by": None}
        last["waiting"] = len(self.waitlist)
        if self.events:
            last |= {"last_event_at": self.events[-1].at, "last_event_id": self.events[-1].id}
        holds = [b for b in self._bookings.values() if b.active and b.status is BookingStatus.HELD]
        calendar = self.calendar.model_copy(update=last)
        other = Agenda(calendar, (), self.now, spans=self.spans, waits=self.waitlist)
        other._bookings = {hold.id: hold for hold in holds}
        other._occupancy = self._occupancy
        return other

    def booking(self, id_: Id) -> Booking:
        """Return the loaded booking with the given id.

        Raises:
            KeyError: if the booking is not loaded, or is loaded only as an occupant.
        """
        return self._bookings[id_]

    def savepoint(self) -> Callable[[], None]:
        """Return a function that restores the current state; it is valid until the next savepoint.

        The state is copied only at the first change, since most refused commands change nothing.
        """
        self._is_saved, self._restore = False, None

        def restore() -> None:
            if self._restore:
                self._restore()

        return restore

    def _save_state(self) -> None:
        """Copy the state once after a savepoint; this must be called before every change."""
        if self._is_saved:
            return
        lists = list(self.events), list(self.writes), list(self.mails)
        maps = dict(self.changed_bookings), set(self.new_ids), dict(self._bookings)
        others = self._occupancy.copy(), self.rules, self.expert, self.has_new_expert
        waits = self.waitlist.snapshot()

        def restore() -> None:
            self.events, self.writes, self.mails = lists
            self.changed_bookings, self.new_ids, self._bookings = maps
            self._occupancy, self.rules, self.expert, self.has_new_expert = others
            self.waitlist.restore(waits)

        self._is_saved, self._restore = True, restore

    def slot(self, key: SlotKey) -> Slot | None:
        """Return the slot with its current status, or None if it is not offered."""
        return listed_slot(key, self.rules, self._occupancy.taken, self.now)

    def open_slots(self, minutes: int, since: datetime, until: datetime) -> Iterator[Slot]:
        """Yield the open slots of one length that start in `[since, until)`, earliest first."""
        id_, rules, taken = self.calendar.id, self.rules, self._occupancy.taken
        for slot in listed_slots(id_, rules, taken, minutes, since, until, self.now):
            if slot.status is SlotStatus.OPEN:
                yield slot

    def blockers(self, key: SlotKey) -> list[Occupant]:
        """Return the bookings that overlap a slot, including expired holds."""
        return self._occupancy.blockers(key.occupies(self.rules))

    def holds_of(self, client_id: Id) -> list[Booking]:
        """Return a client's own holds: expired holds are included, offers are excluded."""
        return [
            booking
            for booking in self._bookings.values()
            if booking.status is BookingStatus.HELD and booking.client_id == client_id
            if booking.wait_id is None
        ]

    def lapsed_holds(self) -> list[Booking]:
        """Return the releasable expired holds, around which all bookings are loaded."""
        holds = [self._bookings[occupant.booking_id] for occupant in self._occupancy.expired]
        return [hold for hold in holds if self.covers(hold.key)]

    def book(self, booking: Booking) -> Booking:
        """Add a new booking, hold or offer, whose time must be free."""
        self._save_state()
        self.new_ids.add(booking.id)
        actor_id = None if booking.wait_id else booking.client_id
        return self._add(booking.with_change(self.now, None, actor_id))

    def fulfil(self, hold: Booking, booking: Booking) -> Booking:
        """Turn a client's hold into a booking; time that the hold did not cover must be free."""
        return self._add(booking.with_change(self.now, hold.status, booking.client_id))

    def replace_hold(self, hold: Booking) -> Booking:
        """Change the client or the expiry of a hold, but neither its time nor its history."""
        changed: Booking = hold.model_copy(update={"updated_at": self.now})
        return self._change_time(changed, EventKind.HELD)

    def move(self, booking: Booking, moved: Booking, actor_id: Id | None) -> Booking:
        """Move a booking to another time, which must be free; add two events and only one write."""
        self._change_time(booking.model_copy(update={"active": False}), EventKind.RELEASED)
        return self._add(moved.with_change(self.now, booking.status, actor_id))

    def advance(
        self,
        booking: Booking,
        status: BookingStatus,
        actor_id: Id | None,
        reason: str | None = None,
    ) -> Booking:
        """Change a booking's status, but not its time."""
        advanced: Booking = booking.model_copy(update={"status": status})
        changed = advanced.with_change(self.now, booking.status, actor_id, reason)
        changed.sequence = self.next_sequence
        self._write(changed)
        self._add_event(EventKind.STATUS, booking_id=changed.id, client_id=changed.client_id)
        self._add_mail(changed)
        return changed

    def release(
        self,
        booking: Booking,
        status: BookingStatus,
        actor_id: Id | None,
        reason: str | None = None,
    ) -> Booking:
        """End a booking or hold with the given final status, and release its time."""
        fields = {"status": status, "active": False, "held_until": None}
        ended: Booking = booking.model_copy(update=fields)
        changed = ended.with_change(self.now, booking.status, actor_id, reason)
        self._change_time(changed, EventKind.RELEASED)
        self._add_mail(changed)
        return changed

    def remove(self, booking: Booking, viewer_id: Id) -> Booking:
        """Remove a booking from a viewer's list, and release its time from now on."""
        past = [cell for cell in booking.cells if cell < self.now]
        removed = booking.model_copy(
            update={
                "removed_by": [*booking.removed_by, viewer_id],
                "updated_at": self.now,
                "active": bool(past),
                # A booking that becomes inactive keeps all its cells.
                "cells": past or booking.cells,
            }
        )
        return self._change_time(removed, EventKind.RELEASED)

    def replace_rules(self, rules: Rules) -> None:
        """Replace the rules; an event tells clients to read the calendar's slots again.

        Existing bookings remain, even if they are outside the new working hours.
        """
        self._save_state()
        self.rules = rules
        self._add_event(EventKind.RESET, accepts_bookings=rules.accepts_bookings)

    def replace_expert(self, expert: Expert) -> None:
        """Replace the expert's directory entry; this adds no event to the calendar."""
        self._save_state()
        self.expert = expert.update_search_fields()
        self.has_new_expert = True

    def join(self, wait: Wait) -> None:
        """Append an entry to the waiting list; the entry gets the number of the JOINED event."""
        self.change_wait(wait, number=self.next_sequence)
        self._add_event(EventKind.JOINED, wait_id=wait.id, terms=wait.terms)

    def change_wait(self, wait: Wait, **changes: Any) -> None:
        """Change fields of a waiting-list entry, which keeps its position in the line."""
        self._save_state()
        self.waitlist.put(wait.model_copy(update=changes))

    def leave(self, wait: Wait, actor_id: Id | None = None) -> None:
        """Remove an entry from the waiting list, and release its offer, if any."""
        self._save_state()
        self.waitlist.remove(wait)
        self._add_event(EventKind.LEFT, wait_id=wait.id)
        offer = self._bookings.get(wait.offer_id) if wait.offer_id else None
        if offer and offer.status is BookingStatus.HELD:
            self.release(offer, BookingStatus.CANCELLED, actor_id)

    def _add(self, booking: Booking) -> Booking:
        is_hold = booking.status is BookingStatus.HELD
        self._change_time(booking, EventKind.HELD if is_hold else EventKind.BOOKED)
        self._add_mail(booking)
        return booking

    def _change_time(self, booking: Booking, kind: EventKind) -> Booking:
        """Write a booking whose time has changed, and add an event with the slots that changed."""
        # Earlier events have reported the time of an expired hold as taken.
        previous = self._occupancy.get(booking.id)
        spans = [booking.occupant().cells, *([previous.cells] if previous else [])]
        affected = affected_slots(self.calendar.id, self.rules, spans, self.now)
        before = [states_of(affected, self.rules, self._occupancy.taken_including(previous))]
        if previous and previous.held_until and booking.active:
            # Clients that read the slots after the hold's expiry have seen its time as free.
            before.append(
                states_of(affected, self.rules, self._occupancy.taken_excluding(previous))
            )
        booking.sequence = self.next_sequence
        self._write(booking)
        taken = self._occupancy.taken
        after = states_of(affected, self.rules, taken)
        offer = self.rules.offer(booking.minutes)
        slot = slot_of(booking.key, offer.price if offer else booking.price, self.rules, taken)
        self._add_event(
            kind,
            booking_id=booking.id,
            client_id=booking.client_id,
            wait_id=booking.wait_id,
            slot=SlotState.of(slot),
            changed=[SlotState.of(slot) for slot in changed_slots(after, *before)],
        )
        return booking

    def _write(self, booking: Booking) -> None:
        self._save_state()
        self._bookings[booking.id] = self.changed_bookings[booking.id] = booking.update_order_key()
        self._occupancy.remove(booking.id)
        if booking.active:
            self._occupancy.add(booking.occupant())
        # States are written in order, so that two bookings never share a cell between writes: one
        # may move, another may take its time, and the first may move again. A booking's consecutive
        # states are merged.
        if self.writes and self.writes[-1].id == booking.id:
            self.writes.pop()
        self.writes.append(booking)

    def _add_mail(self, booking: Booking) -> None:
        if mail := mail_for(booking):
            self.mails.append(mail)

    def _add_event(self, kind: EventKind, **more: Any) -> None:
        self.events.append(
            Event(
                expert_id=self.calendar.id,
                sequence=self.next_sequence,
                previous_id=self.events[-1].id if self.events else self.calendar.last_event_id,
                at=max(self.now, self.calendar.last_event_at),
                kind=kind,
                **more,
            )
        )
