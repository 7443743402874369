"""Outages of the broadcast server, during which no event is lost.

Polling of the event counters is disabled, so it is the backend's RESYNC message that causes events
from an outage to be read from the event log.
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
from models.bookings.events import Position
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
from tests.support.event_logs import event_logs
from tests.support.processes import commands
from tests.support.servers import free_port
from tests.support.valkey import Valkey, run_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from models.store.connection import Client
    from subscriptions.backends import Bus
    from tests.support.event_logs import EventLog

NEVER = 3600
PATIENCE_SECONDS = 120
AWAY = "is away"
BACK = "is back"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """Run a Valkey server that the test can kill or freeze."""
    with run_valkey(tmp_path) as server:
        yield server


@pytest.fixture(autouse=True)
def capture_log(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capture log messages from level INFO upwards, and disable polling of the event counters."""
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)
    caplog.set_level(logging.INFO)


def logged_levels(caplog: pytest.LogCaptureFixture, *texts: str) -> list[str]:
    """Return the levels of the log messages that contain one of the given texts."""
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    return [level for level, message in lines if any(each in message for each in texts)]


async def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - depends on other tasks and processes
            await asyncio.sleep(0.02)


async def wait_for_connection(bus: Bus, *, connected: bool) -> None:
    """Wait until the bus reports that it is connected or, if `connected` is false, disconnected."""
    await wait_until(lambda: bus.is_connected is connected)


def record_losses(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> list[Exception]:
    """Record the errors of lost connections and failed connection attempts from now on."""
    errors: list[Exception] = []
    backend = bus._transport
    assert isinstance(backend, SupervisedBackend)
    mark_lost = backend._mark_lost

    def record(error: Exception) -> None:
        errors.append(error)
        mark_lost(error)

    monkeypatch.setattr(backend, "_mark_lost", record)
    return errors


@asynccontextmanager
async def subscribed(hub: Hub, logs: list[EventLog], count: int) -> AsyncIterator[None]:
    """Follow each event log twice; assert at the end that all events were received in order."""

    async def receive(log: EventLog) -> list[int]:
        async with aclosing(hub.follow(log.expert_id, Position(0))) as events:
            return [(await anext(events)).sequence for _ in range(count)]

    async with asyncio.TaskGroup() as group:
        receiving = [group.create_task(receive(log)) for log in [*logs, *logs]]
        yield
        async with asyncio.timeout(PATIENCE_SECONDS):
            received = await asyncio.gather(*receiving)
    assert received == [list(range(1, count + 1))] * 2 * len(logs)


@pytest.mark.usefixtures("patient")
async def test_no_event_is_lost_when_the_server_is_killed_and_restarted(
    database: Client, server: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    """No event waits for a later one; each loss and each return of the server is logged once."""
    async with (
        event_logs(database, 3) as logs,
        broadcast(server.url) as bus,
        Hub(bus).open() as hub,
        subscribed(hub, logs, 2 * 6),
    ):

        async def commit() -> None:
            for log in logs:
                await hub.announce(await log.commit(2))

        for _ in range(2):
            await commit()
            server.kill()
            await commit()
            await wait_for_connection(bus, connected=False)
            await commit()
            await asyncio.to_thread(server.start)
            await wait_for_connection(bus, connected=True)
    assert logged_levels(caplog, AWAY) == ["WARNING", "WARNING"]
    assert logged_levels(caplog, BACK) == ["INFO", "INFO"]


async def test_frozen_server_does_not_delay_announcements(
    database: Client,
    server: Valkey,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A frozen server does not respond on open connections, and attempts to reconnect fail.

    Only the first announcement waits for a response; later ones are not published. Even so, no
    event is lost.
    """
    assert PUBLISH_TIMEOUT_SECONDS < 1
    # Disable pings: the reply to a ping sent before the freeze would pass for a sign of life.
    monkeypatch.setattr("subscriptions.supervision.PING_INTERVAL_SECONDS", NEVER)
    unanswered: list[str] = []
    publish = RedisConnection.publish

    async def publish_and_record(connection: RedisConnection, channel: str, message: str) -> None:
        unanswered.append(channel)
        await publish(connection, channel, message)
        unanswered.remove(channel)

    monkeypatch.setattr(RedisConnection, "publish", publish_and_record)
    async with (
        event_logs(database, 3) as logs,
        broadcast(server.url) as bus,
        Hub(bus).open() as hub,
        subscribed(hub, logs, 41),
    ):
        for log in logs:
            await hub.announce(await log.commit())
        await wait_for_connection(bus, connected=True)
        caplog.clear()
        unanswered.clear()
        errors = record_losses(bus, monkeypatch)
        server.freeze()
        for _ in range(40):
            for log in logs:
                await hub.announce(await log.commit())
        assert len(unanswered) == 1
        assert not bus.is_connected
        await wait_until(lambda: len(errors) >= 3)
        assert not bus.is_connected
        # From here on, a stalled test machine must not look like a frozen server.
        monkeypatch.setattr("subscriptions.supervision.RESPONSE_TIMEOUT_SECONDS", PATIENCE_SECONDS)
        server.thaw()
        await wait_for_connection(bus, connected=True)
        assert logged_levels(caplog, AWAY) == ["WARNING"]
        assert logged_levels(caplog, BACK) == ["INFO"]


async def test_frozen_server_is_detected_without_publishing(
    server: Valkey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pings detect the frozen server within a few seconds, although the connection stays open."""
    assert PING_INTERVAL_SECONDS + RESPONSE_TIMEOUT_SECONDS < 10
    async with broadcast(server.url) as bus, bus.subscribe("quiet"):
        await wait_for_connection(bus, connected=True)
        caplog.clear()
        server.freeze()
        await wait_for_connection(bus, connected=False)
        monkeypatch.setattr("subscriptions.supervision.RESPONSE_TIMEOUT_SECONDS", PATIENCE_SECONDS)
        server.thaw()
        await wait_for_connection(bus, connected=True)
        assert logged_levels(caplog, AWAY) == ["WARNING"]


@pytest.mark.usefixtures("patient")
async def test_startup_does_not_wait_for_the_broadcast_server(
    database: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Events committed before the broadcast server starts are read from the event log."""
    server = Valkey(tmp_path)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            async with (
                event_logs(database) as logs,
                broadcast(server.url) as bus,
                Hub(bus).open() as hub,
                subscribed(hub, logs, 3),
            ):
                assert not bus.is_connected
                await hub.announce(await logs[0].commit(2))
                await asyncio.to_thread(server.start)
                await wait_for_connection(bus, connected=True)
                await hub.announce(await logs[0].commit())
    finally:
        server.kill()
    assert logged_levels(caplog, AWAY) == ["WARNING"]
    assert logged_levels(caplog, BACK) == ["INFO"]


async def test_server_with_another_protocol_does_not_stop_the_backend(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The backend keeps reconnecting after invalid responses."""
    port, attempts = free_port(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal attempts
        attempts += 1
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n*\xff\r\n$-7\r\n")
        await writer.drain()
        writer.close()

    async with (
        await asyncio.start_server(answer, "127.0.0.1", port),
        broadcast(f"redis://127.0.0.1:{port}") as bus,
        bus.subscribe("quiet"),
    ):
        await wait_until(lambda: attempts >= 4)
        await bus.publish("quiet", "dropped")
        assert not bus.is_connected
        assert not bus._listener_task.done()
    assert logged_levels(caplog, AWAY) == ["WARNING"]


@pytest.mark.usefixtures("patient")
async def test_only_channels_with_subscribers_are_subscribed_again_after_an_outage(
    server: Valkey,
) -> None:
    """Subscribers may leave and join channels during an outage."""
    async with broadcast(server.url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        async with bus.subscribe("left") as left:
            assert (await left.get()).message == ""
            server.kill()
            await wait_for_connection(bus, connected=False)
        async with bus.subscribe("new") as new:
            await asyncio.to_thread(server.start)
            assert (await new.get()).message == ""
            await bus.publish("left", "dropped")
            await bus.publish("new", "delivered")
            assert (await new.get()).message == "delivered"


async def test_no_event_is_lost_when_the_database_of_the_change_stream_is_killed(
    database: Client, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The guardian restarts the database three times; each loss and each return is logged once."""
    [port] = re.findall(r":(\d+)/", database_url)
    async with (
        event_logs(database, 3) as logs,
        broadcast("mongodb://") as bus,
        Hub(bus).open() as hub,
    ):
        async with subscribed(hub, logs, 3 * 4):
            for _ in range(3):
                for log in logs:
                    await log.commit(2)
                kill_database(port)
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while True:
                        with suppress(Unavailable):
                            await ping_database()
                            break
                for log in logs:
                    await log.commit(2)
        await wait_until(
            lambda: (
                bus.is_connected
                and len(logged_levels(caplog, AWAY)) == len(logged_levels(caplog, BACK))
            )
        )
        # On a busy machine, the connection may be lost more often than the database is killed.
        assert logged_levels(caplog, AWAY, BACK) == ["WARNING", "INFO"] * len(
            logged_levels(caplog, BACK)
        )


def kill_database(port: str) -> None:
    """Kill the database server that listens on a port, but not the guardian that restarts it."""
    [server] = [
        process
        for process, command in commands().items()
        if f"--port={port}" in command and not any("guardian" in part for part in command)
    ]
    os.kill(server, signal.SIGKILL)
