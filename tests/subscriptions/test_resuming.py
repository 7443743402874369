"""Tests of subscribers that reconnect at the same time, as after a restart of the server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Event, Position
from subscriptions.backends import MEMORY, broadcast
from subscriptions.channels import BUFFER_SIZE
from subscriptions.hub import Hub
from tests.support.command_counts import COMMANDS
from tests.support.event_logs import Member, event_logs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.store.connection import Client
    from tests.support.event_logs import EventLog

PATIENCE_SECONDS = 120
EVENTS, WATCHERS = 40, 30


async def resume(hub: Hub, log: EventLog, positions: Sequence[Position], last: int) -> int:
    """Subscribe at each position, receive all events, and return the number of reads of the log."""
    members = [Member() for _ in positions]
    with COMMANDS.counted(Event.Settings.name) as commands:
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(hub.serve(log.expert_id, at, member.render, member))
                for at, member in zip(positions, members, strict=True)
            ]
            for at, member in zip(positions, members, strict=True):
                while not member.received or member.received[-1] < last:
                    member.has_received.clear()
                    await member.has_received.wait()
                assert member.received == [*range(at.sequence + 1, last + 1)]
            for task in tasks:
                task.cancel()
    return commands.count or 0


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
async def test_watchers_of_an_expert_share_one_read_of_the_log(
    database: Client, order: int
) -> None:
    async with event_logs(database) as [log], broadcast(MEMORY) as bus, Hub(bus).open() as hub:
        positions = [event.position for event in await log.commit(EVENTS)][:WATCHERS]
        assert await resume(hub, log, [Position(0), *positions][::order], EVENTS) == 1


async def test_events_too_old_for_the_buffer_are_replayed_as_well(database: Client) -> None:
    async with event_logs(database) as [log], broadcast(MEMORY) as bus, Hub(bus).open() as hub:
        events = await log.commit(BUFFER_SIZE + EVENTS)
        positions = [Position(0), events[0].position, events[EVENTS].position]
        await resume(hub, log, positions, events[-1].sequence)
