"""What `/readyz` and the log say while something behind the program is away; nothing is missed."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.clients import Api, open_socket
from tests.processes import databases
from tests.servers import await_ready, launched
from tests.valkeys import valkey
from tests.web.test_booking import BOOKED, open_slots, state

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.clients import Socket
    from tests.conftest import Time
    from tests.servers import Program

EXPERTS = "{ experts(first: 1) { nodes { id } } }"
PATIENCE_SECONDS = 60
CHECKS = {"database": "ok", "broadcast": "ok", "mail": "ok"}
READY = {"status": "ok", "checks": CHECKS}
AWAY = CHECKS | {"database": "unreachable", "broadcast": "reconnecting"}
UNAVAILABLE = {"status": "unavailable", "checks": AWAY}
RECONNECTING = {"status": "ok", "checks": CHECKS | {"broadcast": "reconnecting"}}


async def wait_for_readiness(http: httpx.AsyncClient, address: str, wanted: dict[str, Any]) -> int:
    """Wait for an answer of `/readyz`; gives its status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (  # noqa: ASYNC110 - there is nothing to wait for but its answers
            answer := await http.get(f"{address}/readyz")
        ).json() != wanted:
            await asyncio.sleep(0.05)
    return answer.status_code


@asynccontextmanager
async def watched(
    program: Program, http: httpx.AsyncClient, time: Time
) -> AsyncIterator[tuple[Socket, Api, list[str]]]:
    """A socket that watches an expert of a ready program, a client, and slots to book."""
    await_ready(program.process, program.address)
    assert await wait_for_readiness(http, program.address, READY) == 200
    api = Api(http, program.address)
    [expert] = (await api.ask(EXPERTS))["experts"]["nodes"]
    client = await api.newcomer()
    cursor, _ = await state(api, expert, time)
    slots = [slot["id"] for slot in (await open_slots(api, expert, time, 60))[:6:2]]
    async with open_socket(program.address) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        yield socket, client, slots


async def brings(socket: Socket, booked: list[dict[str, Any]]) -> None:
    """The socket gets the events of those bookings, in their order."""
    seen = [await socket.event("slotBooked") for _ in booked]
    assert [event["sequence"] for event in seen] == [b["sequence"] for b in booked]


def tells_of_each_absence_once(program: Program, what: str) -> bool:
    """Whether the log has each loss of a connection once, followed by its return.

    A busy machine may lose the connection more often than the test breaks it.
    """
    told = re.findall(rf"WARNING: {what} is (away)|INFO: {what} is (back)", program.said())
    words = [away or back for away, back in told]
    return bool(words) and words == ["away", "back"] * (len(words) // 2)


async def test_a_broadcast_server_that_is_away_makes_the_program_no_less_ready(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """It is told of, and what it would have carried comes from the event log."""
    with (
        valkey(tmp_path) as server,
        launched(tmp_path, experts=3, throttle="off", broadcast_url=server.url) as program,
    ):
        async with watched(program, http, time) as (socket, client, slots):
            booked = [await client.book(slots[0])]
            server.kill()
            assert await wait_for_readiness(http, program.address, RECONNECTING) == 200
            booked.append(await client.book(slots[1]))
            await asyncio.to_thread(server.start)
            assert await wait_for_readiness(http, program.address, READY) == 200
            booked.append(await client.book(slots[2]))
            await brings(socket, booked)
    assert tells_of_each_absence_once(program, "the broadcast server")


async def test_a_database_that_freezes_makes_the_program_not_ready(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """Although it keeps its connections; as soon as it goes on, so does the change stream."""
    with launched(tmp_path, experts=3, throttle="off", broadcast_url="mongodb://") as program:
        async with watched(program, http, time) as (socket, client, slots):
            booked = [await client.book(slots[0])]
            [database] = databases(tmp_path)
            os.kill(database, signal.SIGSTOP)
            try:
                assert await wait_for_readiness(http, program.address, UNAVAILABLE) == 503
            finally:
                os.kill(database, signal.SIGCONT)
            assert await wait_for_readiness(http, program.address, READY) == 200
            booked.append(await client.book(slots[1]))
            await brings(socket, booked)
    assert tells_of_each_absence_once(program, "the database's change stream")
