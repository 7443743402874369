"""Random changes to a calendar with a waiting list have the same effects as on a simple model."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.bookings.booking import BookingStatus
from models.calendar.rules import Offer
from models.calendar.slots import SlotKey, SlotStatus
from models.errors import Refused
from tests.support.samples import EXPERT, NINE, NOON, at, cell, rules, weekly
from tests.support.waitlist_model import Model
from tests.support.waitlists import Desk, client

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.wait import Wait
    from models.ids import Id

pytestmark = pytest.mark.usefixtures("database")

MINUTE = timedelta(minutes=1)
CLIENTS = [client(number) for number in range(1, 5)]
OFFERS = (Offer(minutes=60, price=9_000), Offer(minutes=30, price=5_000))
HOURS = [weekly(0, (NINE, 11 * 60)), weekly(0, (NINE, NOON)), weekly(1, (NINE, NOON)), ()]
SINCE = [at(0), at(9), at(9, 30), at(10), at(10, 45)]
UNTIL = [at(10), at(11), at(12), at(23)]

clients = st.sampled_from(CLIENTS)
keys = st.builds(
    lambda quarter, minutes: SlotKey(EXPERT, cell(9) + quarter, minutes),
    st.one_of(st.sampled_from([0, 2, 4, 6, 8]), st.integers(0, 12)),
    st.sampled_from([60, 60, 30]),
)
some_rules = st.builds(
    lambda hours, pause, step, notice, horizon, *, closed: rules(
        offers=OFFERS,
        weekly=hours,
        break_minutes=pause,
        step_minutes=step,
        minimum_notice_minutes=notice,
        horizon_days=horizon,
        accepts_bookings=not closed,
    ),
    st.sampled_from(HOURS),
    st.sampled_from([0, 0, 15]),
    st.sampled_from([None, None, 15, 30]),
    st.sampled_from([0, 0, 60]),
    st.sampled_from([60, 60, 0]),
    closed=st.sampled_from([False] * 7 + [True]),
)
FIRST = rules(offers=OFFERS, weekly=HOURS[1])


def terms_of(wait: Wait) -> tuple[Id, datetime, datetime, int]:
    """Return the client id, time window and session length of a waiting-list entry."""
    terms = wait.terms
    return terms.client_id, terms.since, terms.until, terms.minutes


class Comparison:
    """Applies the same random changes to the program's calendar and to the model."""

    def __init__(self, data: st.DataObject) -> None:
        self._draw = data.draw
        self.desk = Desk(FIRST)
        self.model = Model(FIRST)

    def step(self) -> None:
        """Make one random change to the calendar and to the model, and compare the two."""
        changes = [self.book, self.book, self.hold, self.cancel, self.cancel, self.move]
        changes += [self.join, self.join, self.join, self.leave, self.change_rules, self.wait]
        self._draw(st.sampled_from(changes))()
        self.compare()

    def both(self, post: Callable[[], object], change: Callable[[Model], None]) -> None:
        """Make a change to calendar and model; assert that both accept it or both refuse it."""
        expected = self.model.apply(change)
        try:
            post()
        except Refused:
            assert not expected
        else:
            assert expected

    def how(self) -> dict[str, Any]:
        """Return keyword arguments that choose a cached or a newly loaded agenda at random."""
        return {"is_cached": self._draw(st.booleans())}

    def book(self) -> None:
        """Book a slot."""
        who, key = self._draw(clients), self._draw(keys)
        self.both(lambda: self.desk.book(who, key, **self.how()), lambda m: m.book(who, key))

    def hold(self) -> None:
        """Hold a slot, perhaps one that the client holds already."""
        who, key = self._draw(clients), self._draw(keys)
        held, is_repeat = self.active(BookingStatus.HELD), self._draw(st.booleans())
        if held and is_repeat:
            hold = self._draw(st.sampled_from(held))
            who, key = hold.client_id, hold.key
        self.both(lambda: self.desk.hold(who, key, **self.how()), lambda m: m.hold(who, key))

    def cancel(self) -> None:
        """Cancel a random booking, hold or offer."""
        if active := self.active():
            found = self._draw(st.sampled_from(active))
            change = (found.client_id, found.key)
            self.both(lambda: self.desk.cancel(found, **self.how()), lambda m: m.cancel(*change))

    def move(self) -> None:
        """Move a booking."""
        if booked := self.active(BookingStatus.CONFIRMED):
            found, key = self._draw(st.sampled_from(booked)), self._draw(keys)
            change = (found.client_id, found.key, key)
            if found.key != key:
                self.both(
                    lambda: self.desk.move(found, key, **self.how()), lambda m: m.move(*change)
                )

    def join(self) -> None:
        """Join the waiting list."""
        who = self._draw(clients)
        since, until = self._draw(st.sampled_from(SINCE)), self._draw(st.sampled_from(UNTIL))
        minutes = self._draw(st.sampled_from([60, 60, 30, 45]))
        if since < until:
            terms = (who, since, until, minutes)
            self.both(lambda: self.desk.join(*terms), lambda m: m.join(*terms))

    def leave(self) -> None:
        """Leave the waiting list."""
        if waits := self.desk.waits:
            wait = self._draw(st.sampled_from(waits))
            self.both(
                lambda: self.desk.leave(wait, **self.how()), lambda m: m.leave(*terms_of(wait))
            )

    def change_rules(self) -> None:
        """Change the rules."""
        changed = self._draw(some_rules)
        self.both(
            lambda: self.desk.change_rules(**dict(changed)), lambda m: m.change_rules(changed)
        )

    def wait(self) -> None:
        """Let up to 30 minutes or eight hours pass; perhaps review the waiting list afterwards."""
        steps = [MINUTE, 5 * MINUTE, 29 * MINUTE, 30 * MINUTE, 8 * 60 * MINUTE]
        time = self._draw(st.sampled_from(steps))
        self.desk.now += time
        self.model.now += time
        if self._draw(st.booleans()):
            self.both(lambda: self.desk.review(**self.how()), lambda _: None)

    def active(self, *statuses: BookingStatus) -> list[Booking]:
        """Return the active bookings that have one of the given statuses, by default any status."""
        return self.desk.active(*(statuses or BookingStatus))

    def compare(self) -> None:
        """Assert that bookings, holds, offers and waiting-list entries equal those of the model."""
        self.desk.offers()
        taken = {
            (b.client_id, b.key, b.held_until, b.wait_id is not None and b.held_until is not None)
            for b in self.active()
        }
        starts = {b.id: b.key for b in self.active()}
        line = [
            (*terms_of(wait), starts[wait.offer_id] if wait.offer_id else None)
            for wait in self.desk.waits
        ]
        assert (taken, line) == self.model.state()
        numbers = [wait.number for wait in self.desk.waits]
        assert numbers == sorted(set(numbers))


@given(st.data())
def test_random_changes_agree_with_the_model(data: st.DataObject) -> None:
    """The program and the model keep the same waiting list, and events yield the current slots."""
    comparison = Comparison(data)
    for _ in range(data.draw(st.integers(10, 40))):
        comparison.step()
    check_watcher(comparison.desk)


def check_watcher(desk: Desk) -> None:
    """Assert that the events since the last change of the rules yield the current slots."""
    desk.sweep()
    resets = [number for number, event in enumerate(desk.log) if event.kind == "RESET"]
    since = resets[-1] + 1 if resets else 0
    seen = {
        state.slot(EXPERT).key: state.status
        for event in desk.log[since:]
        for state in event.changed
    }
    now = {slot.key: slot.status for slot in desk.slots()}
    assert {key: status for key, status in seen.items() if key in now} == {
        key: status for key, status in now.items() if key in seen
    }
    if not resets:
        assert all(status is SlotStatus.OPEN for key, status in now.items() if key not in seen)
