"""In a large directory, the indexes for searches are ready before the first search."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from models.bookings import open_search
from models.bookings.open_index import OpenIndex
from models.bookings.open_search import DAYS_AHEAD, PREPARATION, OpenSearch
from models.calendar.times import utc_now
from models.directory.search import DirectorySearch
from tests.support.mailboxes import wait_until
from tests.support.open_directories import OpenDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import date

    from models.store.connection import Client

EXPERTS = 3
PATIENCE_SECONDS = 60


@pytest.fixture
async def added(database: Client) -> AsyncIterator[OpenDirectory]:
    """A directory to which experts have been added; they are deleted afterwards."""
    assert database is not None
    directory = OpenDirectory(Random(3))
    for _ in range(EXPERTS):
        await directory.add()
    yield directory
    await directory.remove_all()


async def test_large_directory_is_indexed_before_the_first_search(
    added: OpenDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index of a smaller directory stays empty, and takes no memory, until it is searched."""
    first, now = added.ids[0], utc_now()
    computed: set[date] = set()
    compute = OpenIndex.compute

    def noted(index: OpenIndex, day: date, limit: int) -> bool:
        computed.add(day)
        return compute(index, day, limit)

    monkeypatch.setattr(OpenIndex, "compute", noted)
    async with OpenSearch(DirectorySearch()).open() as small:
        [task] = [each for each in asyncio.all_tasks() if each.get_name() == PREPARATION]
        await asyncio.wait_for(task, PATIENCE_SECONDS)
        assert await small.next_open(first, 60, 1, now) is None
    assert not computed
    monkeypatch.setattr(open_search, "LARGE_DIRECTORY", EXPERTS)
    async with OpenSearch(DirectorySearch()).open() as large:
        days = {now.date() + ahead * timedelta(days=1) for ahead in range(-1, DAYS_AHEAD + 1)}
        await wait_until(lambda: computed >= days, PATIENCE_SECONDS, what="the days' bitmaps")
        found = await large.next_open(first, 60, 1, now)
        assert found
        assert found.cells
