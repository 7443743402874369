"""Text search of the directory, with an in-memory index that each search first updates."""

from __future__ import annotations

from heapq import nlargest, nsmallest
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from models.caching.single_flight import SingleFlight
from models.directory.experts import BY_MATCH, Category, Expert, entries
from models.directory.search_index import ListedExpert, SearchIndex
from models.directory.versions import recent_changes
from models.store.documents import or_unavailable
from models.store.pages import Page, cut

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.directory.experts import DirectoryEntry
    from models.directory.filters import ExpertFilter
    from models.directory.search_index import Match
    from models.ids import Id
    from models.store.pages import Order, PageArguments

ROWS_PER_BATCH: Final = 200
"""Number of experts that are read and indexed at a time; other work can run between batches."""

FIELDS: Final = {
    "category": 1,
    "rating": 1,
    "experience_years": 1,
    "hourly_rate": 1,
    "language_keys": 1,
    "confirms_automatically": 1,
    "by_rating": 1,
    "by_name": 1,
    "words": 1,
    "bio_words": 1,
}


class DirectorySearch:
    """Finds listed experts by words.

    The index is built at the first search or refresh. Later ones read only the experts that have
    changed since; if there were more changes than the directory records, they read all experts.
    """

    def __init__(self) -> None:
        self._index = SearchIndex()
        self._version = -1
        self._refreshes: SingleFlight[None, None] = SingleFlight()

    async def matches(self, version: int | None, filter_: ExpertFilter) -> list[Match]:
        """Return the experts that match a filter and its search text, in no particular order.

        Args:
            version: oldest version of the directory that the result may reflect; None to read the
                current version from the database.
            filter_: the filter.

        Raises:
            BadUserInput: if the filter is invalid.
            Unavailable: if the database does not respond.
        """
        words, admits = filter_.words() or (), filter_.admits()
        # Require the same version: after a backup is restored, the index may be ahead of the
        # directory.
        is_current = self._version == version
        while not is_current:
            await self.refresh()
            # If another search began the refresh, the refresh may have read an older version.
            is_current = version is None or self._version >= version
        return self._index.find(words, admits)

    async def counts(self, version: int | None, filter_: ExpertFilter) -> dict[Category, int]:
        """Return how many experts per category match; the arguments are those of `matches`."""
        counted = dict.fromkeys(Category, 0)
        for match in await self.matches(version, filter_):
            counted[Category(match.expert.category)] += 1
        return counted

    async def page(
        self, version: int | None, filter_: ExpertFilter, order: Order, arguments: PageArguments
    ) -> Page[DirectoryEntry]:
        """Return a page of the experts that `matches` finds.

        Args:
            version: oldest version of the directory that the result may reflect; None to read the
                current version from the database.
            filter_: the filter.
            order: `BY_MATCH` or an order of the directory.
            arguments: size and position of the page.

        Raises:
            BadUserInput: if the filter, the page size or a cursor is invalid.
            Unavailable: if the database does not respond.
        """
        size, bounds = arguments.size, order.bounds(arguments)
        matches = await self.matches(version, filter_)
        keyed = [(key, match) for match in matches if _is_within(key := _key(match, order), bounds)]
        pick = nlargest if order.reads_descending(arguments) else nsmallest
        rows, has_next, has_previous = cut(pick(size + 1, keyed, key=itemgetter(0)), arguments)
        with or_unavailable():
            found = await entries([match.expert.id for _, match in rows])

        number = len(matches)

        async def total(*_: object) -> int:
            return number

        # Experts who have left the directory in the meantime are skipped.
        shown = [
            found[match.expert.id]._replace(by_match=match.by_match)
            for _, match in rows
            if match.expert.id in found
        ]
        return Page(shown, order, has_next, has_previous, Expert, (), total)

    async def refresh(self) -> None:
        """Bring the index up to date with the present version of the directory.

        Raises:
            Unavailable: if the database does not respond.
        """
        await self._refreshes.run(None, self._refresh)

    async def _refresh(self) -> None:
        with or_unavailable():
            # Read the version before the experts, so that the experts are at least as new.
            changes = await recent_changes()
            changed = changes.since(self._version)
            if changed is None or self._index.is_wasteful:
                self._index = await _built()
            elif changed:
                await _update(self._index, changed)
        self._version = changes.version


async def _built() -> SearchIndex:
    """Return an index of all listed experts."""
    index = SearchIndex()
    rows = Expert.get_pymongo_collection().find({"listed": True}, FIELDS)
    async for row in rows.batch_size(ROWS_PER_BATCH):
        _put(index, row)
    return index


async def _update(index: SearchIndex, expert_ids: set[Id]) -> None:
    """Read the given experts again, and replace their entries in the index."""
    wanted = {"_id": {"$in": list(expert_ids)}, "listed": True}
    rows = await Expert.get_pymongo_collection().find(wanted, FIELDS).to_list()
    for expert_id in expert_ids:
        index.remove(expert_id)
    for row in rows:
        _put(index, row)


def _put(index: SearchIndex, row: Mapping[str, Any]) -> None:
    index.put(ListedExpert.of(row), row.get("words", ()), row.get("bio_words", ()))


def _key(match: Match, order: Order) -> str:
    key: str = getattr(match if order is BY_MATCH else match.expert, order.field)
    return key


def _is_within(key: str, bounds: Mapping[str, str]) -> bool:
    return ("$gt" not in bounds or key > bounds["$gt"]) and (
        "$lt" not in bounds or key < bounds["$lt"]
    )
