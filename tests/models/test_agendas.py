"""An agenda: what a change of a calendar writes, and what watchers are told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bookings.agenda import Agenda
from models.bookings.booking import BookingStatus
from models.bookings.events import EventKind
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey, SlotStatus
from tests.models.samples import ADA, BEA, EXPERT, NOW, at, booking, cell, rules

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.calendar.rules import Rules

pytestmark = pytest.mark.usefixtures("database")


def agenda(*bookings: Booking, now: datetime = NOW, of: Rules | None = None) -> Agenda:
    """The agenda of an expert who has had 41 events."""
    return Agenda(Calendar(id=EXPERT, rules=of or rules(), sequence=41), bookings, now)


def told(event: Event) -> dict[tuple[str, int], str]:
    """What an event changed: start and length, and the status."""
    return {
        (state.starts_at.strftime("%H:%M"), state.minutes): state.status.value
        for state in event.changed
    }


def test_a_booking_takes_slots_of_every_length() -> None:
    """Its event has the next number, its slot, and whatever its time was part of."""
    now = at(0, 5)
    the = agenda(now=now)
    made = the.book(booking(cell(10)))
    [event] = the.events
    assert (event.sequence, event.kind, event.at) == (42, EventKind.BOOKED, now)
    assert (event.expert_id, event.booking_id, event.client_id) == (EXPERT, made.id, ADA)
    assert (made.sequence, the.next_sequence) == (42, 43)
    assert told(event) == {
        ("10:00", 60): "BOOKED",
        ("10:00", 30): "BOOKED",
        ("10:30", 30): "BOOKED",
    }
    assert event.slot == event.changed[0]
    assert event.slot.clients == (ADA,)
    assert (the.written, the.is_new) == ({made.id: made}, {made.id})
    [change] = made.history
    assert (change.before, change.after, change.actor_id) == (None, BookingStatus.CONFIRMED, ADA)


def test_a_hold_is_told_with_its_end() -> None:
    """Watchers learn until when the time is held."""
    the = agenda()
    the.book(booking(cell(10), 30, held_until=at(0, 10)))
    [event] = the.events
    assert event.kind is EventKind.HELD
    assert told(event) == {("10:00", 60): "HELD", ("10:00", 30): "HELD"}
    assert {state.held_until for state in event.changed} == {at(0, 10)}


def test_a_break_takes_the_next_slot() -> None:
    """Its cells are told of like the session's, and nobody's own."""
    of = rules(break_minutes=15)
    the = agenda(of=of)
    the.book(booking(cell(10), pause=15))
    [event] = the.events
    assert told(event) == dict.fromkeys(
        [("09:00", 60), ("10:00", 60), ("11:00", 60)]
        + [(start, 30) for start in ("09:30", "10:00", "10:30", "11:00")],
        "BOOKED",
    )
    mine = {(state.starts_at, state.minutes) for state in event.changed if state.clients}
    assert mine == {(at(10), 60), (at(10), 30), (at(10, 30), 30)}


def test_what_was_taken_before_is_not_told_again() -> None:
    """Only changes are told: an hour that already was BOOKED is not among them."""
    the = agenda(booking(cell(10), 30))
    the.book(booking(cell(10, 30), 30))
    [event] = the.events
    # The hour has one client before and after.
    assert told(event) == {("10:30", 30): "BOOKED"}


def test_a_booking_outside_the_hours_changes_only_what_is_listed() -> None:
    """Its own slot is told though it is not listed; half of it lies in the hours."""
    the = agenda()
    the.book(booking(cell(8, 30)))
    [event] = the.events
    assert event.slot is not None
    assert (event.slot.starts_at, event.slot.status) == (at(8, 30), SlotStatus.BOOKED)
    assert told(event) == {("09:00", 60): "BOOKED", ("09:00", 30): "BOOKED"}


def test_a_release_frees_the_time() -> None:
    """The booking loses its flag and keeps its cells; the slots are open again."""
    standing = booking(cell(10))
    the = agenda(standing, now=at(0, 5))
    ended = the.release(standing, BookingStatus.CANCELLED, BEA)
    [event] = the.events
    assert (event.kind, event.sequence, event.client_id) == (EventKind.RELEASED, 42, ADA)
    assert set(told(event).values()) == {"OPEN"}
    assert set(told(event)) == {("10:00", 60), ("10:00", 30), ("10:30", 30)}
    assert (ended.active, ended.status, ended.cells) == (
        False,
        BookingStatus.CANCELLED,
        standing.cells,
    )
    assert (ended.updated_at, ended.sequence, ended.held_until) == (at(0, 5), 42, None)
    assert ended.history[-1].actor_id == BEA
    assert (standing.active, standing.history) == (True, [])
    assert (the.written, the.is_new) == ({ended.id: ended}, set())
    slot = the.slot(standing.key)
    assert slot is not None
    assert slot.status is SlotStatus.OPEN
    assert the.blockers(standing.key) == []


def test_the_release_of_a_hold_past_its_end_is_told() -> None:
    """The clock has freed the time already, but nobody has been told until this event."""
    hold = booking(cell(10), held_until=at(0, 10))
    the = agenda(hold, now=at(0, 10))
    slot = the.slot(hold.key)
    assert slot is not None
    assert slot.status is SlotStatus.OPEN
    ended = the.release(hold, BookingStatus.EXPIRED, None)
    assert (ended.held_until, hold.held_until) == (None, at(0, 10))
    [event] = the.events
    assert told(event) == {("10:00", 60): "OPEN", ("10:00", 30): "OPEN", ("10:30", 30): "OPEN"}


def test_booking_over_a_hold_past_its_end() -> None:
    """The hold stands in the way of the index, not of the slot: released first, then booked."""
    hold = booking(cell(10), held_until=at(0, 10))
    the = agenda(hold, now=at(0, 11))
    assert the.blockers(SlotKey(EXPERT, cell(10, 30), 30)) == [hold.occupant()]
    the.release(hold, BookingStatus.EXPIRED, None)
    made = the.book(booking(cell(10, 30), 30))
    released, booked = the.events
    assert [released.sequence, booked.sequence] == [42, 43]
    assert told(released)["10:30", 30] == "OPEN"
    assert told(booked) == {("10:00", 60): "BOOKED", ("10:30", 30): "BOOKED"}
    # The hold is written first: in that order no two of them meet in one cell.
    assert list(the.written) == [hold.id, made.id]


def test_every_state_is_written_in_its_order() -> None:
    """So a booking that ends after another took the time that it left does not meet it."""
    the = agenda()
    first = the.book(booking(cell(10)))
    second = the.book(booking(cell(9)))
    ended = the.release(first, BookingStatus.CANCELLED, ADA)
    assert the.writes == [first, second, ended]
    assert the.written == {first.id: ended, second.id: second}
    assert the.is_new == {first.id, second.id}
    assert [change.after for change in ended.history] == ["CONFIRMED", "CANCELLED"]
    assert [event.sequence for event in the.events] == [42, 43, 44]


def test_a_savepoint_goes_back() -> None:
    """What a refused change had begun is undone, what was before it stays."""
    standing = booking(cell(9))
    the = agenda(standing)
    kept = the.book(booking(cell(10)))
    undo = the.savepoint()
    the.release(standing, BookingStatus.CANCELLED, ADA)
    gone = the.book(booking(cell(11)))
    undo()
    assert [event.booking_id for event in the.events] == [kept.id]
    assert (the.written, the.is_new, the.next_sequence) == ({kept.id: kept}, {kept.id}, 43)
    with pytest.raises(KeyError):
        the.booking(gone.id)
    assert the.booking(standing.id) is standing
    assert [len(the.blockers(SlotKey(EXPERT, cell(hour), 60))) for hour in (9, 10, 11)] == [
        1,
        1,
        0,
    ]
    assert the.book(booking(cell(11))).sequence == 43


def test_the_time_of_events_never_goes_back() -> None:
    """A clock that went back does not put an event before the last one."""
    calendar = Calendar(id=EXPERT, rules=rules(), last_event_at=at(1))
    the = Agenda(calendar, (), NOW)
    the.book(booking(cell(10)))
    assert the.events[0].at == at(1)


def test_time_that_is_not_offered_has_no_slot() -> None:
    """An agenda judges by the rules as of its own moment."""
    the = agenda(now=at(9, 1))
    assert the.slot(SlotKey(EXPERT, cell(9), 60)) is None
    assert the.slot(SlotKey(EXPERT, cell(10), 45)) is None
    assert the.slot(SlotKey(EXPERT, cell(10), 60)) is not None
