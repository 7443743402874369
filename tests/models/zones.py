"""What zones do to the clock, found by walking instants: nothing of the code under test."""

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
    """A name for each different clock: aliases have the same file."""
    files: dict[bytes, str] = {}
    for name in sorted(zone_names()):
        file = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
        files.setdefault(file.read_bytes(), name)
    return sorted(files.values())


def offsets(zone_name: str) -> list[timedelta]:
    """The offset at the beginning of each day of UTC."""
    local = zone(zone_name)
    return [day.astimezone(local).utcoffset() or timedelta() for day in DAYS]


@lru_cache(maxsize=1024)
def days_of_change(zone_name: str) -> list[date]:
    """The days of UTC during which the offset changes."""
    found = offsets(zone_name)
    return [
        day.date() for day, now, then in zip(DAYS, found, found[1:], strict=False) if now != then
    ]


def quarters(first: date, last: date) -> Iterable[datetime]:
    """Every quarter hour of some days of UTC, the last one included."""
    instant = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + DAY
    while instant < end:
        yield instant
        instant += QUARTER


def walked(zone_name: str, first: date, last: date) -> dict[date, list[tuple[int, int]]]:
    """For each local day the quarter hours since 1970 that lie on it, and their local minutes.

    The days at both ends are not whole.
    """
    local = zone(zone_name)
    found: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for instant in quarters(first, last):
        there = instant.astimezone(local)
        found[there.date()].append(
            (int(instant.timestamp()) // 900, there.hour * 60 + there.minute)
        )
    return found
