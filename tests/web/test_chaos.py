"""Chaos test that kills random processes; `--chaos 600` runs it for ten minutes."""

from __future__ import annotations

import asyncio
import random
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.chaos import ChaosClients
from tests.support.fault_injection import FAULTS, FaultInjector
from tests.support.fleet import Fleet
from tests.support.histories import check_history
from tests.support.valkey import run_valkey
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from pathlib import Path

BOOKERS = 8
MAX_SEED = 2**32
CHECK_SECONDS = 600
"""Timeout of the final check, which reads the whole database."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


async def test_no_event_or_acknowledged_booking_is_lost_when_processes_are_killed(
    tmp_path: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Servers, database and broker are killed while sockets are cut and clients book.

    Subscribers resume from their last cursor, and clients retry unanswered requests with the same
    idempotency key. In the end, each subscriber has received every event once and in order.
    """
    seconds = request.config.getoption("--chaos")
    seed = request.config.getoption("--chaos-seed") or random.randrange(MAX_SEED)
    rng = random.Random(seed)
    print("seed", seed)  # noqa: T201 - shown by pytest if the test fails
    database = tmp_path / "database"
    with embedded_database(database) as url, run_valkey(tmp_path) as broker:
        settings = {
            "mongodb_url": url,
            "broadcast_url": broker.url,
            "experts": 8,
            "throttle": "off",
            "access_token_minutes": 1440,
        }
        async with httpx.AsyncClient(timeout=180) as http:
            with Fleet(tmp_path, 2, **settings) as fleet:
                world = await ChaosClients.create(
                    fleet,
                    rng,
                    http,
                    watching=request.config.getoption("--subscribers"),
                    booking=BOOKERS,
                    recorded=tmp_path / "history.jsonl",
                )
                injector = FaultInjector(rng, fleet, broker, url, world.subscribers)
                async with world.run(url):
                    await injector.run(seconds)
                events = await asyncio.wait_for(world.check(url), CHECK_SECONDS)
    assert set(injector.injected) == set(FAULTS)
    check_history(request.config, world.history)
    with capsys.disabled():
        print(f"\nseed {seed}: {events} events, {world.summary()}; {dict(injector.injected)}")  # noqa: T201 - the result of a long run
