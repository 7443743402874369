"""Tests of waiting-list entries: which ones are accepted, and when they end automatically."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from models.bookings.wait import MAX_WAITS_PER_CALENDAR
from models.calendar.errors import SlotNotOffered, SlotTaken, TimeOpen
from models.errors import TooMany
from tests.support.samples import ADA, NINE, NOON, at, override, rules, weekly
from tests.support.waitlists import (
    BEA,
    CLEO,
    MORNING,
    SECOND,
    SUNDAY,
    TUESDAY,
    Desk,
    client,
    key,
    kinds,
)

pytestmark = pytest.mark.usefixtures("database")


def test_joining_the_same_waiting_list_twice_adds_one_entry(desk: Desk) -> None:
    assert kinds(desk.join(BEA, *MORNING)) == ["JOINED"]
    assert desk.join(BEA, *MORNING) == []
    assert kinds(desk.join(BEA, *MORNING, 30)) == ["JOINED"]
    assert kinds(desk.join(CLEO, *MORNING)) == ["JOINED"]
    assert [wait.number for wait in desk.waits] == [4, 5, 6]
    desk.cancel(desk.booked(10))
    assert desk.join(BEA, *MORNING) == []


def test_event_of_joining_a_waiting_list_has_the_terms_but_no_client(desk: Desk) -> None:
    """The event names no client and no slot, so subscribers do not learn of the waiting client."""
    [joined] = desk.join(BEA, *MORNING)
    [wait] = desk.waits
    assert (joined.sequence, joined.wait_id, joined.terms) == (wait.number, wait.id, wait.terms)
    assert (joined.client_id, joined.booking_id, joined.slot, joined.changed) == (
        *(None, None, None),
        [],
    )
    assert joined.client_ids == set()


@pytest.mark.parametrize(
    ("changes", "since", "until", "minutes"),
    [
        ({}, at(9), at(12), 45),
        ({}, at(-0), at(0), 60),
        ({"minimum_notice_minutes": 12 * 60}, at(9), at(12), 60),
        ({"horizon_days": 7}, at(0, day=date(2027, 3, 9)), at(12, day=date(2027, 3, 9)), 60),
        ({"accepts_bookings": False}, at(9), at(12), 60),
        ({}, at(10, 1), at(10, 2), 30),
        ({}, at(10) + SECOND, at(10, 15), 60),
        ({"minimum_notice_minutes": 12 * 60 - 5}, at(9), at(12), 60),
        ({"horizon_days": 6}, at(23, 50, day=SUNDAY), at(12, day=date(2027, 3, 8)), 60),
    ],
    ids=[
        *("length", "past", "notice", "horizon", "closed"),
        *("no quarter hour", "after the quarter hour", "none after the notice", "none in horizon"),
    ],
)
def test_waiting_for_time_that_cannot_be_offered_is_refused(
    desk: Desk, changes: dict[str, object], since: datetime, until: datetime, minutes: int
) -> None:
    if changes:
        desk.change_rules(**changes)
    with pytest.raises(SlotNotOffered):
        desk.join(BEA, since, until, minutes)


@pytest.mark.parametrize(
    ("changes", "since", "until"),
    [
        ({}, at(10), at(10) + SECOND),
        ({}, at(9, 59), at(10, 1)),
        ({"minimum_notice_minutes": 12 * 60 - 15}, at(9), at(12)),
        ({"horizon_days": 6}, at(23, 45, day=SUNDAY), at(12, day=date(2027, 3, 8))),
    ],
)
def test_time_window_with_one_possible_start_is_accepted(
    desk: Desk, changes: dict[str, object], since: datetime, until: datetime
) -> None:
    if changes:
        desk.change_rules(**changes)
    assert kinds(desk.join(BEA, since, until)) == ["JOINED"]


def test_clients_can_wait_for_time_outside_working_hours(desk: Desk) -> None:
    desk.join(BEA, at(14), at(16))
    desk.change_rules(weekly=weekly(0, (NINE, NOON), (15 * 60, 18 * 60)))
    assert desk.offered() == {BEA: "15:00"}


def test_joining_a_waiting_list_is_refused_while_time_is_open(desk: Desk) -> None:
    """Time that everyone in line has declined is open, so it can be booked, but not waited for."""
    desk.join(BEA, *MORNING)
    desk.cancel(desk.booked(10))
    desk.cancel(desk.offers()[BEA])
    with pytest.raises(TimeOpen) as refusal:
        desk.join(CLEO, *MORNING)
    assert [slot.key for slot in refusal.value.slots] == [key(10)]
    assert refusal.value.sequence == len(desk.log)
    desk.book(CLEO, key(10))


def test_waiting_list_has_a_maximum_length(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    [wait] = desk.waits
    desk.waits = [
        wait.model_copy(update={"id": client(number), "number": number})
        for number in range(1, MAX_WAITS_PER_CALENDAR + 1)
    ]
    with pytest.raises(TooMany) as refusal:
        desk.join(CLEO, *MORNING)
    assert refusal.value.limit == MAX_WAITS_PER_CALENDAR


def test_waiting_list_is_emptied_when_the_expert_accepts_no_more_bookings(desk: Desk) -> None:
    desk.join(BEA, *MORNING)
    desk.join(CLEO, *MORNING)
    desk.cancel(desk.booked(10))
    assert kinds(desk.change_rules(accepts_bookings=False)) == ["RESET", "LEFT", "RELEASED", "LEFT"]
    assert (desk.waits, desk.offers()) == ([], {})


def test_entry_ends_when_its_time_window_has_passed(desk: Desk) -> None:
    desk.join(BEA, at(9), at(10))
    desk.join(CLEO, at(9), at(10) + SECOND)
    desk.now = at(10) - SECOND
    assert desk.review() == []
    desk.now = at(10)
    assert kinds(desk.review()) == ["LEFT"]
    assert desk.clients() == [CLEO]


def test_day_that_enters_the_horizon_is_offered_at_once() -> None:
    """Nobody else can book time on the new day before it is offered to the clients in line."""
    monday = date(2027, 3, 8)
    desk = Desk(rules(horizon_days=6))
    desk.change_rules(overrides=(override(SUNDAY, (NINE, 10 * 60)),))
    desk.book(ADA, key(9, day=SUNDAY))
    desk.join(BEA, at(0, day=SUNDAY), at(12, day=monday))
    [wait] = desk.waits
    assert wait.due_at == at(0, day=TUESDAY)
    desk.now = at(0, day=TUESDAY)
    with pytest.raises(SlotTaken):
        desk.book(CLEO, key(9, day=monday), is_cached=True)
    assert kinds(desk.review(is_cached=True)) == ["HELD"]
    assert desk.offers()[BEA].starts_at == at(9, day=monday)
    [wait] = desk.waits
    assert wait.due_at == at(12, day=monday)


def test_day_without_hours_that_enters_the_horizon_changes_only_the_due_time() -> None:
    desk = Desk(rules(horizon_days=6, weekly=()))
    desk.join(BEA, at(0, day=SUNDAY), at(12, day=date(2027, 3, 9)))
    desk.now = at(0, day=TUESDAY)
    assert desk.review() == []
    assert desk.waits[0].due_at == at(0, day=date(2027, 3, 3))


def test_shorter_horizon_sets_the_due_time_of_entries_beyond_it(desk: Desk) -> None:
    desk.join(BEA, at(9, day=date(2027, 3, 20)), at(12, day=date(2027, 3, 20)))
    desk.change_rules(horizon_days=7)
    assert desk.waits[0].due_at == at(0, day=TUESDAY)
