"""Clients that are slow, stuck or many, over raw connections."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from tests.processes import freeze
from tests.raw import (
    CHUNKED,
    INITIALISE,
    QUERY,
    Line,
    ask,
    chunk,
    connected,
    handshake,
    is_served,
    request,
)
from tests.servers import await_ready, launched
from web.edge.connections import MAX_CONNECTIONS_PER_ADDRESS
from web.edge.http_protocol import MAX_PIPELINED, MAX_UNSENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.servers import Program

HURRIED = """
import web.edge.http_protocol
web.edge.http_protocol.HEAD_SECONDS = web.edge.http_protocol.BODY_SECONDS = 2.0
web.edge.http_protocol.LINGER_SECONDS = 60.0
from web.cli import app
app()
"""
"""Waits two seconds for a request, and long enough for a busy client to read its answer."""

RESTLESS = """
import web.edge.http_protocol
import web.graphql.sse
web.edge.http_protocol.STUCK_SECONDS = 8.0
web.edge.http_protocol.IDLE_SECONDS = 1
web.graphql.sse.COMMENT_SECONDS = 600
from web.cli import app
app()
"""
OTHERS = 20
CAPPED = f"""
import web.edge.connections
import web.edge.http_protocol
web.edge.http_protocol.IDLE_SECONDS = 600
web.edge.connections.MOST = {MAX_CONNECTIONS_PER_ADDRESS + OTHERS}
from web.cli import app
app()
"""
PATIENCE = 60
"""Seconds until which a program must have ended what takes it a few, even on a busy machine."""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program that waits two seconds for a request."""
    command = [sys.executable, "-c", HURRIED, "serve"]
    folder = tmp_path_factory.mktemp("hurried")
    with launched(folder, command, experts=0, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program that keeps idle connections for a second and stuck ones for a few."""
    command = [sys.executable, "-c", RESTLESS, "serve"]
    folder = tmp_path_factory.mktemp("restless")
    with launched(folder, command, experts=1, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


@pytest.fixture(scope="module")
def restless(program: Program) -> str:
    """Its address."""
    return program.address


@pytest.fixture(scope="module")
def capped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program with few places for connections."""
    command = [sys.executable, "-c", CAPPED, "serve"]
    with launched(tmp_path_factory.mktemp("capped"), command, experts=1) as program:
        await_ready(program.process, program.address)
        yield program.address


async def test_a_client_that_takes_its_time_is_not_waited_for(hurried: Program) -> None:
    """Whatever it is slow at: to begin, the head, a handshake, a body that is or is not wanted.

    The program is stopped until each client has sent its beginning. Otherwise a busy machine could
    let two seconds pass before that.
    """
    cases = {
        "says nothing": (b"", b""),
        "never begins": (b"", b"\r\n"),
        "head": (request("GET", "/healthz")[:-2], b"X: x\r\n"),
        "handshake": (handshake()[:-2], b"X: x\r\n"),
        "body": (request(body=QUERY + b" " * 1000)[:-1000], b" "),
        "chunks": (request("POST", "/graphql", *CHUNKED), chunk(b" ")),
        "unwanted body": (request("POST", "/nowhere", "Content-Length: 1000"), b" "),
    }

    async def status_of(line: Line, drop: bytes) -> int | None:
        async with asyncio.TaskGroup() as group:
            dripping = group.create_task(drip(line, drop))
            said = await line.rest(PATIENCE)
            dripping.cancel()
        return int(said.split()[1]) if said else None

    async with AsyncExitStack() as stack:
        lines = []
        freeze(hurried.process.pid)
        try:
            for at_once, _ in cases.values():
                line = await stack.enter_async_context(connected(hurried.address))
                await line.send(at_once)
                lines.append(line)
        finally:
            hurried.process.send_signal(signal.SIGCONT)
        drops = [drop for _, drop in cases.values()]
        found = await asyncio.gather(*map(status_of, lines, drops))
    assert dict(zip(cases, found, strict=True)) == {
        "says nothing": None,
        "never begins": None,
        "head": 408,
        "handshake": 408,
        "body": 408,
        "chunks": 408,
        "unwanted body": 405,
    }


async def drip(line: Line, drop: bytes) -> None:
    """Send a little again and again, as long as anybody listens."""
    while drop:
        await line.send(drop)
        await asyncio.sleep(0.2)


async def test_an_idle_connection_is_kept_for_a_while(restless: str, server: str) -> None:
    async with connected(restless) as line, connected(server) as lasting:
        for kept in (line, lasting):
            await kept.send(request("GET", "/healthz"))
            assert (await kept.answer()).status == 200
        assert await line.rest(PATIENCE) == b""
        await lasting.send(request("GET", "/healthz"))
        assert (await lasting.answer()).status == 200


async def subscription(address: str) -> bytes:
    """A request for a stream without an end."""
    nodes = json.dumps({"query": "{ experts(first: 1) { nodes { id } } }"}).encode()
    [expert] = json.loads((await ask(address, request(body=nodes))).body)["data"]["experts"][
        "nodes"
    ]
    watch = f'subscription {{ slotBooked(expertId: "{expert["id"]}") {{ sequence }} }}'
    body = json.dumps({"query": watch}).encode()
    return request("POST", "/graphql", "Accept: text/event-stream", body=body)


async def test_a_request_that_takes_longer_than_its_client_may_idle_is_answered(
    restless: str,
) -> None:
    """Also when it began to come while the one before it was answered."""
    stream = await subscription(restless)
    async with connected(restless) as line:
        await line.send(request("GET", "/healthz") + stream[:50])
        assert (await line.answer()).status == 200
        await line.send(stream[50:])
        await line.head()
        with pytest.raises(TimeoutError):
            await line.rest(3)


async def test_a_stream_ends_with_its_connection_whatever_is_in_line(restless: str) -> None:
    async def streams() -> float:
        metrics = (await ask(restless, request("GET", "/metrics"))).body
        [count] = re.findall(rb"^expertbook_subscriptions (.*)$", metrics, re.MULTILINE)
        return float(count)

    async def until_there_are(count: float) -> None:
        async with asyncio.timeout(PATIENCE):
            while await streams() != count:  # noqa: ASYNC110 - the server does not tell
                await asyncio.sleep(0.05)

    await until_there_are(0)
    async with connected(restless) as line:
        await line.send(await subscription(restless) + request("GET", "/healthz"))
        await line.head()
        await until_there_are(1)
    await until_there_are(0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks connections up in /proc")
async def test_a_client_that_does_not_read_is_cut_off(restless: str, program: Program) -> None:
    """One that reads slowly is not; the log does not grow by either."""
    page = await ask(restless, request("GET", "/graphql", "Accept: text/html"))
    [path] = re.findall(rb'src="(/assets/[^"]+[.]js)"', page.body)
    wanted = request("GET", path.decode())
    async with connected(restless) as stuck, connected(restless, kept=16_384) as slow:
        await stuck.send(wanted * MAX_PIPELINED)
        await slow.send(wanted * MAX_PIPELINED)
        stuck_port, slow_port = (
            line.writer.get_extra_info("sockname")[1] for line in (stuck, slow)
        )

        async def read_slowly() -> None:
            await slow.reader.readexactly(MAX_UNSENT_BYTES // 16)
            await asyncio.sleep(0.1)

        async with asyncio.timeout(PATIENCE):
            while is_served(restless, stuck_port):
                await read_slowly()
        for _ in range(20):
            await read_slowly()
        assert is_served(restless, slow_port)
    assert (await ask(restless, request("GET", "/healthz"))).status == 200
    assert "Exception" not in program.said()


async def test_an_address_and_all_of_them_have_so_many_connections(capped: str) -> None:
    """A WebSocket is one of them; who closes one may open another."""
    async with AsyncExitStack() as stack:

        async def status(source: str) -> int:
            line = await stack.enter_async_context(connected(capped, source))
            await line.send(request("GET", "/healthz"))
            return (await line.answer()).status

        for _ in range(MAX_CONNECTIONS_PER_ADDRESS - 1):
            assert await status("127.0.0.2") == 200
        # Last, as a WebSocket that answers no pings is closed after a while.
        socket = await stack.enter_async_context(connected(capped, "127.0.0.2"))
        await socket.send(handshake())
        assert (await socket.answer()).status == 101
        await socket.send(INITIALISE)
        refused = await ask(capped, b"", source="127.0.0.2")
        assert (refused.status, refused.headers["retry-after"]) == (429, "10")
        assert await status("127.0.0.3") == 200
        socket.writer.transport.abort()
        await until(lambda: status("127.0.0.2"))
        assert await status("127.0.0.2") == 429
        others = [await status("127.0.0.4") for _ in range(OTHERS)]
        assert others[-1] == 503
        assert set(others) == {200, 503}

    async def alone() -> int:
        return (await ask(capped, request("GET", "/healthz"))).status

    await until(alone)


async def until(status: Callable[[], Awaitable[int]]) -> None:
    """Wait until it is 200."""
    async with asyncio.timeout(PATIENCE):
        while await status() != 200:  # noqa: ASYNC110 - the server does not tell
            await asyncio.sleep(0.05)
