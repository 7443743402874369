"""From one process to two: what each serves alone, and both together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.benchmarks.reads import first_pages, full_page, in_turn, measured
from tests.benchmarks.results import Result, tried
from tests.benchmarks.world import look
from tests.benchmarks.writes import distinct

if TYPE_CHECKING:
    from tests.benchmarks.targets import Target

READERS: Final = 8


async def served_by(target: Target, workers: int, rounds: int, seconds: float) -> list[Result]:
    """Reads for all, reads of somebody who is signed in, and bookings, by so many workers."""
    world = await look(target.address)
    await world.register()
    pages = first_pages()
    everybody = in_turn(target.address, pages)
    signed_in = in_turn(target.address, pages, world.tokens[:READERS])
    results = [
        await measured(target, "list", everybody, full_page, rounds, seconds),
        await measured(target, "list, signed in", signed_in, full_page, rounds, seconds),
        await tried(target.name, "book", distinct(target, world, rounds)),
    ]
    return [replace(result, measure=f"{_count(workers)}: {result.measure}") for result in results]


def _count(workers: int) -> str:
    return f"{workers} worker{'s' * (workers != 1)}"
