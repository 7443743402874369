"""Many WebSockets: limits, slow readers and a server that shuts down."""

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

from tests.support.clients import BOOK, CONTACT, Api, Socket, open_socket
from tests.support.forked_program import Patch
from tests.support.metrics import metrics
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tests.support.servers import Program
    from tests.support.spans import Time

WATCH = """
subscription Watch($id: ID!, $after: String) {
  slotBooked(expertId: $id, after: $after) {
    cursor sequence kind at slot { id status mine }
    changed { id startsAt endsAt minutes status mine heldUntil price { amount currency } }
  }
}"""

SUBSCRIBERS = 60
STUCK = 20
SMALL_BUFFER = 4096
LONG_TIMEOUTS = """
import web.graphql.socket, web.serving
web.serving.PONG_SECONDS = web.graphql.socket.INIT_SECONDS = 600
"""
PATIENCE_SECONDS = 120
"""Timeout after which a test that hangs fails."""


@asynccontextmanager
async def served(folder: Path, **settings: object) -> AsyncIterator[tuple[Program, Api]]:
    """Run a server for one test; yield the server and a client of its API."""
    with start_program(folder, Patch(LONG_TIMEOUTS), experts=20, **settings) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        async with httpx.AsyncClient(timeout=60) as http:
            yield program, Api(http, program.address)


async def plain_expert(api: Api) -> tuple[str, str]:
    """Return the id and cursor of an expert with automatic confirmation and no breaks."""
    query = """{ experts { nodes {
      id cursor availability { breakMinutes confirmsAutomatically } } } }"""
    nodes = (await api.ask(query))["experts"]["nodes"]
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    return next((node["id"], node["cursor"]) for node in nodes if node["availability"] == plain)


async def free_slots(api: Api, expert_id: str, time: Time) -> list[str]:
    """Return the ids of an expert's open slots."""
    listed = await api.slots(expert_id, *time.days(3, 30))
    return [slot["id"] for slot in listed if slot["status"] == "OPEN"]


@asynccontextmanager
async def stuck_socket(
    api: Api, expert_id: str, cursor: str
) -> AsyncIterator[websockets.ClientConnection]:
    """Open a socket that subscribes ten times and then stops reading."""
    host, port = api.url.removeprefix("http://").split(":")
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    end.setblocking(False)  # noqa: FBT003 - positional only
    await asyncio.get_running_loop().sock_connect(end, (host, int(port)))
    async with websockets.connect(
        f"ws://{host}:{port}/graphql",
        sock=end,
        subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
        ping_interval=None,
        open_timeout=PATIENCE_SECONDS,
        close_timeout=0.1,
    ) as connection:
        client = Socket(connection)
        await client.initialise()
        for number in range(10):
            await client.subscribe(str(number), WATCH, id=expert_id, after=cursor)
        connection.transport.pause_reading()
        yield connection


async def read_to_end(connection: websockets.ClientConnection) -> None:
    """Read until the server closes the connection."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            await connection.recv()


async def wait_for_open_sockets(api: Api, sockets: int) -> None:
    """Wait until the server has exactly `sockets` open sockets."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (  # noqa: ASYNC110 - polls another process
            await metrics(api.url)
        )["expertbook_open_sockets"] != sockets:
            await asyncio.sleep(0.1)


def memory_of(program: Program) -> int:
    """Return the resident memory of the server in bytes (proc(5))."""
    lines = Path(f"/proc/{program.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


async def remaining_messages(client: Socket) -> list[dict[str, Any]]:
    """Return all messages that a client receives until its socket closes."""
    messages: list[dict[str, Any]] = []
    with suppress(websockets.ConnectionClosed):
        while True:
            messages.append(await client.receive(PATIENCE_SECONDS))
    return messages


async def book_and_cancel(
    api: Api, slots: list[str], number: int, readers: Sequence[Socket]
) -> None:
    """Book and cancel repeatedly; every reader must receive each event before the next booking.

    Because of this, the server never has more than one unsent event for each of these readers,
    however slow the machine is.
    """
    ada = await api.new_client()
    for index in range(number):
        booked = await ada.book(slots[index % len(slots)])
        assert booked["__typename"] == "Booking", booked
        events = await asyncio.gather(
            *(reader.event("slotBooked", PATIENCE_SECONDS) for reader in readers)
        )
        assert {event["sequence"] for event in events} == {booked["sequence"]}
        await ada.cancel(booked["id"])


async def test_stuck_readers_are_disconnected_and_others_miss_nothing(
    tmp_path: Path, time: Time
) -> None:
    """Stuck readers cost a bounded amount of memory."""
    async with served(tmp_path, throttle="off") as (program, api), AsyncExitStack() as stack:
        expert_id, cursor = await plain_expert(api)
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
        await book_and_cancel(api, free, 5, readers)
        before = memory_of(program)
        await book_and_cancel(api, free, 60, readers)
        grown = memory_of(program) - before
        # Each stuck socket takes at most 64 KiB in the kernel and 64 KiB in the server; the
        # limit is higher, because other allocations vary.
        assert grown < 24 * 2**20
        await wait_for_open_sockets(api, SUBSCRIBERS)
        for connection in stuck:
            connection.transport.resume_reading()
            with pytest.raises(websockets.ConnectionClosedError):
                await read_to_end(connection)
            assert connection.close_code == 1006
        assert all(reader.connection.close_code is None for reader in readers)


async def test_socket_is_limited_to_fifty_operations(
    api: Api, experts: list[dict[str, Any]]
) -> None:
    """Further operations get an error until one completes, but running operations continue."""
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


async def test_sockets_per_network_address_are_limited(tmp_path: Path) -> None:
    """Further handshakes are refused with 429 until a socket closes."""
    async with served(tmp_path) as (_, api), AsyncExitStack() as stack:
        for _ in range(200):
            client = await stack.enter_async_context(open_socket(api.url))
            await client.initialise()
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with open_socket(api.url):
                pass
        assert refused.value.response.status_code == 429
        assert "Retry-After" in refused.value.response.headers
        await stack.aclose()
        await wait_for_open_sockets(api, 0)
        async with open_socket(api.url) as client:
            await client.initialise()


async def test_shutdown_completes_running_mutations_and_closes_sockets_with_1012(
    tmp_path: Path, time: Time
) -> None:
    async with served(tmp_path, throttle="off") as (program, api), AsyncExitStack() as stack:
        expert_id, _ = await plain_expert(api)
        free = await free_slots(api, expert_id, time)
        ada = await api.new_client()
        watcher, booker = [await stack.enter_async_context(open_socket(api.url)) for _ in "ab"]
        await watcher.initialise()
        await watcher.subscribe("1", WATCH, id=expert_id)
        await booker.initialise(ada.token)
        wanted = [{"slotId": slot, "contact": CONTACT} for slot in free[:20]]
        for number, one in enumerate(wanted):
            await booker.subscribe(str(number), BOOK, input=one)
        messages = [await booker.receive(PATIENCE_SECONDS)]
        program.process.send_signal(signal.SIGTERM)
        messages += await remaining_messages(booker)
        answers = {m["id"]: m["payload"]["data"]["bookSlot"] for m in messages if "payload" in m}
        assert {answer["__typename"] for answer in answers.values()} == {"Booking"}
        assert {m["id"] for m in messages if m["type"] == "complete"} == set(answers)
        assert await booker.close_code() == 1012
        await remaining_messages(watcher)
        assert await watcher.close_code() == 1012
        assert await asyncio.to_thread(program.wait, PATIENCE_SECONDS) in {0, 143}
