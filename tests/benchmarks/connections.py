"""HTTP/1.1 straight on sockets, with requests made beforehand.

A client library would cost as much as the servers that it measures; this costs 15 to 25
microseconds a request.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from time import perf_counter
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
AT_ONCE = 64
"""Connections that are opened together, at most."""


def post(address: str, body: object, token: str | None = None) -> bytes:
    """A GraphQL request as it goes over the wire."""
    content = orjson.dumps(body)
    parts = urlsplit(address)
    head = (
        f"POST {parts.path or '/graphql'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n"
    )
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    return f"{head}\r\n".encode() + content


class Connection(asyncio.Protocol):
    """A connection that is kept, with one request in flight; a lost one answers with status 0."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answered: Callable[[int, bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes, answered: Callable[[int, bytes], None]) -> None:
        """Send a request; `answered` is called with the status and the body of its answer."""
        self._answered = answered
        if self._transport is None:
            asyncio.get_running_loop().call_soon(self._finish, 0, b"")
        else:
            self._transport.write(request)

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request, and wait for the status and the body of its answer."""
        answer: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self.send(request, lambda status, body: answer.set_result((status, body)))
        return await answer

    def data_received(self, data: bytes) -> None:
        """Read on, until the answer is whole."""
        received = self._received + data if self._received else data
        read = read_answer(received)
        if read is None:
            self._received = received
        else:
            self._finish(*read)

    def connection_lost(self, exc: Exception | None) -> None:
        """Answer what is in flight: nothing more comes."""
        del exc
        self._transport = None
        self._finish(0, b"")

    def close(self) -> None:
        """Hang up."""
        self._answered = None
        if self._transport:
            self._transport.abort()

    def _finish(self, status: int, body: bytes) -> None:
        answered, self._answered, self._received = self._answered, None, b""
        if answered:
            answered(status, body)


def read_answer(received: bytes) -> tuple[int, bytes] | None:
    """The status and the body of an answer, once it is whole (RFC 9112, section 6)."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    status = int(received[9:12])
    if length := LENGTH.search(received, 0, end):
        size = int(length[1])
        body = received[end + 4 :]
        return (status, body) if len(body) >= size else None
    if CHUNKED.search(received, 0, end):
        chunks = _joined_chunks(received, end + 4)
        return None if chunks is None else (status, chunks)
    return status, b""


def _joined_chunks(received: bytes, at: int) -> bytes | None:
    parts: list[bytes] = []
    while (line := received.find(b"\r\n", at)) >= 0:
        size = int(received[at:line].partition(b";")[0], 16)
        begin = line + 2
        at = begin + size + 2
        if len(received) < at:
            return None
        if not size:
            return b"".join(parts)
        parts.append(received[begin : begin + size])
    return None


def host_and_port(address: str) -> tuple[str, int]:
    """Where to connect to."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80


@asynccontextmanager
async def connected(address: str, number: int) -> AsyncIterator[list[Connection]]:
    """Open some connections to a server."""
    loop = asyncio.get_running_loop()
    connections: list[Connection] = []
    try:
        while (missing := number - len(connections)) > 0:
            opening = [
                loop.create_connection(Connection, *host_and_port(address))
                for _ in range(min(AT_ONCE, missing))
            ]
            connections += [protocol for _, protocol in await asyncio.gather(*opening)]
        yield connections
    finally:
        for connection in connections:
            connection.close()


async def keep_busy(
    connections: Iterable[Connection],
    requests: Iterator[bytes],
    seen: Callable[[float, int, bytes], None],
) -> None:
    """Send requests until there are no more, one at a time on each connection.

    `seen` is called with the seconds that each took, its status and its body. A connection that
    is lost is not used again.
    """
    done = asyncio.get_running_loop().create_future()
    busy = 0

    def step(connection: Connection) -> None:
        nonlocal busy
        request = next(requests, None)
        if request is None:
            busy -= 1
            if not busy:
                done.set_result(None)
            return
        began = perf_counter()

        def answered(status: int, body: bytes) -> None:
            nonlocal busy
            seen(perf_counter() - began, status, body)
            if status:
                step(connection)
                return
            busy -= 1
            if not busy:
                done.set_result(None)

        connection.send(request, answered)

    everyone = list(connections)
    busy = len(everyone)
    for connection in everyone:
        step(connection)
    await done


async def at_once(
    connections: Iterable[Connection],
    requests: Iterable[bytes],
    seen: Callable[[float, int, bytes], None],
) -> float:
    """Send a request on each connection at the same time; the seconds until all are answered."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    pairs = list(zip(connections, requests, strict=True))
    left = len(pairs)
    began = perf_counter()

    def answered(status: int, body: bytes) -> None:
        nonlocal left
        seen(perf_counter() - began, status, body)
        left -= 1
        if not left:
            done.set_result(None)

    for connection, request in pairs:
        connection.send(request, answered)
    await done
    return perf_counter() - began
