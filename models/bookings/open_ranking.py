"""Filters, counts and orders experts by the times at which they can be booked."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest, nsmallest
from typing import TYPE_CHECKING, Final

from models.bookings.open_index import OpenIndex
from models.directory.experts import BY_MATCH, BY_SOONEST, Category
from models.directory.listed_experts import BY_ID, ListedExperts
from models.store.bitmaps import Bitmap, has, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from models.bookings.open_times import OpenCalendar
    from models.directory.filters import ExpertFilter
    from models.directory.listed_experts import Keyed
    from models.directory.search_index import ListedExpert
    from models.ids import Id
    from models.store.pages import Order

CELL_DIGITS: Final = 8
NO_SLOT: Final = 10**CELL_DIGITS - 1
"""Value used as the cell of experts without an open slot, so that these experts are sorted last."""


class OpenRanking:
    """The listed experts and their calendars.

    Attributes:
        experts: the experts, keyed by number.
        index: the experts' calendars, keyed by the same numbers.
    """

    def __init__(self) -> None:
        self.experts = ListedExperts()
        self.index = OpenIndex()

    def put(self, expert: ListedExpert, calendar: OpenCalendar) -> None:
        """Add an expert with a calendar, or replace both."""
        self.experts.put(self.index.put(expert.id, calendar), expert)

    def remove(self, expert_id: Id) -> None:
        """Remove an expert, if present."""
        number = self.index.remove(expert_id)
        if number is not None:
            self.experts.remove(number)

    def find(
        self,
        filter_: ExpertFilter,
        matches: Mapping[Id, str] | None,
        now: datetime,
        *,
        with_times: bool,
    ) -> FoundExperts:
        """Return the listed experts who match a filter.

        Args:
            filter_: the filter.
            matches: the experts who match the filter's search words, as a map from expert id to
                order key; None if the filter has no words.
            now: the present time.
            with_times: whether to find each expert's first open slot, so that the result can be
                ordered by it.

        Raises:
            BadUserInput: if the filter is invalid.
            NotComputed: if the bitmaps of a local day must be computed first.
        """
        members, ranks = self.experts.admitted(filter_), None
        if matches is not None:
            numbered = ((self.index.number(id_), key) for id_, key in matches.items())
            ranks = {number: key for number, key in numbered if number is not None}
            matched = Bitmap()
            for number in ranks:
                matched.add(number)
            members &= matched.value
        times = None
        if available := filter_.available:
            since, until, minutes = available
            if with_times:
                times = dict(self.index.soonest(members, minutes, since, until, now))
                members = 0
                for found in times.values():
                    members |= found
            else:
                members = self.index.open_within(members, minutes, since, until, now)
        return FoundExperts(self, members, ranks, times, now)


@dataclass(frozen=True, slots=True)
class FoundExperts:
    """The experts who match a filter, with the keys to order them.

    Attributes:
        members: the experts' numbers, as a bitmap.
        ranks: order keys for relevance, keyed by expert number; None if the filter has no search
            words.
        times: for each cell, the experts whose first open slot starts in it; None if the search was
            made without `with_times`.
    """

    ranking: OpenRanking
    members: int
    ranks: Mapping[int, str] | None
    times: Mapping[int, int] | None
    now: datetime

    def by_category(self) -> dict[Category, int]:
        """Return the number of found experts in each category."""
        experts = self.ranking.experts
        return {each: experts.number_in(self.members, each) for each in Category}

    def first(
        self, order: Order, bounds: Mapping[str, str], limit: int, *, descending: bool
    ) -> list[Keyed]:
        """Return the found experts that come first in the given order, with their order keys.

        Args:
            order: the order.
            bounds: limits for the order keys, as query operators such as `$gt`.
            limit: maximum number of experts.
            descending: whether the expert with the highest key comes first.
        """
        if order.field == BY_SOONEST:
            return self._soonest(bounds, limit, descending=descending)
        experts = self.ranking.experts
        if order == BY_MATCH and self.ranks is not None:
            low, high = bounds.get("$gt", ""), bounds.get("$lt")
            members = to_bytes(self.members)
            inside = [
                (key, number)
                for number, key in self.ranks.items()
                if has(members, number) and key > low and (high is None or key < high)
            ]
            return (nlargest if descending else nsmallest)(limit, inside)
        return experts.first(self.members, order.field, bounds, limit, descending=descending)

    def _soonest(self, bounds: Mapping[str, str], limit: int, *, descending: bool) -> list[Keyed]:
        low, high = bounds.get("$gt", ""), bounds.get("$lt")
        levels: Iterator[tuple[int, int]] = self._levels()
        if descending:
            # To start with the expert whose first slot is latest, find the first slots of all
            # experts.
            levels = reversed(list(levels))
        found: list[Keyed] = []
        for cell, members in levels:
            prefix = f"{cell:0{CELL_DIGITS}}"
            if prefix < low[:CELL_DIGITS]:
                if descending:
                    break
                continue
            if high is not None and prefix > high[:CELL_DIGITS]:
                if not descending:
                    break
                continue
            inside = {}
            if prefix == low[:CELL_DIGITS]:
                inside["$gt"] = low[CELL_DIGITS:]
            if high is not None and prefix == high[:CELL_DIGITS]:
                inside["$lt"] = high[CELL_DIGITS:]
            left = limit - len(found)
            found += [
                (prefix + key, number)
                for key, number in self.ranking.experts.first(
                    members, BY_ID, inside, left, descending=descending
                )
            ]
            if len(found) == limit:
                break
        return found

    def _levels(self) -> Iterator[tuple[int, int]]:
        """Yield cells, earliest first, each with the experts whose first open slot starts in it."""
        if self.times is not None:
            yield from self.times.items()
            return
        index, left = self.ranking.index, self.members
        until = self.now + index.max_horizon
        for cell, members in index.soonest(left, None, self.now, until, self.now):
            yield cell, members
            left &= ~members
        if left:
            yield NO_SLOT, left
