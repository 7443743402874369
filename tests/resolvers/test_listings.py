"""Tests of the cache of directory pages and totals."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest

from models.directory import search
from models.directory.experts import (
    BY_MATCH,
    Category,
    Expert,
    ExpertOrderField,
    directory_order,
)
from models.directory.filters import ExpertFilter
from models.directory.versions import (
    DIRECTORY,
    MAX_RECENT,
    directory_version,
    increment_directory_version,
)
from models.errors import BadUserInput
from models.ids import new_id
from models.store.pages import PageArguments
from models.store.shared_state import SharedState
from resolvers.listings import Listings
from tests.support.metrics import cache_metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.directory.experts import DirectoryEntry
    from models.store.pages import Page

pytestmark = pytest.mark.usefixtures("database")
LAWYERS = ExpertFilter(categories=(Category.LEGAL,))
BY_NAME = directory_order(ExpertOrderField.NAME, descending=False)
BY_RATING = directory_order(ExpertOrderField.RATING, descending=True)
TWO = PageArguments(first=2)


@pytest.fixture
async def lawyer() -> AsyncIterator[Expert]:
    """An expert who is not in the directory yet; deleted after the test."""
    expert = Expert(
        user_id=new_id(),
        slug=str(new_id()),
        name="Aaliyah",
        title="Lawyer",
        category=Category.LEGAL,
        bio="",
        experience_years=1,
        languages=["English"],
        hourly_rate=1,
    )
    yield expert.update_search_fields()
    await expert.delete()
    await increment_directory_version(changed=None)


@pytest.fixture(params=[True, False], ids=["cached", "uncached"])
async def listings(request: pytest.FixtureRequest) -> AsyncIterator[Listings]:
    """A `Listings` object; each test runs once with its cache and once without it."""
    async with Listings(use_cache=request.param).open() as listings:
        yield listings


async def contents(page: Page[DirectoryEntry]) -> tuple[list[str], bool, bool, int]:
    """Return the names on a page, whether pages precede and follow it, and the total count."""
    names = [entry.name for entry in page.rows]
    return names, page.has_previous, page.has_next, await page.total()


async def test_directory_change_is_visible_to_the_next_request(
    listings: Listings, lawyer: Expert
) -> None:
    """The page and the total change when an expert is added, and when the expert is deleted."""
    before = [await contents(await listings.page(LAWYERS, BY_NAME, TWO)) for _ in range(2)]
    assert before[0] == before[1]
    await lawyer.insert()
    await increment_directory_version(changed=None)
    during = await contents(await listings.page(LAWYERS, BY_NAME, TWO))
    assert during[0] == ["Aaliyah", before[0][0][0]]
    assert during[3] == before[0][3] + 1
    await lawyer.delete()
    await increment_directory_version(changed=None)
    assert await contents(await listings.page(LAWYERS, BY_NAME, TWO)) == before[0]


async def test_search_index_reads_only_the_changed_experts_again(
    lawyer: Expert, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search index applies known changes; it is rebuilt if the changed experts are unknown."""
    built = AsyncMock(wraps=search._built)
    monkeypatch.setattr(search, "_built", built)
    named = ExpertFilter(search="aaliyah")

    async def found(listings: Listings) -> tuple[int, int]:
        page = await listings.page(named, BY_MATCH, TWO)
        counts = await listings.categories(named)
        assert sum(counts.values()) == await page.total()
        return counts[Category.LEGAL], built.await_count

    async with Listings().open() as listings:
        others, builds = await found(listings)
        assert builds == 1
        await lawyer.insert()
        await increment_directory_version(changed=lawyer.id)
        assert await found(listings) == (others + 1, 1)
        lawyer.name = "Beatrix"
        await lawyer.update_search_fields().save()
        for _ in range(MAX_RECENT):
            await increment_directory_version(changed=lawyer.id)
        assert await found(listings) == (others, 1)
        lawyer.name = "Aaliyah"
        await lawyer.update_search_fields().save()
        for _ in range(MAX_RECENT + 1):
            await increment_directory_version(changed=lawyer.id)
        assert await found(listings) == (others + 1, 2)
        lawyer.disabled = True
        await lawyer.update_search_fields().save()
        await increment_directory_version(changed=None)
        assert await found(listings) == (others, 3)


async def test_search_index_follows_a_restored_backup(lawyer: Expert) -> None:
    """The restored directory has a lower version than the search index."""
    named = ExpertFilter(search="aaliyah")
    async with Listings().open() as listings:
        before = await (await listings.page(named, BY_MATCH, TWO)).total()
        version = await directory_version()
        await lawyer.insert()
        for _ in range(2):
            await increment_directory_version(changed=lawyer.id)
        assert await (await listings.page(named, BY_MATCH, TWO)).total() == before + 1
        await lawyer.delete()
        settings = SharedState.get_pymongo_collection()
        restored = {"$set": {"changes": version + 1, "recent": []}}
        await settings.update_one({"_id": DIRECTORY}, restored)
        assert await (await listings.page(named, BY_MATCH, TWO)).total() == before


async def test_pages_and_totals_are_read_once_per_directory_version(lawyer: Expert) -> None:
    """Pages with the same filter share one total, whatever their order."""
    async with Listings().open() as listings:
        hits = [cache_metrics(name)[0] or 0 for name in ("pages", "totals")]
        pages = [await listings.page(LAWYERS, order, TWO) for order in (BY_NAME, BY_RATING) * 2]
        totals = {await page.total() for page in pages}
        assert len(totals) == 1
        assert pages[0] is pages[2]
        assert pages[1] is pages[3]
        assert pages[0].rows != pages[1].rows
        assert [cache_metrics(name)[0] for name in ("pages", "totals")] == [
            hits[0] + 2,
            hits[1] + 3,
        ]
        await lawyer.insert()
        await increment_directory_version(changed=None)
        assert await listings.page(LAWYERS, BY_NAME, TWO) is not pages[0]


async def test_concurrent_requests_for_a_page_share_one_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Concurrent requests read even a page that is too long for the cache only once."""
    monkeypatch.setattr("resolvers.listings.MAX_CACHED_PAGE_ROWS", 1)
    async with Listings().open() as listings:
        asked = [listings.page(LAWYERS, order, TWO) for order in (BY_NAME, BY_RATING) * 5]
        pages = await asyncio.gather(*asked)
    assert len({id(page) for page in pages}) == 2


async def test_long_pages_are_not_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads the whole directory must not evict other clients' cached pages."""
    monkeypatch.setattr("resolvers.listings.MAX_CACHED_PAGE_ROWS", 1)
    async with Listings().open() as listings:
        pages = [await listings.page(LAWYERS, BY_NAME, TWO) for _ in range(2)]
        assert pages[0] is not pages[1]
        assert pages[0].rows == pages[1].rows


async def test_different_arguments_give_different_pages(listings: Listings) -> None:
    """The cache key contains the filter, the order, the page size and the cursor."""
    all_ = ExpertFilter()
    first = await listings.page(all_, BY_RATING, TWO)
    cursor = first.order.cursor(first.rows[-1])
    asked = [
        (all_, BY_RATING, TWO),
        (LAWYERS, BY_RATING, TWO),
        (replace(all_, max_hourly_rate=first.rows[0].hourly_rate - 1), BY_RATING, TWO),
        (all_, BY_NAME, TWO),
        (all_, BY_RATING, PageArguments(first=3)),
        (all_, BY_RATING, PageArguments(last=2)),
        (all_, BY_RATING, PageArguments(first=2, after=cursor)),
    ]
    async with Listings(use_cache=False).open() as stored:
        expected = [(await stored.page(*question)).rows for question in asked]
    for _ in range(2):
        pages = [await listings.page(*question) for question in asked]
        assert [page.rows for page in pages] == expected
        # Different pages may have equal rows, depending on the experts of other tests.
        assert len({id(page) for page in pages}) == len(asked)


async def test_invalid_cursor_is_refused_each_time(listings: Listings) -> None:
    """The error is not cached."""
    for _ in range(2):
        with pytest.raises(BadUserInput, match="after: "):
            await listings.page(LAWYERS, BY_NAME, PageArguments(after="nowhere"))
