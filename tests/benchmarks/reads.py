"""Reads: as many as a server answers on some connections, each waiting for its answer."""

from __future__ import annotations

from itertools import count, cycle
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import orjson

from tests.benchmarks import questions
from tests.benchmarks.connections import connected, keep_busy, post
from tests.benchmarks.results import WrongAnswer, combined, percentiles, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.benchmarks.results import Result
    from tests.benchmarks.targets import Target
    from tests.benchmarks.world import World

    CacheKey = dict[str, Any]
    Check = Callable[[dict[str, Any]], bool]
    Asked = dict[str, tuple[list[CacheKey], Check]]

CONNECTIONS: Final = 32
WARM_SECONDS: Final = 1.0
LOOKED_AT: Final = 50
"""Every status is looked at, and one body of so many."""

MARGIN: Final = 2
"""Slots that may be missing of 40, since the clock moves on."""


async def window(
    target: Target, requests: Iterator[bytes], check: Check, seconds: float
) -> dict[str, float]:
    """Ask for so long; what it has cost.

    Raises:
        WrongAnswer: for a status other than 200, errors, or data that are not as they should be.
    """
    latencies: list[float] = []
    wrong: list[str] = []

    def seen(took: float, status: int, body: bytes) -> None:
        latencies.append(took)
        is_looked_at = len(latencies) % LOOKED_AT == 1
        if status != 200 or (is_looked_at and not is_right(body, check)):
            wrong.append(f"{status} {body[:300].decode(errors='replace')}")

    until = perf_counter() + seconds

    def limited() -> Iterator[bytes]:
        while perf_counter() < until:
            yield next(requests)

    async with connected(target.address, CONNECTIONS) as connections:
        meter = target.meter()
        await keep_busy(connections, limited(), seen)
        cost = meter.stop(len(latencies))
    if wrong:
        raise WrongAnswer(f"{len(wrong)} of {len(latencies)} answers were wrong: {wrong[0]}")
    return {**cost, **percentiles(latencies)}


def is_right(body: bytes, check: Check) -> bool:
    """Whether an answer has no errors and is as it should be."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return "errors" not in answer and check(answer["data"])


def full_page(data: dict[str, Any]) -> bool:
    """Whether there are 20 experts."""
    return len(data["experts"]["edges"]) == questions.PAGE


def some_experts(data: dict[str, Any]) -> bool:
    """Whether there are any experts."""
    return len(data["experts"]["edges"]) > 0


def forty_slots(data: dict[str, Any]) -> bool:
    """Whether there are about 40 slots."""
    return abs(len(data["expert"]["slots"]) - 40) <= MARGIN


async def measured(
    target: Target,
    name: str,
    requests: Iterator[bytes],
    check: Check,
    rounds: int,
    seconds: float,
) -> Result:
    """Warm up, then measure some windows."""

    async def work() -> Result:
        await window(target, requests, check, WARM_SECONDS)
        windows = [await window(target, requests, check, seconds) for _ in range(rounds)]
        return combined(target.name, name, windows)

    return await tried(target.name, name, work())


def in_turn(
    address: str, asked: Sequence[CacheKey], tokens: Sequence[str | None] = (None,)
) -> Iterator[bytes]:
    """The same questions again and again, made beforehand, by one reader after another."""
    number = max(len(asked), len(tokens))
    readers = cycle(tokens)
    repeated = cycle(asked)
    return cycle([post(address, next(repeated), next(readers)) for _ in range(number)])


def always_new(address: str, asked: Iterable[CacheKey], numbers: Iterator[int]) -> Iterator[bytes]:
    """The same questions by documents none of which was there before."""
    return (
        post(address, questions.never_seen(question, number))
        for question, number in zip(cycle(asked), numbers, strict=False)
    )


def first_pages(query: str = questions.LIST) -> list[CacheKey]:
    """The first page of each category."""
    return [
        questions.listing(query, filter={"categories": [category]})
        for category in questions.CATEGORIES
    ]


async def second_pages(world: World) -> list[CacheKey]:
    """The second page of each category, by the cursor of the first."""
    found = []
    for page in first_pages():
        shown = await world.ask(page["query"], **page["variables"])
        after = shown["experts"]["pageInfo"]["endCursor"]
        found.append({**page, "variables": {**page["variables"], "after": after}})
    return found


async def compared(
    target: Target, world: World, names: Sequence[str], rounds: int, seconds: float
) -> list[Result]:
    """The reads that every peer is asked for, too, by the names of the peers' rig."""
    results = []
    asked: list[CacheKey]
    check: Check
    for name in names:
        if name == "detail":
            asked, check = [questions.expert(span) for span in await world.details()], forty_slots
        elif name == "search":
            words = world.terms()
            asked = [questions.listing(filter={"search": word}) for word in words]
            check = some_experts
        else:
            asked = first_pages() if name == "list" else await second_pages(world)
            check = full_page
        requests = in_turn(target.address, asked)
        results.append(await measured(target, name, requests, check, rounds, seconds))
    return results


async def uncached(
    target: Target,
    asked: Asked,
    tokens: Sequence[str],
    rounds: int,
    seconds: float,
) -> list[Result]:
    """What nothing that was answered before helps with: unknown documents, signed-in readers."""
    results = []
    numbers = count()
    for name, (pages, check) in asked.items():
        new = always_new(target.address, pages, numbers)
        results.append(await measured(target, f"{name}, unknown", new, check, rounds, seconds))
        signed_in = in_turn(target.address, pages, tokens)
        results.append(
            await measured(target, f"{name}, signed in", signed_in, check, rounds, seconds)
        )
    return results
