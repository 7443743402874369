"""`unchanged_until` predicts how long computed slots stay valid while only time passes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from models.calendar.expiry import unchanged_until
from models.calendar.rules import Offer, Rules, WeeklyRange
from models.calendar.slots import Occupant, Slot, listed_slots
from models.calendar.times import cell_of
from tests.support.samples import ADA, EXPERT, NOW, at, rules

if TYPE_CHECKING:
    from datetime import datetime

ZONES = ("UTC", "Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns")
MILLISECOND = timedelta(milliseconds=1)
OPEN_ALL_DAY = tuple(WeeklyRange(weekday=day, start=0, end=1440) for day in range(7))
DAY = timedelta(days=1)

moments = st.one_of(
    st.integers(0, 300 * 24 * 3_600_000).map(lambda number: at(0) + number * MILLISECOND),
    # Moments on a quarter hour, or a millisecond before or after it.
    st.builds(
        lambda quarters, off: at(0) + quarters * timedelta(minutes=15) + off * MILLISECOND,
        st.integers(0, 96 * 300),
        st.integers(-1, 1),
    ),
)


@st.composite
def some_rules(draw: st.DrawFn) -> Rules:
    """Generate rules of a calendar that is open all day, with other rules chosen at random."""
    return rules(
        time_zone=draw(st.sampled_from(ZONES)),
        weekly=OPEN_ALL_DAY,
        offers=(Offer(minutes=draw(st.sampled_from([15, 30, 60])), price=1),),
        minimum_notice_minutes=draw(st.integers(0, 3_000)),
        horizon_days=draw(st.integers(1, 3)),
        break_minutes=draw(st.sampled_from([0, 15])),
    )


def hold(first: int, until: datetime) -> Occupant:
    """Return a one-hour hold of Ada's that begins at the given cell and ends at `until`."""
    return Occupant(ADA, ADA, range(first, first + 4), first + 4, until)


def listed(of: Rules, holds: list[Occupant], now: datetime, as_of: datetime) -> list[Slot]:
    """Return the slots in the days around `now`, as computed at the instant `as_of`."""
    active = [each for each in holds if each.held_until and as_of < each.held_until]
    taken = {cell: each for each in active for cell in each.cells}
    minutes = of.offers[0].minutes
    return list(listed_slots(EXPERT, of, taken, minutes, now - DAY, now + 5 * DAY, as_of))


@given(
    some_rules(),
    moments,
    st.lists(st.tuples(st.integers(0, 400), st.integers(-120_000, 1_500_000)), max_size=3),
    st.floats(0, 1),
)
def test_slots_do_not_change_before_the_predicted_instant(
    of: Rules, now: datetime, held: list[tuple[int, int]], part: float
) -> None:
    """Slots are compared up to a millisecond before the predicted instant, with random holds."""
    holds = [
        hold(cell_of(now) + cells, now + milliseconds * MILLISECOND) for cells, milliseconds in held
    ]
    ends = [each.held_until for each in holds if each.held_until]
    until = unchanged_until(of, ends, now)
    assert now <= until <= now + timedelta(minutes=15)
    first = listed(of, holds, now, now)
    instants = [now + (until - now) * part, until - MILLISECOND]
    for instant in instants:
        if now <= instant < until:
            assert listed(of, holds, now, instant) == first


@given(some_rules(), moments)
def test_slots_change_only_at_predicted_instants(of: Rules, now: datetime) -> None:
    """Slots are compared once a minute for two hours, without holds."""
    before, until = listed(of, [], now, now), unchanged_until(of, [], now)
    for minutes in range(1, 120):
        instant = now + timedelta(minutes=minutes)
        found = listed(of, [], now, instant)
        if found != before:
            assert until <= instant
        if until <= instant:
            until = unchanged_until(of, [], instant)
        before = found


def test_predicted_instant_is_the_next_quarter_hour_notice_limit_or_hold_end() -> None:
    """The earliest of these instants is predicted; holds that have expired are ignored."""
    moment = at(9, 1)
    assert unchanged_until(rules(), [], moment) == at(9, 15)
    assert unchanged_until(rules(minimum_notice_minutes=10), [], moment) == at(9, 5)
    assert unchanged_until(rules(), [at(9, 3), at(9, 2), at(9, 0)], moment) == at(9, 2)
    assert unchanged_until(rules(), [], NOW) == NOW
