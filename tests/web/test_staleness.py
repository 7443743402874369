"""Cached responses are out of date for at most a second, and never show an expired hold."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import HOLD, execute, open_slots
from tests.support.cached_queries import COUNTS, DAY, HITS, PAGE, ask_twice
from tests.support.clients import PATIENCE_SECONDS, Api
from tests.support.databases import run_database
from tests.support.deployments import Deployment
from tests.support.metrics import metrics
from tests.support.practices import Practice, london_date
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.support.spans import Time


@pytest.fixture(scope="module")
async def two(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> AsyncIterator[tuple[Api, Api]]:
    """Two servers that share a database but receive no events from each other."""
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        url = stack.enter_context(run_database(folder))
        settings = {"mongodb_url": url, "broadcast_url": "memory://", "throttle": "off"}
        addresses = [
            stack.enter_context(run_server(folder, experts=4, caches="on", **settings))
            for _ in range(2)
        ]
        yield Api(http, addresses[0]), Api(http, addresses[1])


async def first_change_seen(api: Api, before: Any, query: str, **variables: Any) -> Any:
    """Repeat a query until its response differs from the given one; return the new response.

    Queries that are sent more than a second after the change must return the new response.
    """
    changed = monotonic()
    while True:
        asked = monotonic()
        found = await api.ask(query, **variables)
        if found != before:
            return found
        assert asked < changed + 1.0
        await asyncio.sleep(0.01)


async def test_change_by_another_server_is_seen_within_a_second(
    two: tuple[Api, Api],
) -> None:
    """The other server is queried continuously, so that its responses stay in its cache."""
    here, there = two
    practice = await Practice.create(await Deployment.sign_in(here))
    day, client = london_date(5), await here.new_client()
    wanted = {"id": practice.id, "day": day.isoformat()}
    slot = await practice.slot(day, "09:00")
    for _ in range(3):
        before = await ask_twice(there, DAY, **wanted)
        # Query for at least 1.5 seconds, and until a response comes from the cache.
        hits = (await metrics(there.url))[HITS]
        end = monotonic() + 1.5
        while monotonic() < end or (await metrics(there.url))[HITS] == hits:
            assert await there.ask(DAY, **wanted) == before
            assert monotonic() < end + PATIENCE_SECONDS, "no kept answer was given"
        booked = await client.book(slot)
        after = await first_change_seen(there, before, DAY, **wanted)
        assert after == await here.ask(DAY, **wanted)
        await client.cancel(booked["id"])
        await first_change_seen(there, after, DAY, **wanted)
    page = await ask_twice(there, PAGE, id=practice.id)
    await practice.deployment.update(practice.id, practice.expert.api, bio="Seen elsewhere.")
    seen = await first_change_seen(there, page, PAGE, id=practice.id)
    assert seen["expert"]["bio"] == "Seen elsewhere."
    count = await ask_twice(there, COUNTS)
    await practice.deployment.expert()
    assert await first_change_seen(there, count, COUNTS) == await here.ask(COUNTS)


async def test_hold_expires_without_an_event(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, time: Time
) -> None:
    """Queries that are sent after the hold has expired show the slot as free."""
    folder = tmp_path_factory.mktemp("ends")
    with run_server(folder, experts=3, hold_seconds=2, throttle="off", caches="on") as address:
        api = Api(http, address)
        client = await api.new_client()
        [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
        slot = (await open_slots(api, expert, time))[0]["id"]
        held = await execute(client, HOLD, id=slot)
        until = datetime.fromisoformat(held["heldUntil"])
        query = f'{{ node(id: "{slot}") {{ ... on Slot {{ status }} }} }}'
        status = ""
        while status != "OPEN":
            asked = datetime.now(until.tzinfo)
            status = (await api.ask(query))["node"]["status"]
            assert (status == "OPEN") or asked < until
