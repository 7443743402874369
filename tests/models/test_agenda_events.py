"""Property tests on random calendars: events report exactly the slots that changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingStatus, taken_cells
from models.calendar.rules import Calendar, Offer, Rules
from models.calendar.slots import Slot, SlotKey, SlotStatus
from tests.support.samples import (
    ADA,
    BEA,
    EXPERT,
    NINE,
    NOON,
    NOW,
    booking,
    cell,
    listing,
    rules,
    weekly,
)

if TYPE_CHECKING:
    from models.bookings.events import SlotState
    from models.ids import Id

pytestmark = pytest.mark.usefixtures("database")

OFFERS = tuple(Offer(minutes=minutes, price=minutes * 100) for minutes in (60, 30, 45, 15))
MINUTE = timedelta(minutes=1)
Table = dict[SlotKey, Slot]


def every_slot(
    of: Rules, bookings: list[Booking], now: datetime, also: Booking | None = None
) -> Table:
    """Return the slots of all lengths; `also` occupies its time even if it is an expired hold."""
    taken = taken_cells([each.occupant() for each in bookings if each.active], now)
    if also:
        taken |= dict.fromkeys(also.occupant().cells, also.occupant())
    return {
        slot.key: slot
        for offer in of.offers
        for slot in listing(of, offer.minutes, now=now, taken=taken)
    }


@dataclass
class Scenario:
    """A changing calendar, and a watcher who reads its slots once and then applies its events."""

    rules: Rules
    bookings: dict[Id, Booking]
    now: datetime = NOW
    sequence: int = 0
    watched: Table = field(default_factory=dict)

    def active(self) -> list[Booking]:
        """Return the active bookings, including holds that have expired but were not released."""
        return [each for each in self.bookings.values() if each.active]

    def slots(self) -> Table:
        """Return the slots of all lengths that are listed at the scenario's current time."""
        return every_slot(self.rules, self.active(), self.now)

    def agenda(self) -> Agenda:
        """Return an agenda of the calendar for a transaction at the scenario's current time."""
        calendar = Calendar(id=EXPERT, rules=self.rules, sequence=self.sequence)
        return Agenda(calendar, self.active(), self.now)

    def commit(self, agenda: Agenda, before: Table) -> None:
        """Apply an agenda's changes; check that its events report how they changed the slots."""
        self.bookings.update(agenda.changed_bookings)
        after = self.slots()
        changed: dict[SlotKey, SlotState] = {}
        for event in agenda.events:
            self.sequence += 1
            assert event.sequence == self.sequence
            assert event.slot is not None
            states = {state.slot(EXPERT).key: state for state in event.changed}
            assert len(states) == len(event.changed)
            changed |= states
            self.watched |= {key: state.slot(EXPERT) for key, state in states.items()}
        differing = {key for key, slot in after.items() if before[key] != slot}
        assert differing <= set(changed)
        assert {key: state.slot(EXPERT) for key, state in changed.items()} == {
            key: after[key] for key in changed
        }
        if len(agenda.events) == 1:
            assert set(changed) == differing

    def release(self, ended: Booking) -> None:
        """Release a booking or hold; until now, watchers saw an expired hold's time as taken."""
        agenda = self.agenda()
        before = every_slot(self.rules, self.active(), self.now, also=ended)
        agenda.release(ended, BookingStatus.CANCELLED, ADA)
        self.commit(agenda, before)

    def book(self, slot: Slot, held_until: datetime | None) -> None:
        """Book an open slot, and release the expired holds that overlap it."""
        agenda = self.agenda()
        before = self.slots()
        for ended in agenda.blockers(slot.key):
            assert not ended.occupies_at(self.now)
            agenda.release(self.bookings[ended.booking_id], BookingStatus.EXPIRED, None)
        pause = self.rules.break_minutes
        agenda.book(booking(slot.key.cell, slot.key.minutes, pause=pause, held_until=held_until))
        self.commit(agenda, before)


breaks = st.sampled_from([0, 0, 15, 30, 60])
some_rules = st.builds(
    lambda offers, pause, step: rules(
        offers=tuple(offers),
        break_minutes=pause,
        step_minutes=step,
        weekly=weekly(0, (NINE, NOON), (NOON + 15, NOON + 120)),
    ),
    st.lists(st.sampled_from(OFFERS), min_size=1, unique=True),
    breaks,
    st.sampled_from([None, None, 15, 30]),
)


@given(some_rules, breaks, st.data())
def test_events_report_exactly_the_changed_slots(
    of: Rules, earlier_break: int, data: st.DataObject
) -> None:
    """Compares the listed slots of all lengths before and after each change.

    When all expired holds have been released, a watcher who read the slots once and then applied
    every event has the current slots.
    """
    # Existing bookings keep the break length that was set when they were made.
    hours = data.draw(st.sets(st.sampled_from([8, 10, 12])))
    bookings = [booking(cell(hour, 45), 30, pause=earlier_break) for hour in hours]
    scenario = Scenario(of, {each.id: each for each in bookings})
    scenario.watched = scenario.slots()
    for _ in range(data.draw(st.integers(1, 8))):
        scenario.now += data.draw(st.integers(0, 6)) * MINUTE
        free = [slot for slot in scenario.slots().values() if slot.status is SlotStatus.OPEN]
        active = scenario.active()
        if free and (not active or data.draw(st.booleans())):
            held = scenario.now + 5 * MINUTE if data.draw(st.booleans()) else None
            scenario.book(data.draw(st.sampled_from(free)), held)
        elif active:
            scenario.release(data.draw(st.sampled_from(active)))
    for each in scenario.active():
        if not each.occupies_at(scenario.now):
            scenario.release(each)
    assert scenario.watched == scenario.slots()


def test_booking_a_hold_corrects_readers_who_saw_it_as_expired() -> None:
    """Readers with a fast clock saw the hold's slots as open; the booking's event corrects that."""
    of = rules(offers=OFFERS[:2])
    until = NOW + MINUTE
    hold = booking(cell(9), 30, held_until=until)
    other = booking(cell(9, 30), 30).model_copy(update={"client_id": BEA})
    scenario = Scenario(of, {each.id: each for each in (hold, other)})
    read_later = every_slot(of, scenario.active(), until)
    agenda = scenario.agenda()
    confirmed = {"status": BookingStatus.CONFIRMED, "held_until": None}
    agenda.fulfil(hold, hold.model_copy(update=confirmed))
    [event] = agenda.events
    scenario.bookings.update(agenda.changed_bookings)
    reported = {slot.key: slot for slot in (state.slot(EXPERT) for state in event.changed)}
    assert read_later != scenario.slots()
    assert read_later | reported == scenario.slots()
