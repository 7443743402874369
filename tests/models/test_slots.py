"""Tests of an expert's listed slots and their status, given rules, bookings and holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from models.calendar.rules import Offer, Rules
from models.calendar.slots import Occupant, Slot, SlotKey, SlotStatus, listed_slot, slot_of
from tests.support.samples import (
    ADA,
    BEA,
    EXPERT,
    MONDAY,
    NINE,
    NOON,
    NOW,
    TEN,
    at,
    booking,
    cell,
    listing,
    override,
    rules,
    times,
    weekly,
)

HELD_UNTIL = at(0, 10)


def occupant(
    first: int,
    *,
    minutes: int = 60,
    pause: int = 0,
    client: str = "a",
    held_until: datetime | None = None,
) -> Occupant:
    """Return a client's booking or hold that begins at `first`, with a break of `pause` minutes."""
    end = first + minutes // 15
    id_ = {"a": ADA, "b": BEA}[client]
    return Occupant(id_, id_, range(first, end + pause // 15), end, held_until)


def by_cell(*occupants: Occupant) -> dict[int, Occupant]:
    """Return a dictionary from each occupied cell to its occupant."""
    return {number: occupant for occupant in occupants for number in occupant.cells}


def statuses(of: Rules, *occupants: Occupant, minutes: int = 60) -> dict[str, str]:
    """Return the status of each slot on Monday, keyed by the slot's start time."""
    found = listing(of, minutes, taken=by_cell(*occupants))
    return dict(zip(times(found), [slot.status.value for slot in found], strict=True))


def test_default_step_between_starts_is_the_session_length() -> None:
    assert times(listing(rules())) == ["09:00", "10:00", "11:00"]
    assert times(listing(rules(), 30)) == ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


def test_session_must_fit_into_a_single_window_of_hours() -> None:
    """Start times are counted from each window's start; sessions must fit into the window."""
    several = weekly(0, (NINE, TEN + 45), (NOON, NOON + 45), (NOON + 60, NOON + 120))
    assert times(listing(rules(weekly=several))) == ["09:00", "13:00"]
    touching = weekly(0, (NINE, NINE + 30), (NINE + 30, TEN))
    assert times(listing(rules(weekly=touching))) == ["09:00"]
    assert times(listing(rules(weekly=touching), 30)) == ["09:00", "09:30"]


def test_starts_in_overlapping_ranges_of_hours_are_sorted_and_unique() -> None:
    overlapping = weekly(0, (TEN, NOON), (NINE, NOON))
    assert times(listing(rules(weekly=overlapping))) == ["09:00", "10:00", "11:00"]


def test_explicit_step_between_starts_replaces_the_session_length() -> None:
    """The step applies to all lengths, so that the sessions on offer may overlap."""
    stepped = rules(step_minutes=45)
    assert times(listing(stepped)) == ["09:00", "09:45", "10:30"]
    assert times(listing(stepped, 30)) == ["09:00", "09:45", "10:30", "11:15"]


def test_last_session_of_a_whole_day_ends_at_midnight() -> None:
    found = listing(rules(weekly=weekly(0, (0, 1440))))
    assert len(found) == 24
    assert found[0].key.starts_at == at(0)
    assert found[-1].key.ends_at == at(0, day=date(2027, 3, 2))


def test_override_replaces_the_hours_of_one_day() -> None:
    """An override can change, close or open a day; other days keep their weekly hours."""
    end = at(0, day=date(2027, 3, 9))
    moved = rules(overrides=(override(MONDAY, (NOON, NOON + 60)),))
    closed = rules(overrides=(override(MONDAY),))
    opened = rules(overrides=(override(date(2027, 3, 2), (NINE, TEN)),))
    assert times(listing(moved, until=end)) == ["12:00", "09:00", "10:00", "11:00"]
    assert [s.key.starts_at.day for s in listing(closed, until=end)] == [8, 8, 8]
    assert [s.key.starts_at.day for s in listing(opened, until=end)] == [1, 1, 1, 2, 8, 8, 8]


def test_working_hours_are_in_the_experts_time_zone() -> None:
    """A day in the expert's time zone may begin on the previous day in UTC."""
    tokyo = rules(time_zone="Asia/Tokyo")
    found = listing(tokyo, since=at(0, day=date(2027, 2, 28)))
    assert [slot.key.starts_at for slot in found] == [at(0), at(1), at(2)]
    early = rules(time_zone="Asia/Tokyo", weekly=weekly(0, (60, 120)))
    sunday = at(0, day=date(2027, 2, 28))
    [slot] = listing(early, since=sunday, now=sunday)
    assert slot.key.starts_at == at(16, day=date(2027, 2, 28))


def test_listing_includes_the_start_of_the_span_and_excludes_its_end() -> None:
    """Only the start of a slot must lie in the span, which may begin and end at any second."""
    assert times(listing(rules(), since=at(9), until=at(11))) == ["09:00", "10:00"]
    second = timedelta(seconds=1)
    off = listing(rules(), since=at(9) + second, until=at(11) + second)
    assert times(off) == ["10:00", "11:00"]
    assert listing(rules(), since=at(9), until=at(9)) == []


@pytest.mark.parametrize(
    ("now", "first"),
    [
        (at(7), "09:00"),
        (at(7) + timedelta(milliseconds=1), "10:00"),
        (at(8), "10:00"),
        (at(8, 1), "11:00"),
    ],
)
def test_minimum_notice_is_exact_to_the_millisecond(now: datetime, first: str) -> None:
    assert times(listing(rules(minimum_notice_minutes=120), now=now))[0] == first


def test_without_a_minimum_notice_a_session_can_start_now() -> None:
    assert times(listing(rules(), now=at(9))) == ["09:00", "10:00", "11:00"]
    assert times(listing(rules(), now=at(9, 1))) == ["10:00", "11:00"]


def test_horizon_counts_days_in_the_experts_time_zone() -> None:
    daily = tuple(part for day in range(7) for part in weekly(day, (NINE, TEN)))
    of = rules(weekly=daily, horizon_days=3, time_zone="Asia/Tokyo")
    until = NOW + timedelta(days=30)

    def last(now: datetime) -> datetime:
        return listing(of, until=until, now=now)[-1].key.starts_at

    # Midnight in Tokyo is at 15:00 UTC.
    assert last(at(14, 59)) == at(0, day=date(2027, 3, 4))
    assert last(at(15, 0)) == at(0, day=date(2027, 3, 5))


def test_horizon_of_zero_days_is_today() -> None:
    found = listing(rules(horizon_days=0), until=NOW + timedelta(days=14))
    assert times(found) == ["09:00", "10:00", "11:00"]


def test_only_offered_session_lengths_are_listed_each_with_its_price() -> None:
    assert {slot.price for slot in listing(rules())} == {9_000}
    assert {slot.price for slot in listing(rules(), 30)} == {5_000}
    assert listing(rules(), 45) == []


def test_expert_who_accepts_no_bookings_has_no_slots() -> None:
    assert listing(rules(accepts_bookings=False)) == []


def test_slot_by_key_equals_the_listed_slot() -> None:
    of = rules()
    for slot in listing(of):
        assert listed_slot(slot.key, of, {}, NOW) == slot
    for key in (
        SlotKey(EXPERT, cell(9, 15), 60),
        SlotKey(EXPERT, cell(8), 60),
        SlotKey(EXPERT, cell(11, 30), 60),
        SlotKey(EXPERT, cell(9), 45),
        SlotKey(EXPERT, cell(9), 61),
    ):
        assert listed_slot(key, of, {}, NOW) is None
    assert listed_slot(SlotKey(EXPERT, cell(9), 60), of, {}, at(9, 1)) is None


def test_booking_blocks_every_slot_that_it_overlaps() -> None:
    assert statuses(rules(), occupant(cell(9, 30), minutes=60)) == {
        "09:00": "BOOKED",
        "10:00": "BOOKED",
        "11:00": "OPEN",
    }
    assert statuses(rules(), occupant(cell(10), minutes=15), minutes=30)["10:00"] == "BOOKED"


def test_slot_is_held_only_if_no_booking_overlaps_it() -> None:
    """A slot that several holds overlap is held until the last of them ends."""
    soon = occupant(cell(9), minutes=30, held_until=HELD_UNTIL)
    later = occupant(cell(9, 30), minutes=30, client="b", held_until=at(0, 20))
    booked = occupant(cell(9, 30), minutes=30, client="b")
    [held, *_] = listing(rules(), taken=by_cell(soon, later))
    assert (held.status, held.held_until) == (SlotStatus.HELD, at(0, 20))
    [both, *_] = listing(rules(), taken=by_cell(soon, booked))
    assert (both.status, both.held_until) == (SlotStatus.BOOKED, None)


def test_break_blocks_the_slot_that_begins_in_it() -> None:
    """Slots that begin after the break are not blocked."""
    of = rules(break_minutes=15)
    booked = occupant(cell(10), pause=15)
    assert statuses(of, booked, minutes=30) == {
        "09:00": "OPEN",
        # The break after this slot would overlap the booked session.
        "09:30": "BOOKED",
        "10:00": "BOOKED",
        "10:30": "BOOKED",
        "11:00": "BOOKED",
        "11:30": "OPEN",
    }


def test_break_may_lie_outside_working_hours() -> None:
    assert times(listing(rules(break_minutes=60))) == ["09:00", "10:00", "11:00"]


def test_existing_booking_keeps_its_break_after_the_rules_change() -> None:
    """A new booking needs the current break, so it may not fit before an existing booking."""
    unpaused, paused = rules(break_minutes=0), rules(break_minutes=30)
    assert statuses(unpaused, occupant(cell(10), pause=30), minutes=30) == {
        "09:00": "OPEN",
        "09:30": "OPEN",
        "10:00": "BOOKED",
        "10:30": "BOOKED",
        "11:00": "BOOKED",
        "11:30": "OPEN",
    }
    assert statuses(paused, occupant(cell(10), pause=0), minutes=30) == {
        "09:00": "OPEN",
        "09:30": "BOOKED",
        "10:00": "BOOKED",
        "10:30": "BOOKED",
        "11:00": "OPEN",
        "11:30": "OPEN",
    }


def slot_at(hour: int, of: Rules, *occupants: Occupant) -> Slot:
    """Return the one-hour slot that starts at the given hour."""
    return slot_of(SlotKey(EXPERT, cell(hour), 60), 9_000, of, by_cell(*occupants))


def test_slot_belongs_to_a_client_if_only_that_clients_sessions_overlap_it() -> None:
    first = occupant(cell(9), minutes=30)
    second = occupant(cell(9, 30), minutes=30)
    other = occupant(cell(9, 30), minutes=30, client="b")
    alone, shared, empty = (
        slot_at(9, rules(), first, second),
        slot_at(9, rules(), first, other),
        slot_at(9, rules()),
    )
    assert (alone.is_mine(ADA), alone.is_mine(BEA), alone.is_mine(None)) == (True, False, False)
    assert (shared.is_mine(ADA), shared.is_mine(BEA)) == (False, False)
    assert (empty.is_mine(ADA), empty.is_mine(None)) == (False, False)
    assert shared.clients == (ADA, BEA)


def test_slot_blocked_only_by_a_break_belongs_to_no_client() -> None:
    of = rules(break_minutes=15)
    booked = occupant(cell(10), pause=15)
    before, itself, after = (slot_at(hour, of, booked) for hour in (9, 10, 11))
    assert [slot.status for slot in (before, itself, after)] == [SlotStatus.BOOKED] * 3
    assert [slot.is_mine(ADA) for slot in (before, itself, after)] == [False, True, False]
    assert [slot.clients for slot in (before, after)] == [(), ()]


@pytest.mark.usefixtures("database")
def test_hold_stops_occupying_time_the_instant_it_expires() -> None:
    """The hold need not be released first; a released hold occupies no time either."""
    hold = booking(cell(9), held_until=HELD_UNTIL)
    assert hold.occupies_at(HELD_UNTIL - timedelta(milliseconds=1))
    assert not hold.occupies_at(HELD_UNTIL)
    released = hold.model_copy(update={"active": False})
    assert not released.occupies_at(NOW)


def test_slot_key_has_start_end_and_occupied_cells() -> None:
    key = SlotKey(EXPERT, cell(9), 45)
    assert (key.starts_at, key.ends_at) == (at(9), at(9, 45))
    assert list(key.occupies(rules(break_minutes=30))) == list(range(cell(9), cell(10, 15)))
    assert datetime.fromtimestamp(key.cell * 900, UTC) == at(9)


def test_first_offered_session_length_is_the_default() -> None:
    assert rules().offer(None) == Offer(minutes=60, price=9_000)
    assert rules().offer(45) is None
