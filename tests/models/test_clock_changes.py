"""Tests of slots on days on which the clocks change, in every time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar.rules import Offer
from models.calendar.slots import starts
from models.calendar.times import day_span, instant_of, local_date, wall_clock, zone, zone_names
from tests.support.samples import day_rules, local_times, override, rules, weekly
from tests.support.zones import (
    DAY,
    DAYS,
    cells_by_local_day,
    days_of_change,
    distinct_zones,
    offsets,
)

NIGHT = (60, 240)
MIDNIGHT = (0, 120)
EVENING = (1320, 1440)
QUARTER = timedelta(minutes=15)


class Case(NamedTuple):
    """A day, its working hours, a session length, and the expected local start times."""

    zone_name: str
    day: str
    hours: tuple[int, int]
    minutes: int
    expected: str


FORWARDS = [
    Case("Europe/Paris", "2027-03-28", NIGHT, 60, "01:00+01:00 03:00+02:00"),
    Case("America/New_York", "2027-03-14", NIGHT, 60, "01:00-05:00 03:00-04:00"),
    Case("America/St_Johns", "2027-03-14", NIGHT, 60, "01:00-03:30 03:00-02:30"),
    Case("Africa/Casablanca", "2024-04-14", NIGHT, 60, "01:00+00:00 03:00+01:00"),
    # The clocks go forward by half an hour at 2:00, or by an hour at 2:45, during a session.
    Case("Australia/Lord_Howe", "2027-10-03", NIGHT, 60, "01:00+10:30 03:00+11:00"),
    Case(
        *("Australia/Lord_Howe", "2027-10-03", NIGHT, 30),
        "01:00+10:30 01:30+10:30 02:30+11:00 03:00+11:00 03:30+11:00",
    ),
    Case(
        *("Pacific/Chatham", "2027-09-26", (60, 330), 60),
        "01:00+12:45 02:00+12:45 04:00+13:45",
    ),
    # The clocks go forward at midnight, so the day begins at 1:00.
    Case("America/Havana", "2024-03-10", MIDNIGHT, 30, "01:00-04:00 01:30-04:00"),
    Case("Africa/Cairo", "2027-04-30", MIDNIGHT, 30, "01:00+03:00 01:30+03:00"),
    Case("Asia/Beirut", "2027-03-28", MIDNIGHT, 30, "01:00+03:00 01:30+03:00"),
    Case("America/Asuncion", "2023-10-01", MIDNIGHT, 30, "01:00-03:00 01:30-03:00"),
    # The clocks go forward at 23:00, so the day ends an hour early.
    Case("America/Nuuk", "2027-03-27", EVENING, 30, "22:00-02:00 22:30-02:00"),
    # The clocks go forward by three hours at 0:01, just after the first session has begun.
    Case("Antarctica/Casey", "2020-10-04", (0, 300), 60, "00:00+08:00 04:00+11:00"),
    Case("Antarctica/Casey", "2020-10-04", (0, 180), 60, ""),
]
BACKWARDS = [
    Case(
        "Europe/Paris", "2027-10-31", NIGHT, 60, "01:00+02:00 02:00+02:00 02:00+01:00 03:00+01:00"
    ),
    Case(
        *("America/New_York", "2027-11-07", NIGHT, 60),
        "01:00-04:00 01:00-05:00 02:00-05:00 03:00-05:00",
    ),
    Case(
        *("America/St_Johns", "2027-11-07", NIGHT, 60),
        "01:00-02:30 01:00-03:30 02:00-03:30 03:00-03:30",
    ),
    Case(
        *("Africa/Casablanca", "2024-03-10", NIGHT, 60),
        "01:00+01:00 02:00+01:00 02:00+00:00 03:00+00:00",
    ),
    Case(
        *("Australia/Lord_Howe", "2027-04-04", MIDNIGHT, 30),
        "00:00+11:00 00:30+11:00 01:00+11:00 01:30+11:00 01:30+10:30",
    ),
    Case(
        *("Pacific/Chatham", "2027-04-04", (165, 225), 30),
        "02:45+13:45 03:15+13:45 02:45+12:45 03:15+12:45",
    ),
    Case(
        *("America/Havana", "2024-11-03", MIDNIGHT, 60),
        "00:00-04:00 00:00-05:00 01:00-05:00",
    ),
    # The clocks go back at midnight, so the evening is longer and the next day is normal.
    Case("Africa/Cairo", "2027-10-28", EVENING, 60, "22:00+03:00 23:00+03:00 23:00+02:00"),
    Case("Africa/Cairo", "2027-10-29", MIDNIGHT, 60, "00:00+02:00 01:00+02:00"),
    Case("Asia/Beirut", "2027-10-30", EVENING, 60, "22:00+03:00 23:00+03:00 23:00+02:00"),
    Case("America/Asuncion", "2024-03-23", EVENING, 60, "22:00-03:00 23:00-03:00 23:00-04:00"),
    Case("America/Nuuk", "2027-10-30", EVENING, 60, "22:00-01:00 23:00-01:00 23:00-02:00"),
    Case(
        *("Antarctica/Casey", "2021-03-13", (1260, 1440), 90),
        "21:00+11:00 22:30+11:00 21:00+08:00 22:30+08:00",
    ),
]


def local_starts(case: Case) -> str:
    """Return the local start times of a case's sessions, separated by spaces."""
    day = date.fromisoformat(case.day)
    offers = (Offer(minutes=case.minutes, price=1),)
    cells = starts(day_rules(day, case.zone_name, case.hours, offers=offers), case.minutes, day)
    return " ".join(local_times(cells, case.zone_name))


@pytest.mark.parametrize("case", FORWARDS, ids=lambda case: f"{case.zone_name} {case.minutes}")
def test_local_time_skipped_by_a_clock_change_is_not_offered(case: Case) -> None:
    """When the clocks go forward, only times that exist on that day are offered."""
    assert local_starts(case) == case.expected


@pytest.mark.parametrize("case", BACKWARDS, ids=lambda case: f"{case.zone_name} {case.day}")
def test_repeated_local_time_is_offered_twice(case: Case) -> None:
    """When the clocks go back, a session is offered at both occurrences of the local time."""
    assert local_starts(case) == case.expected


@pytest.mark.parametrize("day", ["2027-03-28", "2027-07-01", "2027-10-31"])
def test_utc_offset_with_45_minutes_is_supported(day: str) -> None:
    """Kathmandu is 5 hours and 45 minutes ahead of UTC all year."""
    case = Case("Asia/Kathmandu", day, NIGHT, 90, "01:00+05:45 02:30+05:45")
    assert local_starts(case) == case.expected


def test_session_lasts_its_full_length_across_a_clock_change() -> None:
    forwards = Case("Europe/Paris", "2027-03-28", NIGHT, 90, "01:00+01:00")
    backwards = Case("Europe/Paris", "2027-10-31", NIGHT, 90, "01:00+02:00 02:30+02:00 02:30+01:00")
    assert local_starts(forwards) == forwards.expected
    assert local_starts(backwards) == backwards.expected


@st.composite
def days_in_zones(draw: st.DrawFn) -> tuple[str, date]:
    """Generate a time zone and a day from 2020 to 2035, mostly near one of its clock changes."""
    zone_name = draw(st.sampled_from(sorted(zone_names())))
    anywhere = st.dates(date(2020, 1, 1), date(2035, 12, 31))
    if changes := days_of_change(zone_name):
        near = st.builds(
            lambda day, off: day + off * DAY, st.sampled_from(changes), st.integers(-1, 1)
        )
        return zone_name, draw(st.one_of(near, near, anywhere))
    return zone_name, draw(anywhere)


def on_grid(least: int, most: int) -> st.SearchStrategy[int]:
    """Generate multiples of 15 from `least` to `most`, as numbers of minutes."""
    return st.integers(least // 15, most // 15).map(lambda quarters: quarters * 15)


def is_open_all_day(open_quarters: set[int], day: int) -> bool:
    """Return whether all quarter hours of a day are open; day 0 is the day under test."""
    return open_quarters.issuperset(range(96 * day, 96 * (day + 1)))


def window_around(open_quarters: set[int], quarter: int) -> tuple[int, int, int]:
    """Return where the grid of start times begins, and the open range around a quarter hour.

    The range is given by its first and its last quarter hour. The grid begins with the range, or at
    the last midnight before a day that is open around the clock.
    """
    first = last = quarter
    while last + 1 in open_quarters:
        last += 1
    while first - 1 in open_quarters:
        first -= 1
    grid = quarter
    while grid - 1 in open_quarters and not (
        grid % 96 == 0 and is_open_all_day(open_quarters, grid // 96)
    ):
        grid -= 1
    return grid, first, last


hours = st.tuples(on_grid(0, 1425), on_grid(15, 1440)).map(lambda pair: (pair[0], sum(pair)))
evenings = st.tuples(on_grid(1200, 1425), on_grid(15, 480)).map(lambda pair: (pair[0], sum(pair)))
mornings = on_grid(15, 480).map(lambda end: (0, end))
spans_of_a_day = st.lists(st.one_of(hours, evenings, mornings, st.just((0, 1440))), max_size=3)


@given(
    days_in_zones(),
    st.tuples(*[spans_of_a_day] * 5),
    st.one_of(on_grid(15, 120), on_grid(15, 480)),
    st.none() | on_grid(15, 240),
)
def test_starts_equal_those_found_by_brute_force(
    where: tuple[str, date],
    spans: tuple[list[tuple[int, int]], ...],
    minutes: int,
    step: int | None,
) -> None:
    """Brute force tests each quarter hour of the day and of the days around it separately."""
    zone_name, day = where
    local = zone(zone_name)
    midday = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    open_quarters = {
        quarter + 96 * offset
        for offset, ranges in zip(range(-2, 3), spans, strict=True)
        for start, end in ranges
        for quarter in range(start // 15, end // 15)
    }

    def quarter_of(instant: datetime) -> int:
        """Return the number of an instant's local quarter hour; 0 begins at the day's midnight."""
        time = instant.astimezone(local)
        return (time.date() - day).days * 96 + time.hour * 4 + time.minute // 15

    quarters = {
        instant: quarter_of(instant)
        for instant in (midday + n * QUARTER for n in range(-4 * 48, 4 * 48))
    }

    def is_start(instant: datetime, quarter: int) -> bool:
        if not 0 <= quarter < 96 or quarter not in open_quarters:
            return False
        grid, first, last = window_around(open_quarters, quarter)
        session = [quarters[instant + n * QUARTER] for n in range(minutes // 15)]
        is_whole = all(max(first, 0) <= part <= last for part in session)
        return is_whole and (quarter - grid) * 15 % (step or minutes) == 0

    expected = [instant for instant, quarter in quarters.items() if is_start(instant, quarter)]
    overrides = [
        override(day + offset * DAY, *ranges)
        for offset, ranges in zip(range(-2, 3), spans, strict=True)
    ]
    offers = (Offer(minutes=minutes, price=1),)
    always = rules(
        time_zone=zone_name, weekly=(), overrides=overrides, step_minutes=step, offers=offers
    )
    assert [instant_of(cell) for cell in starts(always, minutes, day)] == expected


def test_adjacent_hours_form_one_range_even_across_midnight() -> None:
    """Two ranges of hours that touch offer the same sessions as one long range."""
    friday = date(2027, 6, 4)
    hour = (Offer(minutes=60, price=1),)
    parts = [override(friday, (1320, 1440)), override(friday + DAY, (0, 120))]
    whole = [override(friday, (1320, 1560)), override(friday + DAY)]
    for overrides in (parts, whole):
        night = rules(weekly=(), overrides=overrides, offers=hour, step_minutes=30)
        cells = [*starts(night, 60, friday), *starts(night, 60, friday + DAY)]
        assert [time[:5] for time in local_times(cells, night.time_zone)] == [
            *("22:00", "22:30", "23:00", "23:30"),
            *("00:00", "00:30", "01:00"),
        ]


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin() -> None:
    """Closing Saturday keeps the rest of Friday's hours; closing Friday removes it."""
    friday = date(2027, 6, 4)
    saturday = friday + DAY
    hour = (Offer(minutes=60, price=1),)
    night = rules(weekly=weekly(friday.weekday(), (1320, 1560)), offers=hour)
    for closed, expected in ((saturday, ["00:00", "01:00"]), (friday, [])):
        cells = starts(night.with_changes(overrides=(override(closed),)), 60, saturday)
        assert [time[:5] for time in local_times(cells, night.time_zone)] == expected


def test_every_zone_offset_is_a_multiple_of_15_minutes() -> None:
    """Checks all time zones in tzdata, on every day from 2020 to 2035."""
    off = {
        name for name in distinct_zones() if any(offset % QUARTER for offset in set(offsets(name)))
    }
    assert off == set()


def test_days_near_clock_changes_contain_their_quarter_hours_in_every_zone() -> None:
    """Each day has exactly its own cells, and 96 cells only if the clocks do not change."""
    plain = list(range(0, 1440, 15))
    for name in distinct_zones():
        for change in days_of_change(name):
            days = cells_by_local_day(name, change - 3 * DAY, change + 3 * DAY)
            for day in (change + n * DAY for n in range(-2, 3)):
                cells = [cell for cell, _ in days[day]]
                clock = [minute for _, minute in days[day]]
                span = day_span(day, name)
                assert cells == list(range(*span)), (name, day)
                assert wall_clock(span, name) == clock, (name, day)
                assert (len(cells) == 96) == (clock == plain), (name, day)


def test_days_without_clock_change_have_96_cells() -> None:
    """Checks the first day of each month, which must also begin at local midnight."""
    months = [day for day in DAYS if day.day == 1]
    for name in distinct_zones():
        changes = set(days_of_change(name))
        for month in months:
            day = month.date()
            if changes.isdisjoint({day - DAY, day, day + DAY}):
                first, last = day_span(day, name)
                assert last - first == 96
                offset = zone(name).utcoffset(month.replace(tzinfo=None))
                assert instant_of(first) + (offset or timedelta()) == month


def test_only_names_in_tzdata_are_time_zones() -> None:
    """The names include aliases and `Factory`; names of tzdata's other files are not accepted."""
    for name in zone_names():
        assert local_date(datetime(2027, 3, 1, 12, tzinfo=UTC), name) in {
            date(2027, 3, 1),
            date(2027, 3, 2),
        }
    for name in ("", "europe/paris", "Europe", "../UTC", "posix/UTC", "right/UTC", "localtime"):
        with pytest.raises(KeyError):
            zone(name)
