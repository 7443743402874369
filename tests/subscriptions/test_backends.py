"""Tests that run on each of the three broadcast backends.

Polling of the event counters is disabled, so every event arrives through the backend, or is read
from the event log because the backend sent a RESYNC message.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from itertools import count
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Event, Position, events_after
from models.ids import new_id
from subscriptions.backends import RESYNC, broadcast
from subscriptions.hub import Hub
from subscriptions.sessions import SessionEnd, SessionEnds
from tests.support.event_logs import Member, event_logs
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadcaster import Broadcast

    from models.ids import Id
    from models.store.connection import Client
    from tests.support.event_logs import EventLog

NEVER = 3600
PATIENCE_SECONDS = 300
MULTI_PROCESS_BACKENDS = ("redis", "mongodb")

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture(scope="module")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Valkey server; return its URL."""
    with run_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@pytest.fixture(params=["memory", *MULTI_PROCESS_BACKENDS])
def url(request: pytest.FixtureRequest, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of a backend."""
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)
    return valkey_url if request.param == "redis" else f"{request.param}://"


START = Position(0)


async def receive(hub: Hub, expert_id: Id, count: int, after: Position | None = START) -> list[int]:
    """Return the numbers of the first events that a new subscriber receives."""
    async with aclosing(hub.follow(expert_id, after)) as events:
        return [(await anext(events)).sequence for _ in range(count)]


async def test_every_subscriber_of_every_channel_receives_every_event_in_order(
    database: Client, url: str
) -> None:
    """Covers twelve channels with three subscribers each."""
    async with event_logs(database, 12) as logs, broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            receiving = [
                group.create_task(receive(hub, log.expert_id, 6)) for log in logs for _ in range(3)
            ]
            for number in (1, 2, 3):
                for log in logs:
                    await hub.announce(await log.commit(number))
        assert [task.result() for task in receiving] == [[1, 2, 3, 4, 5, 6]] * 36


async def test_events_of_this_process_are_delivered_before_announce_returns(
    database: Client, url: str
) -> None:
    """The events are delivered from memory; a later notification of the same event is dropped."""
    async with event_logs(database) as [log], broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            member = Member()
            serving = hub.serve(log.expert_id, Position(0), member.render, member)
            task = group.create_task(serving)
            await hub.announce(await log.commit(1))
            await member.has_received.wait()
            for number in (2, 3):
                events = await log.commit(number)
                await hub.announce(events)
                assert member.received == [*range(1, events[-1].sequence + 1)]
            task.cancel()
        assert await asyncio.wait_for(receive(hub, log.expert_id, 6), PATIENCE_SECONDS) == [
            *range(1, 7)
        ]
        assert member.received == [*range(1, 7)]


@pytest.mark.parametrize("rounds", [3])
async def test_concurrent_first_subscribers_of_a_channel_all_receive_messages(
    database: Client, url: str, rounds: int
) -> None:
    """In each round, 50 subscribers join at once; between rounds, the channel has none."""
    assert database is not None
    async with broadcast(url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(rounds):
            subscribed = [asyncio.Event() for _ in range(50)]

            async def receive_message(is_subscribed: asyncio.Event) -> str:
                async with bus.subscribe("sessions") as subscriber:
                    is_subscribed.set()
                    while (message := (await subscriber.get()).message) == RESYNC:
                        pass
                    return message

            async with asyncio.TaskGroup() as group:
                receiving = [group.create_task(receive_message(event)) for event in subscribed]
                for event in subscribed:
                    await event.wait()
                publishing = group.create_task(publish_repeatedly(bus, "sessions"))
                assert await asyncio.gather(*receiving) == ["message"] * 50
                publishing.cancel()


async def publish_repeatedly(bus: Broadcast, channel: str) -> None:
    """Publish a message repeatedly until cancelled, since new subscriptions start with a delay."""
    while True:
        await bus.publish(channel, "message")
        await asyncio.sleep(0.05)


async def test_subscriber_that_replaces_the_only_one_misses_no_event(
    database: Client, url: str
) -> None:
    """Thirty times, a new subscriber joins the channel just after the only one has left."""
    async with (
        event_logs(database) as [log],
        broadcast(url) as bus,
        Hub(bus).open() as hub,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        position = START
        for number in range(30):
            receiving = asyncio.create_task(receive(hub, log.expert_id, 1, after=position))
            await asyncio.sleep(0.002 * (number % 3))
            [event] = await log.commit()
            await hub.announce([event])
            assert await receiving == [number + 1]
            position = event.position


async def test_burst_arrives_completely_and_in_order(database: Client, url: str) -> None:
    """Four event logs together commit 700 events, concurrently and as fast as possible."""
    async with event_logs(database, 4) as logs, broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            receiving = [
                group.create_task(receive(hub, log.expert_id, 175))
                for log in logs
                for _ in range(5)
            ]

            async def commit(log: EventLog) -> None:
                for _ in range(35):
                    await hub.announce(await log.commit(5))

            for log in logs:
                group.create_task(commit(log))
        assert [task.result() for task in receiving] == [list(range(1, 176))] * 20


@pytest.mark.parametrize("url", ["mongodb"], indirect=True)
async def test_events_of_other_programs_arrive_through_the_change_stream(
    database: Client, url: str
) -> None:
    """Unannounced events arrive, exactly as stored, on the channels of their expert and client."""
    client_id = new_id()
    async with event_logs(database) as [log], broadcast(url) as bus:
        channels = (f"expert:{log.expert_id}", f"client:{client_id}")
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_SECONDS):
            subscribers = [
                await stack.enter_async_context(bus.subscribe(name)) for name in channels
            ]
            for subscriber in subscribers:
                assert (await subscriber.get()).message == RESYNC
            [first] = await log.commit(booking_id=new_id(), client_id=client_id)
            [second] = await log.commit(booking_id=new_id(), client_id=new_id())
            [third] = await log.commit(booking_id=new_id(), client_id=client_id)
            received = [
                [Event.model_validate_json((await subscribers[0].get()).message)] for _ in range(3)
            ]
            assert received == [await events_after(log.expert_id, n, 1) for n in range(3)]
            assert [event.id for [event] in received] == [first.id, second.id, third.id]
            of_client = [
                Event.model_validate_json((await subscribers[1].get()).message) for _ in range(2)
            ]
            assert [event.id for event in of_client] == [first.id, third.id]


@pytest.mark.parametrize("url", MULTI_PROCESS_BACKENDS, indirect=True)
async def test_session_end_is_announced_to_every_process(database: Client, url: str) -> None:
    assert database is not None
    ended = SessionEnd(session_ids=frozenset({new_id()}), user_id=new_id())
    async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_SECONDS):
        received: list[asyncio.Queue[SessionEnd]] = []
        for _ in range(3):
            bus = await stack.enter_async_context(broadcast(url))
            ends = await stack.enter_async_context(SessionEnds(bus).open())
            received.append(asyncio.Queue())
            ends.listen(received[-1].put_nowait)
        for _ in count():  # until all three are subscribed
            await ends.announce(ended)
            await asyncio.sleep(0.05)
            if not any(queue.empty() for queue in received):
                break
        assert [queue.get_nowait() for queue in received] == [ended] * 3


async def test_messages_on_a_channel_without_subscribers_are_dropped(
    database: Client, url: str
) -> None:
    """Even after many such messages, the queue of received messages becomes empty."""
    assert database is not None
    async with broadcast(url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        async with bus.subscribe("wanted"), bus.subscribe("left"):
            pass
        for _ in range(10_000 if url == "memory://" else 200):
            await bus.publish("left", "x" * 1000)
        async with bus.subscribe("wanted") as subscriber:
            publishing = asyncio.create_task(publish_repeatedly(bus, "wanted"))
            while (event := await subscriber.get()).message == RESYNC:
                pass
            publishing.cancel()
            await asyncio.wait([publishing])
        assert (event.channel, event.message) == ("wanted", "message")
        while not bus._transport._received.empty():  # noqa: ASYNC110 - the bus empties the queue
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory:",
        "memory://x",
        "kafka://me:mine@x",
        "postgres://me:mine@x",
        "redis://",
        "redis:me:mine@x",
        "redis://me:mine@x:port",
        "redis://me:mine@x:99999",
        "redis://x?password=mine&db=y",
        "mongodb://me:mine@x",
    ],
)
def test_invalid_url_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"redis://|Redis") as error:
        broadcast(url)
    assert "mine" not in str(error.value)
