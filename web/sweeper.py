"""Background task that expires holds past their end and pending bookings past their start."""

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

SWEEP_INTERVAL_SECONDS = 0.5


@asynccontextmanager
async def sweeping(ledger: Ledger) -> AsyncIterator[None]:
    """Expire bookings twice a second for the duration of the context."""
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
            log.warning("could not expire holds and bookings, retrying: %s", error)
        await asyncio.sleep(SWEEP_INTERVAL_SECONDS)
