"""Clock changes of time zones, found by iterating over instants, without the code under test."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from models.calendar.times import zone, zone_names

if TYPE_CHECKING:
    from collections.abc import Iterable

YEARS = (2020, 2035)
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)
FIRST = datetime(YEARS[0], 1, 1, tzinfo=UTC)
DAYS = [FIRST + n * DAY for n in range((datetime(YEARS[1] + 1, 1, 2, tzinfo=UTC) - FIRST).days)]


@lru_cache(maxsize=1)
def distinct_zones() -> list[str]:
    """Return one name for each distinct time zone; aliases have identical files."""
    files: dict[bytes, str] = {}
    for name in sorted(zone_names()):
        file = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
        files.setdefault(file.read_bytes(), name)
    return sorted(files.values())


def offsets(zone_name: str) -> list[timedelta]:
    """Return a time zone's UTC offset at the beginning of each UTC day in `DAYS`."""
    local = zone(zone_name)
    return [day.astimezone(local).utcoffset() or timedelta() for day in DAYS]


@lru_cache(maxsize=1024)
def days_of_change(zone_name: str) -> list[date]:
    """Return the UTC days during which a time zone's UTC offset changes."""
    found = offsets(zone_name)
    return [
        day.date() for day, now, then in zip(DAYS, found, found[1:], strict=False) if now != then
    ]


def quarters(first: date, last: date) -> Iterable[datetime]:
    """Yield the start of every quarter hour from the first to the last UTC day, inclusive."""
    instant = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + DAY
    while instant < end:
        yield instant
        instant += QUARTER


def cells_by_local_day(
    zone_name: str, first: date, last: date
) -> dict[date, list[tuple[int, int]]]:
    """Return the quarter hours of each local day.

    A quarter hour is given as its number since 1970 and the local time in minutes since midnight.
    The first and last local days may be incomplete.
    """
    local = zone(zone_name)
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for instant in quarters(first, last):
        local_time = instant.astimezone(local)
        found[local_time.date()].append(
            (int(instant.timestamp()) // 900, local_time.hour * 60 + local_time.minute)
        )
    return found
