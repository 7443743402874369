"""The database that comes with the program, for where no `MONGODB_URL` names one.

It lives in the data folder, under two locks. The program alone holds `lock`: as long as
it is taken, ExpertBook runs. The program, the guardian and the database server hold
`database.lock` together: it is free when the last of them has ended, so a start waits
for the database of a program that was killed a moment ago.
"""

import contextlib
import fcntl
import itertools
import os
import shutil
import socket
import subprocess
import sys
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
PORTS = range(20000, 30000)  # below the ephemeral ports, which any connection may take
START_SECONDS = 60.0
ANSWER_SECONDS = 5.0  # for one attempt, after which the guardian is looked at again
CLOSING_SECONDS = 15.0  # longer than the guardian takes from SIGTERM to SIGKILL
PAUSE_SECONDS = 0.02
LOG_LINES = 5


class NoDatabase(Exception):
    """The embedded database cannot be had; the text says what to do.

    NoDatabase
    ├── AlreadyRunning     another ExpertBook has the data folder
    ├── StillClosing       the database of an ended ExpertBook does not end
    ├── FolderNotWritable  the data folder cannot be made or written
    ├── ServerNotFound     there is no database server, or not the one that wrote the data
    └── DidNotStart        the database server ended, or did not answer in time
    """


class AlreadyRunning(NoDatabase):
    """Another ExpertBook has the data folder."""


class StillClosing(NoDatabase):
    """The database of an ended ExpertBook does not end."""


class FolderNotWritable(NoDatabase):
    """The data folder cannot be made or written."""


class ServerNotFound(NoDatabase):
    """There is no database server, or not the one that wrote the data."""


class DidNotStart(NoDatabase):
    """The database server ended, or did not answer in time."""


@dataclass(frozen=True)
class Server:
    """A database server that can be embedded."""

    name: str
    replica_set: str
    flags: tuple[str, ...]
    initiated: bool  # whether it is a replica set of its own accord
    taker: str  # of its SIGTERM, as the guardian says

    def program(self) -> str | None:
        """Find the program: beside this Python (its virtual environment), then on the PATH."""
        beside = str(Path(sys.executable).parent)
        return shutil.which(self.name, path=beside) or shutil.which(self.name)

    def wrote(self, database: Path) -> bool:
        """Whether there are data of this server; no other could read them."""
        folder = database / self.name
        return folder.is_dir() and any(folder.iterdir())

    def ready(self, host: str) -> None:
        """Wait until the server at `host` takes writes, or raise `ConnectionError`."""
        if self.initiated:
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
    initiated=False,
    taker="process",
)
SECANTUS = Server(
    name="secantusd-py",
    replica_set="secantus",
    flags=(
        *("--storage-path={folder}", "--port={port}", f"--host={HOST}", "--cache-size=256M"),
        "--config={empty}",  # or it looks for one in the user's folder and the machine's
        "--sync-on-commit",  # or a SIGKILL loses acknowledged transactions
        "--oplog-retention-seconds=86400",  # as long as events are kept
        "--log-level=WARNING",
    ),
    initiated=True,
    taker="thread",
)


@contextlib.contextmanager
def embedded_database(data: Path, *, address: str = "") -> Iterator[str]:
    """Run the database in the folder `data` for the length of the block, and give its URL.

    `address` says where the program can be reached, to whoever is refused because of it.
    Raises a `NoDatabase`.
    """
    with _opened(data, "lock") as owner, _opened(data, "database.lock") as lock:
        _claim(owner, data, address)
        _await_closed(lock, data)
        server, program = _server(data / "database")
        port = _free_port(data)
        log = _fresh_log(data)
        flags = _flags(server, data.resolve() / "database", port)
        command = [str(log.resolve()), server.taker, program, *flags]
        guard = _Guard(command, port, lock)
        watcher = threading.Thread(target=guard.watch, name="guard", daemon=True)
        try:
            _await_answer(guard.guardian, server, port, log)
            watcher.start()
            yield f"mongodb://{HOST}:{port}/expertbook?replicaSet={server.replica_set}"
        finally:
            guard.close()


def _opened(data: Path, name: str) -> TextIO:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return (data / name).open("a+", encoding="utf-8")
    except OSError as refusal:
        raise FolderNotWritable(
            f"Cannot write to the data folder {data} ({refusal.strerror}). "
            "Set EXPERTBOOK_DATA to a folder of your own."
        ) from refusal


def _claim(owner: TextIO, data: Path, address: str) -> None:
    if not _locks(owner):
        owner.seek(0)
        who = ", ".join(owner.read().splitlines())
        raise AlreadyRunning(
            f"ExpertBook already runs on {data}{f' ({who})' if who else ''}. "
            "Stop it, or set EXPERTBOOK_DATA to another folder."
        )
    owner.truncate(0)
    owner.write("\n".join(filter(None, (f"process {os.getpid()}", address))))
    owner.flush()


def _await_closed(lock: TextIO, data: Path) -> None:
    deadline = time.monotonic() + CLOSING_SECONDS
    while not _locks(lock):
        if time.monotonic() > deadline:
            raise StillClosing(
                f"The database of an ExpertBook that has ended still runs on {data}. End its "
                f"process ({MONGOD.name} or {SECANTUS.name}), or set EXPERTBOOK_DATA to another "
                "folder."
            )
        time.sleep(PAUSE_SECONDS)


def _locks(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _server(database: Path) -> tuple[Server, str]:
    servers = (MONGOD, SECANTUS)
    wrote = [server for server in servers if server.wrote(database)]
    for server in wrote or servers:
        if program := server.program():
            return server, program
    what = "No database server was found"
    if wrote:
        what = f"The data in {database} need {wrote[0].name}, which was not found"
    raise ServerNotFound(
        f"{what}. Install SecantusDB with `uv sync --group database`, or mongod, or set "
        "MONGODB_URL to a MongoDB replica set."
    )


def _free_port(data: Path) -> int:
    """Find a free port, the same for the same folder where it can be had."""
    first = zlib.crc32(bytes(data.resolve())) % len(PORTS)
    for port in itertools.chain(PORTS[first:], PORTS[:first]):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return port
    raise DidNotStart(f"No port of {HOST} from {PORTS[0]} to {PORTS[-1]} is free.")


def _flags(server: Server, database: Path, port: int) -> list[str]:
    folder = database / server.name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    empty = database / "empty.toml"
    empty.touch()
    return [flag.format(folder=folder, port=port, empty=empty) for flag in server.flags]


def _fresh_log(data: Path) -> Path:
    log = data / "database.log"
    if log.exists():
        log.replace(data / "database.old.log")
    return log


class _Guard:
    """A guardian, and after one that was killed the next."""

    def __init__(self, command: list[str], port: int, lock: TextIO) -> None:
        self._command = command
        self._port = port
        self._lock = lock
        self._is_closing = threading.Event()
        self.guardian = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - the program and its flags are our own
            # Isolated: this folder, which it would look into first, has a `socket.py` of its own.
            [sys.executable, "-I", "-S", GUARDIAN, *self._command],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            pass_fds=[self._lock.fileno()],
            start_new_session=True,  # Ctrl-C is for the program, which ends the database last
        )

    def watch(self) -> None:
        """Start another guardian whenever one is killed; what gives up by itself is left alone."""
        while self.guardian.wait() < 0 and not self._is_closing.is_set():
            self.guardian = self._start()
            while self.guardian.poll() is None and not self._is_closing.is_set():
                if _accepts(self._port):
                    _say_answered(self.guardian)
                    break
                time.sleep(PAUSE_SECONDS)

    def close(self) -> None:
        """End the database, and with it the guardian."""
        self._is_closing.set()
        guardian = self.guardian
        if guardian.stdin:
            guardian.stdin.close()
        deadline = time.monotonic() + CLOSING_SECONDS
        while guardian.poll() is None and time.monotonic() < deadline:
            _accepts(self._port)  # before it ends, secantusd-py waits for one more connection
            time.sleep(PAUSE_SECONDS)
        guardian.kill()
        guardian.wait()


def _say_answered(guardian: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):  # it ended in between
        if guardian.stdin:
            guardian.stdin.write(b".")


def _await_answer(guardian: subprocess.Popen[bytes], server: Server, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while guardian.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError):
            if _accepts(port):
                server.ready(f"{HOST}:{port}")
                _say_answered(guardian)
                return
        time.sleep(PAUSE_SECONDS)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    end = "\n".join(lines[-LOG_LINES:]) or "(nothing)"
    raise DidNotStart(f"The database did not start. {log} ends with:\n{end}")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
