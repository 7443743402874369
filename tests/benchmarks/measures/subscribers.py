"""Measures how fast bookings reach a thousand subscribers, and how much memory these use."""

from __future__ import annotations

import asyncio
from itertools import cycle, islice
from time import perf_counter
from typing import TYPE_CHECKING, Final

from tests.benchmarks.measures.writes import CLIENTS, outcome
from tests.benchmarks.report import Figure, WrongAnswer, percentiles
from tests.benchmarks.world.clients import graphql_request, open_connections, subscribe
from tests.benchmarks.world.directory import book_slot, sign_up
from tests.benchmarks.world.machine import megabytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures
    from tests.benchmarks.world.clients import Audience
    from tests.benchmarks.world.directory import Directory
    from tests.benchmarks.world.servers import Server
    from tests.support.raw_http import RawConnection

SUBSCRIBERS: Final = 1_000
WARM_BOOKINGS: Final = 5
BOOKINGS: Final = 25
"""Number of bookings in each half of a measuring window: first one by one, then 8 at a time."""
TOGETHER: Final = 8


async def fanout(server: Server, directory: Directory, options: Options) -> list[Figures]:
    """Book one expert, and measure how fast each booking's event reaches all subscribers."""
    tokens = cycle(await sign_up(server.address, CLIENTS))
    expert, slots = await directory.busiest_expert()
    requests = zip(slots, map(graphql_request, map(book_slot, slots), tokens), strict=True)
    windows: list[Figures] = []
    async with (
        subscribe(server.address, expert, SUBSCRIBERS) as audience,
        open_connections(server.address, TOGETHER) as connections,
    ):
        await deliver(audience, connections[:1], islice(requests, WARM_BOOKINGS))
        for _ in range(options.rounds):
            alone = await deliver(audience, connections[:1], islice(requests, BOOKINGS))
            meter = server.meter()
            flood = await deliver(audience, connections, islice(requests, BOOKINGS))
            if len(flood) < BOOKINGS:
                break  # the expert has no more slots
            cost = meter.stop(BOOKINGS * SUBSCRIBERS)
            p50, p99 = percentiles(alone)
            last = {Figure.LAST_P50: p50, Figure.LAST_P99: p99}
            windows.append({Figure.DELIVERIES: cost.pop(Figure.RATE), **last, **cost})
    return windows


async def deliver(
    audience: Audience,
    connections: Sequence[RawConnection],
    requests: Iterator[tuple[str, bytes]],
) -> list[float]:
    """Book slots; each connection waits until all subscribers know of its previous booking.

    Returns:
        For each booking, the seconds from the request until the last subscriber has the event.
    """
    latencies: list[float] = []

    async def book_some(connection: RawConnection) -> None:
        for slot, request in requests:
            start = perf_counter()
            await connection.send(request)
            if (answer := outcome(await connection.read_response())) != "Booking":
                raise WrongAnswer(f"the booking of a slot with subscribers: {answer}")
            await audience.wait(slot.encode())
            latencies.append(perf_counter() - start)

    await asyncio.gather(*map(book_some, connections))
    return latencies


async def memory(server: Server, directory: Directory) -> list[Figures]:
    """Measure the memory of a fresh server, first without subscribers and then with idle ones."""
    async with subscribe(server.address, directory.experts[0]["id"], SUBSCRIBERS):
        crowded = megabytes(server.process)
    each = 1024 * (crowded - server.start_mb) / SUBSCRIBERS
    return [
        {
            Figure.START_MB: server.start_mb,
            Figure.CROWDED_MB: crowded,
            Figure.SUBSCRIBER_KB: each,
        }
    ]
