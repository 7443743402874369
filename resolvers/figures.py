"""Daily booking figures for experts and administrators, in the viewer's time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from auth.policies import relations_of, relations_to_expert, require
from models.bookings.figures import Count, counts_by_day
from models.calendar.times import day_span, instant_of
from models.errors import BadUserInput, Unauthenticated
from models.money import MAX_AMOUNT
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.ids import Id

MAX_FIGURE_DAYS: Final = 366
"""Maximum number of days that a request for figures may span: a leap year."""

FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(9000, 1, 1)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Figures:
    """Booking figures for consecutive days, and the time zone in which these days begin and end."""

    days: dict[date, Count]
    time_zone: str

    @property
    def total(self) -> Count:
        """The sums of the figures over all days."""
        return Count(*map(sum, zip(*self.days.values(), strict=True)))


async def expert_figures(viewer: Viewer | None, expert_id: Id, since: date, until: date) -> Figures:
    """Return the daily figures for an expert's bookings.

    Raises:
        Unauthenticated: if nobody is signed in.
        Forbidden: if the viewer is neither the expert nor an administrator.
        BadUserInput: if the span of days is invalid.
        Unavailable: if the database does not respond.
    """
    require("Expert.figures", relations_to_expert(viewer, expert_id))
    return await _figures(viewer, expert_id, since, until)


async def all_figures(viewer: Viewer | None, since: date, until: date) -> Figures:
    """Return the daily figures for the bookings of all experts.

    Raises:
        Unauthenticated: if nobody is signed in.
        Forbidden: if the viewer is not an administrator.
        BadUserInput: if the span of days is invalid.
        Unavailable: if the database does not respond.
    """
    require("Query.figures", relations_of(viewer))
    return await _figures(viewer, None, since, until)


async def _figures(
    viewer: Viewer | None, expert_id: Id | None, since: date, until: date
) -> Figures:
    if viewer is None:
        raise Unauthenticated("Sign in first.")
    check_days(since, until)
    zone_name = viewer.user.time_zone
    number = (until - since).days + 1
    starts = {
        day: instant_of(day_span(day, zone_name)[0])
        for day in (since + n * ONE_DAY for n in range(number))
    }
    end = instant_of(day_span(until, zone_name)[1])
    # If a time zone has skipped a day, as Samoa's did in 2011, two dates begin at the same moment.
    boundaries = sorted({*starts.values(), end})
    with or_unavailable():
        counts = await counts_by_day(expert_id, boundaries)
    days = {day: counts.pop(start, Count()) for day, start in reversed(starts.items())}
    return Figures(dict(sorted(days.items())), zone_name)


def check_income(income: int) -> int:
    """Check an income in minor currency units, and return it.

    Raises:
        BadUserInput: if the income exceeds the largest amount that the API can return.
    """
    if income > MAX_AMOUNT:
        message = f"to: the income exceeds {MAX_AMOUNT:,}; ask for fewer days, or without income"
        raise BadUserInput(message)
    return income


def check_days(since: date, until: date) -> None:
    """Check a span of days, which includes its first and last day.

    Raises:
        BadUserInput: if the span is empty, longer than `MAX_FIGURE_DAYS`, or begins outside the
            supported dates. The error message names the invalid argument.
    """
    if not FIRST_DAY <= since <= LAST_DAY:
        raise BadUserInput(f"from: must lie between {FIRST_DAY} and {LAST_DAY}")
    if until < since:
        raise BadUserInput("to: must not be earlier than from")
    if (until - since).days >= MAX_FIGURE_DAYS:
        raise BadUserInput(f"to: must be at most {MAX_FIGURE_DAYS - 1} days after from")
