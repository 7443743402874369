"""Property: slots that a client has read once and updated with events equal newly read slots.

Random operations of the API run concurrently on the real database, with sessions of several
lengths, breaks, holds that expire, and waiting lists. Notifications are lost, duplicated and
reordered. Many random operations are refused, so the test runs until `--changes` changes are
committed.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from models.bookings.booking import Booking
from models.bookings.events import EventKind, last_positions
from models.calendar.times import utc_now
from resolvers import moves
from subscriptions.slots import CHANGED
from tests.support.random_changes import LossyProcess, Scenario, open_scenario
from tests.support.slot_clients import SlotClient, following, read_slots

if TYPE_CHECKING:
    import pytest

    from models.store.connection import Client

MAX_CONCURRENT_OPERATIONS = 64
MAX_ATTEMPTS_PER_CHANGE = 20
"""Two attempts per change are usual; the limit only ends a test that makes no progress."""
CALENDARS = (("Europe/London", True), ("Asia/Kolkata", False))
"""Time zone of each calendar, and whether it confirms bookings automatically at first."""


async def check(scenario: Scenario, process: LossyProcess) -> None:
    """Read the slots while no operation is running; assert that all clients have the same slots.

    First wait until the event of every expired hold has been delivered: before that, an ended hold
    looks expired to readers of the database, but not yet to clients that follow the events.
    """
    snapshot = scenario.rng.choice(scenario.snapshots)
    returning = SlotClient(process.hub, scenario.id, scenario.since, snapshot)
    clients = [*scenario.clients, returning]
    async with following(returning):
        while True:
            events = process.events[scenario.id]
            last = max((e.sequence for e in events if e.kind in CHANGED), default=0)
            count = len(events)
            for client in clients:
                await client.wait_for(last)
            now = utc_now()
            await moves.expire(process.ledger)
            scenario.current = await read_slots(scenario.id, scenario.since, now)
            if (await last_positions([scenario.id]))[scenario.id].sequence == count:
                break
    for client in clients:
        assert client.snapshot.listed_at(now) == scenario.current.slots
    active = await Booking.find({"expert_id": scenario.id, "active": True}).to_list()
    scenario.bookings = {booking.id: booking for booking in active}
    scenario.chosen_ids.clear()


async def run_scenario(
    scenario: Scenario, process: LossyProcess, outcomes: Counter[str], changes: int
) -> None:
    """Change a calendar at random until enough events, with each kind among them, are committed.

    Checks the clients after each round of concurrent operations. Fails, and reports
    the outcomes, if too many operations are refused.
    """
    while not has_enough(kinds := process.committed(), changes):
        attempts = outcomes.total()
        assert attempts < changes * MAX_ATTEMPTS_PER_CHANGE, (attempts, kinds, outcomes)
        operations = [
            scenario.change() for _ in range(scenario.rng.randint(1, MAX_CONCURRENT_OPERATIONS))
        ]
        results, _ = await asyncio.gather(asyncio.gather(*operations), scenario.take_snapshot())
        outcomes.update(results)
        await check(scenario, process)


def has_enough(kinds: Counter[EventKind], changes: int) -> bool:
    """Return whether there are at least `changes` committed events, with all kinds among them."""
    return kinds.total() >= changes and set(kinds) == set(EventKind)


async def test_slots_read_once_plus_events_equal_slots_read_afresh(
    database: Client, request: pytest.FixtureRequest
) -> None:
    """Some clients are live; others are slow, reconnect, or start from an old snapshot.

    Slots of every session length are compared hundreds of times, each time while no operation is
    running.
    """
    changes: int = request.config.getoption("--changes")
    rng = random.Random(changes)
    process, outcomes = LossyProcess(database, rng), Counter[str]()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(process.open())
        scenarios = [
            await stack.enter_async_context(open_scenario(process, rng, zone, confirms=confirms))
            for zone, confirms in CALENDARS
        ]
        async with asyncio.TaskGroup() as group:
            for scenario in scenarios:
                group.create_task(run_scenario(scenario, process, outcomes, changes))
        for scenario in scenarios:
            events = process.events[scenario.id]
            assert [event.sequence for event in events] == [*range(1, len(events) + 1)]
            changed = [event.sequence for event in events if event.kind in CHANGED]
            # The other scenario's check may have just made a hold in this scenario expire.
            for client in scenario.clients:
                await client.wait_for(changed[-1])
            assert [client.received for client in scenario.clients] == [changed] * 3
    assert has_enough(process.committed(), changes)
