"""Booking feed: subscribers receive each booking's newest state even if notifications are lost."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event, EventKind
from models.bookings.life import Action
from models.calendar.times import utc_now
from models.errors import Refused
from models.ids import global_id
from models.store.documents import stored
from resolvers import moves
from tests.support.platforms import PATIENCE_SECONDS, new_viewer, open_platform
from tests.support.valkey import run_valkey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from auth.viewers import Viewer
    from models.store.connection import Client
    from tests.support.platforms import Platform

NEVER = 3600
OPERATIONS = 300


@pytest.fixture
def without_polling(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:  # noqa: ARG001
    """Disable the polling of the event log."""
    monkeypatch.setattr("subscriptions.bookings.RECONCILE_SECONDS", NEVER)
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)


def no_events(_: Sequence[Event]) -> Sequence[Event]:
    """Return no events, so that nothing is announced, as if all notifications were lost."""
    return ()


async def advance(platform: Platform, viewer: Viewer, booking: Booking, action: Action) -> Booking:
    """Confirm, complete or cancel a booking; return its new state."""
    return await moves.advance(platform.ledger, viewer, global_id("Booking", booking.id), action)


async def expire(platform: Platform, hold: Booking) -> Booking:
    """Wait until a hold has expired; return its new state."""
    while True:
        await moves.expire(platform.ledger)
        found = await Booking.get(hold.id)
        if found and not found.active:
            return found


async def create_one_of_each_status(platform: Platform, pending: Viewer) -> None:
    """Create a booking in each status that is possible before its start.

    Args:
        platform: where to create the bookings.
        pending: the client of the pending booking; each other booking has its own client.
    """
    await expire(platform, await platform.hold(new_viewer(), timedelta(milliseconds=1)))
    await platform.hold(new_viewer(), timedelta(days=1))
    await platform.book(pending)
    await advance(platform, platform.expert, await platform.book(new_viewer()), Action.CONFIRM)
    client = new_viewer()
    await advance(platform, client, await platform.book(client), Action.CANCEL)


@pytest.mark.usefixtures("without_polling")
async def test_every_change_is_sent_only_to_the_client_and_the_expert_of_the_booking(
    database: Client,
) -> None:
    """Covers hold, booking, move, confirmation, cancellation and expiry."""
    ada, bea = new_viewer(), new_viewer()
    async with (
        open_platform(database) as platform,
        platform.inbox(ada) as of_ada,
        platform.inbox(bea) as of_bea,
        platform.inbox(platform.expert) as of_expert,
    ):
        changes: list[Booking] = []

        async def sent(booking: Booking) -> Booking:
            """Wait until both client and expert have received this state of a booking."""
            changes.append(booking)
            await of_ada.wait_for(booking)
            await of_expert.wait_for(booking)
            return booking

        async def move(booking: Booking) -> Booking:
            id_ = global_id("Booking", booking.id)
            return await moves.reschedule(platform.ledger, ada, id_, platform.free.pop())

        await sent(await platform.hold(ada))
        held = await sent(await platform.hold(ada, timedelta(milliseconds=1)))
        await sent(await expire(platform, held))
        booking = await sent(await platform.book(ada))
        booking = await sent(await move(booking))
        booking = await sent(await advance(platform, platform.expert, booking, Action.CONFIRM))
        booking = await sent(await platform.book(ada))
        await sent(await advance(platform, ada, booking, Action.CANCEL))
        other = await platform.book(bea)
        await of_bea.wait_for(other)
        await of_expert.wait_for(other)
    statuses = " ".join(booking.status for booking in changes)
    assert statuses == ("HELD HELD EXPIRED PENDING PENDING CONFIRMED PENDING CANCELLED")
    # The second hold cancelled the first one.
    first = next(b for b in of_ada.received if b.status is BookingStatus.CANCELLED)
    assert sorted([*changes, first], key=lambda b: b.sequence) == of_ada.received
    assert of_expert.received == [*of_ada.received, other]
    assert of_bea.received == [other]


async def test_changes_without_notifications_are_read_from_the_log(database: Client) -> None:
    """The event log is polled once a second."""
    ada = new_viewer()
    async with (
        open_platform(database, announced=no_events) as platform,
        platform.inbox(ada) as of_ada,
        platform.inbox(platform.expert) as of_expert,
    ):
        for _ in range(2):
            booking = await platform.book(ada)
            await of_ada.wait_for(booking)
            await of_expert.wait_for(booking)


@pytest.mark.usefixtures("without_polling")
async def test_no_change_is_lost_during_an_outage_of_the_broadcast_server(
    database: Client, tmp_path: Path
) -> None:
    """Changes made during the outage are read from the event log once the server is back."""
    ada = new_viewer()
    with run_valkey(tmp_path) as server:
        async with (
            open_platform(database, server.url) as platform,
            platform.inbox(ada) as of_ada,
            platform.inbox(platform.expert) as of_expert,
        ):
            await of_ada.wait_for(await platform.book(ada))
            server.kill()
            during_outage = await platform.book(ada)
            await asyncio.to_thread(server.start)
            await of_ada.wait_for(during_outage)
            await of_expert.wait_for(during_outage)
            after_outage = await platform.book(ada)
            await of_ada.wait_for(after_outage)
            await of_expert.wait_for(after_outage)


async def test_event_committed_late_is_still_delivered(
    database: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is committed half an hour after its own timestamp, and its notification is lost.

    Each poll is made to look back an hour, so that even a busy machine finds the event in time.
    """
    lookback = timedelta(hours=1)
    for module in ("bookings", "clients"):
        monkeypatch.setattr(f"subscriptions.{module}.LONG_LOOKBACK", lookback)
    ada = new_viewer()
    async with open_platform(database, announced=no_events) as platform:
        late = await platform.book(ada)
        async with platform.inbox(ada) as of_ada:
            await of_ada.wait_for(await platform.book(ada))
            late.sequence += 10
            only = {"_id": late.id, "expert_id": late.expert_id}
            await Booking.get_pymongo_collection().replace_one(only, stored(late))
            await Event(
                expert_id=platform.expert_id,
                sequence=late.sequence,
                at=utc_now() - lookback / 2,
                kind=EventKind.STATUS,
                booking_id=late.id,
                client_id=ada.id,
            ).insert()
            await of_ada.wait_for(late)


async def test_changes_before_the_subscription_are_not_sent(database: Client) -> None:
    """A client's second subscription does not receive changes from before its own start either."""
    ada = new_viewer()
    async with open_platform(database) as platform:
        before = await platform.book(ada)
        async with platform.inbox(ada) as first:
            between = await platform.book(ada)
            await first.wait_for(between)
            async with platform.inbox(ada) as second, platform.inbox(platform.expert) as of_expert:
                after = await platform.book(ada)
                for inbox in (first, second, of_expert):
                    await inbox.wait_for(after)
    assert before.sequence == 1
    assert first.sequences() == [between.sequence, after.sequence]
    assert second.sequences() == of_expert.sequences() == [after.sequence]


async def test_slow_subscription_receives_only_the_newest_states(database: Client) -> None:
    """Many changes to a booking are combined into one message for a slow subscriber."""
    ada = new_viewer()
    async with open_platform(database) as platform, platform.inbox(ada) as of_ada:
        of_ada.open.clear()
        await of_ada.wait_for(await platform.book(ada))
        booking = await platform.book(ada)
        for _ in range(20):
            id_ = global_id("Booking", booking.id)
            booking = await moves.reschedule(platform.ledger, ada, id_, platform.free.pop())
        of_ada.open.set()
        await of_ada.wait_for(booking)
        last = await platform.book(ada)
        await of_ada.wait_for(last)
    assert [each.id for each in of_ada.received].count(booking.id) <= 2
    assert of_ada.sequences()[-1] == last.sequence


async def test_tasks_and_channels_of_closed_subscriptions_end(database: Client) -> None:
    """Other subscriptions of the same client continue."""
    ada = new_viewer()
    async with open_platform(database) as platform:
        async with platform.inbox(ada) as first:
            async with platform.inbox(ada) as second, platform.inbox(platform.expert) as of_expert:
                booking = await platform.book(ada)
                await second.wait_for(booking)
                await of_expert.wait_for(booking)
            after = await platform.book(ada)
            await first.wait_for(after)
        ids = (str(ada.id), str(platform.expert_id))
        remaining = [
            task for task in asyncio.all_tasks() if any(id_ in task.get_name() for id_ in ids)
        ]
        if remaining:
            _, unfinished = await asyncio.wait(remaining, timeout=PATIENCE_SECONDS)
            assert not unfinished
    assert second.sequences() == [booking.sequence]


async def test_newest_states_are_sent_in_order_despite_lossy_notifications(
    database: Client,
) -> None:
    """Notifications of random changes are lost, duplicated and reordered."""
    rng = random.Random(OPERATIONS)

    def lossy(events: Sequence[Event]) -> Sequence[Event]:
        chosen = rng.choices(events, k=len(events) + 1)
        return [] if rng.random() < 0.05 else chosen

    clients = [new_viewer() for _ in range(3)]
    changes: list[Booking] = []

    async def change(platform: Platform) -> None:
        client = rng.choice(clients)
        own = [booking for booking in changes if booking.client_id == client.id]
        operations: list[Callable[[], Awaitable[Booking]]] = [
            lambda: platform.book(client),
            lambda: platform.hold(client, timedelta(milliseconds=rng.choice([20, 60_000]))),
        ]
        if own:
            booking = rng.choice(own)
            viewer = rng.choice([client, platform.expert])
            operations += [
                lambda: advance(platform, viewer, booking, Action.CANCEL),
                lambda: advance(platform, platform.expert, booking, Action.CONFIRM),
                lambda: advance(platform, platform.expert, booking, Action.COMPLETE),
            ]
        try:
            changes.append(await rng.choice(operations)())
        except Refused:
            await moves.expire(platform.ledger)

    async with (
        open_platform(database, announced=lossy) as platform,
        platform.inbox(clients[0]) as own,
        platform.inbox(platform.expert) as of_expert,
    ):
        for _ in range(OPERATIONS // 10):
            await asyncio.gather(*(change(platform) for _ in range(10)))
        await create_one_of_each_status(platform, clients[0])
        stored = await Booking.find({"expert_id": platform.expert_id}).to_list()
        for booking in stored:
            await of_expert.wait_for(booking)
            if booking.client_id == clients[0].id:
                await own.wait_for(booking)
    for inbox in (own, of_expert):
        by_booking: dict[object, list[int]] = {}
        for booking in inbox.received:
            by_booking.setdefault(booking.id, []).append(booking.sequence)
        assert all(sorted(set(numbers)) == numbers for numbers in by_booking.values())
    assert {booking.client_id for booking in own.received} == {clients[0].id}
    after_start = {BookingStatus.COMPLETED, BookingStatus.NO_SHOW}
    assert {booking.status for booking in of_expert.received} == {*BookingStatus} - after_start
