"""Bookings: of distinct slots, and many at once for the same."""

from __future__ import annotations

from collections import Counter
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING, Final

import orjson

from tests.benchmarks import questions
from tests.benchmarks.connections import at_once, connected, keep_busy, post
from tests.benchmarks.reads import CONNECTIONS
from tests.benchmarks.results import WrongAnswer, combined, percentiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.results import Result
    from tests.benchmarks.targets import Target
    from tests.benchmarks.world import Slot, World

WARM: Final = 200
EACH: Final = 1_500
"""Bookings of a window."""

CROWD: Final = 500
CROWDS: Final = 5
"""Slots that a window has the crowd fight for, one after another."""

WON: Final = "Booking"
LOST: Final = "SlotTaken"


def outcome(status: int, body: bytes) -> str:
    """What became of a booking: the type of the result's union, or the whole answer."""
    if status == 200:
        answer = orjson.loads(body)
        if "errors" not in answer:
            return str(answer["data"]["bookSlot"]["__typename"])
    return f"{status} {body[:300].decode(errors='replace')}"


async def distinct(target: Target, world: World, rounds: int) -> Result:
    """Book slots none of which another one wants, by many clients of many experts."""
    await world.register()
    slots = await world.bookable(WARM + rounds * EACH)
    requests = iter(
        [
            post(target.address, questions.booking(slot), token)
            for slot, token in zip(slots, cycle(world.tokens), strict=False)
        ]
    )
    await _booked(target, list(islice(requests, WARM)))
    windows = [await _booked(target, list(islice(requests, EACH))) for _ in range(rounds)]
    return combined(target.name, "book", windows)


async def _booked(target: Target, requests: Sequence[bytes]) -> dict[str, float]:
    latencies: list[float] = []
    outcomes: Counter[str] = Counter()

    def seen(took: float, status: int, body: bytes) -> None:
        latencies.append(took)
        outcomes[outcome(status, body)] += 1

    async with connected(target.address, CONNECTIONS) as connections:
        meter = target.meter()
        await keep_busy(connections, iter(requests), seen)
        cost = meter.stop(len(latencies))
    if outcomes[WON] != len(requests):
        raise WrongAnswer(f"of {len(requests)} bookings came {dict(outcomes)}")
    return {**cost, **percentiles(latencies)}


async def contention(target: Target, world: World, slots: Sequence[Slot], rounds: int) -> Result:
    """Have a crowd book the same slot: exactly one may win it."""
    await world.register()
    windows = []
    left = iter(slots)
    for _ in range(rounds):
        latencies: list[float] = []
        whole: list[float] = []
        meter = target.meter()
        for slot in islice(left, CROWDS):
            latencies += await _fought(target, world, slot, whole)
        cost = meter.stop(len(latencies))
        del cost["per_second"]  # the pauses between the crowds count for nothing
        all_done = {"all_done_ms": 1_000 * median(whole)}
        windows.append({**cost, **percentiles(latencies), **all_done})
    return combined(target.name, "contention", windows, "all_done_ms")


async def _fought(target: Target, world: World, slot: Slot, whole: list[float]) -> list[float]:
    latencies: list[float] = []
    outcomes: Counter[str] = Counter()

    def seen(took: float, status: int, body: bytes) -> None:
        latencies.append(took)
        outcomes[outcome(status, body)] += 1

    clients = islice(cycle(world.tokens), CROWD)
    wanted = questions.booking(slot.id)
    requests = [post(target.address, wanted, token) for token in clients]
    async with connected(target.address, CROWD) as connections:
        whole.append(await at_once(connections, requests, seen))
    if outcomes != {WON: 1, LOST: CROWD - 1}:
        raise WrongAnswer(f"{CROWD} wanted one slot, and there came {dict(outcomes)}")
    return latencies
