"""The database that everything is measured on: the embedded one, or another program."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.benchmarks.accounting import tree
from tests.benchmarks.machine import on_cores
from tests.support.processes import database_processes
from tests.support.servers import free_port
from web.embedded.database import GUARDIAN, SECANTUS, embedded_database

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS: Final = 60.0
END_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 0.02
CACHE: Final = "--cache-size=8G"
"""So much that 200,000 experts fit, or it is the disk that is measured."""


class NoBenchmarkDatabase(Exception):
    """The database server did not start."""


@dataclass(frozen=True)
class Database:
    """A database server that runs.

    Attributes:
        folder: where its data and the logs of what uses it are.
        program: what it is called.
        template: its connection string, with `{}` for a database's name.
        guardian: the process that owns it, or 0.
    """

    folder: Path
    program: str
    template: str
    guardian: int = 0

    def url(self, name: str) -> str:
        """The connection string of one of its databases."""
        return self.template.format(name)

    def processes(self) -> list[int]:
        """Its processes, to count what it costs."""
        return tree(self.guardian)[1:] if self.guardian else sorted(database_processes(self.folder))


@contextlib.contextmanager
def database(
    folder: Path, cores: frozenset[int], program: Path | None = None, data: Path | None = None
) -> Iterator[Database]:
    """Run a database server on some cores: the embedded one, unless a program is named.

    Args:
        folder: where logs go, and the embedded one's data.
        cores: its own.
        program: one that takes the flags of SecantusDB's servers.
        data: its data, if they are not to be in `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if program:
        with _other(folder, cores, program, data or folder / "database") as other:
            yield other
        return
    with contextlib.ExitStack() as stack:
        with on_cores(cores):
            url = stack.enter_context(embedded_database(folder / "data"))
        own = folder / "data"
        name = next(path.name for path in (own / "database").iterdir() if path.is_dir())
        yield Database(own, name, url.replace("/expertbook?", "/{}?"))


@contextlib.contextmanager
def _other(folder: Path, cores: frozenset[int], program: Path, data: Path) -> Iterator[Database]:
    data.mkdir(parents=True, exist_ok=True)
    port = free_port()
    taker = "thread" if program.name == SECANTUS.name else "process"
    flags = (f"--port={port}", f"--storage-path={data}", "--log-level=WARNING", CACHE)
    log = folder / "database.log"
    with on_cores(cores):
        # The same that owns the embedded one: the server ends with this process, however it ends.
        guardian = subprocess.Popen(  # noqa: S603 - our own script, and the program that was named
            [sys.executable, "-I", "-S", GUARDIAN, str(log), taker, str(program), *flags],
            bufsize=0,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
    try:
        _await(port, guardian, log)
        template = f"mongodb://127.0.0.1:{port}/{{}}?directConnection=true"
        yield Database(folder, program.name, template, guardian.pid)
    finally:
        _end(guardian, port)


def _await(port: int, guardian: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _accepts(port):
        if guardian.poll() is not None or time.monotonic() > deadline:
            raise NoBenchmarkDatabase(f"The database did not start; see {log}")
        time.sleep(PAUSE_SECONDS)
    if guardian.stdin:
        guardian.stdin.write(b".")


def _end(guardian: subprocess.Popen[bytes], port: int) -> None:
    if guardian.stdin:
        guardian.stdin.close()
    deadline = time.monotonic() + END_SECONDS
    while guardian.poll() is None and time.monotonic() < deadline:
        _accepts(port)  # before it ends, secantusd-py waits for one more connection
        time.sleep(PAUSE_SECONDS)
    guardian.kill()
    guardian.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def secantus() -> Path:
    """The embedded database's program, for the peers, who start one by themselves."""
    program = SECANTUS.program() or shutil.which(SECANTUS.name)
    if not program:
        raise NoBenchmarkDatabase(f"{SECANTUS.name} is not installed: uv sync --group database")
    return Path(program)
