"""Memory that is free goes back to the system, which the C library would not do by itself.

Each thread gets an arena of the GNU library's own, and what was freed at its end is kept for good.
A password takes 19 MiB to hash: after 60 registrations the program had 147 MB in place of 90. To
have such blocks mapped one by one would cost more than half as much again for each password, as
fresh pages are dear. So there is one arena, whose free pages are given back every few seconds, in
a burst of sign-ins seldom enough. Other C libraries are left as they are.
"""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PAUSE_SECONDS = 2.0
ARENA_MAX = -8
"""`M_ARENA_MAX` of malloc.h, for `mallopt`."""


def use_one_arena() -> None:
    """Have all threads that are yet to be started share one arena."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):  # which the GNU library alone has
        library.mallopt(ARENA_MAX, 1)


def give_back() -> None:
    """Give the free pages back, which takes a millisecond."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


@asynccontextmanager
async def giving_back() -> AsyncIterator[None]:
    """Give the free pages back every few seconds, for as long as the context lasts."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_give_back(), name="memory")
        try:
            yield
        finally:
            task.cancel()


async def _give_back() -> None:
    while True:
        await asyncio.sleep(PAUSE_SECONDS)
        give_back()
