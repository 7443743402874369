"""What more data cost: a larger directory, and an expert with a long history.

The readers are signed in, so that no response is cached and each question is executed. The servers
of the small and of the large database are asked in turns.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from models.bookings.booking import Booking, BookingStatus
from models.calendar.slots import SlotKey
from models.calendar.times import cell_of, instant_of, utc_now
from models.database import open_database
from models.ids import Id, decode, new_id
from models.store.shared_state import insert_missing
from tests.benchmarks import questions
from tests.benchmarks.reads import (
    WARM_SECONDS,
    first_pages,
    forty_slots,
    full_page,
    in_turn,
    window,
)
from tests.benchmarks.results import OURS, Result, spread, tried
from tests.benchmarks.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.reads import CacheKey, Check
    from tests.benchmarks.targets import Target

READERS: Final = 8

LATEST: Final = timedelta(days=60)
"""So long ago was the last of the many bookings: before those of the sample data."""

MINUTES: Final = 60
BATCH: Final = 500


async def add_history(url: str, expert: str, number: int) -> None:
    """Give an expert so many sessions that are over."""
    kind, _, key = decode(expert).partition(":")
    if kind != "Expert":
        raise ValueError(f"{expert} is no expert")
    async with open_database(url):
        bookings = past_bookings(Id(key), cell_of(utc_now() - LATEST), number)
        for first in range(0, number, BATCH):
            await insert_missing(bookings[first : first + BATCH])


def past_bookings(expert: Id, before: int, number: int) -> list[Booking]:
    """Sessions of an hour one after another, all before a cell."""
    keys = [SlotKey(expert, before - 4 * back, MINUTES) for back in range(1, number + 1)]
    client = new_id()
    return [
        Booking(
            expert_id=expert,
            client_id=client,
            status=BookingStatus.COMPLETED,
            active=True,
            starts_at=key.starts_at,
            minutes=MINUTES,
            cells=[instant_of(cell) for cell in range(key.cell, key.session_end)],
            price=9_000,
            created_at=key.starts_at,
            updated_at=key.ends_at,
            cancellable_until=key.starts_at,
        ).update_order_key()
        for key in keys
    ]


async def growth(
    small: Target, large: Target, expert: dict[str, Any], rounds: int, seconds: float
) -> list[Result]:
    """The directory's cost and that of an expert's slots, in the small and the large database."""
    pages = first_pages(questions.LIST_WITHOUT_TOTAL)
    slots = [questions.expert(expert)]
    return [
        await tried(OURS, name, _compared(small, large, (name, asks, check), rounds, seconds))
        for name, asks, check in (
            ("growth list", pages, full_page),
            ("growth slots", slots, forty_slots),
        )
    ]


async def _compared(
    small: Target,
    large: Target,
    asked: tuple[str, Sequence[CacheKey], Check],
    rounds: int,
    seconds: float,
) -> Result:
    name, asks, check = asked
    of_small, of_large = [
        in_turn(target.address, asks, await _tokens(target)) for target in (small, large)
    ]
    await window(small, of_small, check, WARM_SECONDS)
    await window(large, of_large, check, WARM_SECONDS)
    before: list[dict[str, float]] = []
    after: list[dict[str, float]] = []
    for _ in range(rounds):
        before.append(await window(small, of_small, check, seconds))
        after.append(await window(large, of_large, check, seconds))
    return Result(OURS, name, grown(before, after), _spread(before, after), after[-1]["other"])


async def _tokens(target: Target) -> list[str]:
    """Return the tokens of new accounts."""
    world = World(target.address, datetime.now(UTC))
    await world.register(READERS)
    return world.tokens


def grown(
    before: Sequence[dict[str, float]], after: Sequence[dict[str, float]]
) -> dict[str, float]:
    """What a question costs before and after, and the ratio of the two."""
    figures: dict[str, float] = {}
    for name in ("server_us", "database_us"):
        first, last = (median(window[name] for window in windows) for windows in (before, after))
        figures |= {f"{name}_before": first, f"{name}_after": last}
        if first:
            figures[f"{name}_ratio"] = last / first
    return figures


def _spread(before: Sequence[dict[str, float]], after: Sequence[dict[str, float]]) -> float:
    pairs = zip(before, after, strict=True)
    return spread([large["server_us"] / small["server_us"] for small, large in pairs])
