"""What carries events between processes: the same tests over each of the three.

The look at the counters once a second is off, so that what arrives was carried, or was read from
the log because the backend said so.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from itertools import count
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Event, events_after
from models.ids import new_id
from subscriptions.backends import RESYNC, broadcast
from subscriptions.hub import Hub
from subscriptions.sessions import SessionEnd, SessionEnds
from tests.subscriptions.diaries import diaries
from tests.valkeys import run_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broadcaster import Broadcast

    from models.ids import Id
    from models.store.connection import Client

NEVER = 3600
PATIENCE_SECONDS = 300
BETWEEN_PROCESSES = ("redis", "mongodb")

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture(scope="module")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Valkey that nobody breaks."""
    with run_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server.url


@pytest.fixture(params=["memory", *BETWEEN_PROCESSES])
def url(request: pytest.FixtureRequest, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A backend's URL."""
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)
    return valkey_url if request.param == "redis" else f"{request.param}://"


async def first(hub: Hub, expert_id: Id, number: int, after: int | None = 0) -> list[int]:
    """The numbers of the first events that a watcher gets."""
    async with aclosing(hub.follow(expert_id, after)) as events:
        return [(await anext(events)).sequence for _ in range(number)]


async def test_every_watcher_of_every_channel_gets_every_event_in_order(
    database: Client, url: str
) -> None:
    """Many channels with several watchers each, some of which came before any event."""
    async with diaries(database, 12) as opened, broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            watching = [
                group.create_task(first(hub, diary.expert_id, 6))
                for diary in opened
                for _ in range(3)
            ]
            for number in (1, 2, 3):
                for diary in opened:
                    await hub.announce(await diary.write(number))
        assert [task.result() for task in watching] == [[1, 2, 3, 4, 5, 6]] * 36


async def test_what_this_process_commits_is_delivered_before_the_next_line(
    database: Client, url: str
) -> None:
    """Straight from memory, whatever the backend; a nudge that comes later is old."""
    async with diaries(database) as [diary], broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), hub.subscribe(diary.expert_id, 0) as watching:
            channel, _ = watching
            for number in (1, 2, 3):
                events = await diary.write(number)
                await hub.announce(events)
                assert channel.last == events[-1].sequence
                assert list(await channel.next_events(events[0].sequence - 1)) == events
        assert await asyncio.wait_for(first(hub, diary.expert_id, 6), PATIENCE_SECONDS) == [
            *range(1, 7)
        ]


@pytest.mark.parametrize("rounds", [3])
async def test_fifty_first_subscribers_at_once_are_all_served(
    database: Client, url: str, rounds: int
) -> None:
    """And after the last of them has left, the next fifty are."""
    assert database is not None
    async with broadcast(url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(rounds):
            is_there = [asyncio.Event() for _ in range(50)]

            async def hear(there: asyncio.Event) -> str:
                async with bus.subscribe("sessions") as subscriber:
                    there.set()
                    while (message := (await subscriber.get()).message) == RESYNC:
                        pass
                    return message

            async with asyncio.TaskGroup() as group:
                hearing = [group.create_task(hear(there)) for there in is_there]
                for there in is_there:
                    await there.wait()
                telling = group.create_task(tell(bus, "sessions"))
                assert await asyncio.gather(*hearing) == ["told"] * 50
                telling.cancel()


async def tell(bus: Broadcast, channel: str) -> None:
    """Say it until somebody hears it: who has just come may not be subscribed yet."""
    while True:
        await bus.publish(channel, "told")
        await asyncio.sleep(0.05)


async def test_who_comes_when_the_last_one_leaves_misses_nothing(
    database: Client, url: str
) -> None:
    """Again and again, on one channel that is otherwise without a subscriber."""
    async with (
        diaries(database) as [diary],
        broadcast(url) as bus,
        Hub(bus).open() as hub,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        for number in range(30):
            watching = asyncio.create_task(first(hub, diary.expert_id, 1, after=number))
            await asyncio.sleep(0.002 * (number % 3))
            await hub.announce(await diary.write())
            assert await watching == [number + 1]


async def test_a_burst_arrives_whole_and_in_order(database: Client, url: str) -> None:
    """Seven hundred events as fast as they can be committed, several commits at once."""
    async with diaries(database, 4) as opened, broadcast(url) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            watching = [
                group.create_task(first(hub, diary.expert_id, 175))
                for diary in opened
                for _ in range(5)
            ]

            async def write(place: int) -> None:
                for number in [5] * 35:
                    await hub.announce(await opened[place].write(number))

            for place in range(4):
                group.create_task(write(place))
        assert [task.result() for task in watching] == [list(range(1, 176))] * 20


@pytest.mark.parametrize("url", ["mongodb"], indirect=True)
async def test_what_another_program_commits_is_heard_without_a_word_from_it(
    database: Client, url: str
) -> None:
    """Over the change stream, on the expert's channel and on the client's, as it was stored."""
    client_id = new_id()
    async with diaries(database) as [diary], broadcast(url) as bus:
        channels = (f"expert:{diary.expert_id}", f"client:{client_id}")
        async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_SECONDS):
            ears = [await stack.enter_async_context(bus.subscribe(name)) for name in channels]
            for ear in ears:
                assert (await ear.get()).message == RESYNC
            [first_] = await diary.write(booking_id=new_id(), client_id=client_id)
            [second] = await diary.write(booking_id=new_id(), client_id=new_id())
            [third] = await diary.write(booking_id=new_id(), client_id=client_id)
            heard = [[Event.model_validate_json((await ears[0].get()).message)] for _ in range(3)]
            assert heard == [await events_after(diary.expert_id, n, 1) for n in range(3)]
            assert [event.id for [event] in heard] == [first_.id, second.id, third.id]
            theirs = [Event.model_validate_json((await ears[1].get()).message) for _ in range(2)]
            assert [event.id for event in theirs] == [first_.id, third.id]


@pytest.mark.parametrize("url", BETWEEN_PROCESSES, indirect=True)
async def test_the_end_of_a_session_is_heard_by_every_process(database: Client, url: str) -> None:
    assert database is not None
    ended = SessionEnd(session_ids=frozenset({new_id()}), user_id=new_id())
    async with AsyncExitStack() as stack, asyncio.timeout(PATIENCE_SECONDS):
        heard: list[asyncio.Queue[SessionEnd]] = []
        for _ in range(3):
            bus = await stack.enter_async_context(broadcast(url))
            ends = await stack.enter_async_context(SessionEnds(bus).open())
            heard.append(asyncio.Queue())
            ends.listen(heard[-1].put_nowait)
        for _ in count():  # until all of them are subscribed
            await ends.announce(ended)
            await asyncio.sleep(0.05)
            if not any(queue.empty() for queue in heard):
                break
        assert [queue.get_nowait() for queue in heard] == [ended] * 3


async def test_what_nobody_wants_is_not_kept(database: Client, url: str) -> None:
    """Ten thousand messages to a channel without subscribers leave nothing behind."""
    assert database is not None
    async with broadcast(url) as bus, asyncio.timeout(PATIENCE_SECONDS):
        async with bus.subscribe("wanted"), bus.subscribe("left"):
            pass
        for _ in range(10_000 if url == "memory://" else 200):
            await bus.publish("left", "x" * 1000)
        async with bus.subscribe("wanted") as subscriber:
            telling = asyncio.create_task(tell(bus, "wanted"))
            while (event := await subscriber.get()).message == RESYNC:
                pass
            telling.cancel()
            await asyncio.wait([telling])
        assert (event.channel, event.message) == ("wanted", "told")
        while not bus._transport._received.empty():  # noqa: ASYNC110 - the bus empties it
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
def test_a_url_that_names_no_backend_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"redis://|Redis") as refusal:
        broadcast(url)
    assert "mine" not in str(refusal.value)
