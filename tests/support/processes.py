"""Finds and suspends the processes that a server has started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE_SECONDS = 120


def commands() -> dict[int, list[str]]:
    """Return the command line of every running process, except zombies, keyed by process id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # The process may have just ended.
            if command := path.read_bytes().decode(errors="replace").split("\0")[:-1]:
                found[int(path.parent.name)] = command
    return found


def parent_of(process: int) -> int | None:
    """Return the id of a process's parent, or None if the process has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def workers_of(parent: int) -> set[int]:
    """Return the ids of a server's worker processes."""
    return {
        process
        for process, command in commands().items()
        if "web.workers" in command and parent_of(process) == parent
    }


def processes_using(folder: Path) -> set[int]:
    """Return the process ids of the database in a folder and of the guardian that restarts it."""
    return {
        process
        for process, command in commands().items()
        if any(str(folder) in part for part in command[1:])
    }


def database_processes(folder: Path) -> set[int]:
    """Return the process ids of the database servers in a folder, but not of their guardian."""
    running = commands()
    return {
        process
        for process in processes_using(folder)
        if not any(part.endswith("guardian.py") for part in running.get(process, ["guardian.py"]))
    }


def freeze(process: int) -> None:
    """Send SIGSTOP to a process and wait until it has stopped."""
    os.kill(process, signal.SIGSTOP)
    wait_for(lambda: _state_of(process) == "T")


@contextmanager
def frozen(*processes: int) -> Iterator[None]:
    """Suspend processes for the duration of the context."""
    try:
        for process in processes:
            freeze(process)
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def _state_of(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true, or raise TimeoutError after two minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition was still false after {PATIENCE_SECONDS} s")
        time.sleep(0.05)
