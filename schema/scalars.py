"""Custom scalars, parsed strictly: ambiguous values are rejected."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from models.calendar.times import DAY_MINUTES, zone_names

if TYPE_CHECKING:
    from collections.abc import Callable

TimeZone = NewType("TimeZone", str)
LocalTime = NewType("LocalTime", int)

# The pattern limits the minutes of the UTC offset to 59, because `fromisoformat` accepts +01:99.
RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def _bad_input(kind: str, example: str) -> GraphQLError:
    message = f"{kind} must be written as {example}."
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def parse_datetime(value: object) -> datetime:
    """Parse an RFC 3339 date and time, which must have a UTC offset; return the time in UTC."""
    if isinstance(value, str) and RFC3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _bad_input("DateTime", "2027-03-28T09:00:00Z, with Z or an offset")


@lru_cache(maxsize=8192)
def format_datetime(value: datetime) -> str:
    """Format a date and time in UTC, with milliseconds unless they are zero."""
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).isoformat(timespec=precision).removesuffix("+00:00") + "Z"


def parse_date(value: object) -> date:
    """Parse a date, such as 2027-03-28."""
    if isinstance(value, str) and DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _bad_input("Date", "2027-03-28")


def parse_time_zone(value: object) -> TimeZone:
    """Check the IANA name of a time zone."""
    if isinstance(value, str) and value in zone_names():
        return TimeZone(value)
    raise _bad_input("TimeZone", "an IANA name such as Europe/Paris")


def parse_local_time(value: object) -> LocalTime:
    """Parse a time such as 09:30, up to 24:00, into minutes since midnight."""
    match = TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _bad_input("LocalTime", "09:30, or 24:00 for the end of a day")
    return LocalTime(int(match[1]) * 60 + int(match[2]) if match[1] else DAY_MINUTES)


def format_local_time(value: int) -> str:
    """Format a number of minutes since midnight as a time, such as 09:30."""
    return f"{value // 60:02}:{value % 60:02}"


def _scalar(
    name: str,
    description: str,
    serialize: Callable[[Any], str],
    parse: Callable[[Any], Any],
    url: str | None = None,
) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=serialize,
        parse_value=parse,
        specified_by_url=url,
    )


SCALARS: dict[object, ScalarDefinition] = {
    datetime: _scalar(
        "DateTime",
        "Date and time in RFC 3339 format. The UTC offset is required; responses use UTC.",
        format_datetime,
        parse_datetime,
        "https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: _scalar(
        "Date",
        "Calendar date, such as 2027-03-28.",
        date.isoformat,
        parse_date,
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    TimeZone: _scalar(
        "TimeZone",
        "IANA name of a time zone, such as Europe/Paris.",
        str,
        parse_time_zone,
        "https://www.iana.org/time-zones",
    ),
    LocalTime: _scalar(
        "LocalTime",
        "Time of day in the expert's time zone, such as 09:30; 24:00 is the end of the day.",
        format_local_time,
        parse_local_time,
        "https://www.rfc-editor.org/rfc/rfc3339#appendix-A",
    ),
}
