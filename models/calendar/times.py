"""Instants, local days, time zones and the grid of 15-minute cells."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

CELL_MINUTES = 15
CELL = timedelta(minutes=CELL_MINUTES)
CELL_SECONDS = CELL_MINUTES * 60
DAY_MINUTES = 24 * 60
CELLS_PER_DAY = DAY_MINUTES // CELL_MINUTES


def utc_now() -> datetime:
    """Return the current UTC time, truncated to the database's precision of milliseconds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def cell_of(instant: datetime) -> int:
    """Return the number of the 15-minute cell that contains an instant, counted from 1970."""
    return int(instant.timestamp()) // CELL_SECONDS


def first_cell_from(instant: datetime) -> int:
    """Return the number of the first cell that begins at or after an instant."""
    return -int(-instant.timestamp() // CELL_SECONDS)


@lru_cache(maxsize=16384)
def instant_of(cell: int) -> datetime:
    """Return the instant at which a cell begins."""
    return datetime.fromtimestamp(cell * CELL_SECONDS, UTC)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the tzdata package's zone names; the system's names differ between machines."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(listed.split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the time zone with the given IANA name, read from the tzdata package.

    Raises:
        KeyError: if the name is unknown.
    """
    if name not in zone_names():
        raise KeyError(name)
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def local_date(instant: datetime, zone_name: str) -> date:
    """Return the date of an instant in a time zone."""
    return instant.astimezone(zone(zone_name)).date()


@lru_cache(maxsize=4096)
def day_span(day: date, zone_name: str) -> tuple[int, int]:
    """Return a local day's cells as a half-open range that ends at the next day's first cell.

    A day has 96 cells, or 92 to 100 when the clocks change.
    """
    local = zone(zone_name)
    following = day + timedelta(days=1)
    return (
        cell_of(datetime(day.year, day.month, day.day, tzinfo=local)),
        cell_of(datetime(following.year, following.month, following.day, tzinfo=local)),
    )


def wall_clock(span: tuple[int, int], zone_name: str) -> list[int]:
    """Return, for each cell of a span, the local minute of the day at which it begins.

    When the clocks change, nonexistent local times are missing and repeated ones appear twice.
    """
    local = zone(zone_name)
    times = (instant_of(cell).astimezone(local) for cell in range(*span))
    return [at.hour * 60 + at.minute for at in times]
