"""Who asks the same at the same time: one answer for all, and nobody harms the others."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from graphql import ExecutionResult, GraphQLError
from starlette.responses import Response

from models.directory.versions import increment_directory_version
from resolvers.lookups import Lookups
from schema.context import Context
from schema.execution.documents import prepare
from tests.larders import Clock, cache_count, request_key
from web.graphql.response_cache import ResponseCache
from web.graphql.sharing import Shared

if TYPE_CHECKING:
    from models.store.connection import Client
    from schema.context import Services


@pytest.fixture
def clock() -> Clock:
    """The clock of the answers."""
    return Clock()


@pytest.fixture
def answers(clock: Clock) -> ResponseCache:
    """Nothing is kept yet."""
    return ResponseCache(clock=clock, wall_clock=clock)


def context() -> Context:
    """Of an operation of nobody."""
    services = SimpleNamespace(operation_seconds=30, lookups=Lookups())
    return Context(cast("Services", services), None)


class Kitchen:
    """Makes answers, when it is told to."""

    def __init__(self, answers: ResponseCache) -> None:
        self.shared = Shared(answers)
        self.made = 0
        self.errors: list[GraphQLError] | None = None
        self.failure: Exception | None = None
        self.may_end = asyncio.Event()

    async def make(self) -> tuple[Response, ExecutionResult]:
        """An answer with its number."""
        self.made += 1
        number = self.made
        await self.may_end.wait()
        failure, self.failure = self.failure, None
        if failure:
            raise failure
        return Response(b"%d" % number), ExecutionResult({}, self.errors)

    async def ask(self) -> bytes:
        """What somebody gets."""
        prepared = prepare("{ categories { count } }", None)
        response = await self.shared.answer(request_key(), prepared, None, context(), self.make)
        return bytes(response.body)

    async def asked_by(self, number: int) -> list[asyncio.Task[bytes]]:
        """Some who ask at the same time, all of them waiting."""
        tasks = [asyncio.create_task(self.ask()) for _ in range(number)]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks


@pytest.fixture
def kitchen(answers: ResponseCache) -> Kitchen:
    """Where answers are made."""
    return Kitchen(answers)


async def test_who_asks_the_same_at_the_same_time_gets_one_answer(kitchen: Kitchen) -> None:
    before = cache_count("misses_total"), cache_count("hits_total")
    tasks = await kitchen.asked_by(5)
    kitchen.may_end.set()
    assert await asyncio.gather(*tasks) == [b"1"] * 5
    assert (cache_count("misses_total"), cache_count("hits_total")) == (
        before[0] + 1,
        before[1] + 4,
    )


async def test_an_answer_that_has_waited_is_looked_up_and_not_made_anew(
    kitchen: Kitchen, answers: ResponseCache, clock: Clock, database: Client
) -> None:
    """Numbers cost less than what they stand for."""
    assert database is not None
    await answers.look()
    kitchen.may_end.set()
    for _ in range(3):
        assert await kitchen.ask() == b"1"
        clock.now += 5
    await increment_directory_version()
    assert await kitchen.ask() == b"2"


async def test_a_failure_is_its_own_alone(kitchen: Kitchen) -> None:
    """The next who waits tries, for itself and for the others."""
    tasks = await kitchen.asked_by(4)
    kitchen.failure = RuntimeError("of the first alone")
    kitchen.may_end.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, RuntimeError)
    assert others == [b"2"] * 3


async def test_who_goes_away_takes_nothing_from_the_others(kitchen: Kitchen) -> None:
    """Neither the one who has it made nor one who waits."""
    tasks = await kitchen.asked_by(4)
    tasks[0].cancel()
    tasks[2].cancel()
    kitchen.may_end.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [
        True,
        False,
        True,
        False,
    ]
    assert found[1] == found[3] == b"2"


async def test_an_answer_with_errors_is_its_askers_own(kitchen: Kitchen) -> None:
    """It is not kept, and who waited for it makes one: all of them at once."""
    kitchen.errors = [GraphQLError("no")]
    tasks = await kitchen.asked_by(3)
    kitchen.may_end.set()
    assert sorted(await asyncio.gather(*tasks)) == [b"1", b"2", b"3"]
    kitchen.errors = None
    assert await kitchen.ask() == b"4"


async def test_who_asks_after_a_change_does_not_get_what_was_read_before_it(
    kitchen: Kitchen, answers: ResponseCache
) -> None:
    """Though it waits for somebody who asked before."""
    early = await kitchen.asked_by(1)
    answers.directory_changed()
    late = await kitchen.asked_by(2)
    kitchen.may_end.set()
    assert await early[0] == b"1"
    assert b"1" not in await asyncio.gather(*late)
