"""Questions that come together are answered together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from models.caching.batch_loader import BatchLoader
from models.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence


class Library:
    """Answers with twice the number, when it is let; it knows no negative ones."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.is_asked = asyncio.Event()
        self.is_open = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[int]) -> dict[int, int]:
        """Answer some questions."""
        self.asked.append(list(keys))
        self.is_asked.set()
        await self.is_open.wait()
        if self.error:
            raise self.error
        return {key: 2 * key for key in keys if key >= 0}


async def test_who_asks_during_a_read_is_answered_by_the_next() -> None:
    """Not by the one that began before the question; each key is read once for all."""
    library = Library()
    gathering = BatchLoader(library.read)
    async with gathering.open("library"), asyncio.TaskGroup() as group:
        first = group.create_task(gathering.load(1))
        await library.is_asked.wait()
        others = [group.create_task(gathering.load(key)) for key in (1, 2, 2, -3, 1)]
        await asyncio.sleep(0)
        library.is_open.set()
    assert library.asked == [[1], [1, 2, -3]]
    assert await first == 2
    assert [await other for other in others] == [2, 4, 4, None, 2]


async def test_a_read_has_no_more_keys_than_it_may() -> None:
    """Those that are left are read after it."""
    library = Library()
    library.is_open.set()
    gathering = BatchLoader(library.read, max_keys=2)
    async with gathering.open("library"):
        found = await asyncio.gather(*(gathering.load(key) for key in range(5)))
    assert found == [0, 2, 4, 6, 8]
    assert library.asked == [[0, 1], [2, 3], [4]]


async def test_a_read_that_fails_fails_for_those_who_asked() -> None:
    """The next one does not."""
    library = Library()
    library.is_open.set()
    library.error = Unavailable("away")
    gathering = BatchLoader(library.read)
    async with gathering.open("library"):
        asked = (gathering.load(key) for key in (1, 2))
        assert await asyncio.gather(*asked, return_exceptions=True) == [library.error] * 2
        library.error = None
        assert await gathering.load(1) == 2


async def test_who_no_longer_waits_keeps_nobody_waiting() -> None:
    """Of two who asked the same, one gives up."""
    library = Library()
    gathering = BatchLoader(library.read)
    async with gathering.open("library"), asyncio.TaskGroup() as group:
        one, other = (group.create_task(gathering.load(1)) for _ in range(2))
        await library.is_asked.wait()
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one
        library.is_open.set()
        assert await other == 2
    with pytest.raises(asyncio.CancelledError):
        one.result()
