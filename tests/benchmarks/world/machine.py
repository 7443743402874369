"""Describes the machine, and measures processes' CPU time and memory (Linux, proc(5))."""

from __future__ import annotations

import os
import platform
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.benchmarks.report import Figure
from tests.support.processes import commands, parent_of

if TYPE_CHECKING:
    from tests.benchmarks.report import Figures

TICKS: Final = os.sysconf("SC_CLK_TCK")
BUSY: Final = (0, 1, 2, 5, 6)
"""Columns of the first line of /proc/stat: user, nice, system, irq, softirq."""


class Cores(NamedTuple):
    """Cores for the measured server, and for the rest: the database and the load generator.

    Each field is a list of cores in the format of `taskset`.
    """

    server: str
    rest: str

    def first(self, count: int) -> str:
        """Return up to `count` cores: the server's own, then cores shared with the database."""
        return ",".join([self.server, *self.rest.split(",")][:count])


def split_cores(usable: set[int]) -> Cores:
    """Reserve the first core for the server; if it is the only core, everything shares it."""
    first, *others = map(str, sorted(usable))
    return Cores(first, ",".join(others) or first)


def describe_machine() -> str:
    """Return a description of the machine: core count, CPU model and operating system."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(errors="replace"))
    name = model[1] if model else platform.machine()
    return f"{os.cpu_count()} cores of {name}, {platform.system()}"


def process_tree(root: int) -> list[int]:
    """Return the process ids of a process and all its descendants."""
    parents = {process: parent_of(process) for process in commands()}
    found = [root]
    for parent in found:
        found += [process for process, its_parent in parents.items() if its_parent == parent]
    return found


def cpu_seconds(processes: list[int]) -> float:
    """Return the total CPU time, in seconds, that the given processes have used so far."""
    ticks = 0
    for process in processes:
        with suppress(OSError):  # The process may have ended.
            # Field 2, the program's name, may contain spaces and parentheses, so skip it.
            fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2]
            ticks += sum(map(int, fields.split()[11:13]))
    return ticks / TICKS


def megabytes(root: int) -> float:
    """Return the resident memory of a process and its descendants, in MiB."""
    kilobytes = 0
    for process in process_tree(root):
        with suppress(OSError):
            status = Path(f"/proc/{process}/status").read_text(errors="replace")
            kilobytes += sum(map(int, re.findall(r"VmRSS:\s+(\d+) kB", status)))
    return kilobytes / 1024


class Meter:
    """Measures the request rate and the CPU time per request, from creation until `stop`."""

    def __init__(self, server: int, database: int) -> None:
        self._server = process_tree(server)
        self._database = process_tree(database)
        self._start = self._read()

    def stop(self, requests: int) -> Figures:
        """Return the request rate, the CPU time per request, and the other processes' load."""
        pairs = zip(self._read(), self._start, strict=True)
        elapsed, server, database, own, machine = (now - before for now, before in pairs)
        return {
            Figure.SERVER_CPU: 1e6 * server / requests,
            Figure.DATABASE_CPU: 1e6 * database / requests,
            Figure.RATE: requests / elapsed,
            Figure.OTHER_LOAD: max(0.0, 100 * (machine - server - database - own) / elapsed),
        }

    def _read(self) -> tuple[float, ...]:
        columns = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
        machine = sum(int(columns[column]) for column in BUSY) / TICKS
        server, database = cpu_seconds(self._server), cpu_seconds(self._database)
        return time.perf_counter(), server, database, time.process_time(), machine
