"""Pages of experts and reviews, totals and category counts, cached per version of the directory.

Every change to the directory increments its version. Concurrent requests share one read of the
version, and one read of each page, total or count that is not cached. Counting scans a whole
database index; in the embedded database, reading a page may also scan a whole index. Without the
cache, requests for the directory would time out under load.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import partial
from sys import getsizeof
from typing import TYPE_CHECKING, Any

from models.bookings.open_search import OpenSearch
from models.caching.batch_loader import BatchLoader
from models.caching.cache import Cache
from models.caching.single_flight import SingleFlight
from models.caching.sizes import bytes_of
from models.directory.experts import BY_SOONEST, category_counts, directory
from models.directory.reviews import Review, review_page
from models.directory.search import DirectorySearch
from models.directory.versions import directory_version
from models.store.documents import or_unavailable
from models.store.pages import count

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from models.bookings.open_search import NextOpen
    from models.directory.experts import Category, DirectoryEntry
    from models.directory.filters import ExpertFilter
    from models.directory.reviews import ReviewOrder
    from models.ids import Id
    from models.store.documents import Record
    from models.store.pages import Count, Filter, Order, Page, PageArguments

    _PageKey = tuple[int, ExpertFilter | Id, Order | ReviewOrder, PageArguments]

MAX_CACHED_PAGES: int = 1_000
MAX_CACHED_BYTES: int = 8 * 1024 * 1024
MAX_CACHED_PAGE_ROWS: int = 50
"""Larger pages are not cached: they are usually read once, by clients that export the directory."""

ENTRY_BYTES: int = 1_200
"""Estimated bytes of memory of a directory entry without its biography, or of a review without its
texts."""


class Listings:
    """Reads pages of experts and of their reviews.

    A page is never older than the version under which it is cached. A page may be newer if the
    directory changed while the page was read.

    Args:
        use_cache: False to read pages and count totals anew for each request.
    """

    def __init__(self, *, use_cache: bool = True) -> None:
        self._use_cache = use_cache
        self._versions: BatchLoader[None, int] = BatchLoader(_version)
        self._reads: SingleFlight[_PageKey, Page[Any]] = SingleFlight()
        self._counts: SingleFlight[tuple[int, str], int] = SingleFlight()
        self._pages: Cache[_PageKey, Page[Any]] = Cache("pages", MAX_CACHED_PAGES, MAX_CACHED_BYTES)
        self._totals: Cache[tuple[int, str], int] = Cache("totals", MAX_CACHED_PAGES)
        self._categories: Cache[tuple[int, ExpertFilter], dict[Category, int]] = Cache(
            "categories", MAX_CACHED_PAGES
        )
        self._category_reads: SingleFlight[tuple[int, ExpertFilter], dict[Category, int]] = (
            SingleFlight()
        )
        self._search = DirectorySearch()
        self._times = OpenSearch(self._search)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Listings]:
        """Run the batch loader while the context is open."""
        async with self._versions.open("directory"), self._times.open():
            yield self

    async def page(
        self, filter_: ExpertFilter, order: Order, arguments: PageArguments
    ) -> Page[DirectoryEntry]:
        """Return a page of the listed experts.

        Raises:
            BadUserInput: if the filter, the page size or the cursor is invalid.
            Unavailable: if the database does not respond.
        """
        if filter_.available or order.field == BY_SOONEST:
            # Not cached: a change of any calendar, or the passing of time, can change the page.
            return await self._times.page(filter_, order, arguments)

        async def read(version: int | None) -> Page[DirectoryEntry]:
            if filter_.words() is not None:
                return await self._search.page(version, filter_, order, arguments)
            with or_unavailable():
                return await directory(filter_, order, arguments, self._count(version))

        return await self._cached(filter_, order, arguments, read)

    async def next_open(
        self,
        expert_id: Id,
        minutes: int,
        count: int,
        now: datetime,
        span: tuple[datetime, datetime] | None,
    ) -> NextOpen | None:
        """Return an expert's first open slots from the index (see `OpenSearch.next_open`).

        Return None if the expert is not in the index, or if the caches are off.

        Raises:
            Unavailable: if the database does not respond.
        """
        if not self._use_cache:
            return None
        return await self._times.next_open(expert_id, minutes, count, now, span)

    async def reviews(
        self, expert_id: Id, order: ReviewOrder, arguments: PageArguments
    ) -> Page[Review]:
        """Return a page of an expert's visible reviews.

        Concurrent callers share the returned page, so they must not change it.

        Raises:
            BadUserInput: if the page size or the cursor is invalid.
            Unavailable: if the database does not respond.
        """

        async def read(version: int | None) -> Page[Review]:
            with or_unavailable():
                return await review_page(expert_id, order, arguments, self._count(version))

        return await self._cached(expert_id, order, arguments, read)

    async def _cached(
        self,
        subject: ExpertFilter | Id,
        order: Order | ReviewOrder,
        arguments: PageArguments,
        read: Callable[[int | None], Awaitable[Page[Any]]],
    ) -> Page[Any]:
        if not self._use_cache:
            return await read(None)
        version = await self._versions.load(None) or 0
        key = version, subject, order, arguments
        found = self._pages.get(key)
        if found is None:
            found = await self._reads.run(key, partial(read, version))
            if len(found.rows) <= MAX_CACHED_PAGE_ROWS:
                self._pages.put(key, found, _size(found))
        return found

    async def categories(self, filter_: ExpertFilter) -> dict[Category, int]:
        """Return, for each category, the number of listed experts that match a filter.

        Raises:
            BadUserInput: if the filter is invalid.
            Unavailable: if the database does not respond.
        """
        if filter_.available:
            return await self._times.counts(filter_)
        if not self._use_cache:
            return await self._count_categories(None, filter_)
        key = await self._versions.load(None) or 0, filter_
        found = self._categories.get(key)
        if found is None:
            found = await self._category_reads.run(key, partial(self._count_categories, *key))
            self._categories.put(key, found)
        return found

    async def _count_categories(
        self, version: int | None, filter_: ExpertFilter
    ) -> dict[Category, int]:
        if filter_.words() is not None:
            return await self._search.counts(version, filter_)
        with or_unavailable():
            return await category_counts(filter_)

    def _count(self, version: int | None) -> Count:
        return count if version is None else partial(self._total, version)

    async def _total(self, version: int, document: type[Record], filters: Sequence[Filter]) -> int:
        key = version, repr(filters)
        found = self._totals.get(key)
        if found is None:
            found = await self._counts.run(key, partial(count, document, filters))
            self._totals.put(key, found)
        return found


async def _version(_: Sequence[None]) -> dict[None, int]:
    return {None: await directory_version()}


def _size(page: Page[Any]) -> int:
    """Return the estimated memory of a page in bytes, including the filters for its total."""
    texts = [text for row in page.rows for text in _long_texts(row) if text]
    return bytes_of(page.filters) + ENTRY_BYTES * len(page.rows) + sum(map(getsizeof, texts))


def _long_texts(row: DirectoryEntry | Review) -> tuple[str | None, ...]:
    return (row.text, row.answer) if isinstance(row, Review) else (row.bio,)
