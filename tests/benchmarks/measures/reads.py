"""Reads: repeated queries, queries whose documents are new, and queries of signed-in clients."""

from __future__ import annotations

from itertools import count, cycle, islice, takewhile
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import orjson

from tests.benchmarks.report import Figure, WrongAnswer, percentiles, record
from tests.benchmarks.world.clients import exchange, graphql_request, open_connections
from tests.benchmarks.world.directory import PAGE_SIZE, first_pages, with_unknown_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures, Result
    from tests.benchmarks.world.directory import Directory, Operation
    from tests.benchmarks.world.servers import Server
    from tests.support.raw_http import RawResponse

CONNECTIONS: Final = 32
WARM_SECONDS: Final = 1.0
CHECKED: Final = 50
"""One response in this many has its body checked; the status of every response is checked."""
DETAILED_EXPERTS: Final = 200
UNCACHED_EXPERTS: Final = 50
READERS: Final = 8


async def repeated(server: Server, directory: Directory, options: Options) -> list[Result]:
    """Measure the queries that the peer servers also support; anonymous clients repeat them."""
    asked: dict[str, list[Operation]] = {}
    if "list" in options.measures:
        asked["list"] = first_pages()
    if "next" in options.measures:
        asked["next"] = await directory.second_pages(first_pages())
    if "search" in options.measures:
        asked["search"] = directory.searches()
    if "detail" in options.measures:
        asked["detail"] = await directory.details(DETAILED_EXPERTS)
    return [
        await measure(server, name, in_turn(operations), options)
        for name, operations in asked.items()
    ]


async def uncached(
    server: Server,
    asked: Mapping[str, Sequence[Operation]],
    tokens: Sequence[str],
    options: Options,
) -> list[Result]:
    """Measure queries whose responses do not come from a cache."""
    numbers = count()
    results = []
    for name, operations in asked.items():
        new = (
            graphql_request(with_unknown_document(operation, next(numbers)))
            for operation in cycle(operations)
        )
        signed_in = in_turn(operations, tokens)
        results.append(await measure(server, f"{name}, unknown documents", new, options))
        results.append(await measure(server, f"{name}, signed in", signed_in, options))
    return results


async def measure(server: Server, name: str, requests: Iterator[bytes], options: Options) -> Result:
    """Warm up the server, then measure it in several time windows."""

    async def windows() -> list[Figures]:
        await window(server, requests, WARM_SECONDS)
        return [await window(server, requests, options.seconds) for _ in range(options.rounds)]

    return await record(server.name, name, windows())


async def window(server: Server, requests: Iterator[bytes], seconds: float) -> Figures:
    """Measure requests for the given time, or raise WrongAnswer if a response is wrong."""
    numbers = count()

    def check(response: RawResponse) -> None:
        is_checked = next(numbers) % CHECKED == 0
        if response.status != 200 or (is_checked and not is_right(orjson.loads(response.body))):
            raise WrongAnswer(f"{response.status} {response.body[:300]!r}")

    async with open_connections(server.address, CONNECTIONS) as connections:
        meter = server.meter()
        end = perf_counter() + seconds
        timed = takewhile(lambda _: perf_counter() < end, requests)
        latencies = await exchange(connections, timed, check)
        cost = meter.stop(len(latencies))
    p50, p99 = percentiles(latencies)
    return {**cost, Figure.P50: p50, Figure.P99: p99}


def is_right(answer: dict[str, Any]) -> bool:
    """Return whether a response has a page of experts, or an expert with about 40 slots."""
    if "errors" in answer:
        return False
    data = answer["data"]
    if "expert" in data:
        return abs(len(data["expert"]["slots"]) - 40) <= 2  # early slots drop out as time passes
    return 0 < len(data["experts"]["edges"]) <= PAGE_SIZE


def in_turn(
    operations: Sequence[Operation], tokens: Sequence[str | None] = (None,)
) -> Iterator[bytes]:
    """Return an endless iterator of requests, which use each operation and each token in turn."""
    requests = map(graphql_request, cycle(operations), cycle(tokens))
    return cycle(islice(requests, max(len(operations), len(tokens))))
