"""Measures of writes: bookings of distinct slots, and of a slot that many clients try to book."""

from __future__ import annotations

from collections import Counter
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING, Final

import orjson

from tests.benchmarks.measures.reads import CONNECTIONS
from tests.benchmarks.report import Figure, WrongAnswer, percentiles
from tests.benchmarks.world.clients import exchange, graphql_request, open_connections
from tests.benchmarks.world.directory import book_slot, sign_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures
    from tests.benchmarks.world.directory import Directory
    from tests.benchmarks.world.servers import Server
    from tests.support.raw_http import RawResponse

CLIENTS: Final = 40
WARM_BOOKINGS: Final = 200
BOOKINGS: Final = 1_500
"""Bookings per window."""
CROWD: Final = 500
CROWDED_SLOTS: Final = 5
"""Number of slots per measurement window; the whole crowd tries to book each slot in turn."""


async def distinct(server: Server, directory: Directory, options: Options) -> list[Figures]:
    """Book distinct slots of many experts."""
    tokens = await sign_up(server.address, CLIENTS)
    sizes = [WARM_BOOKINGS, *[BOOKINGS] * options.rounds]
    slots = iter(await directory.bookable_slots(sum(sizes)))
    windows = [await book(server, list(islice(slots, size)), tokens, CONNECTIONS) for size in sizes]
    return [{Figure.RATE: window[Figure.RATE], **window} for window in windows[1:]]


async def contention(server: Server, directory: Directory, options: Options) -> list[Figures]:
    """Have a crowd of clients try to book the same slot at the same time."""
    tokens = await sign_up(server.address, CLIENTS)
    slots = await directory.bookable_slots(options.rounds * CROWDED_SLOTS)
    windows = []
    for first in range(0, options.rounds * CROWDED_SLOTS, CROWDED_SLOTS):
        crowds = [
            await book(server, [slot] * CROWD, tokens, CROWD)
            for slot in slots[first : first + CROWDED_SLOTS]
        ]
        medians = {name: median(crowd[name] for crowd in crowds) for name in crowds[0]}
        windows.append({Figure.ALL_ANSWERED: 1_000 * CROWD / medians.pop(Figure.RATE), **medians})
    return windows


async def book(
    server: Server, slots: Sequence[str], tokens: Sequence[str], connections: int
) -> Figures:
    """Send booking requests; raise WrongAnswer unless exactly one request per slot succeeds."""
    requests = list(map(graphql_request, map(book_slot, slots), cycle(tokens)))
    outcomes: Counter[str] = Counter()

    def check(response: RawResponse) -> None:
        outcomes[outcome(response)] += 1

    async with open_connections(server.address, connections) as opened:
        meter = server.meter()
        latencies = await exchange(opened, iter(requests), check)
        cost = meter.stop(len(requests))
    won = len(set(slots))
    if outcomes != Counter(Booking=won, SlotTaken=len(slots) - won):
        raise WrongAnswer(f"{len(slots)} bookings of {won} slots: {dict(outcomes)}")
    p50, p99 = percentiles(latencies)
    return {**cost, Figure.P50: p50, Figure.P99: p99}


def outcome(response: RawResponse) -> str:
    """Return the type name of a booking's result, or the response's start if it has no result."""
    answer = orjson.loads(response.body) if response.status == 200 else {"errors": []}
    if "errors" in answer:
        return f"{response.status} {response.body[:300]!r}"
    return str(answer["data"]["bookSlot"]["__typename"])
