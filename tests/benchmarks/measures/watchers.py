"""Measures of ten thousand sockets that watch one or many experts, or reconnect after cuts."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from itertools import cycle
from time import perf_counter
from typing import TYPE_CHECKING, Final

from tests.benchmarks.measures.writes import CLIENTS, outcome
from tests.benchmarks.report import Figure, WrongAnswer, percentiles
from tests.benchmarks.world.clients import SETTLING_SECONDS, graphql_request, open_connections
from tests.benchmarks.world.directory import Opening, book_slot, sign_up
from tests.benchmarks.world.machine import megabytes
from tests.benchmarks.world.watchers import Crowd

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures
    from tests.benchmarks.world.directory import Directory
    from tests.benchmarks.world.servers import Server

BOOKINGS: Final = 20
"""Number of bookings that are made one by one while all sockets watch one expert."""
SPREAD_BOOKINGS: Final = 2_000
"""Number of bookings of different experts; `TOGETHER` bookings are made at the same time."""
TOGETHER: Final = 8
CUTS: Final = 6
PAUSE_SECONDS: Final = 8.0
CUT_SECONDS: Final = 2.0


@asynccontextmanager
async def crowd_of(server: Server, openings: Sequence[Opening], size: int) -> AsyncIterator[Crowd]:
    """Open sockets that watch the experts of the given openings, evenly spread over the experts."""
    crowd = Crowd(server.address)
    places = cycle(dict.fromkeys((each.expert, each.cursor) for each in openings))
    try:
        await crowd.open(place for _, place in zip(range(size), places, strict=False))
        yield crowd
    finally:
        crowd.cut()


async def one_expert(server: Server, directory: Directory, options: Options) -> list[Figures]:
    """Have all sockets watch one expert; measure the latencies and the memory per socket."""
    expert, slots = await directory.busiest_expert()
    cursor = await directory.cursor(expert)
    tokens = await sign_up(server.address, CLIENTS)
    openings = [Opening(expert, cursor, slot) for slot in slots[:BOOKINGS]]
    before = megabytes(server.process)
    async with crowd_of(server, openings, options.sockets) as crowd:
        await asyncio.sleep(SETTLING_SECONDS)
        each = 1024 * (megabytes(server.process) - before) / options.sockets
        arrivals = await book(server, openings, tokens, crowd, options.sockets, together=1)
    p50, p99 = percentiles(arrivals)
    return [{Figure.LAST_P50: p50, Figure.LAST_P99: p99, Figure.SUBSCRIBER_KB: each}]


async def many_experts(
    server: Server, booking: Server, directory: Directory, options: Options
) -> list[Figures]:
    """Have a few sockets watch each of many experts; book the experts through another server."""
    openings = await directory.openings(SPREAD_BOOKINGS)
    tokens = await sign_up(booking.address, CLIENTS)
    async with crowd_of(server, openings, options.sockets) as crowd:
        audience = len(crowd.watchers) // len({each.expert for each in openings})
        meter = server.meter()
        arrivals = await book(booking, openings, tokens, crowd, audience, TOGETHER)
        cost = meter.stop(audience * len(openings))
    p50, p99 = percentiles(arrivals)
    per_core = 1e6 / cost[Figure.SERVER_CPU]
    return [{Figure.PER_CORE: per_core, Figure.LAST_P50: p50, Figure.LAST_P99: p99, **cost}]


async def return_together(server: Server, directory: Directory, options: Options) -> list[Figures]:
    """Cut all sockets several times; measure how long they take to reconnect and to catch up."""
    openings = await directory.openings(CUTS * SPREAD_BOOKINGS // 10)
    batches = [openings[number::CUTS] for number in range(CUTS)]
    tokens = await sign_up(server.address, CLIENTS)
    seconds = []
    async with crowd_of(server, openings, options.sockets) as crowd:
        audiences = Counter(watcher.expert for watcher in crowd.watchers)
        for batch in batches:
            crowd.cut()
            await asyncio.gather(
                asyncio.sleep(CUT_SECONDS), book(server, batch, tokens, None, 0, TOGETHER)
            )
            start = perf_counter()
            await crowd.reopen()
            for opening in batch:
                await crowd.last_arrival(opening.slot, audiences[opening.expert])
            seconds.append(perf_counter() - start)
            await asyncio.sleep(max(0.0, PAUSE_SECONDS - seconds[-1]))
        check(crowd, openings)
    return [{Figure.RESUMED_S: each} for each in seconds]


def check(crowd: Crowd, openings: Sequence[Opening]) -> None:
    """Raise WrongAnswer if a watcher has missed an event of its expert, or received one twice."""
    for watcher in crowd.watchers:
        expected = {each.slot for each in openings if each.expert == watcher.expert}
        if len(watcher.slots) != len(expected) or set(watcher.slots) != expected:
            raise WrongAnswer(f"{len(watcher.slots)} events of {len(expected)}")


async def book(
    server: Server,
    openings: Sequence[Opening],
    tokens: Sequence[str],
    crowd: Crowd | None,
    audience: int,
    together: int,
) -> list[float]:
    """Book the openings' slots over `together` connections at the same time.

    Returns:
        The seconds from each booking request until its event has reached `audience` sockets of the
        crowd; an empty list without a crowd.
    """
    requests: Iterator[tuple[str, bytes]] = (
        (each.slot, graphql_request(book_slot(each.slot), token))
        for each, token in zip(openings, cycle(tokens), strict=False)
    )
    sent: dict[str, float] = {}
    arrivals: list[float] = []

    async with open_connections(server.address, together) as connections:

        async def book_some(connection_number: int) -> None:
            connection = connections[connection_number]
            for slot, request in requests:
                sent[slot] = perf_counter()
                await connection.send(request)
                if (answer := outcome(await connection.read_response())) != "Booking":
                    raise WrongAnswer(f"the booking of a slot with watchers: {answer}")
                if crowd and together == 1:
                    arrivals.append(await crowd.last_arrival(slot, audience) - sent[slot])

        await asyncio.gather(*map(book_some, range(together)))
    if crowd and together > 1:
        for slot, start in sent.items():
            arrivals.append(await crowd.last_arrival(slot, audience) - start)
    return arrivals
