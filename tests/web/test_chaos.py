"""Everything breaks, again and again, and nothing is lost: `--chaos 600` for ten minutes of it."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.chaos import World
from tests.fleets import Fleet
from tests.monkeys import DEEDS, Monkey
from tests.valkeys import valkey
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from pathlib import Path

SUBSCRIBERS, BOOKERS = 200, 8
LONGEST_SEED = 2**32
CHECK_SECONDS = 600
"""Ends a check that hangs; it reads the whole database."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


async def test_whatever_dies_no_event_and_no_acknowledged_booking_is_lost(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Servers, database and broker are killed while sockets are cut and clients book.

    Every subscriber resumes with its cursor, every client repeats a request whose answer it does
    not get under the same key. In the end each subscriber has heard each event once, in order.
    """
    seconds = request.config.getoption("--chaos")
    seed = request.config.getoption("--chaos-seed") or random.randrange(LONGEST_SEED)
    rng = random.Random(seed)
    print("seed", seed)  # noqa: T201 - pytest shows it when the test fails
    database = tmp_path / "database"
    with embedded_database(database) as url, valkey(tmp_path) as broker:
        settings = {
            "mongodb_url": url,
            "broadcast_url": broker.url,
            "experts": 8,
            "throttle": "off",
            "access_token_minutes": 1440,
        }
        async with httpx.AsyncClient(timeout=20) as http:
            with Fleet(tmp_path, 2, **settings) as fleet:
                world = await World.of(fleet, rng, http, watching=SUBSCRIBERS, booking=BOOKERS)
                monkey = Monkey(rng, fleet, broker, url, world.subscribers)
                async with world.alive(url):
                    await monkey.run(seconds)
                events = await asyncio.wait_for(world.check(url), CHECK_SECONDS)
    assert set(monkey.deeds) == set(DEEDS)
    with capsys.disabled():
        print(f"\nseed {seed}: {events} events, {world.figures()}; {dict(monkey.deeds)}")  # noqa: T201 - figures are what a long run is for
