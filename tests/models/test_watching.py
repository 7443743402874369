"""What watchers are told is exactly what changed: by brute force over random calendars."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingStatus, taken_cells
from models.calendar.rules import Calendar, Offer, Rules
from models.calendar.slots import Slot, SlotKey, SlotStatus
from tests.models.samples import (
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
    """All listed slots of every length; one booking stands, whatever the clock says of it."""
    taken = taken_cells([each.occupant() for each in bookings if each.active], now)
    if also:
        taken |= dict.fromkeys(also.occupant().cells, also.occupant())
    return {
        slot.key: slot
        for offer in of.offers
        for slot in listing(of, offer.minutes, now=now, taken=taken)
    }


@dataclass
class Story:
    """A calendar that changes, and somebody who reads it once and then only hears of events."""

    rules: Rules
    bookings: dict[Id, Booking]
    now: datetime = NOW
    sequence: int = 0
    watched: Table = field(default_factory=dict)

    def standing(self) -> list[Booking]:
        """Whatever is active, holds past their end among it."""
        return [each for each in self.bookings.values() if each.active]

    def slots(self) -> Table:
        """All slots as they are listed now."""
        return every_slot(self.rules, self.standing(), self.now)

    def agenda(self) -> Agenda:
        """The agenda of a transaction at this moment."""
        calendar = Calendar(id=EXPERT, rules=self.rules, sequence=self.sequence)
        return Agenda(calendar, self.standing(), self.now)

    def commit(self, the: Agenda, before: Table) -> None:
        """Write what was changed, and compare what was told with the listings around it."""
        self.bookings.update(the.written)
        after = self.slots()
        changed: dict[SlotKey, SlotState] = {}
        for event in the.events:
            self.sequence += 1
            assert event.sequence == self.sequence
            assert event.slot is not None
            told_now = {state.slot(EXPERT).key: state for state in event.changed}
            assert len(told_now) == len(event.changed)
            changed |= told_now
            self.watched |= {key: state.slot(EXPERT) for key, state in told_now.items()}
        differing = {key for key, slot in after.items() if before[key] != slot}
        assert differing <= set(changed)
        assert {key: state.slot(EXPERT) for key, state in changed.items()} == {
            key: after[key] for key in changed
        }
        if len(the.events) == 1:
            assert set(changed) == differing

    def release(self, ended: Booking) -> None:
        """End a booking; what is told is measured against the hold as it was told of."""
        the = self.agenda()
        before = every_slot(self.rules, self.standing(), self.now, also=ended)
        the.release(ended, BookingStatus.CANCELLED, ADA)
        self.commit(the, before)

    def book(self, slot: Slot, held_until: datetime | None) -> None:
        """Take an open slot, and release what the clock has freed there."""
        the = self.agenda()
        before = self.slots()
        for ended in the.blockers(slot.key):
            assert not ended.occupies_at(self.now)
            the.release(self.bookings[ended.booking_id], BookingStatus.EXPIRED, None)
        pause = self.rules.break_minutes
        the.book(booking(slot.key.cell, slot.key.minutes, pause=pause, held_until=held_until))
        self.commit(the, before)


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


@settings(max_examples=200, deadline=None)
@given(some_rules, breaks, st.data())
def test_events_tell_exactly_what_changed(
    of: Rules, earlier_break: int, data: st.DataObject
) -> None:
    """By brute force: the listings of every length before and after each change.

    A watcher who read the slots once and then heard of every event knows the slots as they are,
    as soon as the holds past their end have been released.
    """
    # Bookings from before the break was changed, where they do not meet.
    hours = data.draw(st.sets(st.sampled_from([8, 10, 12])))
    standing = [booking(cell(hour, 45), 30, pause=earlier_break) for hour in hours]
    story = Story(of, {each.id: each for each in standing})
    story.watched = story.slots()
    for _ in range(data.draw(st.integers(1, 8))):
        story.now += data.draw(st.integers(0, 6)) * MINUTE
        free = [slot for slot in story.slots().values() if slot.status is SlotStatus.OPEN]
        active = story.standing()
        if free and (not active or data.draw(st.booleans())):
            held = story.now + 5 * MINUTE if data.draw(st.booleans()) else None
            story.book(data.draw(st.sampled_from(free)), held)
        elif active:
            story.release(data.draw(st.sampled_from(active)))
    for each in story.standing():
        if not each.occupies_at(story.now):
            story.release(each)
    assert story.watched == story.slots()


def test_a_booked_hold_is_told_to_whoever_has_taken_it_for_over() -> None:
    """Their clock was a moment ahead: what they read is set right by the events all the same."""
    of = rules(offers=OFFERS[:2])
    until = NOW + MINUTE
    hold = booking(cell(9), 30, held_until=until)
    standing = booking(cell(9, 30), 30).model_copy(update={"client_id": BEA})
    story = Story(of, {each.id: each for each in (hold, standing)})
    read_later = every_slot(of, story.standing(), until)
    the = story.agenda()
    confirmed = {"status": BookingStatus.CONFIRMED, "held_until": None}
    the.fulfil(hold, hold.model_copy(update=confirmed))
    [event] = the.events
    story.bookings.update(the.written)
    heard = {slot.key: slot for slot in (state.slot(EXPERT) for state in event.changed)}
    assert read_later != story.slots()
    assert read_later | heard == story.slots()
