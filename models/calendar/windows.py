"""Windows of open hours, in which adjoining ranges are merged, even across midnight.

Session starts are counted in steps from the beginning of their window, which may lie on the day
before. A day that is open around the clock is the exception: its steps are counted from midnight,
because open hours without any break have no beginning.
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
    """Open hours of a local day, in minutes since the midnight at which the day begins.

    Attributes:
        grid: the minute from which steps are counted; negative if the window began the day before.
        start: the first open minute on this day.
        end: the minute after the last open minute; if it is above 1440, it lies on the next day.
    """

    grid: int
    start: int
    end: int

    def first_start(self, step: int) -> int:
        """Return the first minute in the window that is a whole number of steps from `grid`."""
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
    """Return a day's merged open ranges, including hours that continue from the day before.

    Minutes are counted from the day's midnight, so all ranges lie in [0, 1440].
    """
    spilled = [(0, range_.end - DAY_MINUTES) for range_ in rules.ranges_on(day - ONE_DAY)]
    own = [(range_.start, min(range_.end, DAY_MINUTES)) for range_ in rules.ranges_on(day)]
    return _union([*((start, end) for start, end in spilled if end > 0), *own])


def _grid_at_midnight(rules: Rules, day: date) -> int:
    """Return the grid of a window that begins at midnight.

    If open hours continue from the day before, the result is the minute at which they began there,
    which is negative; otherwise, it is 0.
    """
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
