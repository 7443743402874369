"""Windows of open hours: adjoining ranges are merged, also across midnight.

Sessions start on a grid that begins with the window. Only a day that is open around the clock
begins its own grid at midnight, so that hours without any break have a grid, too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from models.calendar.times import DAY_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from models.calendar.rules import Rules

ONE_DAY = timedelta(days=1)


class Window(NamedTuple):
    """Open hours of a day, in local minutes since its midnight.

    Attributes:
        grid: the minute from which steps are counted; negative if the window began the day before.
        start: the first minute on this day.
        end: the minute after the last one; after 1440 it lies on the next day.
    """

    grid: int
    start: int
    end: int

    def first_start(self, step: int) -> int:
        """Return the first minute of the grid within the window."""
        return self.start + (self.grid - self.start) % step


def windows_on(rules: Rules, day: date) -> list[Window]:
    """Return the windows in which sessions can start on a local day, earliest first."""
    open_today = _merged(rules, day)
    if not open_today:
        return []
    windows = [Window(start, start, end) for start, end in open_today]
    first, last = windows[0], windows[-1]
    if first.start == 0 and first.end < DAY_MINUTES:
        windows[0] = first._replace(grid=_grid_at_midnight(rules, day))
    if last.end >= DAY_MINUTES:
        tomorrow = _merged(rules, day + ONE_DAY)
        continued = tomorrow[0][1] if tomorrow and tomorrow[0][0] == 0 else 0
        windows[-1] = windows[-1]._replace(end=DAY_MINUTES + continued)
    return windows


def _merged(rules: Rules, day: date) -> list[tuple[int, int]]:
    """Return the merged open minutes of a day in [0, 1440), with late hours of the day before."""
    spilled = [(0, range_.end - DAY_MINUTES) for range_ in rules.ranges_on(day - ONE_DAY)]
    own = [(range_.start, min(range_.end, DAY_MINUTES)) for range_ in rules.ranges_on(day)]
    return _union([*((start, end) for start, end in spilled if end > 0), *own])


def _grid_at_midnight(rules: Rules, day: date) -> int:
    """Return the first minute of a grid that continues from the day before; 0 if none does."""
    yesterday = _merged(rules, day - ONE_DAY)
    if not yesterday or yesterday[-1][1] < DAY_MINUTES:
        return 0
    return yesterday[-1][0] - DAY_MINUTES


def _union(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
