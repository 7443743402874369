"""Slow, stalled and numerous clients, over raw connections."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.forked_program import Patch
from tests.support.processes import frozen
from tests.support.raw_http import (
    CHUNKED,
    INITIALISE,
    QUERY,
    RawConnection,
    chunk,
    connect,
    handshake,
    is_connection_open,
    request,
    send_raw,
)
from tests.support.servers import await_ready, start_program
from web.edge.connections import MAX_CONNECTIONS_PER_ADDRESS
from web.edge.http_protocol import MAX_PIPELINED, MAX_UNSENT_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from tests.support.servers import Program

SHORT_TIMEOUTS = """
import web.edge.http_protocol
web.edge.http_protocol.HEAD_SECONDS = web.edge.http_protocol.BODY_SECONDS = 2.0
web.edge.http_protocol.LINGER_SECONDS = 60.0
"""
"""Patch for a server that waits only two seconds for a request, but longer for clients to read the
response."""

SHORT_IDLE = """
import web.edge.http_protocol
import web.graphql.streams
import web.serving
web.edge.http_protocol.STUCK_SECONDS = 8.0
web.edge.http_protocol.IDLE_SECONDS = web.serving.IDLE_SECONDS = 1
web.graphql.streams.HEARTBEAT_SECONDS = 600
"""
OTHER_CONNECTIONS = 20
CAPPED = f"""
import web.edge.connections
import web.edge.http_protocol
import web.serving
web.edge.http_protocol.IDLE_SECONDS = web.serving.IDLE_SECONDS = 600
web.edge.connections.MAX_CONNECTIONS = {MAX_CONNECTIONS_PER_ADDRESS + OTHER_CONNECTIONS}
"""
PATIENCE_SECONDS = 60
"""Time limit of each wait. It is generous on purpose: most waits take a few seconds, but longer on
a busy machine."""


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that waits only two seconds for a request."""
    folder = tmp_path_factory.mktemp("impatient")
    with start_program(folder, Patch(SHORT_TIMEOUTS), experts=0, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that closes idle connections after one second, and stalled ones after eight."""
    folder = tmp_path_factory.mktemp("short-idle")
    with start_program(folder, Patch(SHORT_IDLE), experts=1, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


@pytest.fixture(scope="module")
def address(program: Program) -> str:
    """URL of the server `program`."""
    return program.address


@pytest.fixture(scope="module")
def capped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that allows few connections."""
    with start_program(tmp_path_factory.mktemp("capped"), Patch(CAPPED), experts=1) as program:
        await_ready(program.process, program.address)
        yield program.address


async def test_slow_requests_time_out(impatient: Program) -> None:
    """Time limits cover request heads, handshakes and bodies, including unwanted bodies.

    The server is suspended until all clients have sent their first bytes, because sending these
    bytes could take longer than the time limit on a busy machine.
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

    async def status_of(connection: RawConnection, data: bytes) -> int | None:
        async with asyncio.TaskGroup() as group:
            sender = group.create_task(send_repeatedly(connection, data))
            response = await connection.read_to_end(PATIENCE_SECONDS)
            sender.cancel()
        return int(response.split()[1]) if response else None

    async with AsyncExitStack() as stack:
        connections = []
        with frozen(impatient.process.pid):
            for first_bytes, _ in cases.values():
                connection = await stack.enter_async_context(connect(impatient.address))
                await connection.send(first_bytes)
                connections.append(connection)
        repeated = [data for _, data in cases.values()]
        statuses = await asyncio.gather(*map(status_of, connections, repeated))
    assert dict(zip(cases, statuses, strict=True)) == {
        "says nothing": None,
        "never begins": None,
        "head": 408,
        "handshake": 408,
        "body": 408,
        "chunks": 408,
        "unwanted body": 405,
    }


async def send_repeatedly(connection: RawConnection, data: bytes) -> None:
    """Send data again and again until cancelled."""
    while data:
        await connection.send(data)
        await asyncio.sleep(0.2)


async def test_idle_connections_are_closed_after_the_idle_time(address: str, server: str) -> None:
    async with connect(address) as short, connect(server) as long:
        for connection in (short, long):
            await connection.send(request("GET", "/healthz"))
            assert (await connection.read_response()).status == 200
        assert await short.read_to_end(PATIENCE_SECONDS) == b""
        await long.send(request("GET", "/healthz"))
        assert (await long.read_response()).status == 200


async def subscription(address: str) -> bytes:
    """Return an HTTP request that subscribes to an endless event stream."""
    nodes = json.dumps({"query": "{ experts(first: 1) { nodes { id } } }"}).encode()
    [expert] = json.loads((await send_raw(address, request(body=nodes))).body)["data"]["experts"][
        "nodes"
    ]
    watch = f'subscription {{ slotBooked(expertId: "{expert["id"]}") {{ sequence }} }}'
    body = json.dumps({"query": watch}).encode()
    return request("POST", "/graphql", "Accept: text/event-stream", body=body)


async def test_a_request_may_take_longer_than_the_idle_time(
    address: str,
) -> None:
    """The first bytes of the request arrive while the server responds to the previous request."""
    stream = await subscription(address)
    async with connect(address) as connection:
        await connection.send(request("GET", "/healthz") + stream[:50])
        assert (await connection.read_response()).status == 200
        await connection.send(stream[50:])
        await connection.read_head()
        with pytest.raises(TimeoutError):
            await connection.read_to_end(3)


async def test_a_stream_ends_with_its_connection_despite_pipelined_requests(address: str) -> None:
    async def subscription_count() -> float:
        metrics = (await send_raw(address, request("GET", "/metrics"))).body
        [count] = re.findall(rb"^expertbook_subscriptions (.*)$", metrics, re.MULTILINE)
        return float(count)

    async def wait_for_count(count: float) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await subscription_count() != count:  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0.05)

    await wait_for_count(0)
    async with connect(address) as connection:
        await connection.send(await subscription(address) + request("GET", "/healthz"))
        await connection.read_head()
        await wait_for_count(1)
    await wait_for_count(0)


@pytest.mark.skipif(sys.platform != "linux", reason="looks connections up in /proc")
async def test_a_client_that_does_not_read_is_disconnected(address: str, program: Program) -> None:
    """A client that reads slowly stays connected. The log contains no tracebacks."""
    page = await send_raw(address, request("GET", "/graphql", "Accept: text/html"))
    [path] = re.findall(rb'src="(/assets/[^"]+[.]js)"', page.body)
    download = request("GET", path.decode())
    async with connect(address) as stuck, connect(address, receive_buffer=16_384) as slow:
        await stuck.send(download * MAX_PIPELINED)
        await slow.send(download * MAX_PIPELINED)
        stuck_port, slow_port = (
            connection.writer.get_extra_info("sockname")[1] for connection in (stuck, slow)
        )

        async def read_slowly() -> None:
            await slow.reader.readexactly(MAX_UNSENT_BYTES // 2)
            await asyncio.sleep(0.5)

        async with asyncio.timeout(PATIENCE_SECONDS):
            while is_connection_open(address, stuck_port):
                await read_slowly()
        for _ in range(20):
            await read_slowly()
        assert is_connection_open(address, slow_port)
    assert (await send_raw(address, request("GET", "/healthz"))).status == 200
    assert "Exception" not in program.output()


async def test_connections_are_limited_per_network_address_and_in_total(capped: str) -> None:
    """WebSocket connections are counted, too. Closing a connection makes room for another."""
    async with AsyncExitStack() as stack:

        async def status(source: str) -> int:
            connection = await stack.enter_async_context(connect(capped, source))
            await connection.send(request("GET", "/healthz"))
            return (await connection.read_response()).status

        for _ in range(MAX_CONNECTIONS_PER_ADDRESS - 1):
            assert await status("127.0.0.2") == 200
        # Open the WebSocket last, because the server closes it after a while if its pings get no
        # pongs.
        socket = await stack.enter_async_context(connect(capped, "127.0.0.2"))
        await socket.send(handshake())
        assert (await socket.read_response()).status == 101
        await socket.send(INITIALISE)
        refused = await send_raw(capped, b"", source="127.0.0.2")
        assert (refused.status, refused.headers["retry-after"]) == (429, "10")
        assert await status("127.0.0.3") == 200
        socket.writer.transport.abort()
        await wait_for_200(lambda: status("127.0.0.2"))
        assert await status("127.0.0.2") == 429
        others = [await status("127.0.0.4") for _ in range(OTHER_CONNECTIONS)]
        assert others[-1] == 503
        assert set(others) == {200, 503}

    async def single_status() -> int:
        return (await send_raw(capped, request("GET", "/healthz"))).status

    await wait_for_200(single_status)


async def wait_for_200(status: Callable[[], Awaitable[int]]) -> None:
    """Wait until a request gets status 200."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while await status() != 200:  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.05)
