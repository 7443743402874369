"""Single-flight for identical operations: callers share one response, but no failures."""

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
from tests.support.cached_responses import Clock, cache_count, request_key
from web.graphql.response_cache import ResponseCache
from web.graphql.sharing import ResponseCoalescer

if TYPE_CHECKING:
    from models.store.connection import Client
    from schema.context import Services


@pytest.fixture
def clock() -> Clock:
    """Clock of the response cache."""
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> ResponseCache:
    """Empty response cache."""
    return ResponseCache(clock=clock, wall_clock=clock)


def context() -> Context:
    """Context of an anonymous operation."""
    services = SimpleNamespace(operation_seconds=30, lookups=Lookups())
    return Context(cast("Services", services), None)


class ResponseSource:
    """Computes responses, and lets tests decide when they are ready."""

    def __init__(self, cache: ResponseCache) -> None:
        self.coalescer = ResponseCoalescer(cache)
        self.computed = 0
        self.errors: list[GraphQLError] | None = None
        self.failure: Exception | None = None
        self.may_finish = asyncio.Event()

    async def compute(self) -> tuple[Response, ExecutionResult]:
        """Compute a response whose body is the number of computations so far."""
        self.computed += 1
        number = self.computed
        await self.may_finish.wait()
        failure, self.failure = self.failure, None
        if failure:
            raise failure
        return Response(b"%d" % number), ExecutionResult({}, self.errors)

    async def ask(self) -> bytes:
        """Ask for the response, and return its body."""
        prepared = prepare("{ categories { count } }", None)
        response = await self.coalescer.answer(
            request_key(), prepared, None, context(), self.compute
        )
        return bytes(response.body)

    async def start_callers(self, number: int) -> list[asyncio.Task[bytes]]:
        """Start concurrent callers, and return when all of them wait for the response."""
        tasks = [asyncio.create_task(self.ask()) for _ in range(number)]
        for _ in range(3):
            await asyncio.sleep(0)
        return tasks


@pytest.fixture
def source(cache: ResponseCache) -> ResponseSource:
    """Source of responses, which the test controls."""
    return ResponseSource(cache)


async def test_concurrent_callers_share_one_response(source: ResponseSource) -> None:
    before = cache_count("misses_total"), cache_count("hits_total")
    tasks = await source.start_callers(5)
    source.may_finish.set()
    assert await asyncio.gather(*tasks) == [b"1"] * 5
    assert (cache_count("misses_total"), cache_count("hits_total")) == (
        before[0] + 1,
        before[1] + 4,
    )


async def test_expired_response_is_revalidated_instead_of_recomputed(
    source: ResponseSource, cache: ResponseCache, clock: Clock, database: Client
) -> None:
    """An expired response is reused while the version numbers that it depends on are unchanged."""
    assert database is not None
    await cache.verify_in_use()
    source.may_finish.set()
    for _ in range(3):
        assert await source.ask() == b"1"
        clock.now += 5
    await increment_directory_version(changed=None)
    assert await source.ask() == b"2"


async def test_failure_is_not_shared_with_waiting_callers(source: ResponseSource) -> None:
    """After a failure, the next waiting caller computes the response for the remaining callers."""
    tasks = await source.start_callers(4)
    source.failure = RuntimeError("of the first alone")
    source.may_finish.set()
    first, *others = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(first, RuntimeError)
    assert others == [b"2"] * 3


async def test_cancelled_caller_does_not_affect_the_others(source: ResponseSource) -> None:
    """Both the caller that computes the response and one that waits for it are cancelled."""
    tasks = await source.start_callers(4)
    tasks[0].cancel()
    tasks[2].cancel()
    source.may_finish.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [
        True,
        False,
        True,
        False,
    ]
    assert found[1] == found[3] == b"2"


async def test_response_with_errors_is_not_shared(source: ResponseSource) -> None:
    """A response with errors is not cached; each waiting caller computes a response of its own."""
    source.errors = [GraphQLError("no")]
    tasks = await source.start_callers(3)
    source.may_finish.set()
    assert sorted(await asyncio.gather(*tasks)) == [b"1", b"2", b"3"]
    source.errors = None
    assert await source.ask() == b"4"


async def test_caller_after_a_change_does_not_get_an_older_response(
    source: ResponseSource, cache: ResponseCache
) -> None:
    """Later callers do not get the response whose computation began before the change."""
    early = await source.start_callers(1)
    cache.directory_changed()
    late = await source.start_callers(2)
    source.may_finish.set()
    assert await early[0] == b"1"
    assert b"1" not in await asyncio.gather(*late)
