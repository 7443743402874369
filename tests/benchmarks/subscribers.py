"""Many subscribers on sockets of their own, as little of a client as there can be (RFC 6455)."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from os import urandom
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import orjson

from tests.benchmarks import questions
from tests.benchmarks.connections import host_and_port
from tests.benchmarks.results import WrongAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SLOT_ID = re.compile(rb'"slotId": ?"([^"]+)"')
AT_ONCE = 50
"""Sockets that are opened together."""

READY_SECONDS = 20.0
SETTLING_SECONDS = 1.0
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


@dataclass
class Awaited:
    """A booking of which every subscriber is to hear."""

    number: int
    times: list[float] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)

    def heard(self, at: float) -> None:
        """One more has heard."""
        self.times.append(at)
        if len(self.times) >= self.number:
            self.full.set()


class Board:
    """Who is waited for, by slot."""

    def __init__(self) -> None:
        self.awaited: dict[bytes, Awaited] = {}

    def event(self, payload: bytes, at: float) -> None:
        """An event has come."""
        found = SLOT_ID.search(payload)
        if found is None:
            raise WrongAnswer(f"an event without a slot: {payload[:200].decode()}")
        if awaited := self.awaited.get(found[1]):
            awaited.heard(at)


class Subscriber(asyncio.Protocol):
    """One socket with one subscription."""

    def __init__(self, host: str, expert: str, board: Board) -> None:
        self._host = host
        self._expert = expert
        self._board = board
        self._received = b""
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(handshake(self._host))

    def connection_lost(self, exc: Exception | None) -> None:
        """A subscriber that the server cuts off would hear of nothing."""
        self._transport = None
        if not self.ready.done():
            self.ready.set_exception(exc or WrongAnswer("a socket was closed at its beginning"))

    def data_received(self, data: bytes) -> None:
        """Take each whole frame."""
        at = perf_counter()
        received = self._received + data if self._received else data
        if not self._upgraded:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                self._received = received
                return
            self._upgrade(received)
            received = received[end + 4 :]
        self._received = self._take(received, at)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message."""
        self._write(frame(orjson.dumps(message)))

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.abort()

    def _upgrade(self, head: bytes) -> None:
        if not head.startswith(b"HTTP/1.1 101"):
            self.ready.set_exception(WrongAnswer(head[:200].decode("latin-1")))
            return
        self._upgraded = True
        self.send({"type": "connection_init"})

    def _take(self, received: bytes, at: float) -> bytes:
        begin = 0
        while (read := read_frame(received, begin)) is not None:
            kind, payload, begin = read
            if kind == TEXT:
                self._message(payload, at)
            elif kind == PING:
                self._write(frame(payload, PONG))
        return received[begin:]

    def _message(self, payload: bytes, at: float) -> None:
        if b'"next"' in payload:
            self._board.event(payload, at)
        elif b'"connection_ack"' in payload:
            variables = {"expertId": self._expert}
            wanted = {"query": questions.BOOKED, "variables": variables}
            self.send({"id": "1", "type": "subscribe", "payload": wanted})
            self.ready.set_result(None)
        elif b'"ping"' in payload:
            self.send({"type": "pong"})
        else:
            raise WrongAnswer(f"a subscriber was told {payload[:200].decode()}")

    def _write(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)


def handshake(host: str) -> bytes:
    """The request for a socket."""
    key = b64encode(urandom(16)).decode()
    return (
        f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    ).encode()


def frame(payload: bytes, kind: int = TEXT) -> bytes:
    """A client's frame, with a mask that changes nothing."""
    size = len(payload)
    length = bytes([128 | size]) if size < 126 else bytes([128 | 126]) + size.to_bytes(2)
    return bytes([128 | kind]) + length + bytes(4) + payload


def read_frame(received: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The kind and the payload of the frame that begins there, and where it ends; or None yet."""
    if len(received) < at + 2:
        return None
    size = received[at + 1] & 127
    begin = at + 2
    if size >= 126:
        begin += 2 if size == 126 else 8
        if len(received) < begin:
            return None
        size = int.from_bytes(received[at + 2 : begin])
    end = begin + size
    return (received[at] & 15, received[begin:end], end) if len(received) >= end else None


@asynccontextmanager
async def subscribed(address: str, expert: str, number: int) -> AsyncIterator[Board]:
    """Have so many subscribers of an expert's bookings."""
    host = urlsplit(address).netloc
    loop = asyncio.get_running_loop()
    board = Board()
    everyone: list[Subscriber] = []

    def subscriber() -> Subscriber:
        return Subscriber(host, expert, board)

    try:
        async with asyncio.timeout(READY_SECONDS * max(1, number / 500)):
            while len(everyone) < number:
                opening = [
                    loop.create_connection(subscriber, *host_and_port(address))
                    for _ in range(min(AT_ONCE, number - len(everyone)))
                ]
                more = [protocol for _, protocol in await asyncio.gather(*opening)]
                everyone += more
                await asyncio.gather(*(one.ready for one in more))
        await asyncio.sleep(SETTLING_SECONDS)
        yield board
    finally:
        for one in everyone:
            one.close()
