"""Servers and databases are killed with SIGKILL under load: 200 times with `--kills 200`."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from models.bookings.verification import open_for_reading
from tests.support.audits import audit
from tests.support.command_line import command
from tests.support.fleet import Fleet
from tests.support.histories import check_history
from tests.support.journals import HOLD_SECONDS, create_journaling_clients
from tests.support.processes import database_processes, processes_using, wait_for
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.support.journals import Journal

SERVERS, CLIENTS = 3, 12
RESPONSES_PER_KILL = 2 * CLIENTS
"""Number of responses to wait for before each kill, so that the kill happens under load."""
KILLED_ALONE = 4
"""How often the database alone is killed before it is its guardian's turn, since the guardian would
give up if the database died six times in a row."""
PATIENCE_SECONDS = 600
"""Seconds after which a hanging test fails."""
SETTINGS = {
    "experts": 20,
    "throttle": "off",
    "access_token_minutes": 1440,
    "hold_seconds": HOLD_SECONDS,
}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Number of kills."""
    number: int = request.config.getoption("--kills")
    return number


@asynccontextmanager
async def load(fleet: Fleet, recorded: Path) -> AsyncIterator[Journal]:
    """Run clients that book slots until the context ends, and then let them finish."""
    async with httpx.AsyncClient(timeout=20) as http:
        clients = await create_journaling_clients(fleet, random.Random(), http, CLIENTS, recorded)
        async with asyncio.TaskGroup() as group:
            for client in clients:
                group.create_task(client.run())
            yield clients[0].journal
            for client in clients:
                client.is_done = True


async def wait_for_load(journal: Journal) -> None:
    """Wait for `RESPONSES_PER_KILL` responses, and then for a random time of up to 0.2 seconds."""
    before = journal.answers
    while journal.answers < before + RESPONSES_PER_KILL:  # noqa: ASYNC110 - no single event to wait for
        await asyncio.sleep(0.01)
    await asyncio.sleep(random.uniform(0, 0.2))


def verify(folder: Path, **variables: str) -> None:
    """Check the data with `expertbook verify`."""
    status, output, errors = command(folder, "verify", **variables)
    assert (status, errors) == (0, ""), output


async def test_killed_servers_lose_no_acknowledged_booking(
    tmp_path: Path,
    kills: int,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """Up to two of three servers on one database are killed and restarted at the same time.

    Every acknowledged request took full effect. Every other request either took full effect exactly
    once, even if it was retried, or had no effect.
    """
    with embedded_database(tmp_path / "database") as url:
        with Fleet(tmp_path, SERVERS, mongodb_url=url, **SETTINGS) as fleet:
            alive = deque(range(SERVERS))

            async def kill(times: int) -> None:
                for _ in range(times):
                    await wait_for_load(journal)
                    number = alive.popleft()
                    await asyncio.to_thread(fleet.end, number, signal.SIGKILL)
                    await asyncio.to_thread(fleet.start, number)
                    alive.append(number)

            async with load(fleet, tmp_path / "history.jsonl") as journal:
                await asyncio.gather(kill(kills // 2), kill(kills - kills // 2))
                # If, by chance, no kill has interrupted a request, kill servers until one does.
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not journal.repeated:
                        await kill(1)
                await wait_for_load(journal)
        async with open_for_reading(url) as database:
            await audit(journal, database)
        check_history(request.config, journal.history)
        verify(tmp_path, MONGODB_URL=url)
    with capsys.disabled():
        print(f"\n{kills} kills of servers: {journal.summary()}")  # noqa: T201 - the result of a long run


async def test_killed_embedded_database_recovers_without_loss(
    tmp_path: Path,
    kills: int,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
) -> None:
    """The database or its guardian process is killed, and the database restarts automatically."""
    data = tmp_path / "0" / "data"
    with Fleet(tmp_path, 1, mongodb_url=None, **SETTINGS) as fleet:
        async with load(fleet, tmp_path / "history.jsonl") as journal:
            for number in range(kills):
                await wait_for_load(journal)
                [database] = database_processes(data)
                alone = number % (KILLED_ALONE + 1) < KILLED_ALONE
                [guardian] = processes_using(data) - {database}
                os.kill(database if alone else guardian, signal.SIGKILL)
            await wait_for_load(journal)
    wait_for(lambda: not processes_using(data))
    with embedded_database(data) as url:
        async with open_for_reading(url) as opened:
            await audit(journal, opened)
    check_history(request.config, journal.history)
    verify(tmp_path, EXPERTBOOK_DATA=str(data))
    with capsys.disabled():
        print(f"\n{kills} kills of the database: {journal.summary()}")  # noqa: T201 - the result of a long run
