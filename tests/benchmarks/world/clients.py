"""Load clients: requests on many connections, and a thousand WebSocket subscribers.

The load clients read and write raw bytes, because an HTTP or WebSocket library would use as much
CPU time as the measured server.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final

import orjson

from tests.benchmarks.report import WrongAnswer
from tests.benchmarks.world.directory import BOOKED
from tests.support.raw_http import INITIALISE, connect, handshake, request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from tests.support.raw_http import RawConnection, RawResponse

ACKNOWLEDGED: Final = b'"connection_ack"'
SLOT_ID: Final = re.compile(rb'"slotId": ?"([^"]+)"')
READ_BYTES: Final = 65_536
SETTLING_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 15.0
TEXT, PING, PONG = 1, 9, 10
"""Opcodes of WebSocket frames (RFC 6455, section 5.2)."""


def graphql_request(operation: object, token: str | None = None) -> bytes:
    """Return the bytes of an HTTP request that sends a GraphQL operation."""
    lines = [f"Authorization: Bearer {token}"] if token else []
    return request(
        "POST", "/graphql", "Accept: application/json", *lines, body=orjson.dumps(operation)
    )


@asynccontextmanager
async def open_connections(address: str, count: int) -> AsyncIterator[list[RawConnection]]:
    """Open the given number of connections to a server."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(connect(address)) for _ in range(count)]


async def exchange(
    connections: Sequence[RawConnection],
    requests: Iterator[bytes],
    check: Callable[[RawResponse], None],
) -> list[float]:
    """Send requests, one at a time on each connection, and check each response.

    Returns:
        The latencies in seconds.
    """
    latencies: list[float] = []

    async def send_some(connection: RawConnection) -> None:
        for content in requests:
            start = perf_counter()
            await connection.send(content)
            response = await connection.read_response()
            latencies.append(perf_counter() - start)
            check(response)

    await asyncio.gather(*map(send_some, connections))
    return latencies


class Audience:
    """Subscribers of one expert's bookings; counts how many subscribers each event has reached."""

    def __init__(self, expert: str, size: int) -> None:
        payload = {"query": BOOKED, "variables": {"expertId": expert}}
        self._subscribe = orjson.dumps({"id": "1", "type": "subscribe", "payload": payload})
        self._size = size
        self._reached: Counter[bytes] = Counter()
        self._complete: defaultdict[bytes, asyncio.Event] = defaultdict(asyncio.Event)

    async def wait(self, event: bytes) -> None:
        """Wait until an event has reached all subscribers; raise WrongAnswer after a timeout."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._complete[event].wait()
        except TimeoutError:
            reached = f"{self._reached[event]} of {self._size}"
            raise WrongAnswer(f"{event.decode()} reached {reached} subscribers") from None

    async def follow(self, connection: RawConnection) -> None:
        """Subscribe on a connection, and count the received events until the connection closes."""
        await connection.send(handshake())
        await connection.read_head()
        await connection.send(INITIALISE)
        received = b""
        while data := await connection.reader.read(READ_BYTES):
            received += data
            while frame := read_frame(received):
                opcode, payload, received = frame
                if answer := self._answer(opcode, payload):
                    await connection.send(answer)

    def _answer(self, opcode: int, payload: bytes) -> bytes | None:
        if opcode == PING:
            return client_frame(payload, PONG)
        if found := SLOT_ID.search(payload):
            self._count(found[1])
        elif ACKNOWLEDGED in payload:
            self._count(ACKNOWLEDGED)
            return client_frame(self._subscribe)
        elif b'"ping"' in payload:
            return client_frame(b'{"type":"pong"}')
        return None

    def _count(self, event: bytes) -> None:
        self._reached[event] += 1
        if self._reached[event] == self._size:
            self._complete[event].set()


@asynccontextmanager
async def subscribe(address: str, expert: str, size: int) -> AsyncIterator[Audience]:
    """Open sockets that subscribe to an expert's bookings."""
    audience = Audience(expert, size)
    async with open_connections(address, size) as connections:
        followers = [asyncio.create_task(audience.follow(each)) for each in connections]
        try:
            await audience.wait(ACKNOWLEDGED)
            # The protocol does not confirm that a subscription has started, so wait for a while.
            await asyncio.sleep(SETTLING_SECONDS)
            yield audience
        finally:
            for follower in followers:
                follower.cancel()


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a client's WebSocket frame for up to 65,535 bytes of payload; its mask is zero."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2)
    return bytes([128 | opcode]) + length + bytes(4) + payload


def read_frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Return the first frame's opcode and payload, and the later bytes; None if incomplete."""
    if len(data) < 2:
        return None
    size, start = data[1] & 127, 2
    if size >= 126:
        start = 4 if size == 126 else 10
        size = int.from_bytes(data[2:start])
    end = start + size
    return (data[0] & 15, data[start:end], data[end:]) if len(data) >= max(start, end) else None
