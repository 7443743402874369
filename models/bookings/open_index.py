"""Index of the times at which experts are open, for searches by time.

Experts are numbered. For each session length and cell, a bitmap has the numbers of the experts who
are free to start a session there. Bitmaps are computed for a local day of all experts when it is
first needed, and follow each change of a calendar. Rules that depend on the present time are
applied to results: the notice, the horizon, and the ends of holds.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

from models.bookings.open_times import cell_from
from models.calendar.times import CELLS_PER_DAY, cell_of, instant_of, local_date
from models.store.bitmaps import Bitmap, numbers_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from models.bookings.open_times import OpenCalendar
    from models.ids import Id

ONE_DAY: Final = timedelta(days=1)
MAX_SINGLE: Final = 64
"""Up to this number of experts are checked one by one, without computing another day of all
experts."""

MIN_DISCARDED: Final = 1_000
"""Number of unused numbers below which the index is never rebuilt."""

MIN_DAYS: Final = 16
MAX_CALENDAR_DAYS: Final = 640_000
"""Bound on the days whose bitmaps are kept, times the number of experts; a day of an expert takes
up to 200 bytes. `MIN_DAYS` are kept in any case."""

EVERYBODY: Final = 2**62
"""Marks a day as computed for all calendars, including those that are added later."""


class NotComputed(LookupError):
    """The bitmaps of a local day are needed but not computed yet."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class OpenIndex:
    """Open calendars by the number of their expert, and by the cells at which sessions start."""

    def __init__(self) -> None:
        self.calendars: list[OpenCalendar | None] = []
        self._numbers: dict[Id, int] = {}
        self._bookable = Bitmap()
        self._starts: defaultdict[int, dict[int, Bitmap]] = defaultdict(dict)
        """Experts who are free to start a session, by its length and first cell."""
        self._days: dict[date, int] = {}
        """Computed local days, each with the number of calendars that it is computed for."""
        self._defaults: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._lengths: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._notices: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._horizons: defaultdict[tuple[str, int], Bitmap] = defaultdict(Bitmap)
        self._ends_of_holds: list[tuple[datetime, int]] = []

    def __iter__(self) -> Iterator[Id]:
        return iter(self._numbers)

    @property
    def is_wasteful(self) -> bool:
        """Whether most numbers are not used any more, so that the index should be rebuilt."""
        return len(self.calendars) > 2 * len(self._numbers) + MIN_DISCARDED

    @property
    def max_horizon(self) -> timedelta:
        """The time from now after which no expert can be booked."""
        return (max((days for _, days in self._horizons), default=0) + 2) * ONE_DAY

    def number(self, expert_id: Id) -> int | None:
        """Return the number of an expert; None if they are not listed."""
        return self._numbers.get(expert_id)

    def get(self, expert_id: Id) -> OpenCalendar | None:
        """Return the calendar of an expert; None if they are not listed."""
        number = self._numbers.get(expert_id)
        return None if number is None else self.calendars[number]

    def put(self, expert_id: Id, calendar: OpenCalendar) -> int:
        """Add an expert's calendar, or replace it; return the expert's number."""
        number = self._numbers.setdefault(expert_id, len(self.calendars))
        if number == len(self.calendars):
            self.calendars.append(None)
        self._replace(number, calendar)
        return number

    def remove(self, expert_id: Id) -> int | None:
        """Remove an expert, and return the number, which is not used again; None if unknown."""
        number = self._numbers.pop(expert_id, None)
        if number is not None:
            self._replace(number, None)
        return number

    def _replace(self, number: int, calendar: OpenCalendar | None) -> None:
        former = self.calendars[number]
        self.calendars[number] = calendar
        days = calendar.changed_days(former) if calendar and former else None
        for each, is_new in ((former, False), (calendar, True)):
            if each is None:
                continue
            for day, computed in self._days.items():
                if number < computed and (days is None or day in days):
                    self._mark(number, each, day, is_new=is_new)
            if days is None:
                self._group(number, each, is_new=is_new)
        if calendar and (end := calendar.next_end_of_hold):
            heappush(self._ends_of_holds, (end, number))

    def _mark(self, number: int, calendar: OpenCalendar, day: date, *, is_new: bool) -> None:
        """Add an expert to the bitmaps of a day, or remove them."""
        for minutes in calendar.lengths:
            starts = self._starts[minutes]
            for cell in calendar.free_starts(minutes, day):
                bitmap = starts.get(cell)
                if bitmap is None:
                    bitmap = starts[cell] = Bitmap()
                if is_new:
                    bitmap.add(number)
                else:
                    bitmap.discard(number)

    def _group(self, number: int, calendar: OpenCalendar, *, is_new: bool) -> None:
        """Add an expert to the bitmaps of rules, or remove them."""
        rules = calendar.rules
        if not calendar.is_bookable:
            return
        for group in (
            self._bookable,
            self._defaults[calendar.lengths[0]],
            *(self._lengths[minutes] for minutes in calendar.lengths),
            self._notices[rules.minimum_notice_minutes],
            self._horizons[rules.time_zone, rules.horizon_days],
        ):
            if is_new:
                group.add(number)
            else:
                group.discard(number)

    def expire_holds(self, now: datetime) -> None:
        """Free the time of expired holds."""
        while self._ends_of_holds and self._ends_of_holds[0][0] <= now:
            _, number = heappop(self._ends_of_holds)
            if calendar := self.calendars[number]:
                self._replace(number, calendar.at(now))

    def forget_days(self, now: datetime) -> None:
        """Drop the bitmaps of past days, and all of them if they take too much memory."""
        past = [day for day in self._days if day < now.date() - 2 * ONE_DAY]
        for day in past:
            del self._days[day]
        if past:
            before = cell_of(now - 4 * ONE_DAY)
            for starts in self._starts.values():
                for cell in [cell for cell in starts if cell < before]:
                    del starts[cell]
        if len(self._days) > max(MIN_DAYS, MAX_CALENDAR_DAYS // max(1, len(self._numbers))):
            self._days.clear()
            self._starts.clear()

    def compute(self, day: date, limit: int) -> bool:
        """Compute the bitmaps of a local day for at most `limit` more experts.

        Returns:
            Whether the bitmaps of the day are complete.
        """
        first = self._days.get(day, 0)
        stop = min(first + limit, len(self.calendars))
        for number in range(first, stop):
            if calendar := self.calendars[number]:
                self._mark(number, calendar, day, is_new=True)
        is_complete = stop == len(self.calendars)
        self._days[day] = EVERYBODY if is_complete else stop
        return is_complete

    def soonest(
        self, among: int, minutes: int | None, since: datetime, until: datetime, now: datetime
    ) -> Iterator[tuple[int, int]]:
        """Yield cells, earliest first, with the experts whose first open slot starts there.

        Args:
            among: the experts, as a bitmap.
            minutes: length of the slots; None for each expert's first offer.
            since: start of the span in which the slots start.
            until: end of the span, exclusive.
            now: the present time.

        Raises:
            NotComputed: if a local day must be computed first.
        """
        cell = cell_from(max(since, now))
        stop = cell_from(min(until, now + self.max_horizon))
        left = among & self._bookable.value
        if minutes is not None:
            left &= self._lengths[minutes].value if minutes in self._lengths else 0
        while left and cell < stop:
            for day in _local_days(cell):
                if self._days.get(day) == EVERYBODY:
                    continue
                if left.bit_count() > MAX_SINGLE:
                    raise NotComputed(day)
                yield from self._one_by_one(left, minutes, cell, stop, now)
                return
            for each in range(cell, min(stop, cell - cell % CELLS_PER_DAY + CELLS_PER_DAY)):
                if found := left & self._open_at(each, minutes, now):
                    yield each, found
                    left &= ~found
            cell += CELLS_PER_DAY - cell % CELLS_PER_DAY

    def open_within(
        self, among: int, minutes: int | None, since: datetime, until: datetime, now: datetime
    ) -> int:
        """Return the experts with an open slot that starts in a span; see `soonest`."""
        first, stop = cell_from(max(since, now)), cell_from(until)
        cells = (*range(first, stop, CELLS_PER_DAY), stop - 1)
        days = {day for cell in cells for day in _local_days(cell)}
        is_computed = all(self._days.get(day) == EVERYBODY for day in days)
        if first >= stop or not is_computed or self._is_limited(first, stop, now):
            found = 0
            for _, members in self.soonest(among, minutes, since, until, now):
                found |= members
            return found
        left = among & self._bookable.value
        if minutes is not None:
            return left & self._starting(minutes, first, stop)
        found = 0
        for length, default in self._defaults.items():
            if wanted := left & default.value:
                found |= wanted & self._starting(length, first, stop)
        return found

    def _starting(self, minutes: int, first: int, stop: int) -> int:
        """Return the experts who are free to start a session at one of the given cells."""
        found, starts = 0, self._starts.get(minutes, {})
        for cell in range(first, stop):
            if bitmap := starts.get(cell):
                found |= bitmap.value
        return found

    def _is_limited(self, first: int, stop: int, now: datetime) -> bool:
        """Return whether any cell may be within an expert's notice period or beyond the horizon."""
        notice = timedelta(minutes=max(self._notices, default=0))
        horizon = min((days for _, days in self._horizons), default=0) * ONE_DAY
        return first < cell_from(now + notice) or stop > cell_of(now + horizon - 2 * ONE_DAY)

    def _one_by_one(
        self, left: int, minutes: int | None, since: int, until: int, now: datetime
    ) -> Iterator[tuple[int, int]]:
        found: defaultdict[int, int] = defaultdict(int)
        for number in numbers_of(left):
            if calendar := self.calendars[number]:
                length = calendar.lengths[0] if minutes is None else minutes
                cell = next(calendar.open_starts(length, since, until, now), None)
                if cell is not None:
                    found[cell] |= 1 << number
        yield from sorted(found.items())

    def _open_at(self, cell: int, minutes: int | None, now: datetime) -> int:
        """Return the experts with an open slot that starts at a cell."""
        if minutes is None:
            found = 0
            for length, default in self._defaults.items():
                if bitmap := self._starts[length].get(cell):
                    found |= bitmap.value & default.value
        else:
            bitmap = self._starts[minutes].get(cell) if minutes in self._starts else None
            found = bitmap.value if bitmap else 0
        return found & ~self._unlisted_at(cell, now) if found else 0

    def _unlisted_at(self, cell: int, now: datetime) -> int:
        """Return the experts for whom a cell is too soon, or beyond the horizon."""
        start, too_far = instant_of(cell), 0
        notice = (start - now) / timedelta(minutes=1)
        for minutes, group in self._notices.items():
            if minutes > notice:
                too_far |= group.value
        ahead = (start.date() - now.date()).days
        for (zone, days), group in self._horizons.items():
            # Local dates differ by a day at most from those in UTC.
            if days < ahead + 2 and (
                local_date(start, zone) > local_date(now, zone) + days * ONE_DAY
            ):
                too_far |= group.value
        return too_far


def _local_days(cell: int) -> list[date]:
    """Return the local dates of all time zones during the UTC day of a cell."""
    day = instant_of(cell).date()
    return [day - ONE_DAY, day, day + ONE_DAY]
