"""Instants, days and the 15-minute grid on which all of them lie."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

CELL_MINUTES = 15
CELL = timedelta(minutes=CELL_MINUTES)
CELL_SECONDS = CELL_MINUTES * 60
DAY_MINUTES = 24 * 60


def utc_now() -> datetime:
    """The time in UTC, in whole milliseconds, as the database keeps it."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def cell_of(instant: datetime) -> int:
    """The number of the cell that an instant lies in: quarter hours since 1970."""
    return int(instant.timestamp()) // CELL_SECONDS


@lru_cache(maxsize=16384)
def instant_of(cell: int) -> datetime:
    """The instant at which a cell begins."""
    return datetime.fromtimestamp(cell * CELL_SECONDS, UTC)


def is_on_grid(instant: datetime) -> bool:
    """Whether an instant begins a cell."""
    return instant.timestamp() % CELL_SECONDS == 0


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The IANA names that the tzdata package knows; not the system's, which differ by machine."""
    listed = resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(listed.split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, from the tzdata package.

    Raises:
        KeyError: for a name that it does not know.
    """
    if name not in zone_names():
        raise KeyError(name)
    with resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def local_date(instant: datetime, zone_name: str) -> date:
    """The calendar day that an instant falls on in a zone."""
    return instant.astimezone(zone(zone_name)).date()


@lru_cache(maxsize=4096)
def day_span(day: date, zone_name: str) -> tuple[int, int]:
    """The cells of a local day, from its first to the next day's first.

    They are 96, but 92 to 100 on a day on which the clock changes.
    """
    local = zone(zone_name)
    following = day + timedelta(days=1)
    return (
        cell_of(datetime(day.year, day.month, day.day, tzinfo=local)),
        cell_of(datetime(following.year, following.month, following.day, tzinfo=local)),
    )


def wall_clock(span: tuple[int, int], zone_name: str) -> list[int]:
    """The local minute of the day at which each cell of a span begins.

    On a day on which the clock changes, times that do not exist are missing and times that
    happen twice are there twice.
    """
    local = zone(zone_name)
    times = (instant_of(cell).astimezone(local) for cell in range(*span))
    return [at.hour * 60 + at.minute for at in times]
