"""Searches of the directory by time, answered from an index in memory.

The index is built at the first search or, for a large directory, when the process starts. Each
search first reads the calendars that have changed since the previous search, so the result reflects
all changes that were committed before the search began.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from models.bookings.changed_calendars import Changes, read_changes
from models.bookings.open_index import NotComputed
from models.bookings.open_ranking import OpenRanking
from models.bookings.open_reading import read_calendars, read_experts, read_moved
from models.bookings.open_times import ONE_DAY, SharedRules, cell_from
from models.caching.batch_loader import BatchLoader
from models.calendar.times import utc_now
from models.directory.experts import BY_SOONEST, Category, Expert, entries
from models.directory.versions import DIRECTORY
from models.errors import Unavailable
from models.store.documents import or_unavailable
from models.store.pages import Page, cut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import date, datetime

    from models.directory.experts import DirectoryEntry
    from models.directory.filters import ExpertFilter
    from models.directory.search import DirectorySearch
    from models.ids import Id
    from models.store.pages import Order, PageArguments

Found = TypeVar("Found")

MAX_AGE_SECONDS: Final = 24 * 60 * 60
"""If the index has not been refreshed for this time, it is rebuilt instead. The database keeps the
records of changes for twice this time."""

CALENDARS_AT_A_TIME: Final = 50
"""Number of calendars that are indexed in a row before the event loop may run other tasks."""

LARGE_DIRECTORY: Final = 5_000
"""Number of listed experts from which on the index is prepared before the first search, which would
otherwise wait for seconds. Smaller directories need no memory for the index until it is used."""

DAYS_AHEAD: Final = 7
"""Number of coming days whose bitmaps are computed in advance for a large directory."""

PREPARATION: Final = "open times in advance"
"""Name of the task that prepares the index of a large directory."""

PREPARATION_SECONDS: Final = 15 * 60
"""Time between two updates of a large directory's index in the absence of searches."""


class NextOpen(NamedTuple):
    """The start cells of an expert's first open slots, and the end times of the expert's holds."""

    cells: list[int]
    ends_of_holds: list[datetime]


class OpenSearch:
    """Finds listed experts by the times at which they can be booked.

    Args:
        words: the search that finds experts by the words of a filter.
    """

    def __init__(self, words: DirectorySearch) -> None:
        self._words = words
        self._ranking = OpenRanking()
        self._rules = SharedRules()
        self._changes: Changes | None = None
        self._read_at = 0.0
        self._refreshes: BatchLoader[None, None] = BatchLoader(self._refresh)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[OpenSearch]:
        """Refresh the index while the context is open, and prepare it if the directory is large."""
        async with self._refreshes.open("open times"), asyncio.TaskGroup() as group:
            task = group.create_task(self._prepare_if_large(), name=PREPARATION)
            try:
                yield self
            finally:
                task.cancel()

    async def _prepare_if_large(self) -> None:
        """Keep the indexes of a large directory ready, so that searches need not wait for them."""
        experts = Expert.get_pymongo_collection()
        while True:
            # If the database does not respond, the next round tries again.
            with suppress(Unavailable), or_unavailable():
                if not await experts.find_one({"listed": True}, skip=LARGE_DIRECTORY - 1):
                    return
                await self._words.refresh()
                await self._refreshes.load(None)
                self._ranking.index.forget_days(utc_now())
                today = utc_now().date()
                for ahead in range(-1, DAYS_AHEAD + 1):
                    await self._compute(today + ahead * ONE_DAY)
            await asyncio.sleep(PREPARATION_SECONDS)

    async def _compute(self, day: date) -> None:
        """Compute the bitmaps of a local day."""
        is_computed = False
        while not is_computed:
            is_computed = self._ranking.index.compute(day, CALENDARS_AT_A_TIME)
            await asyncio.sleep(0)

    async def page(
        self, filter_: ExpertFilter, order: Order, arguments: PageArguments
    ) -> Page[DirectoryEntry]:
        """Return a page of the experts who match a filter, in the given order.

        Args:
            filter_: the filter, which may contain words and a span of time.
            order: how to sort the experts: by match, by their soonest open slot, or in another
                order of the directory.
            arguments: size and position of the page.

        Raises:
            BadUserInput: if the filter, the page size or a cursor is invalid.
            Unavailable: if the database does not respond.
        """
        size, bounds = arguments.size, order.bounds(arguments)
        matches = await self._matches(filter_)

        def find(now: datetime) -> tuple[list[tuple[str, int]], int]:
            by_time = order.field == BY_SOONEST
            found = self._ranking.find(filter_, matches, now, with_times=by_time)
            is_descending = order.reads_descending(arguments)
            keyed = found.first(order, bounds, size + 1, descending=is_descending)
            return keyed, found.members.bit_count()

        keyed, number = await self._current(find)
        keys: dict[Id, Any] = {self._ranking.experts[each].id: key for key, each in keyed}
        rows, has_next, has_previous = cut(list(keys), arguments)
        with or_unavailable():
            listed = await entries(rows)

        async def total(*_: object) -> int:
            return number

        # Skip experts who have left the directory since the index was searched.
        shown = [
            entry._replace(**{order.field: keys[entry.id]})
            for id_ in rows
            if (entry := listed.get(id_))
        ]
        return Page(shown, order, has_next, has_previous, Expert, (), total)

    async def counts(self, filter_: ExpertFilter) -> dict[Category, int]:
        """Return the number of experts in each category who match a filter."""
        matches = await self._matches(filter_)

        def find(now: datetime) -> dict[Category, int]:
            found = self._ranking.find(filter_, matches, now, with_times=False)
            return found.by_category()

        return await self._current(find)

    async def next_open(
        self,
        expert_id: Id,
        minutes: int,
        count: int,
        now: datetime,
        span: tuple[datetime, datetime] | None = None,
    ) -> NextOpen | None:
        """Return an expert's first open slots, or None if the expert is not in the index.

        The index is empty before the process's first search, and contains only listed experts.

        Args:
            expert_id: the expert.
            minutes: length of the slots.
            count: maximum number of slots.
            now: the present time.
            span: the time span in which the slots must start; None for any time up to the horizon.

        Raises:
            Unavailable: if the database does not respond.
        """
        if self._changes is None:
            return None
        await self._refreshes.load(None)
        calendar = self._ranking.index.get(expert_id)
        if calendar is None:
            return None
        current = calendar.at(now)
        ends = [each.held_until for each in current.busy if each.held_until]
        since, until = span or (now, now + self._ranking.index.max_horizon)
        starts = current.open_starts(minutes, cell_from(since), cell_from(until), now)
        return NextOpen(list(islice(starts, count)), ends)

    async def _matches(self, filter_: ExpertFilter) -> dict[Id, str] | None:
        """Return order keys of experts who match the filter's words; None without words."""
        if filter_.words() is None:
            return None
        return {m.expert.id: m.by_match for m in await self._words.matches(None, filter_)}

    async def _current(self, find: Callable[[datetime], Found]) -> Found:
        """Bring the index up to date, and return the result of `find`.

        If `find` raises `NotComputed`, compute the missing local day and call `find` again.
        """
        # Drop old days before the loop, not in it, since one search may need more days than are
        # kept.
        self._ranking.index.forget_days(utc_now())
        while True:
            await self._refreshes.load(None)
            now = utc_now()
            self._ranking.index.expire_holds(now)
            try:
                return find(now)
            except NotComputed as missing:
                await self._compute(missing.day)

    async def _refresh(self, _: Sequence[None]) -> dict[None, None]:
        """Update the index with all changes since the last refresh, or rebuild it entirely."""
        is_old = monotonic() - self._read_at > MAX_AGE_SECONDS
        with or_unavailable():
            # Read the changes before the calendars, so that the calendars are at least as new as
            # the changes.
            changes = await read_changes()
            if self._changes is None or is_old or self._ranking.index.is_wasteful:
                await self._build()
            else:
                changed, unknown = changes.since(self._changes)
                if DIRECTORY in unknown:
                    await self._build()
                else:
                    if unknown:
                        changed |= await read_moved(self._ranking.index)
                    await self._read(self._ranking, changed)
        self._changes, self._read_at = changes, monotonic()
        return {}

    async def _build(self) -> None:
        self._rules = SharedRules()
        ranking = OpenRanking()
        await self._read(ranking, None)
        self._ranking = ranking

    async def _read(self, ranking: OpenRanking, expert_ids: set[Id] | None) -> None:
        """Read experts and their calendars into the ranking; None stands for all listed experts."""
        if expert_ids is not None and not expert_ids:
            return
        experts = await read_experts(expert_ids)
        for expert_id in (expert_ids or set()) - experts.keys():
            ranking.remove(expert_id)
        calendars = await read_calendars(experts, ranking.index, self._rules, utc_now())
        for number, (id_, calendar) in enumerate(calendars.items(), 1):
            ranking.put(experts[id_], calendar)
            if number % CALENDARS_AT_A_TIME == 0:
                await asyncio.sleep(0)
