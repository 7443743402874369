"""Starting and stopping servers: concurrent starts, signals, crashes and leftover processes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Api
from tests.support.command_line import command
from tests.support.databases import shared_server
from tests.support.forked_program import Patch
from tests.support.repository import ROOT
from tests.support.servers import (
    EXPERTBOOK,
    SERVE,
    SERVE_IN_BACKGROUND,
    Program,
    await_ready,
    environment,
    free_port,
    start_program,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.spans import Time

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

ON_A_TERMINAL = """
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
FAILING_SWEEPER = """
from pathlib import Path
import web.background

async def expire(ledger):
    if Path("broken").exists():
        raise RuntimeError("broken sweeper")

web.background.expire = expire
"""
"""Patch for a server whose background task fails once a file named `broken` exists."""

CTRL_C = b"\x03"
PATIENCE_SECONDS = 60
LOGIN = """
mutation {
  login(input: {email: "client@example.com", password: "expertbook-demo"}) {
    ... on SignedIn { accessToken }
  }
}"""
SLOTS = """
query Slots($from: DateTime!, $to: DateTime!) {
  experts(first: 10) { totalCount nodes { slots(from: $from, to: $to) { id status } } }
}"""
BOOKING = "query Booking($id: ID!) { booking(id: $id) { slot { id status } } }"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server with three sample experts and an embedded database."""
    with start_program(tmp_path_factory.mktemp("program"), SERVE, experts=3) as program:
        await_ready(program.process, program.address)
        yield program


def processes(folder: Path) -> list[int]:
    """Return the ids of all processes whose command line or environment names the data folder."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            if os.fsencode(folder / "data") in text:
                pids.append(int(process.name))
    return pids


def all_ended(folder: Path) -> bool:
    """Wait up to a minute until no process uses the data folder; return whether all have ended."""
    deadline = monotonic() + PATIENCE_SECONDS
    while processes(folder) and monotonic() < deadline:
        sleep(0.05)
    return not processes(folder)


def run_beside(program: Program, *arguments: str) -> tuple[int, str]:
    """Run an `expertbook` command with the data folder and the port of a running server."""
    folder, port = program.log.parent, program.address.rpartition(":")[2]
    variables = {"EXPERTBOOK_DATA": str(folder / "data"), "EXPERTBOOK_PORT": port}
    status, output, errors = command(folder, *arguments, **variables)
    return status, output + errors


async def demo_client(http: httpx.AsyncClient, program: Program) -> Api:
    """Return an API client that is signed in as the demo client."""
    api = Api(http, program.address)
    return api.signed_in((await api.ask(LOGIN))["login"]["accessToken"])


async def open_slots(api: Api, time: Time) -> list[str]:
    """Return the ids of all experts' open slots in the week that begins in three days.

    The slots are so far ahead that they do not come within the minimum notice during a test.
    """
    since, until = time.days(3, 10)
    nodes = (await api.ask(SLOTS, **{"from": since, "to": until}))["experts"]["nodes"]
    return [slot["id"] for node in nodes for slot in node["slots"] if slot["status"] == "OPEN"]


def test_a_start_prints_urls_and_demo_accounts(program: Program) -> None:
    """If the output is not a terminal, nothing but these lines is printed."""
    address = program.address
    assert (
        program.output()
        == f"""
ExpertBook is ready at {address}

  GraphiQL        {address}/graphql
  Subscriptions   {address.replace("http", "ws")}/graphql

To try it, sign in with the password expertbook-demo

  Client          client@example.com
  Expert          expert@example.com
  Administrator   admin@example.com

Stop it with Ctrl-C.
"""
    )


@pytest.mark.parametrize(
    "arguments", [("serve",), ("seed",), ("user", "disable", "admin@example.com")]
)
def test_a_data_folder_is_used_by_only_one_server(
    program: Program, arguments: tuple[str, ...]
) -> None:
    """The error names the running server; it does not say that the port is in use."""
    data, pid = program.log.parent / "data", program.process.pid
    error = (
        f"expertbook: ExpertBook is already running on {data} (process {pid}, {program.address}). "
        "Stop it, or set EXPERTBOOK_DATA to another folder.\n"
    )
    assert run_beside(program, *arguments) == (1, error)


def test_a_port_in_use_is_reported_before_any_file_is_created(
    program: Program, tmp_path: Path
) -> None:
    port = int(program.address.rpartition(":")[2])
    with start_program(tmp_path, SERVE, port=port) as second:
        assert second.wait() == 1
    assert second.output() == (
        f"expertbook: Port {port} is in use. Stop the program that uses it, or choose another "
        f"port: EXPERTBOOK_PORT={port + 1}\n"
    )
    assert list(tmp_path.iterdir()) == [second.log]


def test_ctrl_c_on_a_terminal_stops_everything(tmp_path: Path) -> None:
    """The first start shows progress. After Ctrl-C, the exit status is 0 and no process is left."""
    with subprocess.Popen(  # noqa: S603 - the program under test
        [sys.executable, "-c", ON_A_TERMINAL, EXPERTBOOK, "serve"],
        env=environment(data=tmp_path / "data", port=free_port(), experts=60) | {"TERM": "xterm"},
        cwd=tmp_path,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as terminal:
        assert terminal.stdin
        assert terminal.stdout
        output = b""
        while b"Stop it with Ctrl-C." not in output and (more := terminal.stdout.read(65536)):
            output += more
        terminal.stdin.write(CTRL_C)
        rest = terminal.stdout.read()
        while more := terminal.stdout.read(65536):
            rest += more
        assert terminal.wait(PATIENCE_SECONDS) == 0
    assert b"Sample experts" in output
    assert re.search(rb"\b\d+/60\b", output)
    assert rest.replace(b"\r", b"").split(b"\n")[-2].removeprefix(b"^C") == b"Stopped."
    assert all_ended(tmp_path)


def test_ctrl_c_ends_a_program_started_with_sigint_ignored(tmp_path: Path) -> None:
    with start_program(tmp_path, SERVE_IN_BACKGROUND, experts=0) as program:
        await_ready(program.process, program.address)
        program.process.send_signal(signal.SIGINT)
        assert program.wait() == 0
    assert program.output().splitlines()[-1] == "Stopped."
    assert all_ended(tmp_path)


async def test_a_failed_background_task_ends_the_program(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """No process is left. The program exits with status 1, so that a supervisor restarts it."""
    with start_program(tmp_path, Patch(FAILING_SWEEPER), experts=0) as program:
        await_ready(program.process, program.address)
        assert (await Api(http, program.address).ask("{ __typename }"))["__typename"] == "Query"
        (tmp_path / "broken").touch()
        assert program.wait() == 1
    output = program.output()
    assert output.count("CRITICAL: A background task failed; the server stops.") == 1
    assert output.count("RuntimeError: broken sweeper") == 1
    assert output.endswith(
        "expertbook: The server stopped because a part of it failed; see the log above.\n"
    )
    assert all_ended(tmp_path)


async def test_bookings_survive_a_killed_server(
    program: Program, http: httpx.AsyncClient, tmp_path: Path, time: Time
) -> None:
    """SIGKILL leaves no process behind, and SIGTERM stops a server gracefully."""
    with start_program(tmp_path, mongodb_url=None, experts=3) as first:
        await_ready(first.process, first.address)
        client = await demo_client(http, first)
        # Choose a slot that is open on both servers: their sample bookings differ if a new day
        # began between their starts.
        elsewhere = set(await open_slots(await demo_client(http, program), time))
        slot = next(slot for slot in await open_slots(client, time) if slot in elsewhere)
        booking = await client.book(slot)
        assert booking["__typename"] == "Booking"
        first.process.kill()
        assert all_ended(tmp_path)
    with start_program(tmp_path, mongodb_url=None, experts=3) as second:
        await_ready(second.process, second.address)
        client = await demo_client(http, second)
        stored = await client.ask(BOOKING, id=booking["id"])
        assert stored["booking"]["slot"] == {"id": slot, "status": "BOOKED"}
        assert slot not in await open_slots(client, time)
        assert slot in await open_slots(await demo_client(http, program), time)
        second.process.send_signal(signal.SIGTERM)
        assert second.wait() == 0
    assert second.output().endswith("\nStopped.\n")
    assert all_ended(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ("make", "--no-print-directory", "-C", ROOT, "run"),
        ("sh", "-c", 'UV=uv "$0" serve; true', EXPERTBOOK),
    ],
    ids=["make run", "uv run"],
)
def test_the_server_stops_when_its_parent_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    """The parent is either make or uv; the server recognizes uv by the environment variable UV."""
    uv = tmp_path / "uv"
    uv.write_text(f'#!/bin/sh\nshift\nPATH="{EXPERTBOOK.parent}:$PATH" exec "$@"\n')
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("UV", raising=False)
    with start_program(tmp_path, command, experts=0) as parent:
        await_ready(parent.process, parent.address)
        parent.process.kill()
        assert all_ended(tmp_path)
    assert parent.output().endswith("Stop it with Ctrl-C.\nStopped.\n")


async def test_two_servers_can_start_on_one_empty_database(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """Only one server creates the sample data; access tokens are valid on both servers."""
    with ExitStack() as stack:
        url = shared_server.database(tmp_path)
        programs = [
            stack.enter_context(start_program(tmp_path, experts=10, mongodb_url=url))
            for _ in range(2)
        ]
        for program in programs:
            await_ready(program.process, program.address)
        first, second = programs
        client = await demo_client(http, first)
        other_client = Api(http, second.address).signed_in(str(client.token))
        assert (
            await other_client.ask("{ viewer { email } experts(first: 1) { totalCount } }")
        ) == {
            "viewer": {"email": "client@example.com"},
            "experts": {"totalCount": 10},
        }
        assert await open_slots(other_client, time) == await open_slots(client, time)
    for program in programs:
        assert "client@example.com" in program.output()
        assert program.output().endswith("Stopped.\n")
        assert program.process.returncode == 0
