"""When slots change though nobody does anything: by the clock alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from models.calendar.times import CELL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from models.calendar.rules import Rules


def unchanged_until(rules: Rules, ends_of_holds: Iterable[datetime], now: datetime) -> datetime:
    """The instant before which slots computed as of `now` are right, unless somebody acts.

    Slots begin on the grid of quarter hours and local days end on it. So a slot leaves the list
    when the minimum notice passes over a point of the grid, a day comes into the horizon at one,
    and what a hold keeps is free at its end.

    Args:
        rules: by which the slots were computed.
        ends_of_holds: of the bookings that they were computed from.
        now: as of when.
    """
    notice = timedelta(minutes=rules.minimum_notice_minutes)
    holds = (end for end in ends_of_holds if end > now)
    return min(_on_grid(now), _on_grid(now + notice) - notice, *holds)


def _on_grid(instant: datetime) -> datetime:
    """The first point of the grid that is not earlier."""
    microseconds = round(instant.timestamp() * 1_000_000)
    return instant + timedelta(microseconds=-microseconds % (CELL_SECONDS * 1_000_000))
