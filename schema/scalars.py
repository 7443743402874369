"""Scalars: what cannot be misread is taken, everything else is refused."""

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

# The offset's minutes are judged here: Python takes +01:99.
RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII
)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def _refuse(kind: str, example: str) -> GraphQLError:
    message = f"{kind} must be written as {example}."
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def parse_datetime(value: object) -> datetime:
    """Read an instant, RFC 3339 with an offset; a naive one is refused."""
    if isinstance(value, str) and RFC3339.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise _refuse("DateTime", "2027-03-28T09:00:00Z, with Z or an offset")


@lru_cache(maxsize=8192)
def format_datetime(value: datetime) -> str:
    """Write an instant in UTC, to the second or, where it has them, milliseconds."""
    precision = "milliseconds" if value.microsecond else "seconds"
    return value.astimezone(UTC).isoformat(timespec=precision).removesuffix("+00:00") + "Z"


def parse_date(value: object) -> date:
    """Read a calendar day."""
    if isinstance(value, str) and DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise _refuse("Date", "2027-03-28")


def parse_time_zone(value: object) -> TimeZone:
    """Read the IANA name of a zone."""
    if isinstance(value, str) and value in zone_names():
        return TimeZone(value)
    raise _refuse("TimeZone", "an IANA name such as Europe/Paris")


def parse_local_time(value: object) -> LocalTime:
    """Read a time of the day as minutes since its beginning; 24:00 is its end."""
    found = CLOCK.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _refuse("LocalTime", "09:30, or 24:00 for the end of a day")
    return LocalTime(int(found[1]) * 60 + int(found[2]) if found[1] else DAY_MINUTES)


def format_local_time(value: int) -> str:
    """Write minutes since the beginning of a day."""
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
        "An instant, RFC 3339 with an offset; answers are in UTC. A naive time is refused.",
        format_datetime,
        parse_datetime,
        "https://scalars.graphql.org/andimarek/date-time.html",
    ),
    date: _scalar("Date", "A calendar day, such as 2027-03-28.", date.isoformat, parse_date),
    TimeZone: _scalar(
        "TimeZone",
        "The IANA name of a time zone, such as Europe/Paris.",
        str,
        parse_time_zone,
        "https://www.iana.org/time-zones",
    ),
    LocalTime: _scalar(
        "LocalTime",
        "A time of the day in the expert's zone, such as 09:30; 24:00 ends a day.",
        format_local_time,
        parse_local_time,
    ),
}
