"""Workaround for a deadlock in PyMongo on Python 3.11.

PyMongo waits for a server or a free connection with `asyncio.wait_for`, which before Python 3.12
ran the wait in a separate task. If the operation is cancelled meanwhile, for example because a
client disconnects during a database outage, the cancelled operation releases a lock that another
operation holds, and the driver can block forever.
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
    """Patch PyMongo to wait in the task that holds the lock; it is safe to call this twice."""
    if sys.version_info >= (3, 12):
        return
    for module in (pool, topology):
        if not hasattr(module, WAIT):
            raise AttributeError(
                f"{module.__name__} no longer has {WAIT}. Check whether the patch is still needed."
            )
        setattr(module, WAIT, _wait)


async def _wait(condition: Condition, timeout: float | None) -> bool:  # noqa: ASYNC109 - PyMongo's signature
    """Wait, with the lock released, until another task notifies; return False on timeout."""
    try:
        async with asyncio.timeout(timeout):
            return await condition.wait()
    except TimeoutError:
        return False
