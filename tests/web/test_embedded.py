import contextlib
import fcntl
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from pymongo import AsyncMongoClient, MongoClient

from models.store import replica_set
from web.embedded import database as embedded
from web.embedded.database import embedded_database

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ROOT = Path(embedded.__file__).parents[2]
PROGRAM = """
import sys
from pathlib import Path
from pymongo import MongoClient
from web.embedded.database import embedded_database

with embedded_database(Path(sys.argv[1]), address="http://127.0.0.1:8000") as url:
    with MongoClient(url) as client:
        client.expertbook.notes.insert_one({"_id": "first"})
        try:
            print(url, flush=True)
            sys.stdin.read()
        except KeyboardInterrupt:
            print(client.expertbook.notes.count_documents({}), flush=True)
"""
PATIENCE_SECONDS = 120
Program = subprocess.Popen[str]
Start = Callable[[Path], tuple[Program, str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Yield a function that starts a process with an embedded database.

    Processes that are still running after the test are killed.
    """
    programs = []

    def started(data: Path) -> tuple[Program, str]:
        program = subprocess.Popen(  # noqa: S603 - the test's own program
            [sys.executable, "-c", PROGRAM, str(data)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        programs.append(program)
        assert program.stdout
        return program, program.stdout.readline().strip()

    yield started
    for program in programs:
        with program:
            program.kill()


def children(pid: int) -> list[int]:
    """Return the process ids of a process's children, whichever of its threads started them."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the thread has ended
            found += [int(child) for child in path.read_text().split()]
    return found


def family(program: Program) -> tuple[int, int]:
    """Return the process ids of the guardian and the database server."""
    (guardian,) = children(program.pid)
    (server,) = children(guardian)
    return guardian, server


def is_gone(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def wait_until(condition: Callable[[], bool]) -> bool:
    """Wait up to two minutes for a condition; return whether it became true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return met


def keeps_port(data: Path, before: str, after: str) -> bool:
    """Return whether the database got its previous port or its folder's preferred port.

    These two ports differ if another process was using the preferred port at the previous start.
    Any port is accepted if another process is using the previous port now.
    """
    first = embedded.PORTS[zlib.crc32(bytes(data.resolve())) % len(embedded.PORTS)]
    return port_of(after) in {port_of(before), first} or is_taken(port_of(before))


def port_of(url: str) -> int:
    return int(re.findall(r":(\d+)/", url)[0])


def is_taken(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_server((embedded.HOST, port)):
        return False
    return True


def is_read(pipe: IO[bytes]) -> bool:
    """Return whether all data written to a pipe has been read (FIONREAD, pipe(7))."""
    unread = fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))
    return int.from_bytes(unread, sys.byteorder) == 0


def notes(url: str) -> list[str]:
    with MongoClient[dict[str, str]](
        url, serverSelectionTimeoutMS=PATIENCE_SECONDS * 1000
    ) as client:
        return sorted(note["_id"] for note in client.expertbook.notes.find())


@pytest.mark.parametrize("server", [embedded.MONGOD, embedded.SECANTUS])
async def test_transactions_survive_a_restart(
    server: embedded.Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data is kept even if another process takes the port before the restart."""
    if server.program() is None:
        pytest.skip(f"no {server.name} here")
    if server is embedded.SECANTUS:
        monkeypatch.setattr(embedded, "MONGOD", server)
    data = tmp_path / "made" / "data"
    with embedded_database(data) as url:
        async with AsyncMongoClient[dict[str, str]](url) as client:
            async with client.start_session() as session, await session.start_transaction():
                await client.expertbook.notes.insert_one({"_id": "kept"}, session=session)
            hello = await client.admin.command("hello")
            assert hello["setName"] == server.replica_set
            assert not replica_set.is_standalone(hello)
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # another process already uses the port
            stack.enter_context(socket.create_server((embedded.HOST, port_of(url))))
        moved = stack.enter_context(embedded_database(data))
        assert moved != url
        assert notes(moved) == ["kept"]
    assert data.stat().st_mode & 0o777 == 0o700


def test_unresponsive_database_server_raises_a_connection_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ConnectionError, match=f"^The database at {host} does not serve: "):
            replica_set.await_primary(host, seconds=0.2)


def test_killing_the_main_process_stops_the_database(start: Start, tmp_path: Path) -> None:
    """The next start waits until the previous database server has stopped."""
    program, url = start(tmp_path)
    guardian, server = family(program)
    program.kill()
    program.wait()
    with embedded_database(tmp_path) as again:
        assert is_gone(guardian)
        assert is_gone(server)
        assert keeps_port(tmp_path, url, again)
        assert notes(again) == ["first"]


def test_killed_guardian_and_its_database_are_restarted(start: Start, tmp_path: Path) -> None:
    program, url = start(tmp_path)
    guardian, server = family(program)
    os.kill(guardian, signal.SIGKILL)
    assert wait_until(lambda: is_gone(server))
    assert notes(url) == ["first"]
    assert family(program) != (guardian, server)
    program.communicate()
    assert program.returncode == 0


def test_killed_database_is_restarted(start: Start, tmp_path: Path) -> None:
    """The database keeps its URL and data, and stderr reports the restart in one line."""
    program, url = start(tmp_path)
    guardian, server = family(program)
    os.kill(server, signal.SIGKILL)
    assert notes(url) == ["first"]
    assert family(program) != (guardian, server)
    _, errors = program.communicate()
    assert errors == "ExpertBook: The database died (signal 9); starting it again.\n"


def test_acknowledged_writes_survive_sigkill(start: Start, tmp_path: Path) -> None:
    """The main process and the database are killed right after the last write is acknowledged."""
    program, url = start(tmp_path)
    _, server = family(program)
    acknowledged = ["first"]
    with MongoClient[dict[str, str]](url) as client:
        for number in range(200):
            note = f"note {number:03}"
            with client.start_session() as session, session.start_transaction():
                client.expertbook.notes.insert_one({"_id": note}, session=session)
            acknowledged.append(note)
        program.kill()
        with contextlib.suppress(ProcessLookupError):  # the guardian may have stopped it already
            os.kill(server, signal.SIGKILL)
        program.wait()
    with embedded_database(tmp_path) as again:
        assert notes(again) == acknowledged


def test_second_start_on_a_data_folder_is_refused(start: Start, tmp_path: Path) -> None:
    program, url = start(tmp_path)
    with pytest.raises(embedded.AlreadyRunning) as refusal, embedded_database(tmp_path):
        pass
    assert str(refusal.value) == (
        f"ExpertBook is already running on {tmp_path} "
        f"(process {program.pid}, http://127.0.0.1:8000). "
        "Stop it, or set EXPERTBOOK_DATA to another folder."
    )
    assert notes(url) == ["first"]


def test_ctrl_c_stops_the_database_after_the_main_process(start: Start, tmp_path: Path) -> None:
    """Ctrl-C sends SIGINT to the whole process group, not only to the main process."""
    program, _ = start(tmp_path)
    guardian, server = family(program)
    os.killpg(program.pid, signal.SIGINT)
    output, errors = program.communicate(timeout=PATIENCE_SECONDS)
    assert (output, errors, program.returncode) == ("1\n", "", 0)
    assert is_gone(guardian)
    assert is_gone(server)


def test_guardian_gives_up_on_a_server_that_keeps_dying(tmp_path: Path) -> None:
    """The guardian restarts the server five times.

    The first server runs until the guardian is told that the server responds. The servers that the
    guardian starts after that exit at once.
    """
    shell = shutil.which("sh")
    assert shell
    log, answered = tmp_path / "database.log", tmp_path / "answered"
    server = f"until [ -e {shlex.quote(str(answered))} ]; do sleep 0.05; done"
    command = [str(embedded.GUARDIAN), str(log), "process", shell, "-c", server]
    with subprocess.Popen(  # noqa: S603 - the guardian itself
        [sys.executable, "-I", "-S", *command], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as guardian:
        assert guardian.stdin
        assert guardian.stderr
        guardian.stdin.write(b".")
        guardian.stdin.flush()
        pipe = guardian.stdin
        assert wait_until(lambda: is_read(pipe))
        answered.touch()
        lines = guardian.stderr.read().decode().splitlines()
    again = "ExpertBook: The database died (exit status 0); starting it again."
    last = f"ExpertBook: The database died 6 times in a row (exit status 0); see {log}."
    assert lines == [again] * 5 + [last]
    assert guardian.returncode == 1


def test_concurrent_starts_on_two_data_folders_get_different_ports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both folders prefer the same port, and neither database listens on a port yet."""
    monkeypatch.setattr(zlib, "crc32", lambda _: 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    with embedded._reserved_port(tmp_path / "a") as one:
        with embedded._reserved_port(tmp_path / "b") as other:
            assert one != other
        with embedded._reserved_port(tmp_path / "b") as again:
            assert again == other


def test_missing_database_server_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    advice = (
        "Install SecantusDB with `uv sync --group database`, or mongod, or set MONGODB_URL to a "
        "MongoDB replica set."
    )
    with pytest.raises(embedded.ServerNotFound) as refusal, embedded_database(tmp_path):
        pass
    assert str(refusal.value) == f"No database server was found. {advice}"
    database = tmp_path / "database"
    (database / "mongod").mkdir(parents=True)
    (database / "mongod" / "WiredTiger").touch()
    with pytest.raises(embedded.ServerNotFound) as refusal, embedded_database(tmp_path):
        pass
    assert str(refusal.value) == (
        f"The data in {database} requires mongod, which was not found. {advice}"
    )


def test_unwritable_folder_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(embedded.FolderNotWritable) as refusal, embedded_database(file / "data"):
        pass
    assert str(refusal.value) == (
        f"Cannot write to the data folder {file / 'data'} (Not a directory). "
        "Set EXPERTBOOK_DATA to a writable folder."
    )


def test_failed_start_shows_the_end_of_the_log(tmp_path: Path) -> None:
    folder = tmp_path / "database" / embedded.SECANTUS.name
    (folder / "WiredTiger.lock").mkdir(parents=True)
    with pytest.raises(embedded.DidNotStart) as refusal, embedded_database(tmp_path):
        pass
    first, *log = str(refusal.value).splitlines()
    assert first == f"The database did not start. Last lines of {tmp_path / 'database.log'}:"
    assert 1 <= len(log) <= embedded.LOG_LINES
    with contextlib.suppress(embedded.DidNotStart), embedded_database(tmp_path):
        pass
    assert (tmp_path / "database.old.log").read_text().splitlines()[-len(log) :] == log


@pytest.mark.parametrize(
    ("hello", "standalone"),
    [({}, True), ({"setName": "rs0"}, False), ({"msg": "isdbgrid"}, False)],
)
def test_standalone_mongodb_server_is_recognised(
    hello: dict[str, str], *, standalone: bool
) -> None:
    assert replica_set.is_standalone(hello) is standalone
