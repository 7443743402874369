"""Histories of two servers on one database are linearizable, even if servers are killed."""

from __future__ import annotations

import asyncio
import json
import random
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.support.databases import run_database
from tests.support.fleet import Fleet
from tests.support.go import require_go
from tests.support.histories import assert_linearizable, check
from tests.support.history_clients import create_history_clients

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from tests.support.history_clients import HistoryClient

CLIENTS, SLOTS = 6, 6
ACTIONS = {False: 20, True: 150}
KILLS = {False: 1, True: 10}
"""Number of actions of each client, and number of server kills. The values for False are used in
`make test`, and those for True in `make test-long`."""
HOLD_SECONDS = 2
MAX_SEED = 2**32
SETTINGS = {"experts": 40, "throttle": "off", "hold_seconds": HOLD_SECONDS}

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def fleet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    """Two servers on one database."""
    require_go(request.config)
    folder = tmp_path_factory.mktemp("histories")
    with (
        run_database(folder / "database") as url,
        Fleet(folder, 2, mongodb_url=url, **SETTINGS) as servers,
    ):
        yield servers


@pytest.fixture(scope="module")
def actions(request: pytest.FixtureRequest) -> int:
    """Number of actions that each client performs."""
    return ACTIONS[request.config.getoption("--long")]


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Number of kills."""
    return KILLS[request.config.getoption("--long")]


@asynccontextmanager
async def clients(fleet: Fleet, history: Path) -> AsyncIterator[list[HistoryClient]]:
    """Create clients that record their requests and responses in a history file.

    At the end, the clients cancel all their bookings, one of them books a slot, and then they read
    all slots in turn, so that the last reads show both open and booked slots.
    """
    seed = random.randrange(MAX_SEED)
    print("seed", seed)  # noqa: T201 - shown by pytest if the test fails
    rng = random.Random(seed)
    async with httpx.AsyncClient(timeout=60) as http:
        created = await create_history_clients(
            fleet, rng, http, history, count=CLIENTS, slots=SLOTS, hold_seconds=HOLD_SECONDS
        )
        yield created
        for client in created:
            await client.cancel_all()
        await created[0].book_first()
        for client in created:
            await client.read_all()
        created[0].history.close()


@pytest.fixture(scope="module")
async def races(fleet: Fleet, actions: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The history file of clients that race for the same slots on two servers."""
    history = tmp_path_factory.mktemp("races") / "history.jsonl"
    async with clients(fleet, history) as racing:
        await asyncio.gather(*(client.run(actions) for client in racing))
    return history


def test_races_of_two_servers_are_linearizable(races: Path, actions: int) -> None:
    assert assert_linearizable(races).operations > CLIENTS * actions


def sell_twice(lines: Lines) -> None:
    """Append a successful booking of the last slot that a read showed as booked."""
    slot = _last_state(lines, "BOOKED")["slot"]
    call = {"op": "thief", "at": lines[-1]["at"] + 1, "client": "thief", "do": "book"}
    answer = {"op": "thief", "at": lines[-1]["at"] + 2, "answer": "ok"}
    lines += [call | {"slots": [slot]}, answer | {"bookings": [{"id": "stolen"}]}]


def lose_booking(lines: Lines) -> None:
    """Mark the last confirmed booking in the history as cancelled."""
    bookings = [booking for line in lines for booking in line.get("bookings", ())]
    shown = [booking for booking in bookings if booking["status"] == "CONFIRMED"][-1]
    shown["status"] = "CANCELLED"


def forget_request(lines: Lines) -> None:
    """Remove the last successful booking request, together with its response."""
    granted = {line["op"] for line in lines if line.get("answer") == "ok"}
    booked = [line["op"] for line in lines if line.get("do") == "book"]
    op = [op for op in booked if op in granted][-1]
    lines[:] = [line for line in lines if line.get("op") != op]


def read_stale(lines: Lines) -> None:
    """Mark as open the last slot that a read showed as booked."""
    _last_state(lines, "BOOKED")["status"] = "OPEN"


def invent_booking(lines: Lines) -> None:
    """Mark as booked the last slot that a read showed as open."""
    _last_state(lines, "OPEN")["status"] = "BOOKED"


def _last_state(lines: Lines, status: str) -> dict[str, Any]:
    """Return the last slot state with the given status among the reads in the history."""
    states = [state for line in lines for state in line.get("states", ())]
    found: dict[str, Any] = [state for state in states if state["status"] == status][-1]
    return found


CORRUPTIONS = [sell_twice, lose_booking, forget_request, read_stale, invent_booking]


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_corrupted_history_of_races_is_rejected(
    races: Path, corrupt: Callable[[Lines], None], tmp_path: Path
) -> None:
    lines = [json.loads(line) for line in races.read_text("utf-8").splitlines()]
    corrupt(lines)
    corrupted = tmp_path / "history.jsonl"
    corrupted.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert check(corrupted).result == "Illegal"


async def test_histories_with_killed_servers_are_linearizable(
    fleet: Fleet, kills: int, tmp_path: Path
) -> None:
    """Requests to a killed server have an unknown outcome.

    The clients record a separate history for each kill.
    """
    for number in range(kills):
        history = tmp_path / f"{number}.jsonl"
        async with clients(fleet, history) as racing:
            running = asyncio.gather(*(client.run(ACTIONS[False]) for client in racing))
            await asyncio.to_thread(fleet.end, number % 2, signal.SIGKILL)
            await asyncio.to_thread(fleet.start, number % 2)
            await running
        assert assert_linearizable(history).operations > CLIENTS * ACTIONS[False]
