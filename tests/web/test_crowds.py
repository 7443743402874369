"""Many sockets: caps, readers that are stuck, and a server that stops."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import websockets

from tests.clients import BOOK, CONTACT, Api, Socket, open_socket
from tests.servers import await_ready, launched
from tests.web.test_metrics import metrics

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.conftest import Time
    from tests.servers import Program

WATCH = """
subscription Watch($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) {
    cursor sequence kind at slot { id status mine }
    changed { id startsAt endsAt minutes status mine heldUntil price { amount currency } }
  }
}"""

SUBSCRIBERS = 300
STUCK = 20
SMALL_BUFFER = 4096
PATIENCE_SECONDS = 120
"""Ends a test that hangs."""


@asynccontextmanager
async def served(folder: Path, **settings: object) -> AsyncIterator[tuple[Program, Api]]:
    """A program of this test's own, and a client of it."""
    with launched(folder, experts=20, **settings) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        async with httpx.AsyncClient(timeout=60) as http:
            yield program, Api(http, program.address)


async def an_expert(api: Api) -> tuple[str, str]:
    """Return the id and the cursor of an expert who confirms at once and leaves no break."""
    query = """{ experts { nodes {
      id cursor availability { breakMinutes confirmsAutomatically } } } }"""
    nodes = (await api.ask(query))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return next((node["id"], node["cursor"]) for node in nodes if node["availability"] == plain)


async def free_slots(api: Api, expert_id: str, time: Time) -> list[str]:
    """Slots that can be booked."""
    listed = await api.slots(expert_id, *time.days(3, 30))
    return [slot["id"] for slot in listed if slot["status"] == "OPEN"]


@asynccontextmanager
async def stuck_socket(
    api: Api, expert_id: str, cursor: str
) -> AsyncIterator[websockets.ClientConnection]:
    """One that subscribes ten times and then reads no more."""
    host, port = api.url.removeprefix("http://").split(":")
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    end.setblocking(False)  # noqa: FBT003 - it is the name of no parameter
    await asyncio.get_running_loop().sock_connect(end, (host, int(port)))
    async with websockets.connect(
        f"ws://{host}:{port}/graphql",
        sock=end,
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        ping_interval=None,
        close_timeout=0.1,
    ) as connection:
        client = Socket(connection)
        await client.initialise()
        for number in range(10):
            await client.subscribe(str(number), WATCH, id=expert_id, after=cursor)
        connection.transport.pause_reading()
        yield connection


async def read_on(connection: websockets.ClientConnection) -> None:
    """Read until the other side is gone."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await connection.recv()


async def until_open(api: Api, sockets: int) -> None:
    """Wait until the program has so many open sockets."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (  # noqa: ASYNC110 - only the program knows
            await metrics(api.url)
        )["expertbook_open_sockets"] != sockets:
            await asyncio.sleep(0.1)


def memory_of(program: Program) -> int:
    """What the program has in memory, in bytes (proc(5))."""
    lines = Path(f"/proc/{program.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


async def rest_of(client: Socket) -> list[dict[str, Any]]:
    """What else comes until the socket closes."""
    messages: list[dict[str, Any]] = []
    with suppress(websockets.ConnectionClosed):
        while True:
            messages.append(await client.receive(PATIENCE_SECONDS))
    return messages


async def bookings(api: Api, slots: list[str], number: int, readers: Sequence[Socket]) -> None:
    """Book and cancel again and again; each reader gets each booking's event before the next.

    So the program never has more than one event to keep for a reader, however busy the machine.
    """
    ada = await api.newcomer()
    for index in range(number):
        booked = await ada.book(slots[index % len(slots)])
        assert booked["__typename"] == "Booking", booked
        events = await asyncio.gather(
            *(reader.event("slotBooked", PATIENCE_SECONDS) for reader in readers)
        )
        assert {event["sequence"] for event in events} == {booked["sequence"]}
        await ada.cancel(booked["id"])


async def test_stuck_readers_are_cut_off_and_the_others_do_not_notice(
    tmp_path: Path, time: Time
) -> None:
    """They cost bounded memory; everyone else gets every event."""
    async with served(tmp_path, throttle="off") as (program, api), AsyncExitStack() as stack:
        expert_id, cursor = await an_expert(api)
        free = await free_slots(api, expert_id, time)
        readers = []
        for _ in range(SUBSCRIBERS):
            reader = await stack.enter_async_context(open_socket(api.url))
            await reader.initialise()
            await reader.subscribe("1", WATCH, id=expert_id, after=cursor)
            readers.append(reader)
        stuck = [
            await stack.enter_async_context(stuck_socket(api, expert_id, cursor))
            for _ in range(STUCK)
        ]
        await bookings(api, free, 5, readers)
        before = memory_of(program)
        await bookings(api, free, 60, readers)
        grown = memory_of(program) - before
        # 20 sockets of at most 64 KiB at either side of the kernel's edge, and room for noise.
        assert grown < 24 * 2**20
        await until_open(api, SUBSCRIBERS)
        for connection in stuck:
            connection.transport.resume_reading()
            with pytest.raises(websockets.ConnectionClosedError):
                await read_on(connection)
            assert connection.close_code == 1006
        assert all(reader.connection.close_code is None for reader in readers)


async def test_a_socket_has_fifty_operations_at_most(
    api: Api, experts: list[dict[str, Any]]
) -> None:
    """One more gets a typed error; the others go on, and there is room again when one ends."""
    async with open_socket(api.url) as client:
        await client.initialise()
        for number in range(50):
            await client.subscribe(str(number), WATCH, id=experts[0]["id"])
        for number in range(50, 200):
            await client.subscribe(str(number), WATCH, id=experts[0]["id"])
        for number in range(50, 200):
            message = await client.receive()
            assert (message["type"], message["id"]) == ("error", str(number))
            assert message["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
        await client.send(type="complete", id="7")
        await client.subscribe("again", "{ categories { count } }")
        message = await client.receive()
        assert (message["type"], message["id"]) == ("next", "again")


async def test_an_address_has_so_many_sockets_at_most(tmp_path: Path) -> None:
    """One more is refused with 429 before it opens; when one closes, there is room again."""
    async with served(tmp_path) as (_, api), AsyncExitStack() as stack:
        for _ in range(200):
            client = await stack.enter_async_context(open_socket(api.url))
            await client.initialise()  # else it would be closed after five seconds
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with open_socket(api.url):
                pass
        assert refused.value.response.status_code == 429
        assert "Retry-After" in refused.value.response.headers
        await stack.aclose()
        await until_open(api, 0)
        async with open_socket(api.url) as client:
            await client.initialise()


async def test_a_server_that_stops_answers_what_runs_and_asks_sockets_to_return(
    tmp_path: Path, time: Time
) -> None:
    """Subscriptions end with 1012; a mutation that runs is answered first, on its own socket."""
    async with served(tmp_path, throttle="off") as (program, api), AsyncExitStack() as stack:
        expert_id, _ = await an_expert(api)
        free = await free_slots(api, expert_id, time)
        ada = await api.newcomer()
        watcher, booker = [await stack.enter_async_context(open_socket(api.url)) for _ in "ab"]
        await watcher.initialise()
        await watcher.subscribe("1", WATCH, id=expert_id)
        await booker.initialise(ada.token)
        wanted = [{"slotId": slot, "contact": CONTACT} for slot in free[:20]]
        for number, one in enumerate(wanted):
            await booker.subscribe(str(number), BOOK, input=one)
        messages = [await booker.receive(PATIENCE_SECONDS)]
        program.process.send_signal(signal.SIGTERM)
        messages += await rest_of(booker)
        answers = {m["id"]: m["payload"]["data"]["bookSlot"] for m in messages if "payload" in m}
        assert {answer["__typename"] for answer in answers.values()} == {"Booking"}
        assert {m["id"] for m in messages if m["type"] == "complete"} == set(answers)
        assert await booker.closed() == 1012
        await rest_of(watcher)
        assert await watcher.closed() == 1012
        assert await asyncio.to_thread(program.wait, PATIENCE_SECONDS) in {0, 143}
