"""An expert's calendar as one transaction sees it, and what is being changed in it.

Changes are made to an agenda in memory; it knows which slots they change, and becomes the writes,
the events and the mails of the transaction. Nothing here waits or asks the clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.bookings.booking import MAX_OCCUPIED_CELLS, Booking, BookingChange, BookingStatus
from models.bookings.events import Event, EventKind, SlotState
from models.bookings.outbox import mail_for
from models.calendar.occupancy import Occupancy
from models.calendar.rules import MAX_BREAK_MINUTES
from models.calendar.slots import Slot, SlotKey, listed_slot, listed_starts, slot_of
from models.calendar.times import CELL_MINUTES, instant_of
from models.store.unchecked import construct_unchecked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from models.bookings.outbox import Mail
    from models.calendar.rules import Calendar, Rules
    from models.calendar.slots import Occupant
    from models.directory.experts import Expert
    from models.ids import Id


PAUSE = MAX_BREAK_MINUTES // CELL_MINUTES


def surroundings(key: SlotKey) -> tuple[int, int]:
    """The cells in which bookings have a say in what becomes of a slot and those that it touches.

    From the first one up to, not including, the last one.
    """
    return key.cell - MAX_OCCUPIED_CELLS, key.session_end + PAUSE + MAX_OCCUPIED_CELLS


class Agenda:
    """The rules, the active bookings around the changes, and the changes so far.

    `calendar` stays as it was read; `expert` is there where a change named the expert. Of bookings
    that only stand in the way it is enough to know what they occupy: those are the `others`, of
    which none is a hold. Within `spans`, from a cell up to another, it knows of all bookings.
    """

    def __init__(
        self,
        calendar: Calendar,
        bookings: Iterable[Booking],
        now: datetime,
        expert: Expert | None = None,
        others: Iterable[Occupant] = (),
        spans: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.calendar = calendar
        self.now = now
        self.expert = self.known_expert = expert
        self.spans = spans
        self.rules = calendar.rules
        self.is_described = False
        self.events: list[Event] = []
        self.mails: list[Mail] = []
        self.written: dict[Id, Booking] = {}
        self.writes: list[Booking] = []
        self.is_new: set[Id] = set()
        self._bookings = {booking.id: booking for booking in bookings}
        self._occupancy = Occupancy(now)
        for booking in self._bookings.values():
            if booking.active:
                self._occupancy.add(booking.occupant())
        for other in others:
            self._occupancy.add(other)
        self._restore: Callable[[], None] | None = None
        self._is_remembered = True

    @property
    def has_new_rules(self) -> bool:
        """Whether the rules have been replaced."""
        return self.rules is not self.calendar.rules

    @property
    def next_sequence(self) -> int:
        """The number of the next event."""
        return self.calendar.sequence + len(self.events) + 1

    @property
    def size(self) -> int:
        """How many active bookings it knows of."""
        return len(self._occupancy)

    def covers(self, key: SlotKey) -> bool:
        """Whether it knows all bookings around a slot, and around the holds in its way."""
        holds = [other.key(key.expert_id) for other in self.blockers(key) if other.held_until]
        return all(
            any(since <= first and last <= until for since, until in self.spans)
            for first, last in map(surroundings, [key, *holds])
        )

    def renew(self, now: datetime) -> None:
        """Go on to the moment at which the next change is decided on."""
        if now > self.now:
            self.now = now
            self._occupancy.advance_to(now)

    def successor(self) -> Agenda:
        """The calendar as what was decided leaves it; this agenda is not to be changed after."""
        last: dict[str, Any] = {"sequence": self.next_sequence - 1}
        if self.events:
            last["last_event_at"] = self.events[-1].at
        holds = [b for b in self._bookings.values() if b.active and b.status is BookingStatus.HELD]
        other = Agenda(self.calendar.model_copy(update=last), (), self.now, spans=self.spans)
        other._bookings = {hold.id: hold for hold in holds}
        other._occupancy = self._occupancy
        return other

    def booking(self, id_: Id) -> Booking:
        """The booking of that id.

        Raises:
            KeyError: when it is none of those that the agenda has as a whole.
        """
        return self._bookings[id_]

    def savepoint(self) -> Callable[[], None]:
        """Remember the state; calling the result goes back to it, until the next savepoint.

        A copy is made with the first change: most of those who lose a race change nothing.
        """
        self._is_remembered, self._restore = False, None

        def restore() -> None:
            if self._restore:
                self._restore()

        return restore

    def _remember(self) -> None:
        """Make the copy that a savepoint asked for; to be called before every change."""
        if self._is_remembered:
            return
        kept = (list(self.events), dict(self.written), set(self.is_new), dict(self._bookings))
        writes, mails, occupancy = list(self.writes), list(self.mails), self._occupancy.copy()
        described = (self.rules, self.expert, self.is_described)

        def restore() -> None:
            self.events, self.written, self.is_new, self._bookings = kept
            self.writes, self.mails, self._occupancy = writes, mails, occupancy
            self.rules, self.expert, self.is_described = described

        self._is_remembered, self._restore = True, restore

    def slot(self, key: SlotKey) -> Slot | None:
        """The slot of that key as it stands, or None where it is not offered."""
        return listed_slot(key, self.rules, self._occupancy.taken, self.now)

    def blockers(self, key: SlotKey) -> list[Occupant]:
        """Who has some of the slot's time, holds past their end among them."""
        return self._occupancy.blockers(key.occupies(self.rules))

    def holds_of(self, client_id: Id) -> list[Booking]:
        """A client's holds, those past their end among them."""
        return [
            booking
            for booking in self._bookings.values()
            if booking.status is BookingStatus.HELD and booking.client_id == client_id
        ]

    def book(self, booking: Booking) -> Booking:
        """Add a new booking or hold; its time must be free of others."""
        self._remember()
        self.is_new.add(booking.id)
        return self._take(self._step(booking, None, booking.client_id))

    def fulfil(self, hold: Booking, booking: Booking) -> Booking:
        """Make a booking of its client's own hold; what time else it takes must be free."""
        return self._take(self._step(booking, hold.status, booking.client_id))

    def move(self, booking: Booking, moved: Booking, actor_id: Id | None) -> Booking:
        """Give a booking other time, which must be free of others: two events, one write."""
        self._put(booking.model_copy(update={"active": False}), EventKind.RELEASED)
        return self._take(self._step(moved, booking.status, actor_id))

    def advance(self, booking: Booking, status: BookingStatus, actor_id: Id | None) -> Booking:
        """Change the status of a booking that keeps its time."""
        changed = self._step(
            booking.model_copy(update={"status": status}), booking.status, actor_id
        )
        changed.sequence = self.next_sequence
        self._write(changed)
        self._tell(EventKind.STATUS, booking_id=changed.id, client_id=changed.client_id)
        self._mail(changed)
        return changed

    def release(self, booking: Booking, status: BookingStatus, actor_id: Id | None) -> Booking:
        """End a booking or a hold, and free its time."""
        ended = {"status": status, "active": False, "held_until": None}
        changed = self._step(booking.model_copy(update=ended), booking.status, actor_id)
        self._put(changed, EventKind.RELEASED)
        self._mail(changed)
        return changed

    def give_back(self, booking: Booking, viewer_id: Id) -> Booking:
        """Take a booking out of a viewer's list; what it has of time still ahead becomes free."""
        past = [cell for cell in booking.cells if cell < self.now]
        removed = booking.model_copy(
            update={
                "removed_by": [*booking.removed_by, viewer_id],
                "updated_at": self.now,
                "active": bool(past),
                # A booking that stops being active keeps its cells.
                "cells": past or booking.cells,
            }
        )
        return self._put(removed, EventKind.RELEASED)

    def reset(self, rules: Rules) -> None:
        """Replace the rules; whoever watches the calendar is told to ask for the slots anew.

        Bookings stand, whatever the rules now say of their time.
        """
        self._remember()
        self.rules = rules
        self._tell(EventKind.RESET)

    def describe(self, expert: Expert) -> None:
        """Replace the expert's entry in the directory, which is no event of the calendar."""
        self._remember()
        self.expert = expert.update_search_fields()
        self.is_described = True

    def _step(self, booking: Booking, before: BookingStatus | None, actor_id: Id | None) -> Booking:
        """The same with a step more in its history."""
        step = construct_unchecked(
            BookingChange,
            at=self.now,
            actor_id=actor_id,
            before=before,
            after=booking.status,
            starts_at=booking.starts_at,
        )
        changes = {"updated_at": self.now, "history": [*booking.history, step]}
        changed: Booking = booking.model_copy(update=changes)
        return changed

    def _take(self, booking: Booking) -> Booking:
        is_hold = booking.status is BookingStatus.HELD
        self._put(booking, EventKind.HELD if is_hold else EventKind.BOOKED)
        self._mail(booking)
        return booking

    def _put(self, booking: Booking, kind: EventKind) -> Booking:
        """Keep a booking whose time has changed, and tell of the slots that it changed."""
        # A hold past its end has been told of as standing; only its release tells otherwise.
        standing = self._occupancy.get(booking.id)
        cells = [booking.occupant().cells, *([standing.cells] if standing else [])]
        around = self._around(cells)
        before = [self._states(around, self._occupancy.taken_including(standing))]
        if standing and standing.held_until and booking.active:
            # Whoever read a moment later than this was decided has taken the hold for over.
            before.append(self._states(around, self._occupancy.taken_excluding(standing)))
        booking.sequence = self.next_sequence
        self._write(booking)
        taken = self._occupancy.taken
        after = self._states(around, taken)
        offer = self.rules.offer(booking.minutes)
        slot = slot_of(booking.key, offer.price if offer else booking.price, self.rules, taken)
        self._tell(
            kind,
            booking_id=booking.id,
            client_id=booking.client_id,
            slot=SlotState.of(slot),
            changed=[
                SlotState.of(state)
                for state, *earlier in zip(after, *before, strict=True)
                if any(other != state for other in earlier)
            ],
        )
        return booking

    def _write(self, booking: Booking) -> None:
        self._remember()
        self._bookings[booking.id] = self.written[booking.id] = booking.update_order_key()
        self._occupancy.remove(booking.id)
        if booking.active:
            self._occupancy.add(booking.occupant())
        # Every state in its order: so no two bookings meet in one cell on the way, also where one
        # moved, another took the time that it left, and it moved on. Two in a row are one.
        if self.writes and self.writes[-1].id == booking.id:
            self.writes.pop()
        self.writes.append(booking)

    def _mail(self, booking: Booking) -> None:
        if mail := mail_for(booking):
            self.mails.append(mail)

    def _tell(self, kind: EventKind, **more: Any) -> None:
        self.events.append(
            construct_unchecked(
                Event,
                expert_id=self.calendar.id,
                sequence=self.next_sequence,
                at=max(self.now, self.calendar.last_event_at),
                kind=kind,
                **more,
            )
        )

    def _around(self, spans: Sequence[range]) -> list[tuple[SlotKey, int]]:
        """The listed slots, of every length, in whose way some cells could be; with prices."""
        break_cells = self.rules.break_minutes // CELL_MINUTES
        first, beyond = min(cells.start for cells in spans), max(cells.stop for cells in spans)
        return [
            (SlotKey(self.calendar.id, cell, offer.minutes), offer.price)
            for offer in self.rules.offers
            for cell in listed_starts(
                self.rules,
                offer.minutes,
                instant_of(first - offer.minutes // CELL_MINUTES - break_cells),
                instant_of(beyond),
                self.now,
            )
        ]

    def _states(
        self, slots: Iterable[tuple[SlotKey, int]], taken: Mapping[int, Occupant]
    ) -> list[Slot]:
        return [slot_of(key, price, self.rules, taken) for key, price in slots]
