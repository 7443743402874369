"""How old a kept answer can be: a second after a change elsewhere, nothing after a hold's end."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import PATIENCE_SECONDS, Api
from tests.offices import Deployment
from tests.practices import Practice, london_date
from tests.servers import run_server
from tests.web.test_booking import open_slots
from tests.web.test_kept_answers import COUNTS, DAY, HITS, PAGE, ask_twice
from tests.web.test_metrics import metrics
from tests.web.test_moves import HOLD, execute
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.conftest import Time


@pytest.fixture(scope="module")
async def two(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> AsyncIterator[tuple[Api, Api]]:
    """Two programs on one database that hear nothing of each other."""
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        url = stack.enter_context(embedded_database(folder))
        settings = {"mongodb_url": url, "broadcast_url": "memory://", "throttle": "off"}
        addresses = [
            stack.enter_context(run_server(folder, experts=4, fast_paths="all", **settings))
            for _ in range(2)
        ]
        yield Api(http, addresses[0]), Api(http, addresses[1])


async def until_seen(api: Api, before: Any, query: str, **variables: Any) -> Any:
    """What another program says of a change that has been made, once it says it.

    What is asked for more than a second after the change must show it.
    """
    changed = monotonic()
    while True:
        asked = monotonic()
        found = await api.ask(query, **variables)
        if found != before:
            return found
        assert asked < changed + 1.0
        await asyncio.sleep(0.01)


async def test_a_change_elsewhere_is_seen_within_a_second_without_being_told(
    two: tuple[Api, Api],
) -> None:
    """While the answer is asked for all the time, so that it is kept: of slots and of entries."""
    here, there = two
    practice = await Practice.create(await Deployment.sign_in(here))
    day, client = london_date(5), await here.new_client()
    wanted = {"id": practice.id, "day": day.isoformat()}
    slot = await practice.slot(day, "09:00")
    for _ in range(3):
        before = await ask_twice(there, DAY, **wanted)
        # Kept for longer than a second, as nothing changes; later where no answer comes in time.
        hits = (await metrics(there.url))[HITS]
        end = monotonic() + 1.5
        while monotonic() < end or (await metrics(there.url))[HITS] == hits:
            assert await there.ask(DAY, **wanted) == before
            assert monotonic() < end + PATIENCE_SECONDS, "no kept answer was given"
        booked = await client.book(slot)
        after = await until_seen(there, before, DAY, **wanted)
        assert after == await here.ask(DAY, **wanted)
        await client.cancel(booked["id"])
        await until_seen(there, after, DAY, **wanted)
    page = await ask_twice(there, PAGE, id=practice.id)
    await practice.deployment.update(practice.id, practice.expert.api, bio="Seen elsewhere.")
    seen = await until_seen(there, page, PAGE, id=practice.id)
    assert seen["expert"]["bio"] == "Seen elsewhere."
    count = await ask_twice(there, COUNTS)
    await practice.deployment.expert()
    assert await until_seen(there, count, COUNTS) == await here.ask(COUNTS)


async def test_a_hold_is_over_at_its_end_by_the_clock_alone(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, time: Time
) -> None:
    """What is asked for from that moment on shows the time as free."""
    folder = tmp_path_factory.mktemp("ends")
    with run_server(folder, experts=3, hold_seconds=2, throttle="off", fast_paths="all") as address:
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
