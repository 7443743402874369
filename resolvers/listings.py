"""Pages of the directory and their totals, read once for each state of it.

The directory's number, which tells one state from another, is found by `_id`, once for all who ask
at the same time. A page is a range of an index, of which the embedded database goes through all
that the filter finds: 0.8 ms for 250 experts, 9 for 2,500. A count goes through it everywhere: 44
ms for a category of 330, in which that database answers nobody else. So 32 who asked for six pages
of 200,000 experts had none after a minute, where each read its own.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from models.caching.batch_loader import BatchLoader
from models.caching.cache import Cache
from models.caching.single_flight import SingleFlight
from models.directory.experts import directory
from models.directory.versions import directory_version
from models.store.documents import or_unavailable
from models.store.pages import count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from models.directory.experts import DirectoryEntry, ExpertFilter
    from models.store.documents import Record
    from models.store.pages import Filter, Order, Page, PageArguments

    _PageKey = tuple[int, ExpertFilter, Order, PageArguments]

MOST: int = 1_000
MOST_BYTES: int = 8 * 1024 * 1024
LONGEST: int = 50
"""Experts on a page: who asks for more goes through all of them, and not again."""

ENTRY_BYTES: int = 1_200
"""What an expert's entry takes in memory beside the text about the person."""


class Listings:
    """Reads the directory.

    What was read while the directory changed may know of the change already, never of less than the
    number from before says.

    Args:
        remembers: False: reads every page and counts every total anew.
    """

    def __init__(self, *, remembers: bool = True) -> None:
        self._remembers = remembers
        self._numbers: BatchLoader[None, int] = BatchLoader(_number)
        self._reads: SingleFlight[_PageKey, Page[DirectoryEntry]] = SingleFlight()
        self._counts: SingleFlight[tuple[int, str], int] = SingleFlight()
        self._pages: Cache[_PageKey, Page[DirectoryEntry]] = Cache("pages", MOST, MOST_BYTES)
        self._totals: Cache[tuple[int, str], int] = Cache("totals", MOST)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Listings]:
        """Read it for as long as the context lasts."""
        async with self._numbers.open("directory"):
            yield self

    async def page(
        self, filter_: ExpertFilter, order: Order, arguments: PageArguments
    ) -> Page[DirectoryEntry]:
        """A page of the listed experts.

        Raises:
            BadUserInput: for a filter, a size or a cursor that makes no sense.
            Unavailable: when the database does not answer.
        """
        if not self._remembers:
            with or_unavailable():
                return await directory(filter_, order, arguments)
        number = await self._numbers.load(None) or 0
        key = number, filter_, order, arguments
        found = self._pages.get(key)
        if found is None:
            found = await self._reads.run(key, partial(self._read, key))
        return found

    async def _read(self, key: _PageKey) -> Page[DirectoryEntry]:
        number, filter_, order, arguments = key
        with or_unavailable():
            found = await directory(filter_, order, arguments, partial(self._total, number))
        if len(found.rows) <= LONGEST:
            self._pages.put(key, found, _size(key, found))
        return found

    async def _total(self, number: int, document: type[Record], filters: Sequence[Filter]) -> int:
        key = number, repr(filters)
        found = self._totals.get(key)
        if found is None:
            found = await self._counts.run(key, partial(count, document, filters))
            self._totals.put(key, found)
        return found


async def _number(_: Sequence[None]) -> dict[None, int]:
    return {None: await directory_version()}


def _size(key: _PageKey, page: Page[DirectoryEntry]) -> int:
    """About so many bytes; what was asked for may be long, too."""
    return len(repr(key)) + sum(ENTRY_BYTES + len(entry.bio) for entry in page.rows)
