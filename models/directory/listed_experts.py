"""Listed experts in memory, numbered so that filters can combine them as bitmaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from heapq import nlargest, nsmallest
from typing import TYPE_CHECKING, Final

from models.store.bitmaps import Bitmap, has, numbers_of, to_bytes

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from models.directory.experts import Category
    from models.directory.filters import ExpertFilter
    from models.directory.search_index import ListedExpert

    Keyed = tuple[str, int]
    """An order key, and the number of the expert that has it."""

BY_ID: Final = "id"
"""Name of the order by expert id; like any order, it is named after a field of `ListedExpert`."""

MAX_MASKS: Final = 200
BEYOND: Final = float("inf")


class ListedExperts:
    """Listed experts, each with a number that identifies the expert in bitmaps."""

    def __init__(self) -> None:
        self._experts: dict[int, ListedExpert] = {}
        self._all = Bitmap()
        self._groups: defaultdict[tuple[str, Hashable], Bitmap] = defaultdict(Bitmap)
        self._orders: dict[str, list[Keyed]] = {}
        self._masks: dict[tuple[float | None, int | None], int] = {}
        """Bitmaps of matching experts, keyed by the minimum rating and maximum hourly rate."""

    def __getitem__(self, number: int) -> ListedExpert:
        return self._experts[number]

    def put(self, number: int, expert: ListedExpert) -> None:
        """Add an expert, or replace the expert with the same number."""
        if self._experts.get(number) == expert:
            return
        self.remove(number)
        self._experts[number] = expert
        for group in self._groups_of(expert):
            group.add(number)
        for field, keys in self._orders.items():
            insort(keys, (_key(expert, field), number))
        self._masks.clear()

    def remove(self, number: int) -> None:
        """Remove the expert with the given number, if there is one."""
        expert = self._experts.pop(number, None)
        if expert is None:
            return
        for group in self._groups_of(expert):
            group.discard(number)
        for field, keys in self._orders.items():
            del keys[bisect_left(keys, (_key(expert, field), number))]
        self._masks.clear()

    def _groups_of(self, expert: ListedExpert) -> list[Bitmap]:
        names: list[tuple[str, Hashable]] = [
            ("category", expert.category),
            ("confirms", expert.confirms_automatically),
            *(("language", key) for key in expert.language_keys),
        ]
        return [self._all, *(self._groups[name] for name in names)]

    def admitted(self, filter_: ExpertFilter) -> int:
        """Return the bitmap of experts that match a filter, ignoring its search text and times.

        Raises:
            BadUserInput: if the filter is invalid.
        """
        found = self._all.value
        if filter_.categories:
            found &= self._any("category", *(each.value for each in filter_.categories))
        if keys := filter_.language_keys():
            found &= self._any("language", *keys)
        if filter_.confirms_automatically is not None:
            found &= self._any("confirms", filter_.confirms_automatically)
        if filter_.min_rating is not None or filter_.max_hourly_rate is not None:
            found &= self._within(filter_.min_rating, filter_.max_hourly_rate)
        return found

    def number_in(self, members: int, category: Category) -> int:
        """Return how many experts in a bitmap belong to a category."""
        return (members & self._any("category", category.value)).bit_count()

    def _any(self, kind: str, *values: Hashable) -> int:
        found = 0
        for value in values:
            if (kind, value) in self._groups:
                found |= self._groups[kind, value].value
        return found

    def _within(self, rating: float | None, rate: int | None) -> int:
        key = rating, rate
        found = self._masks.get(key)
        if found is None:
            admitted = Bitmap()
            for number, expert in self._experts.items():
                if (rate is None or expert.hourly_rate <= rate) and (
                    rating is None or (expert.rating is not None and expert.rating >= rating)
                ):
                    admitted.add(number)
            if len(self._masks) >= MAX_MASKS:
                self._masks.clear()
            found = self._masks[key] = admitted.value
        return found

    def first(
        self, members: int, field: str, bounds: Mapping[str, str], limit: int, *, descending: bool
    ) -> list[Keyed]:
        """Return the experts in a bitmap that come first in an order, with their order keys.

        Args:
            members: the experts, as a bitmap.
            field: the order: a field of `ListedExpert`, or `BY_ID`.
            bounds: limits for the order keys, as query operators such as `$gt`.
            limit: maximum number of experts.
            descending: whether the highest key is first.
        """
        number = members.bit_count()
        # If the bitmap has few experts, sort them. Otherwise scan all experts in order, which soon
        # finds enough of them.
        if number * number <= 4 * len(self._experts):
            keyed = [(_key(self._experts[each], field), each) for each in numbers_of(members)]
            low, high = bounds.get("$gt", ""), bounds.get("$lt")
            inside = [one for one in keyed if one[0] > low and (high is None or one[0] < high)]
            return (nlargest if descending else nsmallest)(limit, inside)
        keys, held = self._order(field), to_bytes(members)
        found: list[Keyed] = []
        start = bisect_right(keys, (bounds["$gt"], BEYOND)) if "$gt" in bounds else 0
        stop = bisect_left(keys, (bounds["$lt"],)) if "$lt" in bounds else len(keys)
        for place in reversed(range(start, stop)) if descending else range(start, stop):
            if has(held, keys[place][1]):
                found.append(keys[place])
                if len(found) == limit:
                    break
        return found

    def _order(self, field: str) -> list[Keyed]:
        """Return all experts sorted by a field; the sorted list is made on first use and kept."""
        keys = self._orders.get(field)
        if keys is None:
            keys = sorted((_key(expert, field), number) for number, expert in self._experts.items())
            self._orders[field] = keys
        return keys


def _key(expert: ListedExpert, field: str) -> str:
    return str(getattr(expert, field))
