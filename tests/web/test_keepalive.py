"""WebSocket pings, which a single timer sends on all connections."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.forked_program import Patch
from tests.support.raw_http import INITIALISE, RawConnection, connect, handshake
from tests.support.servers import await_ready, start_program
from web.edge.keepalive import TURNS, Keepalive

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 120
PING, PONG = b"\x89\x00", b"\x8a\x80\0\0\0\0"
"""The server's ping frame and the client's pong frame, both without a payload. The pong frame is
masked with zeros, since clients must mask their frames (RFC 6455, section 5.2)."""

OFTEN = """
import web.edge.connections
import web.serving
web.edge.connections.PING_SECONDS, web.serving.PONG_SECONDS = 0.2, {pong_seconds}
"""


class Connection:
    """A connection that counts the pings it is asked to send."""

    def __init__(self) -> None:
        self.pings = 0
        self.is_pinged = asyncio.Event()

    def keep_alive(self) -> None:
        """Count a ping."""
        self.pings += 1
        self.is_pinged.set()

    async def wait(self, pings: int) -> None:
        """Wait until the connection has been pinged this many times in total."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.pings < pings:
                self.is_pinged.clear()
                await self.is_pinged.wait()


async def test_all_connections_are_pinged_again_and_again_until_they_are_removed() -> None:
    keepalive = Keepalive(TURNS / 1_000)
    first, second = Connection(), Connection()
    group = keepalive.add(first)
    await first.wait(1)
    other = keepalive.add(second)
    assert not second.pings
    await second.wait(2)
    assert first.pings >= 2
    keepalive.remove(first, group)
    keepalive.remove(first, group)
    pings = first.pings
    await second.wait(4)
    assert first.pings == pings
    keepalive.remove(second, other)
    pings = second.pings
    await asyncio.sleep(0.01)
    assert second.pings == pings
    keepalive.add(first)
    await first.wait(first.pings + 1)


async def read_pings(connection: RawConnection, count: int) -> None:
    """Read `count` pings from the server, and answer each with a pong."""
    for _ in range(count):
        while not (await connection.reader.readuntil(PING)).endswith(PING):
            pass
        await connection.send(PONG)


@pytest.fixture(scope="module", params=[600.0, 0.1], ids=["patient", "strict"])
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, bool]]:
    """URL of a server that pings often, and whether the server waits long for pongs."""
    patch = Patch(OFTEN.format(pong_seconds=request.param))
    folder = tmp_path_factory.mktemp("server")
    with start_program(folder, patch, experts=1, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program.address, request.param > 1


async def test_silent_peer_is_disconnected(address: tuple[str, bool]) -> None:
    url, is_patient = address
    async with asyncio.timeout(PATIENCE_SECONDS), connect(url) as connection:
        await connection.send(handshake())
        assert (await connection.read_head()).status == 101
        if is_patient:
            await connection.send(INITIALISE)
            await read_pings(connection, 3)
        else:
            # Send nothing, because bytes that arrive after the server has closed the connection
            # would reset the connection.
            assert PING in await connection.read_to_end()
