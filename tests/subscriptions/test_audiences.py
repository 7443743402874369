"""Audiences: what is rendered once, for whom, and what becomes of who cannot keep up."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Event, EventKind, SlotState
from models.calendar.slots import SlotStatus
from models.calendar.times import utc_now
from models.ids import Id, new_id
from subscriptions.channels import Channel
from subscriptions.encoded_events import EncodedEvents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from models.store.connection import Client

PATIENCE_SECONDS = 120
NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


class Reader:
    """A subscription that takes what it is handed until it is full."""

    def __init__(self, viewer_id: Id | None = None, room: int = 10_000) -> None:
        self.viewer_id = viewer_id
        self.room = room
        self.got: list[str] = []
        self.pieces: list[int] = []
        self.waits = 0

    def render(self, event: Event) -> bytes | None:
        """As its own viewer sees it."""
        return f"{event.sequence} own".encode()

    def send(self, encoded: EncodedEvents) -> bool:
        """Take it; say whether there is room for more."""
        self.got += [payload.decode() for payload in encoded.payloads]
        self.pieces.append(len(encoded.payloads))
        return len(self.got) < self.room

    async def drained(self) -> None:
        """Make room."""
        self.waits += 1
        await asyncio.sleep(0)
        self.room += 3


class Rendering:
    """Renders for strangers, and counts how often it has to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, event: Event) -> bytes | None:
        """Odd events are none that were asked for."""
        self.times += 1
        return None if event.sequence % 2 else str(event.sequence).encode()


def event_of(expert_id: Id, sequence: int, client_id: Id | None = None) -> Event:
    """A booking, by somebody or by that client."""
    client = client_id or new_id()
    slot = SlotState(
        starts_at=NOW, minutes=60, price=100, status=SlotStatus.BOOKED, clients=(client,)
    )
    return Event(
        id=new_id(),
        expert_id=expert_id,
        sequence=sequence,
        at=utc_now(),  # the database deletes events that are two days old
        kind=EventKind.BOOKED,
        client_id=client,
        slot=slot,
        changed=[slot],
    )


@asynccontextmanager
async def attended(
    channel: Channel, readers: list[Reader], render: Rendering, position: int
) -> AsyncIterator[None]:
    """Serve the readers for as long as the context lasts."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(channel.serve("same", render, reader, position)) for reader in readers
        ]
        await asyncio.sleep(0)
        yield
        for task in tasks:
            task.cancel()


@pytest.fixture
async def channel(database: Client) -> Channel:  # noqa: ARG001 - events are made of its documents
    """A channel that has had no event."""
    channel = Channel(new_id())
    channel.start(0)
    return channel


async def hear(channel: Channel, sequence: int, client_id: Id | None = None) -> None:
    """An event comes by its nudge."""
    event = event_of(channel.expert_id, sequence, client_id)
    await channel.receive(event.model_dump_json())


async def test_an_event_is_rendered_once_for_all_to_whom_it_looks_the_same(
    channel: Channel,
) -> None:
    """Only who has a part in it gets a rendering of its own."""
    ada, render = new_id(), Rendering()
    readers = [Reader() for _ in range(20)] + [Reader(new_id()), Reader(ada)]
    async with attended(channel, readers, render, 0):
        await hear(channel, 1)
        await hear(channel, 2)
        await hear(channel, 3, ada)
        await hear(channel, 4, ada)
    assert render.times == 4
    assert all(reader.got == ["2", "4"] for reader in readers[:-1])
    assert readers[-1].got == ["2", "3 own", "4 own"]


async def test_the_events_of_one_commit_go_out_in_one_piece(channel: Channel) -> None:
    """But no more than 16 of them; who has a part in some gets the others as everybody does."""
    ada, render = new_id(), Rendering()
    readers = [Reader(), Reader(new_id()), Reader(ada)]
    async with attended(channel, readers, render, 0):
        events = [event_of(channel.expert_id, n, ada if n == 3 else None) for n in range(1, 37)]
        assert channel.deliver(events)
        await asyncio.sleep(0)
    everybodys = [str(number) for number in range(2, 37, 2)]
    assert [reader.got for reader in readers[:2]] == [everybodys] * 2
    assert readers[2].got == [everybodys[0], "3 own", *everybodys[1:]]
    assert [reader.pieces for reader in readers] == [[8, 8, 2], [8, 8, 2], [9, 8, 2]]
    assert render.times == 36


async def test_what_has_a_gap_before_it_is_not_taken(channel: Channel) -> None:
    """Nor is anything before the channel knows where it begins; what is older does no harm."""
    reader, render = Reader(), Rendering()
    async with attended(channel, [reader], render, 0):
        events = [event_of(channel.expert_id, number) for number in range(1, 7)]
        assert not channel.deliver(events[1:3])
        assert not channel.deliver([events[3], events[0], events[1]])
        assert channel.deliver(events[:5])
        assert channel.deliver([events[1], events[5]])
        assert channel.deliver(events)
    assert reader.got == ["2", "4", "6"]
    assert not Channel(channel.expert_id).deliver(events[:1])


def test_a_parcel_is_packed_once_for_everybody_of_one_id() -> None:
    packings: list[str] = []

    def pack(id_: str, payloads: Sequence[bytes]) -> bytes:
        packings.append(id_)
        return id_.encode() + b"".join(payloads)

    encoded = EncodedEvents([b"a", b"b"])
    assert [encoded.frames(id_, pack) for id_ in "1121"] == [b"1ab", b"1ab", b"2ab", b"1ab"]
    assert packings == ["1", "2"]


async def test_who_is_full_leaves_and_comes_back_without_a_gap_or_a_repeat(
    channel: Channel,
) -> None:
    """The others do not notice."""
    slow, quick, render = Reader(room=2), Reader(), Rendering()
    async with attended(channel, [slow, quick], render, 0):
        for sequence in range(1, 101):
            await hear(channel, sequence)
            if sequence % 7 == 0:
                await asyncio.sleep(0)
        for _ in range(200):
            await asyncio.sleep(0)
    expected = [str(sequence) for sequence in range(2, 101, 2)]
    assert quick.got == expected
    assert slow.got == expected
    assert slow.waits > 5
    assert quick.waits == 0


async def test_who_comes_late_is_replayed_what_it_missed(channel: Channel) -> None:
    """From the ring, then live; the replay is rendered once for all of them, too."""
    for sequence in range(1, 31):
        await hear(channel, sequence)
    late, render = [Reader() for _ in range(10)], Rendering()
    async with attended(channel, late, render, 10):
        await hear(channel, 31)
        await hear(channel, 32)
    assert all(r.got == [str(number) for number in range(12, 33, 2)] for r in late)
    assert render.times == 22


async def test_who_knows_more_than_the_channel_is_told_nothing_twice(channel: Channel) -> None:
    """A counter that was read from the database may be ahead of the nudges."""
    reader, render = Reader(), Rendering()
    async with attended(channel, [reader], render, 4):
        for sequence in range(1, 7):
            await hear(channel, sequence)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert reader.got == ["6"]


async def test_a_replay_that_passes_the_channel_repeats_nothing(channel: Channel) -> None:
    """The log may have what no nudge has told yet."""
    await Event.insert_many([event_of(channel.expert_id, number) for number in range(1, 7)])
    channel.start(3)
    reader, render = Reader(), Rendering()
    async with attended(channel, [reader], render, 0):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(reader.got) < 3:  # noqa: ASYNC110 - a reader has nothing to wait for
                await asyncio.sleep(0.01)
        for sequence in range(4, 9):
            await hear(channel, sequence)
            await asyncio.sleep(0)
    assert reader.got == ["2", "4", "6", "8"]


async def test_a_rendering_that_fails_ends_that_subscription_alone(channel: Channel) -> None:
    """The error goes to whoever waits for it."""

    class Broken(Reader):
        def send(self, encoded: EncodedEvents) -> bool:
            raise OSError(encoded.payloads)

    render, well = Rendering(), Reader()
    broken = asyncio.create_task(channel.serve("same", render, Broken(), 0))
    await asyncio.sleep(0)
    async with attended(channel, [well], render, 0):
        await hear(channel, 1)
        await hear(channel, 2)
    with pytest.raises(OSError, match="2"):
        await broken
    assert well.got == ["2"]
