"""The server behind the broadcast dies, freezes, returns or never was there; nothing is missed.

The look at the counters once a second is off, so that what arrives after an outage is read from
the log because the backend said so.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from models.bookings.change_stream import ping_database
from models.errors import Unavailable
from subscriptions.backends import broadcast
from subscriptions.hub import Hub
from subscriptions.redis import RedisConnection
from subscriptions.supervision import (
    PING_INTERVAL_SECONDS,
    PUBLISH_TIMEOUT_SECONDS,
    RESPONSE_TIMEOUT_SECONDS,
    SupervisedBackend,
)
from tests.processes import commands
from tests.servers import free_port
from tests.subscriptions.diaries import diaries
from tests.valkeys import Valkey, run_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from models.store.connection import Client
    from subscriptions.backends import Bus
    from tests.subscriptions.diaries import Diary

NEVER = 3600
PATIENCE_SECONDS = 120
AWAY = "is away"
BACK = "is back"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey to break."""
    with run_valkey(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything from info on is kept; nobody looks at the counters."""
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)
    caplog.set_level(logging.INFO)


def said(caplog: pytest.LogCaptureFixture, *what: str) -> list[str]:
    """Return the levels of the lines that have one of some texts."""
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    return [level for level, message in lines if any(each in message for each in what)]


async def so(is_so: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_so():  # noqa: ASYNC110 - other tasks and processes bring it about
            await asyncio.sleep(0.02)


async def until(bus: Bus, *, connected: bool) -> None:
    """Wait for a state of the connection, as /readyz sees it."""
    await so(lambda: bus.is_connected is connected)


def losses(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Record why connections are given up or cannot be made, from this moment on."""
    found: list[Exception] = []
    carrier = bus._transport
    assert isinstance(carrier, SupervisedBackend)
    lose = carrier._mark_lost

    def lost(error: Exception) -> None:
        found.append(error)
        lose(error)

    monkeypatch.setattr(carrier, "_mark_lost", lost)
    return found


@asynccontextmanager
async def watched(hub: Hub, opened: list[Diary], number: int) -> AsyncIterator[None]:
    """Two watchers of each, who must have got exactly so many events in order at the end."""

    async def watch(diary: Diary) -> list[int]:
        async with aclosing(hub.follow(diary.expert_id, 0)) as events:
            return [(await anext(events)).sequence for _ in range(number)]

    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(watch(diary)) for diary in [*opened, *opened]]
        yield
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await asyncio.gather(*watching)
    assert found == [list(range(1, number + 1))] * 2 * len(opened)


@pytest.mark.usefixtures("patient")
async def test_a_server_that_is_killed_and_returns_twice(
    database: Client, server: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """Every event arrives in order, without another one after it; each loss is said once."""
    async with (
        diaries(database, 3) as opened,
        broadcast(server.url) as bus,
        Hub(bus).open() as hub,
        watched(hub, opened, 2 * 6),
    ):

        async def write() -> None:
            for diary in opened:
                await hub.announce(await diary.write(2))

        for _ in range(2):
            await write()
            server.kill()
            await write()
            await until(bus, connected=False)
            await write()
            await asyncio.to_thread(server.start)
            await until(bus, connected=True)
    assert said(caplog, AWAY) == ["WARNING", "WARNING"]
    assert said(caplog, BACK) == ["INFO", "INFO"]


async def test_a_server_that_freezes_holds_nobody_up(
    database: Client,
    server: Valkey,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing answers on connections that stay open, until attempts to reconnect have failed, too.

    One announcement waits for an answer in vain, the others ask for none, and nothing is missing.
    """
    assert PUBLISH_TIMEOUT_SECONDS < 1
    # So no ping is under way when the server freezes, whose answer would end the doubt about it.
    monkeypatch.setattr("subscriptions.supervision.PING_INTERVAL_SECONDS", NEVER)
    unanswered: list[str] = []
    publish = RedisConnection.publish

    async def published(link: RedisConnection, channel: str, message: str) -> None:
        unanswered.append(channel)
        await publish(link, channel, message)
        unanswered.remove(channel)

    monkeypatch.setattr(RedisConnection, "publish", published)
    async with (
        diaries(database, 3) as opened,
        broadcast(server.url) as bus,
        Hub(bus).open() as hub,
        watched(hub, opened, 41),
    ):
        for diary in opened:
            await hub.announce(await diary.write())
        await until(bus, connected=True)
        caplog.clear()
        unanswered.clear()
        lost = losses(bus, monkeypatch)
        server.freeze()
        for _ in range(40):
            for diary in opened:
                await hub.announce(await diary.write())
        assert len(unanswered) == 1
        assert not bus.is_connected
        await so(lambda: len(lost) >= 3)
        assert not bus.is_connected
        # From here on only a frozen server would look like one, not a machine that stalls.
        monkeypatch.setattr("subscriptions.supervision.RESPONSE_TIMEOUT_SECONDS", PATIENCE_SECONDS)
        server.thaw()
        await until(bus, connected=True)
        assert said(caplog, AWAY) == ["WARNING"]
        assert said(caplog, BACK) == ["INFO"]


async def test_a_frozen_server_is_noticed_by_who_only_listens(
    server: Valkey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within a few seconds, although the connection stays open and nobody publishes."""
    assert PING_INTERVAL_SECONDS + RESPONSE_TIMEOUT_SECONDS < 10
    async with broadcast(server.url) as bus, bus.subscribe("quiet"):
        await until(bus, connected=True)
        caplog.clear()
        server.freeze()
        await until(bus, connected=False)
        monkeypatch.setattr("subscriptions.supervision.RESPONSE_TIMEOUT_SECONDS", PATIENCE_SECONDS)
        server.thaw()
        await until(bus, connected=True)
        assert said(caplog, AWAY) == ["WARNING"]


@pytest.mark.usefixtures("patient")
async def test_a_server_that_is_not_there_yet_stops_nobody(
    database: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The start does not wait for it; what happened before it came is read from the log."""
    server = Valkey(tmp_path)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with (
                diaries(database) as opened,
                broadcast(server.url) as bus,
                Hub(bus).open() as hub,
                watched(hub, opened, 3),
            ):
                assert not bus.is_connected
                await hub.announce(await opened[0].write(2))
                await asyncio.to_thread(server.start)
                await until(bus, connected=True)
                await hub.announce(await opened[0].write())
    finally:
        server.kill()
    assert said(caplog, AWAY) == ["WARNING"]
    assert said(caplog, BACK) == ["INFO"]


async def test_what_is_no_such_server_never_ends_the_reading(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whatever it answers, the next one on that port is used."""
    port, asked = free_port(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n*\xff\r\n$-7\r\n")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(answer, "127.0.0.1", port),
        broadcast(f"redis://127.0.0.1:{port}") as bus,
        bus.subscribe("quiet"),
    ):
        await so(lambda: asked >= 4)
        await bus.publish("quiet", "dropped")
        assert not bus.is_connected
        assert not bus._listener_task.done()
    assert said(caplog, AWAY) == ["WARNING"]


@pytest.mark.usefixtures("patient")
async def test_only_wanted_channels_are_asked_for_again(server: Valkey) -> None:
    """A channel that was left during the outage stays quiet after it; a new one is heard."""
    async with broadcast(server.url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        async with bus.subscribe("left") as left:
            assert (await left.get()).message == ""
            server.kill()
            await until(bus, connected=False)
        async with bus.subscribe("new") as new:
            await asyncio.to_thread(server.start)
            assert (await new.get()).message == ""
            await bus.publish("left", "unheard")
            await bus.publish("new", "heard")
            assert (await new.get()).message == "heard"


async def test_a_database_that_is_killed_takes_nothing_of_its_change_stream_along(
    database: Client, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its guardian brings it back, again and again; each loss is said once, and then its end."""
    [port] = re.findall(r":(\d+)/", database_url)
    async with (
        diaries(database, 3) as opened,
        broadcast("mongodb://") as bus,
        Hub(bus).open() as hub,
    ):
        async with watched(hub, opened, 3 * 4):
            for _ in range(3):
                for diary in opened:
                    await diary.write(2)
                kill_database(port)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while True:
                        with suppress(Unavailable):
                            await ping_database()
                            break
                for diary in opened:
                    await diary.write(2)
        await so(lambda: bus.is_connected and len(said(caplog, AWAY)) == len(said(caplog, BACK)))
        # On a busy machine there may be more losses than kills.
        assert said(caplog, AWAY, BACK) == ["WARNING", "INFO"] * len(said(caplog, BACK))


def kill_database(port: str) -> None:
    """Kill the database server on a port, but not the guardian that starts it again."""
    [server] = [
        process
        for process, command in commands().items()
        if f"--port={port}" in command and not any("guardian" in part for part in command)
    ]
    os.kill(server, signal.SIGKILL)
