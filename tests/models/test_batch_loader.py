"""Tests of the batch loader: batching, deduplication, errors and cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from models.caching.batch_loader import BatchLoader
from models.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence


class Source:
    """A data source in which the value of a key is twice the key; negative keys have no value."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.was_read = asyncio.Event()
        self.released = asyncio.Event()
        self.error: Exception | None = None

    async def read(self, keys: Sequence[int]) -> dict[int, int]:
        """Record the keys, wait until the test sets `released`, and return the keys' values."""
        self.reads.append(list(keys))
        self.was_read.set()
        await self.released.wait()
        if self.error:
            raise self.error
        return {key: 2 * key for key in keys if key >= 0}


async def test_keys_requested_during_a_read_form_the_next_batch() -> None:
    """A key that several callers request occurs only once in a batch."""
    source = Source()
    loader = BatchLoader(source.read)
    async with loader.open("loader"), asyncio.TaskGroup() as group:
        first = group.create_task(loader.load(1))
        await source.was_read.wait()
        others = [group.create_task(loader.load(key)) for key in (1, 2, 2, -3, 1)]
        await asyncio.sleep(0)
        source.released.set()
    assert source.reads == [[1], [1, 2, -3]]
    assert await first == 2
    assert [await other for other in others] == [2, 4, 4, None, 2]


async def test_batch_has_at_most_max_keys() -> None:
    source = Source()
    source.released.set()
    loader = BatchLoader(source.read, max_keys=2)
    async with loader.open("loader"):
        found = await asyncio.gather(*(loader.load(key) for key in range(5)))
    assert found == [0, 2, 4, 6, 8]
    assert source.reads == [[0, 1], [2, 3], [4]]


async def test_failed_read_raises_only_in_callers_of_its_batch() -> None:
    source = Source()
    source.released.set()
    source.error = Unavailable("unavailable")
    loader = BatchLoader(source.read)
    async with loader.open("loader"):
        loads = (loader.load(key) for key in (1, 2))
        assert await asyncio.gather(*loads, return_exceptions=True) == [source.error] * 2
        source.error = None
        assert await loader.load(1) == 2


async def test_cancelled_caller_does_not_affect_other_callers_for_the_same_key() -> None:
    source = Source()
    loader = BatchLoader(source.read)
    async with loader.open("loader"), asyncio.TaskGroup() as group:
        one, other = (group.create_task(loader.load(1)) for _ in range(2))
        await source.was_read.wait()
        one.cancel()
        with suppress(asyncio.CancelledError):
            await one
        source.released.set()
        assert await other == 2
    with pytest.raises(asyncio.CancelledError):
        one.result()
