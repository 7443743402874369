"""The servers that are measured, each started on its core and ended at the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

import jwt

from tests.benchmarks.accounting import Meter, megabytes, tree
from tests.benchmarks.machine import on_cores
from tests.benchmarks.results import OURS
from tests.support.servers import EXPERTBOOK, environment, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.benchmarks.databases import Database
    from tests.benchmarks.rig import Rig

START_SECONDS: Final = 120.0
END_SECONDS: Final = 25.0
SECRET: Final = "bench-secret-bench-secret-bench-secret"
SETTINGS: Final = {"throttle": "off", "broadcast_url": "memory://", "operation_seconds": 60}


class DidNotServe(Exception):
    """A server ended, or did not answer in time; the text says where its log is."""


@dataclass(frozen=True)
class Target:
    """A server that runs.

    Attributes:
        database: the processes of its database.
        start_megabytes: its memory when it was ready, before anything was asked.
    """

    name: str
    address: str
    process: int
    database: list[int] = field(default_factory=list)
    start_megabytes: float = 0.0

    def meter(self) -> Meter:
        """Begin to measure what it costs."""
        return Meter(self.process, self.database)

    def megabytes(self) -> float:
        """Its memory as of now."""
        return megabytes(self.process)


@contextmanager
def ours(
    database: Database, name: str, cores: frozenset[int], **settings: object
) -> Iterator[Target]:
    """Run the program on a database of that name, on some cores."""
    port = free_port()
    chosen = {**SETTINGS, "port": port, "mongodb_url": database.url(name), **settings}
    command = [str(EXPERTBOOK), "serve", "--with-parent"]
    address = f"http://127.0.0.1:{port}/graphql"
    log = database.folder / f"{name}-{port}.log"
    with started(command, environment(**chosen), log, cores) as process:
        yield _ready(OURS, address, process, database, log)


@contextmanager
def apollo(rig: Rig, database: Database, cores: frozenset[int]) -> Iterator[Target]:
    """Run the peers' Apollo Server, on the database that the rig has filled."""
    file = json.loads((rig.folder / "targets" / "apollo-mongoose.json").read_text())
    address = f"{file['base']}/graphql"
    variables = {
        "NODE_ENV": "production",
        "PORT": file["base"].rpartition(":")[2],
        "MONGO_URI": database.url("bench"),
        "JWT_SECRET": SECRET,
    }
    log = database.folder / f"{file['name']}.log"
    command = [str(rig.node), *file["start"][1:]]
    with started(command, {**os.environ, **variables}, log, cores, rig.folder) as process:
        yield _ready(file["name"], address, process, database, log)


def apollo_token(user: int = 0) -> str:
    """An access token as the peers make them."""
    now = datetime.now(UTC)
    claims = {"sub": f"user-{user}", "iat": now, "exp": now + timedelta(days=1)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


@contextmanager
def started(
    command: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    cores: frozenset[int],
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program on some cores, and end it."""
    with log.open("ab") as output, on_cores(cores):
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            env=environment,
            cwd=folder or log.parent,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the run, which ends it in order
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program as by SIGTERM, and after a while what is left of its processes."""
    left = tree(process.pid)
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        for descendant in left:
            os.kill(descendant, signal.SIGKILL)
        process.wait()


def seed(database: Database, name: str, experts: int) -> float:
    """Fill a database with sample data; the seconds that it took."""
    began = time.monotonic()
    settings = environment(**{**SETTINGS, "mongodb_url": database.url(name)})
    command = [str(EXPERTBOOK), "seed", "--experts", str(experts)]
    with (database.folder / "seed.log").open("ab") as log:
        subprocess.run(  # noqa: S603 - our own program
            command, env=settings, cwd=database.folder, stdout=log, stderr=log, check=True
        )
    return time.monotonic() - began


def _ready(
    name: str, address: str, process: subprocess.Popen[bytes], database: Database, log: Path
) -> Target:
    _await_answer(address, process, log)
    return Target(name, address, process.pid, database.processes(), megabytes(process.pid))


def _await_answer(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    question = Request(  # noqa: S310 - of this machine
        address, b'{"query":"{__typename}"}', {"content-type": "application/json"}
    )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DidNotServe(f"{address}: ended with {process.returncode}; see {log}")
        try:
            with urlopen(question, timeout=5):  # noqa: S310 - of this machine
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise DidNotServe(f"{address}: no answer in {START_SECONDS:.0f} seconds; see {log}")
