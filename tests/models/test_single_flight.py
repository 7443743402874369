"""Tests of single-flight computations: sharing, failures and cancellation."""

from __future__ import annotations

import asyncio

import pytest

from models.caching.single_flight import SingleFlight


class Computation:
    """A computation that records its key, waits for `released`, and returns a list."""

    def __init__(self) -> None:
        self.flights: SingleFlight[str, list[str]] = SingleFlight()
        self.keys: list[str] = []
        self.released = asyncio.Event()
        self.fails = False

    async def run(self, key: str) -> list[str]:
        """Return the value for a key; a computation that is already running is shared."""

        async def compute() -> list[str]:
            self.keys.append(key)
            await self.released.wait()
            if self.fails:
                self.fails = False
                self.released.clear()
                raise ValueError(key)
            return [key]

        return await self.flights.run(key, compute)


async def start_callers(
    group: asyncio.TaskGroup, computation: Computation, *keys: str
) -> list[asyncio.Task[list[str]]]:
    """Start one caller for each key; return their tasks when all of them are waiting."""
    tasks = [group.create_task(computation.run(key)) for key in keys]
    await asyncio.sleep(0)
    return tasks


async def test_concurrent_callers_share_one_computation_and_later_ones_start_another() -> None:
    computation = Computation()
    async with asyncio.TaskGroup() as group:
        tasks = await start_callers(group, computation, "a", "b", "a", "a")
        computation.released.set()
    first, other, *shared = [await task for task in tasks]
    assert (first, other) == (["a"], ["b"])
    assert all(value is first for value in shared)
    assert await computation.run("a") is not first
    assert computation.keys == ["a", "b", "a"]


async def test_after_a_failure_one_of_the_waiting_callers_retries() -> None:
    """The exception is raised only in the caller that ran the failed computation."""
    computation = Computation()
    computation.fails = True
    async with asyncio.TaskGroup() as group:
        first = asyncio.create_task(computation.run("a"))
        await asyncio.sleep(0)
        others = await start_callers(group, computation, "a", "a")
        computation.released.set()
        with pytest.raises(ValueError, match="a"):
            await first
        computation.released.set()
    assert [await other for other in others] == [["a"], ["a"]]
    assert computation.keys == ["a", "a"]


async def test_cancelled_caller_does_not_affect_other_callers() -> None:
    computation = Computation()
    async with asyncio.TaskGroup() as group:
        first, waiting, cancelled = await start_callers(group, computation, "a", "a", "a")
        cancelled.cancel()
        first.cancel()
        await asyncio.sleep(0)
        computation.released.set()
    assert first.cancelled()
    assert cancelled.cancelled()
    assert await waiting == ["a"]
    assert await computation.run("a") == ["a"]
