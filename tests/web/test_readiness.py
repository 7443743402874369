"""`/readyz` and the log during outages of the database or broadcast server."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from models.store.connection import NO_ANSWER
from tests.support.booking_operations import BOOKED, open_slots, state
from tests.support.clients import Api, open_socket
from tests.support.processes import database_processes, frozen
from tests.support.readiness import CHECKS, READY, wait_for_readiness
from tests.support.servers import await_ready, start_program
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.support.clients import Socket
    from tests.support.servers import Program
    from tests.support.spans import Time

EXPERTS = "{ experts(first: 1) { nodes { id } } }"
PATIENCE_SECONDS = 60
DOWN = CHECKS | {"database": "unreachable", "broadcast": "reconnecting"}
UNAVAILABLE = {"status": "unavailable", "checks": DOWN, "problems": [NO_ANSWER]}
RECONNECTING = {"status": "ok", "checks": CHECKS | {"broadcast": "reconnecting"}}


@asynccontextmanager
async def subscribed(
    program: Program, http: httpx.AsyncClient, time: Time
) -> AsyncIterator[tuple[Socket, Api, list[str]]]:
    """Yield a socket that is subscribed to an expert's bookings, an API client, and open slots."""
    await_ready(program.process, program.address)
    assert await wait_for_readiness(http, program.address, READY) == 200
    api = Api(http, program.address)
    [expert] = (await api.ask(EXPERTS))["experts"]["nodes"]
    client = await api.new_client()
    cursor, _ = await state(api, expert, time)
    slots = [slot["id"] for slot in (await open_slots(api, expert, time, 60))[:6:2]]
    async with open_socket(program.address) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        yield socket, client, slots


async def assert_events_received(socket: Socket, booked: list[dict[str, Any]]) -> None:
    """Assert that the socket receives the events of the bookings in order."""
    events = [await socket.event("slotBooked") for _ in booked]
    assert [event["sequence"] for event in events] == [b["sequence"] for b in booked]


def logs_each_outage_once(program: Program, what: str) -> bool:
    """Return whether each lost connection is logged once, followed by its recovery.

    On a busy machine, the connection may also be lost when the test does not break it.
    """
    matches = re.findall(rf"WARNING: {what} is (away)|INFO: {what} is (back)", program.output())
    words = [away or back for away, back in matches]
    return bool(words) and words == ["away", "back"] * (len(words) // 2)


async def test_the_server_stays_ready_without_the_broadcast_server(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """The outage is reported, and events are delivered from the event log."""
    with (
        run_valkey(tmp_path) as server,
        start_program(tmp_path, experts=3, throttle="off", broadcast_url=server.url) as program,
    ):
        async with subscribed(program, http, time) as (socket, client, slots):
            booked = [await client.book(slots[0])]
            server.kill()
            assert await wait_for_readiness(http, program.address, RECONNECTING) == 200
            booked.append(await client.book(slots[1]))
            await asyncio.to_thread(server.start)
            assert await wait_for_readiness(http, program.address, READY) == 200
            booked.append(await client.book(slots[2]))
            await assert_events_received(socket, booked)
    assert logs_each_outage_once(program, "the broadcast server")


async def test_the_server_is_not_ready_while_the_database_is_suspended(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """Database connections stay open; the change stream resumes when the database does."""
    settings = {"experts": 3, "throttle": "off", "broadcast_url": "mongodb://"}
    with start_program(tmp_path, mongodb_url=None, **settings) as program:
        async with subscribed(program, http, time) as (socket, client, slots):
            booked = [await client.book(slots[0])]
            [database] = database_processes(tmp_path)
            with frozen(database):
                assert await wait_for_readiness(http, program.address, UNAVAILABLE) == 503
            assert await wait_for_readiness(http, program.address, READY) == 200
            booked.append(await client.book(slots[1]))
            await assert_events_received(socket, booked)
    assert logs_each_outage_once(program, "the database's change stream")
