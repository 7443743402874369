"""Starts the server in a separate process on a free port."""

from __future__ import annotations

import fcntl
import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.command_rules import OFFENCE
from tests.support.databases import GIVEN_URL, shared_server
from tests.support.forked_program import UNCHANGED, ForkedProgram, Patch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_SECONDS = 900
END_SECONDS = 120
"""Generous timeouts for starting and ending a program; only a hanging program exceeds them."""
CACHES = "EXPERTBOOK_CACHES"
"""Environment variable that test servers inherit, to run the suite with and without caches."""
EXPERTBOOK = Path(sys.executable).with_name("expertbook")
SERVE = (EXPERTBOOK, "serve")
"""The command with which users start the server."""
SERVE_IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$0" "$@"', *SERVE)
"""Equivalent of `expertbook serve &` in a shell, which makes background processes ignore SIGINT."""
# With this option, the server ends with the process that forked it, even if it is interrupted.
FORKED_SERVE = ("serve", "--with-parent")
PORTS = range(10_000, 20_000)
"""Ports for test servers, below the ports of embedded databases and the ephemeral ports."""

_shuffled = itertools.cycle(random.SystemRandom().sample(PORTS, len(PORTS)))
_reserved: list[BinaryIO] = []


def free_port() -> int:
    """Reserve a free port until this process ends, and return it.

    A lock file for each port prevents this user's other test processes from reserving it as well.
    """
    locks = Path(tempfile.gettempdir()) / f"expertbook-test-ports-{os.getuid()}"
    locks.mkdir(exist_ok=True)
    for port in itertools.islice(_shuffled, len(PORTS)):
        lock = (locks / str(port)).open("ab")
        with socket.socket() as probe, suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            probe.bind(("", port))
            _reserved.append(lock)
            return port
        lock.close()
    raise OSError(f"no port from {PORTS[0]} to {PORTS[-1]} is free")


def environment(**settings: object) -> dict[str, str]:
    """Return the environment with the given settings; the only inherited setting is CACHES.

    By default, clients need no verified e-mail address, and operations may take two minutes,
    because an operation can exceed the usual limit on a busy machine.
    """
    ours = ("EXPERTBOOK_", "MONGO", "PORT", "JWT_SECRET", "CLIENT_URL")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) or name == CACHES
    }
    given = {"require_verified_email": "off", "operation_seconds": 120, **settings}
    return kept | {f"EXPERTBOOK_{name.upper()}": str(value) for name, value in given.items()}


@dataclass
class Program:
    """A started server program, its URL and its log file."""

    process: ForkedProgram | subprocess.Popen[bytes]
    address: str
    log: Path

    def output(self) -> str:
        """Return the program's output so far."""
        return self.log.read_text()

    def wait(self, seconds: float = END_SECONDS) -> int:
        """Wait until the program ends and return its exit status."""
        return self.process.wait(seconds)


@contextmanager
def start_program(
    folder: Path, command: Sequence[Path | str] | Patch = UNCHANGED, /, **settings: object
) -> Iterator[Program]:
    """Start a server in a folder with the given settings, and finally end it with SIGINT.

    Args:
        folder: the working directory, in which the data folder is created.
        command: the command that starts the server, such as `SERVE`. Without a command, or with a
            patch instead, the server is forked from a prepared process, which is faster.
        settings: settings of the server. Without `mongodb_url`, a forked server uses a database on
            the shared database server, but a command starts an embedded database. A forked server
            starts an embedded database, too, if `mongodb_url` is None.
    """
    port = free_port()
    database: dict[str, object] = {}
    if GIVEN_URL:
        database = {"mongodb_url": shared_server.database(folder)}
    elif isinstance(command, Patch) and "mongodb_url" not in settings:
        # Broadcast in memory, as with an embedded database, because there is no other server to
        # which events must be sent.
        database = {"mongodb_url": shared_server.database(folder), "broadcast_url": "memory://"}
    given = {"port": port, "data": folder / "data", **database, **settings}
    env = environment(**{name: value for name, value in given.items() if value is not None})
    path = folder / f"{port}.log"
    path.touch()
    process: ForkedProgram | subprocess.Popen[bytes]
    if isinstance(command, Patch):
        process = ForkedProgram(FORKED_SERVE, env, folder, (path, path), patch=command)
    else:
        process = run_command(command, env, folder, path)
    try:
        yield Program(process, f"http://127.0.0.1:{port}", path)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_SECONDS)
    print(path.read_text())  # noqa: T201 - shown by pytest for failed tests
    assert OFFENCE not in path.read_text()


def run_command(
    command: Sequence[Path | str], environment: dict[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start a command in a folder, and append its output to a log file."""
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - the program, or a test's command
            command, env=environment, cwd=folder, stdout=output, stderr=output
        )


@contextmanager
def run_server(folder: Path, **settings: object) -> Iterator[str]:
    """Run a server in a folder with the given settings; yield its URL once it is ready."""
    with start_program(folder, **settings) as program:
        await_ready(program.process, program.address)
        yield program.address


def await_ready(process: ForkedProgram | subprocess.Popen[bytes], address: str) -> None:
    """Wait until the server is ready."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the program ended with {process.returncode}")
        try:
            with urlopen(f"{address}/readyz", timeout=END_SECONDS):  # noqa: S310 - our own server
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise TimeoutError(f"{address} was not ready within {START_SECONDS} s")
