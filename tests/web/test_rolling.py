"""A rolling restart: servers restart one after the other under load, without losses."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

import httpx

from tests.support.chaos import ChaosClients
from tests.support.databases import run_database
from tests.support.fleet import Fleet
from tests.support.histories import check_history
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SUBSCRIBERS, BOOKERS = 16, 4
RESTART = 1012
"""Close code "Service Restart" (IANA's registry for RFC 6455)."""
INITIALISATION_TIMED_OUT = 4408
"""Close code for a late `connection_init`, which happens on a busy machine."""


async def test_a_rolling_restart_loses_no_events_or_bookings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """WebSockets are closed with code 1012, and clients resume on the other server.

    A booking in progress is completed, or retried with its idempotency key on the other server.
    """
    with run_database(tmp_path / "database") as url, run_valkey(tmp_path) as broker:
        settings = {"mongodb_url": url, "broadcast_url": broker.url}
        with Fleet(tmp_path, 2, experts=8, throttle="off", **settings) as fleet:
            async with httpx.AsyncClient(timeout=60) as http:
                rng = random.Random(1012)
                world = await ChaosClients.create(
                    fleet,
                    rng,
                    http,
                    watching=SUBSCRIBERS,
                    booking=BOOKERS,
                    recorded=tmp_path / "history.jsonl",
                )
                ends = []
                async with world.run(url):
                    for number in range(2):
                        await world.wait_for_new_events()
                        ends.append(await asyncio.to_thread(fleet.end, number, signal.SIGTERM))
                        await world.wait_for_new_events()
                        await asyncio.to_thread(fleet.start, number)
                    await world.wait_for_new_events()
                    closes = world.closes()
                events = await world.check(url)
    check_history(request.config, world.history)
    assert [status for status, _ in ends] == [0, 0]
    del closes[INITIALISATION_TIMED_OUT]
    assert set(closes) == {RESTART}
    # Every subscriber is disconnected at least once, because both servers are stopped in turn.
    assert closes[RESTART] >= SUBSCRIBERS
    with capsys.disabled():
        ended = ", ".join(f"{seconds:.2f} s" for _, seconds in ends)
        print(f"\nservers ended in {ended}: {events} events, {world.summary()}")  # noqa: T201 - also run for its figures
