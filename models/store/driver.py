"""A fault of the database's driver on Python 3.11, mended.

PyMongo waits for a server, or for a free connection, with `asyncio.wait_for`. Until Python 3.12
that ran the wait in a task of its own: an operation that is cancelled meanwhile gives up a lock
which another one holds, and after that the client can wait for ever. A socket that closes while
the database is away is enough.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from pymongo.asynchronous import pool, topology

if TYPE_CHECKING:
    from asyncio import Condition

WAIT = "_async_cond_wait"


def patch_condition_wait() -> None:
    """Have the driver wait in the task that holds the lock; doing it twice does no harm."""
    if sys.version_info >= (3, 12):
        return
    for module in (pool, topology):
        if not hasattr(module, WAIT):
            raise AttributeError(f"{module.__name__} has no {WAIT} any more: see what it does now")
        setattr(module, WAIT, _wait)


async def _wait(condition: Condition, timeout: float | None) -> bool:  # noqa: ASYNC109 - PyMongo's signature
    """Wait, without the lock, until another task notifies; False when that takes too long."""
    try:
        async with asyncio.timeout(timeout):
            return await condition.wait()
    except TimeoutError:
        return False
