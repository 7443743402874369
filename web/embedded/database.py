"""Run the embedded database server in the data folder, if `MONGODB_URL` is not set.

Two lock files protect the data folder. Only the main process locks the file `lock`, which shows
that ExpertBook is running. The main process, the guardian and the database server share the lock on
`database.lock`, which is released when the last of these processes ends. Because of this second
lock, a new start waits until the database of a killed ExpertBook process has stopped.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from models.store import replica_set

GUARDIAN = Path(__file__).with_name("guardian.py")
HOST = "127.0.0.1"
MAX_IDLE_MS = 120_000  # SecantusDB closes connections that are idle for five minutes
PORTS = range(20000, 30000)  # below the ephemeral ports, which any outgoing connection may take
START_SECONDS = 60.0
ANSWER_SECONDS = 5.0  # for one attempt to connect; then the guardian is checked
CLOSING_SECONDS = 15.0  # longer than the guardian takes from SIGTERM to SIGKILL
PAUSE_SECONDS = 0.02
LOG_LINES = 5


class NoDatabase(Exception):
    """The embedded database cannot be used; the error message says how to solve the problem.

    NoDatabase
    ├── AlreadyRunning     another ExpertBook process is using the data folder
    ├── StillClosing       the database of a previous ExpertBook process has not stopped in time
    ├── FolderNotWritable  the data folder cannot be created or written to
    ├── ServerNotFound     no database server that can read the data folder is installed
    └── DidNotStart        no port is free, or the server exited or did not respond in time
    """


class AlreadyRunning(NoDatabase):
    """Another ExpertBook process is using the data folder."""


class StillClosing(NoDatabase):
    """The database of a previous ExpertBook process has not stopped in time."""


class FolderNotWritable(NoDatabase):
    """The data folder cannot be created or written to."""


class ServerNotFound(NoDatabase):
    """No database server that can read the data folder is installed."""


class DidNotStart(NoDatabase):
    """No port is free, or the database server exited or did not respond in time."""


@dataclass(frozen=True)
class Server:
    """A database server program that ExpertBook can run."""

    name: str
    replica_set: str
    flags: tuple[str, ...]
    initiates_itself: bool  # whether the server initiates its replica set at its start
    signal_target: str  # the receiver of SIGTERM: `process` or `thread`, see guardian.py

    def program(self) -> str | None:
        """Return the program's path in this virtual environment, or else on the PATH, or None."""
        beside = str(Path(sys.executable).parent)
        return shutil.which(self.name, path=beside) or shutil.which(self.name)

    def has_data(self, database: Path) -> bool:
        """Return whether the folder contains data that only this database server can read."""
        folder = database / self.name
        return folder.is_dir() and any(folder.iterdir())

    def ready(self, host: str) -> None:
        """Wait until the server at `host` accepts writes, or raise `ConnectionError`."""
        if self.initiates_itself:
            replica_set.await_primary(host, seconds=ANSWER_SECONDS)
        else:
            replica_set.initiate(host, self.replica_set, seconds=ANSWER_SECONDS)


MONGOD = Server(
    name="mongod",
    replica_set="expertbook",
    flags=(
        *("--dbpath={folder}", "--port={port}", f"--bind_ip={HOST}", "--nounixsocket"),
        *("--replSet=expertbook", "--oplogSize=256", "--wiredTigerCacheSizeGB=0.25", "--quiet"),
    ),
    initiates_itself=False,
    signal_target="process",
)
SECANTUS = Server(
    name="secantusd-py",
    replica_set="secantus",
    flags=(
        *("--storage-path={folder}", "--port={port}", f"--host={HOST}", "--cache-size=256M"),
        "--config={empty}",  # prevents reading the user's or the system's configuration
        "--sync-on-commit",  # otherwise SIGKILL loses acknowledged transactions
        "--oplog-retention-seconds=86400",  # a day, in seconds
        "--log-level=WARNING",
    ),
    initiates_itself=True,
    signal_target="thread",
)


@contextlib.contextmanager
def embedded_database(data: Path, *, address: str = "") -> Iterator[str]:
    """Run the database in the folder `data` while the context lasts, and yield the database's URL.

    Args:
        data: the data folder, which is created if it is missing.
        address: the URL of this ExpertBook server, which `AlreadyRunning` shows if a second one is
            started.

    Raises:
        NoDatabase: if the database cannot be used; the exception is one of its subclasses.
    """
    with _open_lock_file(data, "lock") as owner, _open_lock_file(data, "database.lock") as lock:
        _claim(owner, data, address)
        _await_previous(lock, data)
        server, program = _server(data / "database")
        with _reserved_port(data) as port, _guarded(server, program, data, port, lock):
            options = f"replicaSet={server.replica_set}&maxIdleTimeMS={MAX_IDLE_MS}"
            yield f"mongodb://{HOST}:{port}/expertbook?{options}"


@contextlib.contextmanager
def _guarded(server: Server, program: str, data: Path, port: int, lock: TextIO) -> Iterator[None]:
    """Run the database server and its guardian for the duration of the context."""
    log = _rotate_log(data)
    flags = _flags(server, data.resolve() / "database", port)
    guard = _Guard([str(log.resolve()), server.signal_target, program, *flags], port, lock)
    watcher = threading.Thread(target=guard.watch, name="guard", daemon=True)
    try:
        _await_answer(guard.guardian, server, port, log)
        watcher.start()
        yield
    finally:
        guard.close()


def _open_lock_file(data: Path, name: str) -> TextIO:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (data / name).open("a+", encoding="utf-8")
    except OSError as error:
        raise FolderNotWritable(
            f"Cannot write to the data folder {data} ({error.strerror}). "
            "Set EXPERTBOOK_DATA to a writable folder."
        ) from error


def _claim(owner: TextIO, data: Path, address: str) -> None:
    if not _try_lock(owner):
        owner.seek(0)
        other = ", ".join(owner.read().splitlines())
        raise AlreadyRunning(
            f"ExpertBook is already running on {data}{f' ({other})' if other else ''}. "
            "Stop it, or set EXPERTBOOK_DATA to another folder."
        )
    owner.truncate(0)
    owner.write("\n".join(filter(None, (f"process {os.getpid()}", address))))
    owner.flush()


def _await_previous(lock: TextIO, data: Path) -> None:
    deadline = time.monotonic() + CLOSING_SECONDS
    while not _try_lock(lock):
        if time.monotonic() > deadline:
            raise StillClosing(
                f"The database of a previous ExpertBook is still running on {data}. Kill its "
                f"process ({MONGOD.name} or {SECANTUS.name}), or set EXPERTBOOK_DATA to another "
                "folder."
            )
        time.sleep(PAUSE_SECONDS)


def _try_lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _server(database: Path) -> tuple[Server, str]:
    servers = (MONGOD, SECANTUS)
    has_data = [server for server in servers if server.has_data(database)]
    for server in has_data or servers:
        if program := server.program():
            return server, program
    problem = "No database server was found"
    if has_data:
        problem = f"The data in {database} requires {has_data[0].name}, which was not found"
    raise ServerNotFound(
        f"{problem}. Install SecantusDB with `uv sync --group database`, or mongod, or set "
        "MONGODB_URL to a MongoDB replica set."
    )


@contextlib.contextmanager
def _reserved_port(data: Path) -> Iterator[int]:
    """Yield a free port; the same data folder gets the same port each time, if possible.

    A locked file keeps other ExpertBook processes of the same user from choosing the port before
    the database listens on it.
    """
    locks = Path(tempfile.gettempdir()) / f"expertbook-ports-{os.getuid()}"
    locks.mkdir(mode=0o700, exist_ok=True)
    first = zlib.crc32(bytes(data.resolve())) % len(PORTS)
    for port in itertools.chain(PORTS[first:], PORTS[:first]):
        with (locks / str(port)).open("a", encoding="utf-8") as lock:
            if _try_lock(lock) and _is_free(port):
                yield port
                return
    raise DidNotStart(f"No port on {HOST} from {PORTS[0]} to {PORTS[-1]} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))
        return True
    return False


def _flags(server: Server, database: Path, port: int) -> list[str]:
    folder = database / server.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    empty = database / "empty.toml"
    empty.touch()
    return [flag.format(folder=folder, port=port, empty=empty) for flag in server.flags]


def _rotate_log(data: Path) -> Path:
    log = data / "database.log"
    if log.exists():
        log.replace(data / "database.old.log")
    return log


class _Guard:
    """Runs the guardian process and replaces it if it is killed."""

    def __init__(self, command: list[str], port: int, lock: TextIO) -> None:
        self._command = command
        self._port = port
        self._lock = lock
        self._is_closing = threading.Event()
        self.guardian = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the command is not user input
            # Isolated mode: modules beside guardian.py must not shadow the standard library.
            [sys.executable, "-I", "-S", GUARDIAN, *self._command],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[self._lock.fileno()],
            start_new_session=True,  # shields the guardian from Ctrl-C: the database stops last
        )

    def watch(self) -> None:
        """Start a new guardian whenever a signal kills the current one, but not if it exits."""
        while self.guardian.wait() < 0 and not self._is_closing.is_set():
            self.guardian = self._start()
            while self.guardian.poll() is None and not self._is_closing.is_set():
                if _accepts(self._port):
                    _report_started(self.guardian)
                    break
                time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """Stop the database and the guardian."""
        self._is_closing.set()
        guardian = self.guardian
        if guardian.stdin:
            guardian.stdin.close()
        deadline = time.monotonic() + CLOSING_SECONDS
        while guardian.poll() is None and time.monotonic() < deadline:
            _accepts(self._port)  # secantusd-py only exits after one more connection
            time.sleep(PAUSE_SECONDS)
        guardian.kill()
        guardian.wait()


def _report_started(guardian: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):  # the guardian has exited
        if guardian.stdin:
            guardian.stdin.write(b".")


def _await_answer(guardian: subprocess.Popen[bytes], server: Server, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while guardian.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError):
            if _accepts(port):
                server.ready(f"{HOST}:{port}")
                _report_started(guardian)
                return
        time.sleep(PAUSE_SECONDS)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    end = "\n".join(lines[-LOG_LINES:]) or "(nothing)"
    raise DidNotStart(f"The database did not start. Last lines of {log}:\n{end}")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
