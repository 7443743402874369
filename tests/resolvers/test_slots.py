"""What may be asked about slots, and how they are grouped by days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from models.calendar.rules import Calendar
from models.errors import BadUserInput
from resolvers.slots import by_day, check_span, days_span, length_of, search_spans, slots_between
from tests.models.samples import EXPERT, MONDAY, NOW, at, day_rules, rules, times, weekly

if TYPE_CHECKING:
    from tests.clients import Api

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
def test_a_span_has_at_most_62_days(since: datetime, until: datetime) -> None:
    """Both bounds are within what is allowed."""
    check_span(since, until)


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        (NOW, NOW, "to: must be later than from"),
        (NOW, NOW - DAY, "to: must be later than from"),
        (NOW, NOW + 62 * DAY + timedelta(milliseconds=1), "to: at most 62 days after from"),
        (
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1, 1, 2, tzinfo=UTC),
            "from: not a day on which anyone could meet",
        ),
        (
            datetime(9999, 12, 31, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
            "from: not a day on which anyone could meet",
        ),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(
    since: datetime, until: datetime, message: str
) -> None:
    """By the argument's name."""
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
async def test_the_ends_of_time_are_refused_by_the_server(api: Api, since: str, until: str) -> None:
    """A span at which dates end is the client's mistake, not the server's."""
    query = """query ($from: DateTime!, $to: DateTime!) {
      experts(first: 100) { nodes { slots(from: $from, to: $to) { id } } } }"""
    answer = await api.post(query, **{"from": since, "to": until})
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("minutes", [15, 60, 480])
def test_a_length_may_be_asked_for(minutes: int) -> None:
    """Any that somebody could offer; without one, the first offer's."""
    calendar = Calendar.model_construct(id=EXPERT, rules=rules())
    assert length_of(calendar, minutes) == minutes
    assert length_of(calendar, None) == 60


@pytest.mark.parametrize("minutes", [-60, 0, 1, 14, 20, 61, 495, 2**31 - 1])
def test_a_length_off_the_grid_is_refused(minutes: int) -> None:
    """By the argument's name."""
    calendar = Calendar.model_construct(id=EXPERT, rules=rules())
    with pytest.raises(BadUserInput, match=r"^minutes: a multiple of 15 from 15 to 480$"):
        length_of(calendar, minutes)


def test_days_are_local() -> None:
    """Their span begins and ends at midnight there, also when the clock changes between."""
    assert days_span(MONDAY, 1, "UTC") == (at(0), at(0) + DAY)
    since, until = days_span(date(2027, 3, 28), 1, "Europe/Paris")
    assert until - since == timedelta(hours=23)
    since, until = days_span(date(2027, 10, 30), 2, "Europe/Paris")
    assert until - since == timedelta(hours=49)


@pytest.mark.parametrize("count", [-1, 0, 63, 2**31 - 1])
def test_a_number_of_days_that_makes_no_sense_is_refused(count: int) -> None:
    """By the argument's name."""
    with pytest.raises(BadUserInput, match=r"^count: must lie between 1 and 62$"):
        days_span(MONDAY, count, "UTC")


@pytest.mark.parametrize("day", [date.min, date(1970, 12, 31), date(9000, 1, 2), date.max])
@pytest.mark.parametrize("zone_name", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_at_the_end_of_time_is_refused(day: date, zone_name: str) -> None:
    """By the argument's name."""
    with pytest.raises(BadUserInput, match=r"^from: not a day on which anyone could meet$"):
        days_span(day, 62, zone_name)


def test_slots_are_grouped_by_the_days_that_were_asked_for() -> None:
    """An expert's Monday is Sunday and Monday elsewhere; a day without slots is there too."""
    of = rules(weekly=weekly(0, (0, 120), (1320, 1440)))
    calendar = Calendar.model_construct(id=EXPERT, rules=of)
    first, zone_name = date(2027, 2, 28), "America/New_York"
    since, until = days_span(first, 3, zone_name)
    found = slots_between(calendar, [], 60, since, until, since)
    days = by_day(found, first, 3, zone_name)
    assert [(day, times(slots)) for day, slots in days] == [
        (first, ["00:00", "01:00"]),
        (MONDAY, ["22:00", "23:00"]),
        (MONDAY + DAY, []),
    ]


def test_a_slot_that_happens_twice_is_there_twice() -> None:
    """Both have the same local time, and ids of their own."""
    day = date(2027, 10, 31)
    of = day_rules(day, "Europe/Paris", (120, 180))
    calendar = Calendar.model_construct(id=EXPERT, rules=of)
    since, until = days_span(day, 1, "Europe/Paris")
    [(_, found)] = by_day(
        slots_between(calendar, [], 60, since, until, since), day, 1, "Europe/Paris"
    )
    assert times(found) == ["00:00", "01:00"]


def test_the_next_slot_is_looked_for_near_first() -> None:
    """A fortnight, then the rest of the horizon; together they leave nothing out."""
    near = Calendar.model_construct(id=EXPERT, rules=rules(horizon_days=7))
    far = Calendar.model_construct(id=EXPERT, rules=rules(horizon_days=90))
    assert search_spans(near, NOW) == [(NOW, NOW + 9 * DAY)]
    assert search_spans(far, NOW) == [(NOW, NOW + 14 * DAY), (NOW + 14 * DAY, NOW + 92 * DAY)]
