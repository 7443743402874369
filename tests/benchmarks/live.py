"""Live: many subscribers of one expert, and how soon the last of them hears of a booking."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, cycle
from time import perf_counter
from typing import TYPE_CHECKING, Final

from tests.benchmarks import questions
from tests.benchmarks.connections import connected, post
from tests.benchmarks.results import Result, WrongAnswer, combined, percentiles
from tests.benchmarks.subscribers import Awaited, subscribed
from tests.benchmarks.writes import WON, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.benchmarks.connections import Connection
    from tests.benchmarks.subscribers import Board
    from tests.benchmarks.targets import Target
    from tests.benchmarks.world import Person, Slot, World

SUBSCRIBERS: Final = 1_000
WARM: Final = 5
EACH: Final = 25
"""Bookings of a window."""

IN_FLIGHT: Final = 8
PAUSE_SECONDS: Final = 0.03
PATIENCE_SECONDS: Final = 15.0


def windows_of(slots: int) -> int:
    """How many windows the slots of one expert last for: one by one, and in a flood."""
    return (slots - WARM) // (2 * EACH)


@dataclass(frozen=True)
class Announcements:
    """Bookings of one expert's slots, of which every subscriber must hear."""

    target: Target
    board: Board
    requests: Iterator[tuple[str, bytes]]

    async def one(self, connection: Connection) -> float:
        """Book a slot; the seconds from the request to the last subscriber.

        Raises:
            WrongAnswer: when it was not booked, or somebody has not heard of it.
        """
        slot, request = next(self.requests)
        awaited = self.board.awaited[slot.encode()] = Awaited(SUBSCRIBERS)
        began = perf_counter()
        said = outcome(*await connection.ask(request))
        if said != WON:
            raise WrongAnswer(f"a booking that subscribers wait for came to {said}")
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await awaited.full.wait()
        del self.board.awaited[slot.encode()]
        if (heard := len(awaited.times)) < SUBSCRIBERS:
            raise WrongAnswer(f"{heard} of {SUBSCRIBERS} subscribers heard of a booking")
        return awaited.times[-1] - began

    async def one_by_one(self, connection: Connection) -> dict[str, float]:
        """Some bookings, each after all have heard of the one before it."""
        last = []
        for _ in range(EACH):
            last.append(await self.one(connection))
            await asyncio.sleep(PAUSE_SECONDS)
        return {f"last_{name}": value for name, value in percentiles(last).items()}

    async def flood(self, connections: Sequence[Connection]) -> dict[str, float]:
        """Some bookings, several of them at the same time."""
        left = count(1)

        async def some(connection: Connection) -> None:
            while next(left) <= EACH:
                await self.one(connection)

        meter = self.target.meter()
        async with asyncio.TaskGroup() as group:
            for connection in connections:
                group.create_task(some(connection))
        cost = meter.stop(EACH * SUBSCRIBERS)
        return {
            "deliveries_per_second": cost["per_second"],
            "server_us": cost["server_us"],
            "other": cost["other"],
        }


async def fanout(
    target: Target, world: World, expert: Person, slots: Sequence[Slot], rounds: int
) -> Result:
    """Deliver bookings to a thousand subscribers, one by one and as a flood."""
    await world.register()
    wanted = zip(slots, cycle(world.tokens), strict=False)
    requests = (
        (slot.id, post(target.address, questions.booking(slot.id), token)) for slot, token in wanted
    )
    async with (
        subscribed(target.address, expert.id, SUBSCRIBERS) as board,
        connected(target.address, IN_FLIGHT) as connections,
    ):
        bookings = Announcements(target, board, requests)
        for _ in range(WARM):
            await bookings.one(connections[0])
        windows = []
        for _ in range(min(rounds, windows_of(len(slots)))):
            paced = await bookings.one_by_one(connections[0])
            windows.append({**paced, **await bookings.flood(connections)})
    return combined(target.name, "fanout", windows, "deliveries_per_second")


async def memory(target: Target, expert: str) -> Result:
    """What a fresh server held when it was ready, and holds with a thousand idle subscribers."""
    async with subscribed(target.address, expert, SUBSCRIBERS):
        crowded = target.megabytes()
    start = target.start_megabytes
    each = 1024 * (crowded - start) / SUBSCRIBERS
    figures = {"start_mb": start, "crowded_mb": crowded, "subscriber_kb": each}
    return Result(target.name, "memory", figures)
