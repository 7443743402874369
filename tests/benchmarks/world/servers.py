"""Starts the database and the measured servers, pinned to given cores."""

from __future__ import annotations

import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.benchmarks.report import OURS
from tests.benchmarks.world.machine import Meter, megabytes
from tests.support.processes import wait_for
from tests.support.servers import EXPERTBOOK, await_ready, environment, start_program
from web.embedded.database import SECANTUS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.servers import Program

# The cache can hold 200,000 experts; with a smaller cache, the benchmark would measure the disk.
DATABASE: Final = 'exec "$0" --port=$EXPERTBOOK_PORT --storage-path=. --cache-size=8G'
SETTINGS: Final = {"throttle": "off", "broadcast_url": "memory://", "operation_seconds": 60}


class Database(NamedTuple):
    """A running database server; the servers that use it write their logs to `folder`."""

    folder: Path
    process: int
    port: int

    def url(self, name: str) -> str:
        """Return the connection string for the database with the given name."""
        return f"mongodb://127.0.0.1:{self.port}/{name}?directConnection=true"


class Server(NamedTuple):
    """A running server; `start_mb` is its memory in MiB just after its start."""

    name: str
    address: str
    process: int
    database: Database
    start_mb: float

    def meter(self) -> Meter:
        """Start measuring the CPU time per request of the server and its database."""
        return Meter(self.process, self.database.process)


@contextmanager
def start(
    command: Sequence[str | Path], folder: Path, cores: str, **settings: object
) -> Iterator[tuple[Program, int]]:
    """Start a program on the given cores; yield it and its port once it accepts connections.

    The program reads its port from EXPERTBOOK_PORT.
    """
    pinned = ("taskset", "-c", cores, *command)
    with start_program(folder, pinned, **settings) as program:
        port = int(program.address.rpartition(":")[2])
        wait_for(lambda: _is_listening(port) or program.process.poll() is not None)
        if program.process.poll() is not None:
            raise RuntimeError(f"{command} did not start: {program.output()[-500:]}")
        yield program, port


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def database_program(chosen: Path | None) -> Path:
    """Return the path of the chosen database program; by default, SecantusDB's server."""
    program = chosen or SECANTUS.program()
    if not program:
        raise RuntimeError(f"{SECANTUS.name} is not installed: uv sync --group database")
    return Path(program).resolve()


@contextmanager
def run_database(folder: Path, cores: str, program: Path) -> Iterator[Database]:
    """Run a database program, which must accept SecantusDB's command-line flags."""
    data = folder / "database"
    data.mkdir(parents=True)
    with start(["sh", "-c", DATABASE, program], data, cores) as (database, port):
        try:
            yield Database(folder, database.process.pid, port)
        finally:
            database.process.kill()  # its data is no longer needed


@contextmanager
def run_server(
    name: str,
    command: Sequence[str | Path],
    database: Database,
    cores: str,
    **settings: object,
) -> Iterator[Server]:
    """Run a server on the given cores; yield it once it accepts connections."""
    with start(command, database.folder, cores, **settings) as (program, _):
        if name == OURS:
            await_ready(program.process, program.address)
        process = program.process.pid
        yield Server(name, program.address, process, database, megabytes(process))


@contextmanager
def run_expertbook(
    database: Database, name: str, cores: str, **settings: object
) -> Iterator[Server]:
    """Run ExpertBook on the database with the given name."""
    settings = {**SETTINGS, "mongodb_url": database.url(name), **settings}
    command = (EXPERTBOOK, "serve", "--with-parent")
    with run_server(OURS, command, database, cores, **settings) as server:
        yield server


def seed(database: Database, name: str, experts: int) -> None:
    """Fill the named database with ExpertBook's sample data."""
    command: list[str | Path] = [EXPERTBOOK, "seed", "--experts", str(experts)]
    settings = environment(**SETTINGS, mongodb_url=database.url(name))
    with (database.folder / "seed.log").open("ab") as log:
        subprocess.run(  # noqa: S603 - runs only ExpertBook
            command, env=settings, cwd=database.folder, stdout=log, stderr=log, check=True
        )
