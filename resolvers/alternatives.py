"""Alternatives to a slot that is no longer open.

The alternatives are computed on demand; concurrent requests for the same slot share one
computation.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from models.bookings.booking import Span
from models.caching.batch_loader import BatchLoader
from models.calendar.slots import Slot, SlotKey, SlotStatus
from models.calendar.times import utc_now
from resolvers.slots import calendars, occupants, slots_between

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

MAX_ALTERNATIVES = 3
SEARCH_RADII = (timedelta(days=2), timedelta(days=7))


class Alternatives:
    """Finds the open slots that are nearest in time to a given slot and have the same length."""

    def __init__(self) -> None:
        self._loader = BatchLoader(_read)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Alternatives]:
        """Run the batch loader while the context is open."""
        async with self._loader.open("alternatives"):
            yield self

    async def nearest_to(self, key: SlotKey) -> list[Slot]:
        """Return up to `MAX_ALTERNATIVES` open slots, the nearest to the given slot first.

        Raises:
            Unavailable: if the database does not respond.
        """
        return await self._loader.load(key) or []


async def _read(keys: Sequence[SlotKey]) -> dict[SlotKey, list[Slot]]:
    now = utc_now()
    return {key: await _nearest(key, now) for key in keys}


async def _nearest(key: SlotKey, now: datetime) -> list[Slot]:
    [calendar] = await calendars([key.expert_id])
    found: list[Slot] = []
    if calendar is None:
        return found
    for radius in SEARCH_RADII:
        since, until = key.starts_at - radius, key.starts_at + radius
        [taken] = await occupants([Span(key.expert_id, since, until)])
        slots = slots_between(calendar, taken, key.minutes, since, until, now)
        open_slots = [slot for slot in slots if slot.status is SlotStatus.OPEN]
        nearest = sorted(
            open_slots, key=lambda slot: (abs(slot.key.cell - key.cell), slot.key.cell)
        )
        found = list(islice(nearest, MAX_ALTERNATIVES))
        if len(found) == MAX_ALTERNATIVES:
            break
    return found
