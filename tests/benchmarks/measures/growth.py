"""Growth: the cost of a query with a larger directory, and with a longer history of bookings.

The clients are signed in, so that no response is cached: the cost of a cached response does not
depend on the amount of stored data.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from models.bookings.booking import Booking, BookingStatus
from models.calendar.slots import SlotKey
from models.calendar.times import cell_of, instant_of, utc_now
from models.database import open_database
from models.ids import Id, decode, new_id
from models.store.shared_state import insert_missing
from tests.benchmarks.measures.reads import READERS, WARM_SECONDS, in_turn, window
from tests.benchmarks.report import OURS, Figure, record
from tests.benchmarks.world.directory import (
    LIST_WITHOUT_TOTAL,
    SOONEST,
    first_pages,
    free_experts,
    sign_up,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.options import Options
    from tests.benchmarks.report import Figures, Result
    from tests.benchmarks.world.directory import Operation
    from tests.benchmarks.world.servers import Server

LAST_BOOKING: Final = timedelta(days=60)
"""Age of the newest inserted booking, which is older than every booking in the sample data."""
MINUTES: Final = 60
BATCH: Final = 500


async def add_history(url: str, expert: str, count: int) -> None:
    """Insert consecutive past bookings of an hour each for the expert with the given id."""
    expert_id = Id(decode(expert).removeprefix("Expert:"))
    client_id = new_id()
    before = cell_of(utc_now() - LAST_BOOKING)
    keys = [SlotKey(expert_id, before - 4 * back, MINUTES) for back in range(1, count + 1)]
    async with open_database(url):
        for first in range(0, count, BATCH):
            batch = keys[first : first + BATCH]
            await insert_missing([past_booking(key, client_id) for key in batch])


def past_booking(key: SlotKey, client_id: Id) -> Booking:
    """Return a completed booking of the given slot."""
    return Booking(
        expert_id=key.expert_id,
        client_id=client_id,
        status=BookingStatus.COMPLETED,
        active=True,
        starts_at=key.starts_at,
        minutes=key.minutes,
        cells=[instant_of(cell) for cell in range(key.cell, key.session_end)],
        price=9_000,
        created_at=key.starts_at,
        updated_at=key.ends_at,
        cancellable_until=key.starts_at,
    ).update_order_key()


async def compare_all(
    small: Server, large: Server, expert: Operation, options: Options
) -> list[Result]:
    """Compare the costs of queries for the directory and an expert's slots on two databases."""
    asked = {
        "larger directory": first_pages(LIST_WITHOUT_TOTAL),
        "search by time": free_experts(),
        "soonest": first_pages(SOONEST),
        "longer history": [expert],
    }
    return [
        await record(OURS, name, compare(small, large, operations, options))
        for name, operations in asked.items()
    ]


async def compare(
    small: Server, large: Server, operations: Sequence[Operation], options: Options
) -> list[Figures]:
    """Measure two servers alternately; return the ratios of their costs in each round."""
    servers = [
        (server, in_turn(operations, await sign_up(server.address, READERS)))
        for server in (small, large)
    ]
    for server, requests in servers:
        await window(server, requests, WARM_SECONDS)
    windows = []
    for _ in range(options.rounds):
        before, after = [await window(*asked, options.seconds) for asked in servers]
        windows.append(ratios(before, after))
    return windows


def ratios(before: Figures, after: Figures) -> Figures:
    """Return the ratios of the costs after growth to those before, and the server's costs."""
    server, database = Figure.SERVER_CPU, Figure.DATABASE_CPU
    figures = {
        Figure.SERVER_RATIO: after[server] / before[server],
        Figure.CPU_BEFORE: before[server],
        Figure.CPU_AFTER: after[server],
    }
    if before[database]:
        figures[Figure.DATABASE_RATIO] = after[database] / before[database]
    return figures
