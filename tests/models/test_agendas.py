"""Tests of agendas: the MongoDB documents that a change writes, and the events that report it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bookings.agenda import Agenda
from models.bookings.booking import BookingStatus
from models.bookings.events import EventKind
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey, SlotStatus
from tests.support.samples import ADA, BEA, EXPERT, NOW, at, booking, cell, rules

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.calendar.rules import Rules

pytestmark = pytest.mark.usefixtures("database")


def make_agenda(*bookings: Booking, now: datetime = NOW, of: Rules | None = None) -> Agenda:
    """Return an agenda with the given bookings, for a calendar that has already had 41 events."""
    return Agenda(Calendar(id=EXPERT, rules=of or rules(), sequence=41), bookings, now)


def changed_slots(event: Event) -> dict[tuple[str, int], str]:
    """Return the status of each slot that an event changed, keyed by start time and length."""
    return {
        (state.starts_at.strftime("%H:%M"), state.minutes): state.status.value
        for state in event.changed
    }


def test_booking_changes_overlapping_slots_of_every_length() -> None:
    """The event contains the next sequence number, the booked slot, and all changed slots."""
    now = at(0, 5)
    agenda = make_agenda(now=now)
    made = agenda.book(booking(cell(10)))
    [event] = agenda.events
    assert (event.sequence, event.kind, event.at) == (42, EventKind.BOOKED, now)
    assert (event.expert_id, event.booking_id, event.client_id) == (EXPERT, made.id, ADA)
    assert (made.sequence, agenda.next_sequence) == (42, 43)
    assert changed_slots(event) == {
        ("10:00", 60): "BOOKED",
        ("10:00", 30): "BOOKED",
        ("10:30", 30): "BOOKED",
    }
    assert event.slot == event.changed[0]
    assert event.slot.clients == (ADA,)
    assert (agenda.changed_bookings, agenda.new_ids) == ({made.id: made}, {made.id})
    [change] = made.history
    assert (change.before, change.after, change.actor_id) == (None, BookingStatus.CONFIRMED, ADA)


def test_hold_event_contains_the_end_of_the_hold() -> None:
    agenda = make_agenda()
    agenda.book(booking(cell(10), 30, held_until=at(0, 10)))
    [event] = agenda.events
    assert event.kind is EventKind.HELD
    assert changed_slots(event) == {("10:00", 60): "HELD", ("10:00", 30): "HELD"}
    assert {state.held_until for state in event.changed} == {at(0, 10)}


def test_slots_blocked_by_a_break_are_reported_without_a_client() -> None:
    of = rules(break_minutes=15)
    agenda = make_agenda(of=of)
    agenda.book(booking(cell(10), pause=15))
    [event] = agenda.events
    assert changed_slots(event) == dict.fromkeys(
        [("09:00", 60), ("10:00", 60), ("11:00", 60)]
        + [(start, 30) for start in ("09:30", "10:00", "10:30", "11:00")],
        "BOOKED",
    )
    mine = {(state.starts_at, state.minutes) for state in event.changed if state.clients}
    assert mine == {(at(10), 60), (at(10), 30), (at(10, 30), 30)}


def test_slot_whose_status_does_not_change_is_not_reported() -> None:
    agenda = make_agenda(booking(cell(10), 30))
    agenda.book(booking(cell(10, 30), 30))
    [event] = agenda.events
    # The 60-minute slot at 10:00 was already BOOKED, because an earlier booking overlaps it.
    assert changed_slots(event) == {("10:30", 30): "BOOKED"}


def test_booking_partly_outside_working_hours_changes_only_listed_slots() -> None:
    """The event names the booked slot, although this slot is not listed; it changes other slots."""
    agenda = make_agenda()
    agenda.book(booking(cell(8, 30)))
    [event] = agenda.events
    assert event.slot is not None
    assert (event.slot.starts_at, event.slot.status) == (at(8, 30), SlotStatus.BOOKED)
    assert changed_slots(event) == {("09:00", 60): "BOOKED", ("09:00", 30): "BOOKED"}


def test_released_booking_frees_its_time() -> None:
    """The released booking is inactive, but keeps its cells; its former slots are open again."""
    existing = booking(cell(10))
    agenda = make_agenda(existing, now=at(0, 5))
    ended = agenda.release(existing, BookingStatus.CANCELLED, BEA)
    [event] = agenda.events
    assert (event.kind, event.sequence, event.client_id) == (EventKind.RELEASED, 42, ADA)
    assert set(changed_slots(event).values()) == {"OPEN"}
    assert set(changed_slots(event)) == {("10:00", 60), ("10:00", 30), ("10:30", 30)}
    assert (ended.active, ended.status, ended.cells) == (
        False,
        BookingStatus.CANCELLED,
        existing.cells,
    )
    assert (ended.updated_at, ended.sequence, ended.held_until) == (at(0, 5), 42, None)
    assert ended.history[-1].actor_id == BEA
    assert (existing.active, existing.history) == (True, [])
    assert (agenda.changed_bookings, agenda.new_ids) == ({ended.id: ended}, set())
    slot = agenda.slot(existing.key)
    assert slot is not None
    assert slot.status is SlotStatus.OPEN
    assert agenda.blockers(existing.key) == []


def test_release_of_an_expired_hold_reports_the_open_slots() -> None:
    """The slots have been open since the hold expired, but only the hold's release reports this."""
    hold = booking(cell(10), held_until=at(0, 10))
    agenda = make_agenda(hold, now=at(0, 10))
    slot = agenda.slot(hold.key)
    assert slot is not None
    assert slot.status is SlotStatus.OPEN
    ended = agenda.release(hold, BookingStatus.EXPIRED, None)
    assert (ended.held_until, hold.held_until) == (None, at(0, 10))
    [event] = agenda.events
    assert changed_slots(event) == {
        ("10:00", 60): "OPEN",
        ("10:00", 30): "OPEN",
        ("10:30", 30): "OPEN",
    }


def test_expired_hold_is_released_before_its_time_is_booked() -> None:
    """Although the slot is open, the expired hold's cells are still in the unique index."""
    hold = booking(cell(10), held_until=at(0, 10))
    agenda = make_agenda(hold, now=at(0, 11))
    assert agenda.blockers(SlotKey(EXPERT, cell(10, 30), 30)) == [hold.occupant()]
    agenda.release(hold, BookingStatus.EXPIRED, None)
    made = agenda.book(booking(cell(10, 30), 30))
    released, booked = agenda.events
    assert [released.sequence, booked.sequence] == [42, 43]
    assert changed_slots(released)["10:30", 30] == "OPEN"
    assert changed_slots(booked) == {("10:00", 60): "BOOKED", ("10:30", 30): "BOOKED"}
    # The released hold is written first, so that the index never has two entries for a cell.
    assert list(agenda.changed_bookings) == [hold.id, made.id]


def test_successive_states_of_bookings_are_written_in_order() -> None:
    """The states are written in the order in which they were decided, so they never conflict."""
    agenda = make_agenda()
    first = agenda.book(booking(cell(10)))
    second = agenda.book(booking(cell(9)))
    ended = agenda.release(first, BookingStatus.CANCELLED, ADA)
    assert agenda.writes == [first, second, ended]
    assert agenda.changed_bookings == {first.id: ended, second.id: second}
    assert agenda.new_ids == {first.id, second.id}
    assert [change.after for change in ended.history] == ["CONFIRMED", "CANCELLED"]
    assert [event.sequence for event in agenda.events] == [42, 43, 44]


def test_savepoint_undoes_only_later_changes() -> None:
    existing = booking(cell(9))
    agenda = make_agenda(existing)
    kept = agenda.book(booking(cell(10)))
    undo = agenda.savepoint()
    agenda.release(existing, BookingStatus.CANCELLED, ADA)
    gone = agenda.book(booking(cell(11)))
    undo()
    assert [event.booking_id for event in agenda.events] == [kept.id]
    assert (agenda.changed_bookings, agenda.new_ids, agenda.next_sequence) == (
        {kept.id: kept},
        {kept.id},
        43,
    )
    with pytest.raises(KeyError):
        agenda.booking(gone.id)
    assert agenda.booking(existing.id) is existing
    assert [len(agenda.blockers(SlotKey(EXPERT, cell(hour), 60))) for hour in (9, 10, 11)] == [
        1,
        1,
        0,
    ]
    assert agenda.book(booking(cell(11))).sequence == 43


def test_event_times_never_decrease() -> None:
    """An event's time is never before the previous event's time, even if the clock was set back."""
    calendar = Calendar(id=EXPERT, rules=rules(), last_event_at=at(1))
    agenda = Agenda(calendar, (), NOW)
    agenda.book(booking(cell(10)))
    assert agenda.events[0].at == at(1)


def test_time_that_is_not_offered_has_no_slot() -> None:
    """Covers a start too soon after the agenda's `now`, and a length that is not offered."""
    agenda = make_agenda(now=at(9, 1))
    assert agenda.slot(SlotKey(EXPERT, cell(9), 60)) is None
    assert agenda.slot(SlotKey(EXPERT, cell(10), 45)) is None
    assert agenda.slot(SlotKey(EXPERT, cell(10), 60)) is not None
