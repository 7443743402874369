"""Background tasks of a server process, which expire holds and erase accounts."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from models.errors import ExpertBookError
from resolvers.moves import expire
from resolvers.own_data import finish_deletions
from resolvers.waits import review

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine

    from models.ledger.ledger import Ledger

log = logging.getLogger(__name__)

SWEEP_INTERVAL_SECONDS = 1.0
ACCOUNT_SWEEP_SECONDS = 3.0


@asynccontextmanager
async def background(name: str, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run a task for the duration of the context; if the task fails, the context fails, too."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work, name=name)
        try:
            yield
        finally:
            task.cancel()


async def sweep(ledger: Ledger) -> None:
    """Once a second, expire holds and pending bookings, and update waiting lists."""
    while True:
        try:
            await expire(ledger)
            await review(ledger)
        except ExpertBookError as error:
            log.warning("could not expire holds and bookings, retrying: %s", error)
        await asyncio.sleep(SWEEP_INTERVAL_SECONDS)


async def sweep_accounts(ledger: Ledger) -> None:
    """Every few seconds, erase accounts that have been deleted or were not verified in time."""
    while True:
        await asyncio.sleep(ACCOUNT_SWEEP_SECONDS)
        try:
            await finish_deletions(ledger)
        except ExpertBookError as error:
            log.warning("could not erase deleted accounts, retrying: %s", error)
