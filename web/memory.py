"""Return freed heap memory to the operating system.

glibc gives each thread its own arena and keeps the memory that is freed in it. Hashing a password
takes 19 MiB in a worker thread, so the process would grow with every thread. Lowering the mmap
threshold would make each hash considerably slower; instead, all threads share one arena, which is
trimmed every few seconds. With other C libraries, arenas are neither shared nor trimmed.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc

TRIM_INTERVAL_SECONDS = 2.0
ARENA_MAX = -8
"""The `M_ARENA_MAX` parameter of `mallopt`, from malloc.h."""


def use_one_arena() -> None:
    """Make all threads that start later share one arena."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):  # only in glibc
        library.mallopt(ARENA_MAX, 1)


def settle_memory() -> None:
    """Exempt objects created at startup from garbage collection, and release freed memory."""
    # A full collection of the startup objects would block the event loop, so freeze() exempts them.
    # The second collect() resets the heuristic that decides when the next full collection runs.
    gc.collect()
    gc.freeze()
    gc.collect()
    # The default threshold of 700 objects causes too many collections under load; a much larger
    # threshold makes each collection long enough to delay every request.
    gc.set_threshold(10_000, 1, 100)
    trim_heap()


def trim_heap() -> None:
    """Return free pages to the operating system."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        library.malloc_trim(0)


async def trim_regularly() -> None:
    """Trim the heap every few seconds, endlessly."""
    while True:
        await asyncio.sleep(TRIM_INTERVAL_SECONDS)
        trim_heap()
