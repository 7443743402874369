"""What processes cost: CPU time and memory, as Linux counts them (proc(5))."""

from __future__ import annotations

import os
import re
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
RESIDENT = re.compile(r"VmRSS:\s+(\d+) kB")
BUSY = (0, 1, 2, 5, 6)
"""Of the first line of /proc/stat: user, nice, system, irq, softirq."""


@dataclass(frozen=True)
class Stat:
    """Of one process: who started it, and the CPU time that it has had."""

    parent: int
    seconds: float


def read_stat(text: str) -> Stat:
    """Read /proc/PID/stat, in which the name may hold spaces and parentheses."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[1]), (int(fields[11]) + int(fields[12])) / TICKS)


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children = defaultdict(list)
    for path in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has just ended
            children[read_stat(path.read_text(errors="replace")).parent].append(
                int(path.parent.name)
            )
    found = [root]
    for process in found:
        found.extend(children[process])
    return found


def cpu_seconds(processes: list[int]) -> float:
    """The CPU time that some processes have had."""
    total = 0.0
    for process in processes:
        with suppress(OSError):
            total += read_stat((PROC / f"{process}/stat").read_text(errors="replace")).seconds
    return total


def megabytes(root: int) -> float:
    """The resident memory of a process and all that descend from it."""
    kilobytes = 0
    for process in tree(root):
        with suppress(OSError):
            status = (PROC / f"{process}/status").read_text(errors="replace")
            kilobytes += sum(int(size) for size in RESIDENT.findall(status))
    return kilobytes / 1024


@dataclass(frozen=True)
class Reading:
    """Seconds so far: on the clock, and of the CPU by whom they went to."""

    clock: float
    server: float
    database: float
    generator: float
    machine: float


class Meter:
    """Measures what a number of requests costs, from its making on."""

    def __init__(self, server: int, database: list[int]) -> None:
        self._server = tree(server)
        self._database = database
        self._first = self._read()

    def stop(self, requests: int) -> dict[str, float]:
        """What each request has cost, and what else went on."""
        return costs(self._first, self._read(), requests)

    def _read(self) -> Reading:
        columns = (PROC / "stat").read_text().splitlines()[0].split()[1:]
        return Reading(
            clock=time.perf_counter(),
            server=cpu_seconds(self._server),
            database=cpu_seconds(self._database),
            generator=time.process_time(),
            machine=sum(int(columns[column]) for column in BUSY) / TICKS,
        )


def costs(first: Reading, last: Reading, requests: int) -> dict[str, float]:
    """The difference of two readings, a request."""
    clock = last.clock - first.clock
    server = last.server - first.server
    database = last.database - first.database
    generator = last.generator - first.generator
    other = last.machine - first.machine - server - database - generator
    return {
        "per_second": requests / clock,
        "server_us": 1e6 * server / requests,
        "database_us": 1e6 * database / requests,
        "generator": 100 * generator / clock,
        "other": max(0.0, 100 * other / clock),
    }
