"""If a restored backup replaces the end of an event log, no subscriber mixes old and new events."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

from models.errors import CursorExpired
from subscriptions.backends import MEMORY, broadcast
from subscriptions.hub import Hub
from subscriptions.slots import slot_events
from tests.support.event_logs import EventLog, event_logs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.bookings.events import Event, Position
    from models.ids import Id
    from models.store.connection import Client
    from subscriptions.audiences import EncodedEvents

PATIENCE_SECONDS = 120
BACKUP, LAST = 24, 30


class Member:
    """A subscription that records the numbers of the events that it receives."""

    def __init__(self) -> None:
        self.viewer_id: Id | None = None
        self.received: list[int] = []

    def render(self, event: Event) -> bytes:
        """Render the event's number."""
        return str(event.sequence).encode()

    def send(self, events: EncodedEvents) -> bool:
        """Record the numbers of the events."""
        self.received += map(int, events.payloads)
        return True

    async def drained(self) -> None:
        """Return at once, because there is no send buffer to drain."""


@asynccontextmanager
async def opened(database: Client) -> AsyncIterator[tuple[EventLog, Hub, list[Event]]]:
    """Yield an event log, a hub, and the log's thirty events."""
    async with event_logs(database) as [log], broadcast(MEMORY) as bus, Hub(bus).open() as hub:
        async with asyncio.timeout(PATIENCE_SECONDS):
            yield log, hub, await log.commit(LAST)


async def follow_from(hub: Hub, log: EventLog, position: Position, count: int) -> list[int]:
    """Return the numbers of the first `count` events after a position."""
    async with aclosing(hub.follow(log.expert_id, position)) as events:
        return [(await anext(events)).sequence for _ in range(count)]


@pytest.mark.parametrize("commits", [0, 3, LAST - BACKUP, LAST - BACKUP + 5])
async def test_cursor_of_an_event_that_a_restore_has_lost_is_expired(
    database: Client, commits: int
) -> None:
    """Covers restored logs that end before, at and after the numbers of the lost events."""
    async with opened(database) as (log, hub, events):
        await log.restore(events[BACKUP - 1].position)
        if commits:
            await log.commit(commits)
        for lost in events[BACKUP:]:
            async with aclosing(
                slot_events(hub, log.expert_id, lost.position, frozenset({lost.kind}))
            ) as following:
                with pytest.raises(CursorExpired):
                    await anext(following)
        kept = [each.position for each in events[BACKUP - 5 : BACKUP]]
        for position in kept if commits else ():
            assert await follow_from(hub, log, position, 1) == [position.sequence + 1]


async def serve(hub: Hub, log: EventLog, position: Position, member: Member) -> NoReturn:
    """Serve the log's events to a member of an audience."""
    await hub.serve(log.expert_id, position, member.render, member)


@pytest.mark.parametrize("commits", [0, 3, LAST - BACKUP, LAST - BACKUP + 5])
@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "silent"])
async def test_live_subscriptions_end_when_the_log_is_replaced(
    database: Client, commits: int, *, is_announced: bool
) -> None:
    """Live subscriptions receive no event of the restored log, however long it has become."""
    async with opened(database) as (log, hub, events):
        member, last = Member(), events[-1].position
        serving = asyncio.create_task(serve(hub, log, events[-2].position, member))
        following = asyncio.create_task(follow_from(hub, log, events[-2].position, 2))
        while not member.received:  # noqa: ASYNC110 - nothing signals the arrival
            await asyncio.sleep(0.01)
        await log.restore(events[BACKUP - 1].position)
        new = await log.commit(commits) if commits else []
        if is_announced:
            for event in new:
                await hub.announce([event])
        for task in (serving, following):
            with pytest.raises(CursorExpired):
                await task
        assert member.received == [last.sequence]
        position = new[-1].position if new else events[BACKUP - 1].position
        resumed = asyncio.create_task(follow_from(hub, log, position, 2))
        await hub.announce(await log.commit(2))
        assert await resumed == [position.sequence + 1, position.sequence + 2]


async def test_subscription_after_a_deleted_event_continues_with_the_next_event(
    database: Client,
) -> None:
    """The event at the client's cursor is deleted before the next event is committed."""
    async with opened(database) as (log, hub, events):
        last = events[-1].position
        await type(events[-1]).find({"expert_id": log.expert_id}).delete()
        resumed = asyncio.create_task(follow_from(hub, log, last, 1))
        await hub.announce(await log.commit())
        assert await resumed == [LAST + 1]
        assert await follow_from(hub, log, last, 1) == [LAST + 1]
