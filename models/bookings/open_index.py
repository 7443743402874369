"""Index of the times at which experts can be booked, for searches by time.

The index gives each expert a number. For each session length and cell, a bitmap contains the
numbers of the experts who are free to start a session of that length in that cell. When a search
first needs the bitmaps of a local day, they are computed for all experts; later, they are updated
with each change of a calendar. Minimum notice and horizon depend on the present time, so they are
applied to the results of each search; expired holds are removed before each search.
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
"""If at most this many experts remain to be searched, their calendars are checked one by one. The
bitmaps of a further day are then not computed."""

MIN_DISCARDED: Final = 1_000
"""If there are fewer unused expert numbers than this, the index is never rebuilt."""

MIN_DAYS: Final = 16
MAX_CALENDAR_DAYS: Final = 640_000
"""Limit on the number of days whose bitmaps are kept, multiplied by the number of experts. The
bitmaps of one day take up to 200 bytes per expert. Up to `MIN_DAYS` days are kept in any case."""

EVERYBODY: Final = 2**62
"""Value that marks a day as computed for all calendars, including those that are added later."""


class NotComputed(LookupError):
    """The bitmaps of a local day are needed but have not been computed yet."""

    def __init__(self, day: date) -> None:
        super().__init__(day.isoformat())
        self.day = day


class OpenIndex:
    """Calendars of numbered experts, and bitmaps of the experts who are free at each time."""

    def __init__(self) -> None:
        self.calendars: list[OpenCalendar | None] = []
        self._numbers: dict[Id, int] = {}
        self._bookable = Bitmap()
        self._starts: defaultdict[int, dict[int, Bitmap]] = defaultdict(dict)
        """Bitmaps of the experts who are free to start a session, keyed by the session's length and
        then by its first cell."""
        self._days: dict[date, int] = {}
        """Number of calendars that the bitmaps of each computed local day include, keyed by day."""
        self._defaults: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._lengths: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._notices: defaultdict[int, Bitmap] = defaultdict(Bitmap)
        self._horizons: defaultdict[tuple[str, int], Bitmap] = defaultdict(Bitmap)
        self._ends_of_holds: list[tuple[datetime, int]] = []

    def __iter__(self) -> Iterator[Id]:
        return iter(self._numbers)

    @property
    def is_wasteful(self) -> bool:
        """Whether most expert numbers are no longer used, so that the index should be rebuilt."""
        return len(self.calendars) > 2 * len(self._numbers) + MIN_DISCARDED

    @property
    def max_horizon(self) -> timedelta:
        """An upper limit on how far ahead of the present time any expert can be booked."""
        return (max((days for _, days in self._horizons), default=0) + 2) * ONE_DAY

    def number(self, expert_id: Id) -> int | None:
        """Return the number of an expert, or None if the expert is not in the index."""
        return self._numbers.get(expert_id)

    def get(self, expert_id: Id) -> OpenCalendar | None:
        """Return the calendar of an expert, or None if the expert is not in the index."""
        number = self._numbers.get(expert_id)
        return None if number is None else self.calendars[number]

    def put(self, expert_id: Id, calendar: OpenCalendar) -> int:
        """Add or replace the calendar of an expert, and return the expert's number."""
        number = self._numbers.setdefault(expert_id, len(self.calendars))
        if number == len(self.calendars):
            self.calendars.append(None)
        self._replace(number, calendar)
        return number

    def remove(self, expert_id: Id) -> int | None:
        """Remove an expert; return the expert's number, or None if the expert is not in the index.

        The number is not reused.
        """
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
        """Add an expert to the bitmaps of a local day, or remove the expert from them."""
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
        """Add an expert to the bitmaps that apply to all days, or remove the expert from them."""
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
        """Mark the time of expired holds as free in the bitmaps."""
        while self._ends_of_holds and self._ends_of_holds[0][0] <= now:
            _, number = heappop(self._ends_of_holds)
            if calendar := self.calendars[number]:
                self._replace(number, calendar.at(now))

    def forget_days(self, now: datetime) -> None:
        """Drop the bitmaps of past days, or of all days if they would take too much memory."""
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
        """Continue to compute the bitmaps of a local day, for at most `limit` more experts.

        Returns:
            Whether the bitmaps of the day now include all experts.
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
        """Yield cells, earliest first, each with the experts whose first open slot starts in it.

        Args:
            among: the experts to search, as a bitmap.
            minutes: length of the slots; None for the length of each expert's first offer.
            since: start of the time span in which the slots must start.
            until: end of the time span, exclusive.
            now: the present time.

        Raises:
            NotComputed: if the bitmaps of a local day must be computed first.
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
        """Return the experts with an open slot that starts in a time span, as a bitmap.

        The arguments and exceptions are those of `soonest`.
        """
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
        """Return the experts who are free to start a session in a cell of `range(first, stop)`."""
        found, starts = 0, self._starts.get(minutes, {})
        for cell in range(first, stop):
            if bitmap := starts.get(cell):
                found |= bitmap.value
        return found

    def _is_limited(self, first: int, stop: int, now: datetime) -> bool:
        """Return whether an expert's minimum notice or horizon may exclude a cell of the range.

        The range contains the cells from `first` to the one before `stop`.
        """
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
        """Return the experts with an open slot that starts in the given cell."""
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
        """Return the experts for whom a cell is within the notice period, or beyond the horizon."""
        start, too_far = instant_of(cell), 0
        notice = (start - now) / timedelta(minutes=1)
        for minutes, group in self._notices.items():
            if minutes > notice:
                too_far |= group.value
        ahead = (start.date() - now.date()).days
        for (zone, days), group in self._horizons.items():
            # A local date differs by at most one day from the date in UTC.
            if days < ahead + 2 and (
                local_date(start, zone) > local_date(now, zone) + days * ONE_DAY
            ):
                too_far |= group.value
        return too_far


def _local_days(cell: int) -> list[date]:
    """Return all dates that occur in any time zone during the UTC day that contains a cell."""
    day = instant_of(cell).date()
    return [day - ONE_DAY, day, day + ONE_DAY]
