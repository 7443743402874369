"""The processes that a program has started."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE_SECONDS = 120


def commands() -> dict[int, list[str]]:
    """The command of every process that runs, zombies left out."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has just ended
            if command := path.read_bytes().decode(errors="replace").split("\0")[:-1]:
                found[int(path.parent.name)] = command
    return found


def parent_of(process: int) -> int | None:
    """The process that started it, if it still runs."""
    with suppress(OSError):
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return None


def workers_of(parent: int) -> set[int]:
    """The workers of a program."""
    return {
        process
        for process, command in commands().items()
        if "web.workers" in command and parent_of(process) == parent
    }


def using(folder: Path) -> set[int]:
    """The database and its guardian in a folder."""
    return {
        process
        for process, command in commands().items()
        if any(str(folder) in part for part in command[1:])
    }


def databases(folder: Path) -> set[int]:
    """The database servers in a folder, which their guardian starts again when they die."""
    running = commands()
    return {
        process
        for process in using(folder)
        if not any(part.endswith("guardian.py") for part in running.get(process, ["guardian.py"]))
    }


def freeze(process: int) -> None:
    """Stop a process where it is, and wait until it stands still."""
    os.kill(process, signal.SIGSTOP)
    wait_for(lambda: _state_of(process) == "T")


def _state_of(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait until a condition is true, or raise TimeoutError after two minutes."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition was still false after {PATIENCE_SECONDS} s")
        time.sleep(0.05)
