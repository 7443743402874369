"""Tests of the arguments of slot queries, and of grouping slots by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.errors import BadUserInput
from resolvers.slots import (
    check_span,
    group_by_day,
    search_windows,
    session_minutes,
    slots_between,
    span_of_days,
)
from tests.support.samples import EXPERT, MONDAY, NOW, at, day_rules, rules, times, weekly

if TYPE_CHECKING:
    from tests.support.clients import Api

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW, NOW + timedelta(milliseconds=1)),
        (NOW, NOW + 62 * DAY),
        (datetime(1971, 1, 1, tzinfo=UTC), datetime(1971, 1, 2, tzinfo=UTC)),
        (datetime(9000, 1, 1, tzinfo=UTC), datetime(9000, 3, 1, tzinfo=UTC)),
    ],
)
def test_span_of_up_to_62_days_is_accepted(since: datetime, until: datetime) -> None:
    """The shortest and longest spans and the earliest and latest dates are accepted."""
    check_span(since, until)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        (NOW, NOW, "to: must be later than from"),
        (NOW, NOW - DAY, "to: must be later than from"),
        (NOW, NOW + 62 * DAY + timedelta(milliseconds=1), "to: must be at most 62 days after from"),
        (
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1, 1, 2, tzinfo=UTC),
            "from: must lie between 1971-01-01 and 9000-01-01",
        ),
        (
            datetime(9999, 12, 31, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
            "from: must lie between 1971-01-01 and 9000-01-01",
        ),
    ],
)
def test_invalid_span_is_refused_with_the_argument_name(
    since: datetime, until: datetime, message: str
) -> None:
    with pytest.raises(BadUserInput) as refused:
        check_span(since, until)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
async def test_api_refuses_dates_out_of_range(api: Api, since: str, until: str) -> None:
    """Dates near the years 1 and 9999 cause a client error, not an internal one."""
    query = """query ($from: DateTime!, $to: DateTime!) {
      experts(first: 100) { nodes { slots(from: $from, to: $to) { id } } } }"""
    answer = await api.post(query, **{"from": since, "to": until})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("minutes", [15, 60, 480])
def test_session_length_on_the_grid_is_accepted(minutes: int) -> None:
    """Any multiple of 15 minutes up to 480 is accepted; the default is the first offer's length."""
    calendar = Calendar.model_construct(id=EXPERT, rules=rules())
    assert session_minutes(calendar, minutes) == minutes
    assert session_minutes(calendar, None) == 60


@pytest.mark.parametrize("minutes", [-60, 0, 1, 14, 20, 61, 495, 2**31 - 1])
def test_session_length_off_the_grid_is_refused(minutes: int) -> None:
    calendar = Calendar.model_construct(id=EXPERT, rules=rules())
    with pytest.raises(BadUserInput, match=r"^minutes: must be a multiple of 15 from 15 to 480$"):
        session_minutes(calendar, minutes)


def test_days_are_local_days() -> None:
    """A span of days runs from local midnight to local midnight, even across clock changes."""
    assert span_of_days(MONDAY, 1, "UTC") == (at(0), at(0) + DAY)
    since, until = span_of_days(date(2027, 3, 28), 1, "Europe/Paris")
    assert until - since == timedelta(hours=23)
    since, until = span_of_days(date(2027, 10, 30), 2, "Europe/Paris")
    assert until - since == timedelta(hours=49)


@pytest.mark.parametrize("count", [-1, 0, 63, 2**31 - 1])
def test_invalid_number_of_days_is_refused(count: int) -> None:
    with pytest.raises(BadUserInput, match=r"^count: must lie between 1 and 62$"):
        span_of_days(MONDAY, count, "UTC")


@pytest.mark.parametrize("day", [date.min, date(1970, 12, 31), date(9000, 1, 2), date.max])
@pytest.mark.parametrize("zone_name", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_day_out_of_range_is_refused(day: date, zone_name: str) -> None:
    with pytest.raises(BadUserInput, match=r"^from: must lie between 1971-01-01 and 9000-01-01$"):
        span_of_days(day, 62, zone_name)


def test_slots_are_grouped_by_the_requested_local_days() -> None:
    """The expert's Monday spans two days in another time zone; days without slots are included."""
    of = rules(weekly=weekly(0, (0, 120), (1320, 1440)))
    calendar = Calendar.model_construct(id=EXPERT, rules=of)
    first, zone_name = date(2027, 2, 28), "America/New_York"
    since, until = span_of_days(first, 3, zone_name)
    found = slots_between(calendar, [], 60, since, until, since)
    days = group_by_day(found, first, 3, zone_name)
    assert [(day, times(slots)) for day, slots in days] == [
        (first, ["00:00", "01:00"]),
        (MONDAY, ["22:00", "23:00"]),
        (MONDAY + DAY, []),
    ]


def test_repeated_local_hour_gives_two_slots() -> None:
    """Both slots have the same local start time, but start an hour apart."""
    day = date(2027, 10, 31)
    of = day_rules(day, "Europe/Paris", (120, 180))
    calendar = Calendar.model_construct(id=EXPERT, rules=of)
    since, until = span_of_days(day, 1, "Europe/Paris")
    [(_, found)] = group_by_day(
        slots_between(calendar, [], 60, since, until, since), day, 1, "Europe/Paris"
    )
    assert times(found) == ["00:00", "01:00"]


def test_next_slot_is_searched_in_two_time_windows() -> None:
    """The first window covers two weeks, and the second any rest of a longer booking horizon."""
    near = Calendar.model_construct(id=EXPERT, rules=rules(horizon_days=7))
    far = Calendar.model_construct(id=EXPERT, rules=rules(horizon_days=90))
    assert search_windows(near, NOW) == [(NOW, NOW + 9 * DAY)]
    assert search_windows(far, NOW) == [(NOW, NOW + 14 * DAY), (NOW + 14 * DAY, NOW + 92 * DAY)]


async def test_next_slots_are_the_first_open_ones(api: Api) -> None:
    """The API returns the next slots in order of time, even beyond the first two weeks."""
    query = """query ($from: DateTime!, $to: DateTime!) { experts(first: 2) { nodes {
      nextSlot { id } nextSlots { id } ten: nextSlots(count: 10) { id status }
      offers { minutes } slots(from: $from, to: $to) { id status } } } }"""
    now = utc_now()
    variables = {"from": now.isoformat(), "to": (now + 62 * DAY).isoformat()}
    for expert in (await api.ask(query, **variables))["experts"]["nodes"]:
        free = [slot for slot in expert["slots"] if slot["status"] == "OPEN"]
        assert expert["ten"] == free[:10]
        assert expert["nextSlots"] == [{"id": slot["id"]} for slot in free[:3]]
        assert expert["nextSlot"] == expert["nextSlots"][0]


async def test_next_slots_in_a_span_agree_with_the_directory_search(api: Api) -> None:
    """The slots are the same before and after a directory search by time has built its index."""
    query = """query ($from: DateTime!, $to: DateTime!, $long: AvailableInput!) {
      experts(first: 3) { nodes {
        nextSlots(available: {from: $from, to: $to}) { id } long: nextSlots(available: $long) { id }
        slots(from: $from, to: $to) { id status }
        hours: slots(from: $from, to: $to, minutes: 60) { id status } } } }"""
    found = "query ($long: AvailableInput!) { experts(filter: {available: $long}) { totalCount } }"
    start = utc_now() + 2 * DAY
    span = {"from": start.isoformat(), "to": (start + 4 * DAY).isoformat()}
    long = {**span, "minutes": 60}
    for _ in range(2):
        for expert in (await api.ask(query, **span, long=long))["experts"]["nodes"]:
            for slots, shown in (("slots", "nextSlots"), ("hours", "long")):
                free = [{"id": each["id"]} for each in expert[slots] if each["status"] == "OPEN"]
                assert expert[shown] == free[:3]
            assert expert["nextSlots"]
        assert (await api.ask(found, long=long))["experts"]["totalCount"] > 0
    [error] = (await api.post(query, **span, long={**long, "to": span["from"]}))["errors"]
    assert error["message"] == "available.to: must be later than from"


@pytest.mark.parametrize("count", [0, -1, 11])
async def test_invalid_number_of_next_slots_is_refused(api: Api, count: int) -> None:
    query = "query ($n: Int!) { experts(first: 1) { nodes { nextSlots(count: $n) { id } } } }"
    [error] = (await api.post(query, n=count))["errors"]
    assert error["message"] == "count: must lie between 1 and 10"
