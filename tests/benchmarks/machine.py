"""The machine: its cores, who has which, and what it is called."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Cores:
    """Which cores the measured server has, and which the database and the load share."""

    server: frozenset[int]
    rest: frozenset[int]

    def for_workers(self, number: int) -> frozenset[int]:
        """The cores of a server of several processes, the others' too where there are few."""
        return frozenset(sorted(self.server | self.rest)[:number])


def split_cores(usable: set[int]) -> Cores:
    """The first core for the server, the others for the rest; one that is alone for both."""
    first, *others = sorted(usable)
    return Cores(frozenset({first}), frozenset(others or [first]))


@contextmanager
def on_cores(cores: frozenset[int]) -> Iterator[None]:
    """Start processes on some cores: a process has the cores of the one that started it."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def machine() -> str:
    """How many cores of what kind there are, and what runs on them."""
    usable = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.machine()}"
    return f"{usable} core{'s' * (usable != 1)} of {_model()}, {system}"


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "an unnamed processor"
