"""`serve --workers 2`: several processes that share a listening socket."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.booking_operations import BOOKED, open_slots, state
from tests.support.clients import PATIENCE_SECONDS, Api, open_socket
from tests.support.metrics import OK_QUERIES, metrics, wait_for_value
from tests.support.processes import commands, frozen, processes_using, wait_for, workers_of
from tests.support.servers import (
    SERVE,
    SERVE_IN_BACKGROUND,
    Program,
    await_ready,
    start_program,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.support.spans import Time

WORKERS = ("--workers", "2")
EXPERTS = "{ experts(first: 3) { nodes { id } } }"
REPLACED = "A worker ended (signal 9); another one takes its place."
ONE_CONNECTION = httpx.Limits(max_connections=1, keepalive_expiry=None)
"""Limits an HTTP client to one persistent connection, so that one worker gets all requests."""

SECRET = "0123456789abcdef0123456789abcdef"


@contextmanager
def working(
    folder: Path, command: Sequence[Path | str] = SERVE, *, experts: int = 0
) -> Iterator[Program]:
    """Start the program with two workers, and wait until both accept requests."""
    settings = {"experts": experts, "throttle": "off"}
    with start_program(folder, (*command, *WORKERS), **settings) as program:
        await_ready(program.process, program.address)
        wait_for(lambda: "is ready at" in program.output())
        yield program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program with two workers, shared by the tests that do not end it."""
    with working(tmp_path_factory.mktemp("workers"), experts=3) as program:
        yield program


@contextmanager
def alone(program: Program, worker: int) -> Iterator[None]:
    """Let one worker serve all new connections, by suspending the others."""
    others = workers_of(program.process.pid) - {worker}
    with frozen(*others):
        yield


def living(workers: set[int]) -> set[int]:
    """Return those of the given process IDs that still belong to running workers."""
    running = commands()
    return {worker for worker in workers if "web.workers" in running.get(worker, ())}


async def test_subscribers_of_each_worker_get_events_of_all_workers(
    program: Program, time: Time
) -> None:
    """With default settings and the embedded database, subscribers get all events in order."""
    workers = workers_of(program.process.pid)
    assert len(workers) == 2
    async with AsyncExitStack() as stack:
        clients, sockets = [], []
        expert: dict[str, Any] = {}
        for worker in workers:
            http = await stack.enter_async_context(
                httpx.AsyncClient(timeout=60, limits=ONE_CONNECTION)
            )
            with alone(program, worker):
                api = Api(http, program.address)
                clients.append(await api.new_client())
                expert = (await api.ask(EXPERTS))["experts"]["nodes"][0]
                cursor, _ = await state(api, expert, time)
                for _ in range(3):
                    socket = await stack.enter_async_context(open_socket(program.address))
                    await socket.initialise()
                    await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
                    sockets.append(socket)
        slots = (await open_slots(clients[0], expert, time, 60))[:20:2]
        booked = [await clients[number % 2].book(slot["id"]) for number, slot in enumerate(slots)]
        assert [booking["__typename"] for booking in booked] == ["Booking"] * 10
        for socket in sockets:
            seen = [await socket.event("slotBooked") for _ in booked]
            assert [event["sequence"] for event in seen] == [b["sequence"] for b in booked]


async def test_token_from_one_worker_is_accepted_by_the_other(program: Program) -> None:
    """Workers share one secret, even if none is configured."""
    one, other = workers_of(program.process.pid)
    async with httpx.AsyncClient(timeout=60) as http:
        with alone(program, one):
            token = (await Api(http, program.address).new_client()).token
    async with httpx.AsyncClient(timeout=60) as http:
        with alone(program, other):
            viewer = await Api(http, program.address, token).ask("{ viewer { name } }")
    assert viewer == {"viewer": {"name": "Ada Lovelace"}}


async def test_dead_worker_is_replaced(program: Program) -> None:
    """The other worker responds to requests in the meantime; then the new worker does, too."""
    parent = program.process.pid
    killed, survivor = workers_of(parent)
    reports = program.output().count(REPLACED)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not living({killed}))
    async with httpx.AsyncClient(timeout=60) as http:
        assert (await http.get(f"{program.address}/healthz")).status_code == 200
        wait_for(lambda: len(workers_of(parent) - {killed}) == 2)
        [new] = workers_of(parent) - {killed, survivor}
    ready = {"status": "ok", "checks": {"database": "ok", "broadcast": "ok", "mail": "ok"}}
    async with httpx.AsyncClient(timeout=60) as http, asyncio.timeout(PATIENCE_SECONDS):
        with alone(program, new):
            # On a busy machine, a readiness check may time out, so repeat it.
            while (await http.get(f"{program.address}/readyz")).json() != ready:  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.05)
    assert program.output().count(REPLACED) == reports + 1


async def test_metrics_are_summed_over_workers(program: Program) -> None:
    """The sums still include the counters of a killed worker, but not its gauges."""
    parent, address = program.process.pid, program.address
    killed, _ = workers = workers_of(parent)
    before = await metrics(address)
    assert before["expertbook_workers"] == 2

    async def asked() -> float:
        return (await metrics(address))[OK_QUERIES] - before.get(OK_QUERIES, 0)

    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=60, limits=ONE_CONNECTION))
        with alone(program, killed):
            for _ in range(20):
                await Api(http, address).ask(EXPERTS)
            for _ in range(4):
                socket = await stack.enter_async_context(open_socket(address))
                await socket.initialise()  # an uninitialised socket is closed after a few seconds
        await wait_for_value(address, "expertbook_open_sockets", 4)
        assert {await asked() for _ in range(6)} == {20}
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: len(workers_of(parent) - {killed}) == len(workers))
        await wait_for_value(address, "expertbook_open_sockets", 0)
    await wait_for_value(address, "expertbook_workers", 2)
    assert await asked() == 20
    assert (await metrics(address))["process_resident_memory_bytes"] > 40_000_000


@pytest.mark.parametrize(
    ("command", "how"),
    [
        pytest.param(SERVE, signal.SIGTERM, marks=pytest.mark.long, id="SIGTERM"),
        pytest.param(SERVE_IN_BACKGROUND, signal.SIGINT, id="SIGINT"),
    ],
)
async def test_signal_ends_all_processes_gracefully(
    tmp_path: Path, command: Sequence[Path | str], how: signal.Signals
) -> None:
    """Sockets get a close frame, and the exit status is 0."""
    with working(tmp_path, command) as program:
        workers = workers_of(program.process.pid)
        async with open_socket(program.address) as socket:
            await socket.initialise()
            program.process.send_signal(how)
            assert await socket.close_code() in {1001, 1012}
        assert program.wait() == 0
        assert not living(workers)
        assert not processes_using(tmp_path)
    assert program.output().rstrip().endswith("Stopped.")
    assert "Traceback" not in program.output()


async def test_killed_parent_leaves_no_process_behind(tmp_path: Path) -> None:
    """The workers and the embedded database end, too, even while a socket is open."""
    with working(tmp_path) as program:
        workers = workers_of(program.process.pid)
        assert len(workers) == 2
        assert len(processes_using(tmp_path)) == 2
        async with open_socket(program.address) as socket:
            await socket.initialise()
            program.process.kill()
            wait_for(lambda: not living(workers))
            wait_for(lambda: not processes_using(tmp_path))


def test_memory_broadcast_is_refused_for_several_workers(tmp_path: Path) -> None:
    with start_program(tmp_path, (*SERVE, *WORKERS), broadcast_url="memory://") as program:
        assert program.wait() == 1
    assert program.output() == (
        "expertbook: EXPERTBOOK_BROADCAST_URL=memory:// only works with one worker, not 2. Set it "
        "to mongodb:// or redis://HOST:PORT, or set EXPERTBOOK_WORKERS=1.\n"
    )
    assert not (tmp_path / "data").exists()


def test_program_ends_when_its_workers_do_not_start(tmp_path: Path, database_url: str) -> None:
    """The program gives up instead of restarting its workers forever, and prints the reason."""
    settings = {"environment": "production", "secret": SECRET, "mongodb_url": database_url}
    with start_program(tmp_path, (*SERVE, *WORKERS), **settings) as program:
        assert program.wait(60) == 1
        assert workers_of(program.process.pid) == set()
    assert "Set EXPERTBOOK_SMTP_URL" in program.output()
    assert program.output().endswith(
        "expertbook: The program did not start; see the lines above.\n"
    )
