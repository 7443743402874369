"""Each custom scalar accepts one unambiguous format and refuses all other values."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from graphql import GraphQLError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.calendar.times import zone_names
from schema.scalars import (
    LocalTime,
    format_datetime,
    format_local_time,
    parse_date,
    parse_datetime,
    parse_local_time,
    parse_time_zone,
)

if TYPE_CHECKING:
    from collections.abc import Callable

NINE = datetime(2027, 3, 28, 9, tzinfo=UTC)
PARSERS = {
    "DateTime": parse_datetime,
    "Date": parse_date,
    "TimeZone": parse_time_zone,
    "LocalTime": parse_local_time,
}
NON_STRINGS: tuple[object, ...] = (
    None,
    True,
    0,
    1_806_000_000,
    9.5,
    [],
    {},
    ["2027-03-28"],
    b"2027-03-28",
)


def is_refused(parse: Callable[[object], object], value: object) -> bool:
    """Return whether a parser refuses a value with BAD_USER_INPUT."""
    try:
        parse(value)
    except GraphQLError as error:
        return error.extensions == {"code": "BAD_USER_INPUT"}
    return False


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2027-03-28T09:00:00Z", NINE),
        ("2027-03-28t09:00:00z", NINE),
        ("2027-03-28T09:00:00+00:00", NINE),
        ("2027-03-28T09:00:00-00:00", NINE),
        ("2027-03-28T11:00:00+02:00", NINE),
        ("2027-03-27T23:15:00-09:45", NINE),
        ("2027-03-29T08:59:00+23:59", NINE),
        ("2027-03-28T09:00:00.5Z", NINE + timedelta(milliseconds=500)),
        ("2027-03-28T09:00:00.123456Z", NINE + timedelta(microseconds=123_456)),
        ("2027-03-28T09:00:00.123456789Z", NINE + timedelta(microseconds=123_456)),
        ("2028-02-29T00:00:00Z", datetime(2028, 2, 29, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", datetime(1, 1, 1, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_datetime_is_parsed_into_utc(text: str, instant: datetime) -> None:
    """The format is that of RFC 3339, section 5.6; digits beyond microseconds are cut off."""
    parsed = parse_datetime(text)
    assert parsed == instant
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1806000000",
        "2027-03-28",
        "2027-03-28T09:00:00",
        "2027-03-28 09:00:00Z",
        "2027-03-28T09:00Z",
        "2027-03-28T09Z",
        "20270328T090000Z",
        "2027-W12-7T09:00:00Z",
        "2027-087T09:00:00Z",
        "2027-3-28T09:00:00Z",
        "27-03-28T09:00:00Z",
        "02027-03-28T09:00:00Z",
        "+2027-03-28T09:00:00Z",
        "-2027-03-28T09:00:00Z",
        "0000-01-01T00:00:00Z",
        "2027-00-28T09:00:00Z",
        "2027-13-28T09:00:00Z",
        "2027-02-29T09:00:00Z",
        "2027-03-28T24:00:00Z",
        "2027-03-28T25:00:00Z",
        "2027-03-28T09:60:00Z",
        "2027-03-28T09:00:60Z",
        "2016-12-31T23:59:60Z",
        "2027-03-28T09:00:00.Z",
        "2027-03-28T09:00:00,5Z",
        "2027-03-28T09:00:00.1234567890Z",
        "2027-03-28T09:00:00+24:00",
        "2027-03-28T09:00:00-24:00",
        "2027-03-28T09:00:00+99:00",
        "2027-03-28T09:00:00+01:60",
        "2027-03-28T09:00:00-01:99",
        "2027-03-28T09:00:00+01",
        "2027-03-28T09:00:00+0100",
        "2027-03-28T09:00:00+01:00:00",
        "2027-03-28T09:00:00 +01:00",
        "2027-03-28T09:00:00ZZ",
        "2027-03-28T09:00:00Z\n",
        " 2027-03-28T09:00:00Z",
        "2027-03-28T09:00:00[Europe/Paris]",
        "2027-03-28T09:00:00+01:00[Europe/Paris]",
        "٢٠٢٧-03-28T09:00:00Z",
        "2027-03-28T09:00:00\u2212" + "01:00",
        # In UTC, these instants are outside the years 1 to 9999.
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_invalid_datetimes_are_refused(text: str) -> None:
    """Covers naive times, other ISO 8601 formats, leap seconds and impossible offsets."""
    assert is_refused(parse_datetime, text)


instants = st.datetimes(
    min_value=datetime(1, 1, 3),  # noqa: DTZ001 - Hypothesis adds the time zone
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001 - likewise
    timezones=st.builds(
        lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-1439, 1439)
    ),
)


@settings(deadline=None)
@given(instants)
def test_datetime_survives_a_round_trip(instant: datetime) -> None:
    """Milliseconds are omitted if they are zero."""
    instant = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    text = format_datetime(instant)
    assert parse_datetime(text) == instant
    assert len(text) == (24 if instant.microsecond else 20)
    assert text.endswith("Z")


def test_datetime_is_formatted_in_utc() -> None:
    paris = timezone(timedelta(hours=2))
    assert format_datetime(datetime(2027, 3, 28, 11, tzinfo=paris)) == "2027-03-28T09:00:00Z"
    assert format_datetime(NINE + timedelta(milliseconds=5)) == "2027-03-28T09:00:00.005Z"
    assert format_datetime(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


@settings(deadline=None)
@given(st.dates())
def test_date_survives_a_round_trip(day: date) -> None:
    assert parse_date(day.isoformat()) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2027",
        "2027-03",
        "2027-3-28",
        "20270328",
        "2027-W12-7",
        "2027-087",
        "2027-02-29",
        "0000-01-01",
        "2027-13-01",
        "2027-03-28T00:00:00Z",
        "2027-03-28\n",
        " 2027-03-28",
        "28.03.2027",
        "٢٠٢٧-03-28",
        "12027-03-28",
        "-2027-03-28",
    ],
)
def test_invalid_dates_are_refused(text: str) -> None:
    """Only the extended calendar format of ISO 8601 is accepted."""
    assert is_refused(parse_date, text)


def test_time_zone_is_an_exact_iana_name() -> None:
    for name in zone_names():
        assert parse_time_zone(name) == name
    for other in (
        "",
        "europe/paris",
        "Europe",
        "Europe/Paris ",
        "CEST",
        "UTC+1",
        "+01:00",
        "../Europe/Paris",
        "Europe/../UTC",
        "/etc/passwd",
        "posixrules",
        "tzdata.zi",
    ):
        assert is_refused(parse_time_zone, other)


@settings(deadline=None)
@given(st.integers(0, 1440))
@example(1440)
def test_local_time_survives_a_round_trip(minutes: int) -> None:
    """Covers each minute from 00:00 to 24:00."""
    text = format_local_time(LocalTime(minutes))
    assert len(text) == 5
    assert parse_local_time(text) == minutes


@pytest.mark.parametrize(
    "text",
    [
        "",
        "9:30",
        "09:3",
        "0930",
        "09:30:00",
        "09.30",
        "24:01",
        "25:00",
        "09:60",
        "-01:00",
        "09:30 ",
        "09:30\n",
        "9:30 AM",
        "٠٩:٣٠",
        "T09:30",
    ],
)
def test_invalid_local_times_are_refused(text: str) -> None:
    """Hours and minutes need two digits each; the hour 24 is allowed only in 24:00."""
    assert is_refused(parse_local_time, text)


@pytest.mark.parametrize("name", PARSERS)
def test_scalars_accept_strings_only(name: str) -> None:
    """The error message shows the expected format."""
    parse = PARSERS[name]
    assert all(is_refused(parse, value) for value in NON_STRINGS)
    with pytest.raises(GraphQLError, match=rf"^{name} must be written as .+\.$"):
        parse("?")


@settings(deadline=None)
@given(st.text() | st.from_regex(r"[0-9TZtz:+.-]{1,30}", fullmatch=True))
@example("9999-12-31T23:59:59.999999999-23:59")
def test_parsers_raise_only_graphql_errors(text: str) -> None:
    for parse in PARSERS.values():
        with suppress(GraphQLError):
            parse(text)
