"""Subscriptions to the calendar of an expert whom this or another process disables."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from models.bookings.events import Position
from models.calendar.rules import Calendar
from models.errors import NoSuchExpert
from subscriptions.backends import MEMORY, broadcast
from subscriptions.hub import Hub
from tests.support.clients import PATIENCE_SECONDS
from tests.support.event_logs import EventLog, Member, event_logs
from tests.support.mailboxes import wait_until

if TYPE_CHECKING:
    from models.bookings.events import Event
    from models.store.connection import Client


async def reset(log: EventLog, *, accepts_bookings: bool) -> list[Event]:
    """Set whether the expert accepts bookings, and commit the event of this change."""
    changed = {"$set": {"rules.accepts_bookings": accepts_bookings}}
    await Calendar.find_one({"_id": log.expert_id}).update(changed)
    return await log.commit(1, accepts_bookings=accepts_bookings)


async def follow(hub: Hub, log: EventLog, seen: list[int], *, sees_disabled: bool) -> None:
    """Follow an expert's events, and append their numbers to `seen`."""
    following = hub.follow(log.expert_id, Position(0), sees_disabled=sees_disabled)
    async with aclosing(following) as events:
        async for event in events:
            seen += [event.sequence]


@pytest.mark.parametrize("is_announced", [True, False], ids=["here", "elsewhere"])
async def test_disabling_an_expert_ends_subscriptions_of_viewers_who_may_not_see_disabled_experts(
    database: Client, *, is_announced: bool
) -> None:
    """If another process disables the expert, the event about this is read from the event log."""
    async with event_logs(database) as [log], broadcast(MEMORY) as bus, Hub(bus).open() as hub:
        public, own = Member(), Member()
        seen: dict[bool, list[int]] = {False: [], True: []}
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:

            async def serve(member: Member, *, sees_disabled: bool) -> None:
                await hub.serve(
                    log.expert_id,
                    Position(0),
                    member.render,
                    member,
                    sees_disabled=sees_disabled,
                )

            outside = asyncio.gather(
                serve(public, sees_disabled=False),
                follow(hub, log, seen[False], sees_disabled=False),
                return_exceptions=True,
            )
            inside = [
                group.create_task(serve(own, sees_disabled=True)),
                group.create_task(follow(hub, log, seen[True], sees_disabled=True)),
            ]
            await hub.announce(await log.commit(1))
            logs = (public.received, own.received, *seen.values())
            await wait_until(lambda: all(received == [1] for received in logs))
            closed = await reset(log, accepts_bookings=False)
            if is_announced:
                await hub.announce(closed)
            assert [type(error) for error in await outside] == [NoSuchExpert, NoSuchExpert]
            assert public.received == seen[False] == [1, 2]
            with pytest.raises(NoSuchExpert):
                await follow(hub, log, [], sees_disabled=False)
            await hub.announce(await log.commit(1))
            await wait_until(lambda: own.received == seen[True] == [1, 2, 3])
            for task in inside:
                task.cancel()


async def test_calendar_of_a_disabled_expert_can_be_followed_once_the_expert_is_enabled_again(
    database: Client,
) -> None:
    async with event_logs(database) as [log], broadcast(MEMORY) as bus, Hub(bus).open() as hub:
        await reset(log, accepts_bookings=False)
        for _ in range(2):
            with pytest.raises(NoSuchExpert):
                await follow(hub, log, [], sees_disabled=False)
        await reset(log, accepts_bookings=True)
        following = hub.follow(log.expert_id, Position(0))
        async with asyncio.timeout(PATIENCE_SECONDS), aclosing(following) as events:
            assert [(await anext(events)).sequence for _ in range(2)] == [1, 2]
