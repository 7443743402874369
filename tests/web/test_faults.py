"""Bookings during a single database failure, of each kind described in MongoDB's documentation.

test_fault_load.py tests servers under load during many failures.
"""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from models.bookings.verification import open_for_reading
from models.ids import object_id
from tests.support.bookable_experts import plain_experts
from tests.support.clients import Api
from tests.support.wire_cases import ONCE, READS, Case
from tests.support.wire_cluster import Cluster, run_cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.spans import Time

GROUPS = ((True, 1), (False, 1), (True, 3), (False, 3))
"""The bookings during each fault: whether requests have idempotency keys, and how many share
transactions."""
BOOKINGS = sum(size for _, size in GROUPS)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two servers that reach one database through a proxy."""
    with run_cluster(tmp_path_factory.mktemp("faults")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def client(cluster: Cluster, http: httpx.AsyncClient) -> Api:
    """API client of a new account on the first server."""
    return await Api(http, cluster.fleet.addresses[0]).new_client()


async def free_slots(client: Api, time: Time) -> tuple[str, list[str]]:
    """Return an expert's id, and the ids of `BOOKINGS` free slots that do not overlap."""
    expert = (await plain_experts(client))[0]
    slots = await client.slots(expert["id"], *time.days(3, 60), expert["offers"][0]["minutes"])
    found: list[dict[str, Any]] = []
    for slot in slots:
        if slot["status"] == "OPEN" and (not found or found[-1]["endsAt"] <= slot["startsAt"]):
            found.append(slot)
    return expert["id"], [slot["id"] for slot in found[:BOOKINGS]]


async def stored(database_url: str, expert: str) -> tuple[int, list[int]]:
    """Return how many bookings an expert has, and the sequence numbers of the expert's events."""
    of_expert = {"expert_id": object_id(expert, "Expert", "expertId")}
    async with open_for_reading(database_url) as database:
        events = database["events"].find(of_expert).sort("sequence")
        sequences = [event["sequence"] async for event in events]
        return await database["bookings"].count_documents(of_expert), sequences


@pytest.mark.parametrize("case", ONCE, ids=str)
async def test_bookings_are_made_once_in_spite_of_a_fault(
    cluster: Cluster, client: Api, time: Time, case: Case
) -> None:
    """A single booking and bookings that share transactions all succeed, with one event each."""
    expert, slots = await free_slots(client, time)
    bookings, sequences = await stored(cluster.database_url, expert)
    free = iter(slots)
    for has_keys, size in GROUPS:
        group = list(islice(free, size))
        cluster.proxy.log.clear()
        with cluster.proxy.injected(case.fault(times=1)):
            posts = [client.book(slot, idempotencyKey=slot if has_keys else None) for slot in group]
            answers = await asyncio.gather(*posts)
            if case.command == READS:
                await client.slots(expert, *time.days(3, 4))
        assert [answer["__typename"] for answer in answers] == ["Booking"] * len(group)
        assert cluster.proxy.log
    bookings_now, sequences_now = await stored(cluster.database_url, expert)
    assert bookings_now == bookings + BOOKINGS
    new = sequences_now[len(sequences) :]
    assert new == list(range(new[0], new[0] + BOOKINGS))
