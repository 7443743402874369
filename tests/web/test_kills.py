"""Killed with -9 under load, twenty times and twenty times again: `--kills 200` for more."""

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
from tests.audits import audit
from tests.bookkeepers import bookkeepers
from tests.fleets import Fleet
from tests.processes import databases, using, wait_for
from tests.web.test_cli import command
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.bookkeepers import Book

SERVERS, CLIENTS = 3, 12
ANSWERS = 2 * CLIENTS
"""That come in before something is killed, so that there is a load to be killed under."""
KILLED_ALONE = 4
"""Deaths of a database in a row after which its guardian is killed: it gives up at the sixth."""
PATIENCE_SECONDS = 600
"""Ends a test that hangs."""
SETTINGS = {"experts": 8, "throttle": "off", "access_token_minutes": 1440, "hold_seconds": 3600}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often something is killed."""
    number: int = request.config.getoption("--kills")
    return number


@asynccontextmanager
async def load(fleet: Fleet) -> AsyncIterator[Book]:
    """Clients that book as long as the context lasts; what they have begun, they finish."""
    async with httpx.AsyncClient(timeout=20) as http:
        keepers = await bookkeepers(fleet, random.Random(), http, CLIENTS)
        async with asyncio.TaskGroup() as group:
            for keeper in keepers:
                group.create_task(keeper.run())
            yield keepers[0].notes
            for keeper in keepers:
                keeper.is_done = True


async def under_load(book: Book) -> None:
    """Wait until answers have come in again, and then for a random moment."""
    before = book.answers
    while book.answers < before + ANSWERS:  # noqa: ASYNC110 - several tasks bring it about
        await asyncio.sleep(0.01)
    await asyncio.sleep(random.uniform(0, 0.2))


def verify(folder: Path, **variables: str) -> None:
    """Have the command line judge the data."""
    status, output, errors = command(folder, "verify", **variables)
    assert (status, errors) == (0, ""), output


async def test_servers_that_are_killed_lose_nothing(
    tmp_path: Path, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Servers on one database die, two at a time, and are started anew; one is always alive.

    What was acknowledged is there, with all that belongs to it; what was not was made wholly and
    once, by the request that was sent again, or not at all.
    """
    with embedded_database(tmp_path / "database") as url:
        with Fleet(tmp_path, SERVERS, mongodb_url=url, **SETTINGS) as fleet:
            alive = deque(range(SERVERS))

            async def kill(times: int) -> None:
                for _ in range(times):
                    await under_load(book)
                    number = alive.popleft()
                    await asyncio.to_thread(fleet.end, number, signal.SIGKILL)
                    await asyncio.to_thread(fleet.start, number)
                    alive.append(number)

            async with load(fleet) as book:
                await asyncio.gather(kill(kills // 2), kill(kills - kills // 2))
                # By chance none of those deaths may have cost a request its answer.
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not book.repeated:
                        await kill(1)
                await under_load(book)
        async with open_for_reading(url) as database:
            await audit(book, database)
        verify(tmp_path, MONGODB_URL=url)
    with capsys.disabled():
        print(f"\n{kills} kills of servers: {book.figures()}")  # noqa: T201 - figures are what a long run is for


async def test_a_database_that_is_killed_loses_nothing(
    tmp_path: Path, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program's own database dies, alone or with its guardian, and is there again by itself."""
    data = tmp_path / "0" / "data"
    with Fleet(tmp_path, 1, **SETTINGS) as fleet:
        async with load(fleet) as book:
            for number in range(kills):
                await under_load(book)
                [database] = databases(data)
                alone = number % (KILLED_ALONE + 1) < KILLED_ALONE
                [guardian] = using(data) - {database}
                os.kill(database if alone else guardian, signal.SIGKILL)
            await under_load(book)
    wait_for(lambda: not using(data))
    with embedded_database(data) as url:
        async with open_for_reading(url) as opened:
            await audit(book, opened)
    verify(tmp_path, EXPERTBOOK_DATA=str(data))
    with capsys.disabled():
        print(f"\n{kills} kills of the database: {book.figures()}")  # noqa: T201 - figures are what a long run is for
