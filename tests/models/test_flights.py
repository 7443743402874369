"""What several want at the same time is made once."""

from __future__ import annotations

import asyncio

import pytest

from models.caching.single_flight import SingleFlight


class Kitchen:
    """Makes what is wanted of each word, once it is let."""

    def __init__(self) -> None:
        self.flights: SingleFlight[str, list[str]] = SingleFlight()
        self.made: list[str] = []
        self.is_open = asyncio.Event()
        self.fails = False

    async def of(self, word: str) -> list[str]:
        """Want something."""

        async def make() -> list[str]:
            self.made.append(word)
            await self.is_open.wait()
            if self.fails:
                self.fails = False
                self.is_open.clear()
                raise ValueError(word)
            return [word]

        return await self.flights.run(word, make)


async def wanting(
    group: asyncio.TaskGroup, kitchen: Kitchen, *words: str
) -> list[asyncio.Task[list[str]]]:
    """All of them wait."""
    tasks = [group.create_task(kitchen.of(word)) for word in words]
    await asyncio.sleep(0)
    return tasks


async def test_it_is_made_once_for_all_and_anew_for_the_next() -> None:
    kitchen = Kitchen()
    async with asyncio.TaskGroup() as group:
        tasks = await wanting(group, kitchen, "a", "b", "a", "a")
        kitchen.is_open.set()
    first, other, *same = [await task for task in tasks]
    assert (first, other) == (["a"], ["b"])
    assert all(made is first for made in same)
    assert await kitchen.of("a") is not first
    assert kitchen.made == ["a", "b", "a"]


async def test_what_fails_is_told_to_who_tried_and_the_next_tries() -> None:
    kitchen = Kitchen()
    kitchen.fails = True
    async with asyncio.TaskGroup() as group:
        first = asyncio.create_task(kitchen.of("a"))
        await asyncio.sleep(0)
        others = await wanting(group, kitchen, "a", "a")
        kitchen.is_open.set()
        with pytest.raises(ValueError, match="a"):
            await first
        kitchen.is_open.set()
    assert [await other for other in others] == [["a"], ["a"]]
    assert kitchen.made == ["a", "a"]


async def test_nobody_depends_on_who_gives_up() -> None:
    """Neither those who wait for it nor those who come later."""
    kitchen = Kitchen()
    async with asyncio.TaskGroup() as group:
        first, waits, gives_up = await wanting(group, kitchen, "a", "a", "a")
        gives_up.cancel()
        first.cancel()
        await asyncio.sleep(0)
        kitchen.is_open.set()
    assert first.cancelled()
    assert gives_up.cancelled()
    assert await waits == ["a"]
    assert await kitchen.of("a") == ["a"]
