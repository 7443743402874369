"""The clock's own moves: holds past their end, pending bookings whose start has passed."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from models.errors import ExpertBookError
from resolvers.moves import expire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.ledger.ledger import Ledger

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5


@asynccontextmanager
async def sweeping(ledger: Ledger) -> AsyncIterator[None]:
    """Make the clock's moves, twice a second, for as long as the context lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_sweep(ledger), name="sweeper")
        try:
            yield
        finally:
            task.cancel()


async def _sweep(ledger: Ledger) -> None:
    while True:
        try:
            await expire(ledger)
        except ExpertBookError as error:
            log.warning("what has ended is released later: %s", error)
        await asyncio.sleep(PAUSE_SECONDS)
