"""Thousands of WebSockets, each with one subscription to an expert's bookings (RFC 6455)."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import defaultdict
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

import orjson

from tests.benchmarks.report import WrongAnswer
from tests.benchmarks.world.clients import PING, PONG, client_frame, read_frame
from tests.support.raw_http import INITIALISE, handshake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

WATCH: Final = (
    "subscription Watch($expertId: ID!, $after: String) "
    "{ slotBooked(expertId: $expertId, after: $after) { cursor slot { slotId: id } } }"
)
EVENT: Final = re.compile(rb'"cursor": ?"([^"]+)".*?"slotId": ?"([^"]+)"')
PORTS: Final = 20_000
"""Number of sockets opened from each local IP address, which has about 28,000 free ports."""
IP_BIND_ADDRESS_NO_PORT: Final = 24
"""Linux option (in.h): let `connect` choose the port, since choosing it in `bind` is slow with many
sockets."""
PATIENCE_SECONDS: Final = 120.0


class Watcher(asyncio.Protocol):
    """A WebSocket that subscribes to one expert when it opens, and records the events.

    Attributes:
        slots: the slot ids of the received events, in order of arrival.
        cursor: the cursor of the last received event.
    """

    __slots__ = ("_crowd", "_transport", "_unread", "cursor", "expert", "slots")

    def __init__(self, crowd: Crowd, expert: str, cursor: str) -> None:
        self._crowd = crowd
        self.expert = expert
        self.cursor = cursor
        self.slots: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._unread = b""
        self._transport.write(handshake())

    def data_received(self, data: bytes) -> None:
        """Handle all complete frames, and keep an incomplete one until the rest of it arrives."""
        data = self._unread + data
        if data.startswith(b"HTTP/"):
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._unread = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._crowd.fail(head)
                return
            self._transport.write(INITIALISE)
        while frame := read_frame(data):
            opcode, payload, data = frame
            self._answer(opcode, payload)
        self._unread = data

    def _answer(self, opcode: int, payload: bytes) -> None:
        if opcode == PING:
            self._transport.write(client_frame(payload, PONG))
        elif found := EVENT.search(payload):
            self.cursor = found[1].decode()
            self.slots.append(found[2].decode())
            self._crowd.count(self.slots[-1])
        elif b'"connection_ack"' in payload:
            variables = {"expertId": self.expert, "after": self.cursor}
            request = {"query": WATCH, "variables": variables}
            message = {"id": "1", "type": "subscribe", "payload": request}
            self._transport.write(client_frame(orjson.dumps(message)))
            self._crowd.subscribed += 1
        else:
            self._crowd.fail(payload)

    def cut(self) -> None:
        """Drop the connection without a close frame, as a network failure does."""
        self._transport.abort()


class Crowd:
    """A group of watchers, and the times at which each event reached them.

    Attributes:
        watchers: all watchers, connected or not.
        subscribed: number of subscribe messages sent so far.
    """

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._server = (parts.hostname or "", parts.port or 80)
        self._reached: defaultdict[str, list[float]] = defaultdict(list)
        self._problem = b""
        self.watchers: list[Watcher] = []
        self.subscribed = 0

    def count(self, slot: str) -> None:
        """Record the time at which an event has reached one more watcher."""
        self._reached[slot].append(perf_counter())

    def fail(self, answer: bytes) -> None:
        """Record a wrong response; only the first one is kept."""
        self._problem = self._problem or answer[:300]

    async def open(self, places: Iterable[tuple[str, str]]) -> None:
        """Open a watching socket for each pair of expert id and cursor."""
        await self._connect([Watcher(self, *place) for place in places])

    async def reopen(self) -> None:
        """Reconnect all watchers; each resumes after the last event that it received."""
        watchers, self.watchers = self.watchers, []
        await self._connect(watchers)

    async def _connect(self, watchers: Sequence[Watcher]) -> None:
        loop = asyncio.get_running_loop()
        wanted = self.subscribed + len(watchers)
        for watcher in watchers:
            end = socket.socket()
            end.setblocking(False)  # noqa: FBT003 - a method of the standard library
            end.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            end.bind((f"127.0.0.{2 + len(self.watchers) // PORTS}", 0))
            await loop.sock_connect(end, self._server)
            await loop.create_connection(partial(_itself, watcher), sock=end)
            self.watchers.append(watcher)
        await self.until(lambda: self.subscribed >= wanted, "all have subscribed")

    def cut(self) -> None:
        """Cut all connections."""
        for watcher in self.watchers:
            watcher.cut()

    async def last_arrival(self, slot: str, audience: int) -> float:
        """Wait until an event has reached its whole audience; return the last arrival's time."""
        reached = self._reached[slot]
        await self.until(lambda: len(reached) >= audience, f"{slot} has reached all")
        return max(reached, default=0.0)

    async def until(self, is_reached: Callable[[], bool], what: str) -> None:
        """Wait for a condition; raise WrongAnswer after a timeout or a wrong response."""
        end = perf_counter() + PATIENCE_SECONDS
        while not is_reached():
            if self._problem or perf_counter() > end:
                raise WrongAnswer(f"not before {what}: {self._problem.decode()}")
            await asyncio.sleep(0.002)


def _itself(watcher: Watcher) -> Watcher:
    return watcher
