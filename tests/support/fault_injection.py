"""Fault injection for chaos tests, into sockets, the broker, the database and the servers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.errors import AutoReconnect

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Sequence

    from tests.support.chaos import Subscriber
    from tests.support.fleet import Fleet
    from tests.support.valkey import Valkey

SOCKETS_PER_CUT = 8
PATIENCE_SECONDS = 180
FAULTS = (
    "cut_sockets",
    "abandon_sockets",
    "kill_broker",
    "freeze_broker",
    "kill_database",
    "kill_server",
)
HALF_OPEN_SHARE = 0.2
"""The share of sockets that are abandoned half-open instead of being cut."""


@dataclass(eq=False)
class FaultInjector:
    """Injects faults of every kind in random order."""

    rng: random.Random
    fleet: Fleet
    broker: Valkey
    database_url: str
    subscribers: Sequence[Subscriber]
    injected: Counter[str] = field(default_factory=Counter)

    async def run(self, seconds: float) -> None:
        """Inject faults for the given time, or longer if a kind of fault has not occurred yet."""
        async with asyncio.TaskGroup() as group:
            cutting = group.create_task(self._cut_sockets())
            until = monotonic() + seconds
            latest = until + PATIENCE_SECONDS
            # On a busy machine, sockets may not have reconnected in time to be cut.
            while monotonic() < until or (
                not self.injected.keys() >= set(FAULTS) and monotonic() < latest
            ):
                faults: list[Callable[[], Awaitable[None]]] = [
                    self._kill_broker,
                    self._freeze_broker,
                    self._kill_database,
                    self._kill_server,
                ]
                self.rng.shuffle(faults)
                for fault in faults:
                    await fault()
                    self.injected[fault.__name__.strip("_")] += 1
                    await asyncio.sleep(self.rng.uniform(0.5, 2))
            cutting.cancel()

    async def _cut_sockets(self) -> None:
        while True:
            await asyncio.sleep(self.rng.uniform(0.2, 1))
            for subscriber in self.rng.sample(self.subscribers, SOCKETS_PER_CUT):
                if subscriber.is_connected:
                    is_cut = self.rng.random() >= HALF_OPEN_SHARE
                    self.injected["cut_sockets" if is_cut else "abandon_sockets"] += 1
                    (subscriber.cut if is_cut else subscriber.abandon)()

    async def _kill_broker(self) -> None:
        self.broker.kill()
        await asyncio.sleep(self.rng.uniform(0, 3))
        await asyncio.to_thread(self.broker.start)

    async def _freeze_broker(self) -> None:
        self.broker.freeze()
        await asyncio.sleep(self.rng.uniform(3, 10))
        self.broker.thaw()

    async def _kill_database(self) -> None:
        os.kill(_database_process(self.database_url), signal.SIGKILL)
        # The guardian restarts the database; servers must not start before it is back.
        await asyncio.to_thread(_await_database, self.database_url)

    async def _kill_server(self) -> None:
        number = self.rng.randrange(len(self.fleet.programs))
        await asyncio.to_thread(self.fleet.end, number, signal.SIGKILL)
        await asyncio.to_thread(self.fleet.start, number)


def _database_process(url: str) -> int:
    """Return the process id of the embedded database server at a URL."""
    [port] = re.findall(r":(\d+)/", url)
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            command = path.read_bytes().decode(errors="replace").split("\0")
            if f"--port={port}" in command and not any("guardian" in part for part in command):
                return int(path.parent.name)
    raise LookupError(f"no database at {url}")


def _await_database(url: str) -> None:
    """Wait until the database responds again."""
    deadline = monotonic() + PATIENCE_SECONDS
    with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=60_000) as client:
        while True:
            try:
                client.admin.command("ping")
            except AutoReconnect:
                # The driver's connection still led to the killed process.
                if monotonic() > deadline:
                    raise
            else:
                return
