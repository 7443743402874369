"""Tests of audiences, which render each event once and deliver events in order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Event, EventKind, LogHead, Position, SlotState
from models.calendar.slots import SlotStatus
from models.calendar.times import utc_now
from models.ids import Id, new_id
from subscriptions.audiences import EncodedEvents
from subscriptions.channels import Channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.connection import Client

PATIENCE_SECONDS = 120
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


class RecordingSubscriber:
    """A subscriber with a send buffer that fills up."""

    def __init__(self, viewer_id: Id | None = None, capacity: int = 10_000) -> None:
        self.renders = 0
        self.viewer_id = viewer_id
        self.capacity = capacity
        self.received: list[str] = []
        self.send_sizes: list[int] = []
        self.drains = 0

    def render(self, event: Event) -> bytes | None:
        """Render an event separately for this subscriber's viewer."""
        self.renders += 1
        return f"{event.sequence} own".encode()

    def send(self, encoded: EncodedEvents) -> bool:
        """Record the payloads; return whether the send buffer has room for more."""
        self.received += [payload.decode() for payload in encoded.payloads]
        self.send_sizes.append(len(encoded.payloads))
        return len(self.received) < self.capacity

    async def drained(self) -> None:
        """Make room."""
        self.drains += 1
        await asyncio.sleep(0)
        self.capacity += 3


class CountingRenderer:
    """Renders events for viewers whose bookings the events do not concern, and counts its calls."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, event: Event) -> bytes | None:
        """Render an event with an even sequence number; return None if the number is odd."""
        self.calls += 1
        return None if event.sequence % 2 else str(event.sequence).encode()


def event_of(expert_id: Id, sequence: int, client_id: Id | None = None) -> Event:
    """Return an event for a booking by the given client; if it is None, by a new client."""
    client = client_id or new_id()
    slot = SlotState(
        starts_at=NOW, minutes=60, price=100, status=SlotStatus.BOOKED, clients=(client,)
    )
    return Event(
        id=new_id(),
        expert_id=expert_id,
        sequence=sequence,
        at=utc_now(),  # a recent time, since the database deletes events after two days
        kind=EventKind.BOOKED,
        client_id=client,
        slot=slot,
        changed=[slot],
    )


@asynccontextmanager
async def served(
    channel: Channel,
    subscribers: list[RecordingSubscriber],
    render: CountingRenderer,
    position: int,
) -> AsyncIterator[None]:
    """Serve the subscribers for the duration of the context."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(channel.serve(render, subscriber, position))
            for subscriber in subscribers
        ]
        await asyncio.sleep(0)
        yield
        for task in tasks:
            task.cancel()


@pytest.fixture
async def channel(database: Client) -> Channel:  # noqa: ARG001 - initializes the document classes
    """Return a channel without events."""
    channel = Channel(new_id())
    channel.start(LogHead(Position(0), is_closed=False))
    return channel


async def notify(channel: Channel, sequence: int, client_id: Id | None = None) -> None:
    """Pass the notification of a new event to the channel."""
    event = event_of(channel.expert_id, sequence, client_id)
    await channel.receive(event.model_dump_json())


async def test_event_is_rendered_once_for_all_viewers_except_the_bookings_client(
    channel: Channel,
) -> None:
    """The booking's client gets a separate rendering."""
    ada, render = new_id(), CountingRenderer()
    subscribers = [RecordingSubscriber() for _ in range(20)] + [
        RecordingSubscriber(new_id()),
        RecordingSubscriber(ada),
    ]
    async with served(channel, subscribers, render, 0):
        await notify(channel, 1)
        await notify(channel, 2)
        await notify(channel, 3, ada)
        await notify(channel, 4, ada)
    assert render.calls == 4
    assert all(subscriber.received == ["2", "4"] for subscriber in subscribers[:-1])
    assert subscribers[-1].received == ["2", "3 own", "4 own"]


async def test_event_is_rendered_once_for_all_subscriptions_of_the_bookings_client(
    channel: Channel,
) -> None:
    ada, render = new_id(), CountingRenderer()
    subscribers = [RecordingSubscriber(ada) for _ in range(20)]
    async with served(channel, subscribers, render, 0):
        await notify(channel, 1, ada)
    assert [subscriber.received for subscriber in subscribers] == [["1 own"]] * 20
    assert sum(subscriber.renders for subscriber in subscribers) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let other tasks run after each audience."""
    monkeypatch.setattr("subscriptions.channels.MAX_BUSY_SECONDS", 0.0)


@pytest.mark.usefixtures("impatient")
async def test_other_tasks_run_between_the_audiences_of_an_event(channel: Channel) -> None:
    """A subscriber that joins meanwhile receives later events only."""
    renders = [CountingRenderer() for _ in range(3)]
    groups = [[RecordingSubscriber()] for _ in renders]
    late = RecordingSubscriber()
    async with AsyncExitStack() as stack:
        for render, group in zip(renders, groups, strict=True):
            await stack.enter_async_context(served(channel, group, render, 0))
        delivering = asyncio.create_task(
            channel.deliver([event_of(channel.expert_id, number) for number in (1, 2)])
        )
        await asyncio.sleep(0)
        assert [render.calls for render in renders] == [2, 0, 0]
        await stack.enter_async_context(served(channel, [late], renders[2], 2))
        assert await delivering
        assert await channel.deliver([event_of(channel.expert_id, number) for number in (3, 4)])
    assert [subscriber.received for [subscriber] in groups] == [["2", "4"]] * 3
    assert late.received == ["4"]


@pytest.mark.usefixtures("impatient")
async def test_cancelled_delivery_leaves_no_gap(channel: Channel) -> None:
    renders = [CountingRenderer() for _ in range(3)]
    groups = [[RecordingSubscriber()] for _ in renders]
    async with AsyncExitStack() as stack:
        for render, group in zip(renders, groups, strict=True):
            await stack.enter_async_context(served(channel, group, render, 0))
        events = [event_of(channel.expert_id, number) for number in range(1, 5)]
        delivering = asyncio.create_task(channel.deliver(events[:2]))
        await asyncio.sleep(0)
        delivering.cancel()
        await asyncio.wait([delivering])
        assert delivering.cancelled()
        assert await channel.deliver(events[2:])
    assert [subscriber.received for [subscriber] in groups] == [["2", "4"]] * 3


async def test_events_of_one_commit_are_sent_together(channel: Channel) -> None:
    """Up to 16 events are sent together; a client's own events are rendered separately."""
    ada, render = new_id(), CountingRenderer()
    subscribers = [RecordingSubscriber(), RecordingSubscriber(new_id()), RecordingSubscriber(ada)]
    async with served(channel, subscribers, render, 0):
        events = [event_of(channel.expert_id, n, ada if n == 3 else None) for n in range(1, 37)]
        assert await channel.deliver(events)
        await asyncio.sleep(0)
    shared = [str(number) for number in range(2, 37, 2)]
    assert [subscriber.received for subscriber in subscribers[:2]] == [shared] * 2
    assert subscribers[2].received == [shared[0], "3 own", *shared[1:]]
    assert [subscriber.send_sizes for subscriber in subscribers] == [
        [8, 8, 2],
        [8, 8, 2],
        [9, 8, 2],
    ]
    assert render.calls == 36


async def test_event_after_a_gap_is_not_delivered(channel: Channel) -> None:
    """Events that were delivered before are ignored; an unstarted channel delivers nothing."""
    subscriber, render = RecordingSubscriber(), CountingRenderer()
    async with served(channel, [subscriber], render, 0):
        events = [event_of(channel.expert_id, number) for number in range(1, 7)]
        assert not await channel.deliver(events[1:3])
        assert not await channel.deliver([events[3], events[0], events[1]])
        assert await channel.deliver(events[:5])
        assert await channel.deliver([events[1], events[5]])
        assert await channel.deliver(events)
    assert subscriber.received == ["2", "4", "6"]
    assert not await Channel(channel.expert_id).deliver(events[:1])


def test_each_event_is_encoded_once_for_each_encoding_key() -> None:
    calls: list[str] = []

    class Encoding:
        def __init__(self, key: str) -> None:
            self.key = key

        def result(self, payload: bytes) -> bytes:
            calls.append(self.key)
            return self.key.encode() + payload

    events = EncodedEvents([b"a", b"b"])
    assert [events.encoded(Encoding(key)) for key in "1121"] == [
        b"1a1b",
        b"1a1b",
        b"2a2b",
        b"1a1b",
    ]
    assert calls == ["1", "1", "2", "2"]


async def test_slow_subscriber_catches_up_without_a_gap_or_a_repeat(
    channel: Channel,
) -> None:
    """A slow subscriber does not delay the others."""
    slow, quick, render = RecordingSubscriber(capacity=2), RecordingSubscriber(), CountingRenderer()
    async with served(channel, [slow, quick], render, 0):
        for sequence in range(1, 101):
            await notify(channel, sequence)
            if sequence % 7 == 0:
                await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
    expected = [str(sequence) for sequence in range(2, 101, 2)]
    assert quick.received == expected
    assert slow.received == expected
    assert slow.drains > 5
    assert quick.drains == 0


async def test_late_subscriber_receives_missed_events_first(channel: Channel) -> None:
    """Ten late subscribers get the missed events from the buffer; each event is rendered once."""
    for sequence in range(1, 31):
        await notify(channel, sequence)
    late, render = [RecordingSubscriber() for _ in range(10)], CountingRenderer()
    async with served(channel, late, render, 10):
        await notify(channel, 31)
        await notify(channel, 32)
    assert all(r.received == [str(number) for number in range(12, 33, 2)] for r in late)
    assert render.calls == 22


async def test_subscriber_ahead_of_the_channel_receives_nothing_twice(channel: Channel) -> None:
    """A position read from the database may be ahead of the notifications received so far."""
    subscriber, render = RecordingSubscriber(), CountingRenderer()
    async with served(channel, [subscriber], render, 4):
        for sequence in range(1, 7):
            await notify(channel, sequence)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert subscriber.received == ["6"]


async def test_catching_up_beyond_the_position_of_the_channel_repeats_no_event(
    channel: Channel,
) -> None:
    """The event log may have events whose notifications have not arrived yet."""
    await Event.insert_many([event_of(channel.expert_id, number) for number in range(1, 7)])
    channel.start(LogHead(Position(3), is_closed=False))
    subscriber, render = RecordingSubscriber(), CountingRenderer()
    async with served(channel, [subscriber], render, 0):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(subscriber.received) < 3:  # noqa: ASYNC110 - nothing signals the arrival
                await asyncio.sleep(0.01)
        for sequence in range(4, 9):
            await notify(channel, sequence)
            await asyncio.sleep(0)
    assert subscriber.received == ["2", "4", "6", "8"]


async def test_send_error_ends_only_that_subscription(channel: Channel) -> None:
    """`Channel.serve` raises the error."""

    class Broken(RecordingSubscriber):
        def send(self, encoded: EncodedEvents) -> bool:
            raise OSError(encoded.payloads)

    render, healthy = CountingRenderer(), RecordingSubscriber()
    broken = asyncio.create_task(channel.serve(render, Broken(), 0))
    await asyncio.sleep(0)
    async with served(channel, [healthy], render, 0):
        await notify(channel, 1)
        await notify(channel, 2)
    with pytest.raises(OSError, match="2"):
        await broken
    assert healthy.received == ["2"]
