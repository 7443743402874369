"""What clients and experts are sent of their bookings: every newest state, whatever gets lost."""

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
from resolvers import moves
from tests.subscriptions.desks import PATIENCE_SECONDS, open_desk, someone
from tests.valkeys import run_valkey

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from auth.viewers import Viewer
    from models.store.connection import Client
    from tests.subscriptions.desks import Desk

NEVER = 3600
OPERATIONS = 300


@pytest.fixture
def nobody_looks(monkeypatch: pytest.MonkeyPatch, patient: None) -> None:  # noqa: ARG001
    """The looks into the log once a second are off."""
    monkeypatch.setattr("subscriptions.bookings.RECONCILE_SECONDS", NEVER)
    monkeypatch.setattr("subscriptions.hub.RECONCILE_SECONDS", NEVER)


def nothing(_: Sequence[Event]) -> Sequence[Event]:
    """Every nudge is lost."""
    return ()


async def advanced(desk: Desk, viewer: Viewer, booking: Booking, action: Action) -> Booking:
    """The booking after a move."""
    return await moves.advance(desk.ledger, viewer, global_id("Booking", booking.id), action)


async def ended(desk: Desk, hold: Booking) -> Booking:
    """A hold that the clock has ended."""
    while True:
        await moves.expire(desk.ledger)
        found = await Booking.get(hold.id)
        if found and not found.active:
            return found


async def one_of_each_status(desk: Desk, pending: Viewer) -> None:
    """Leave a booking in each status that is possible before its start.

    Args:
        desk: where they are made.
        pending: the client of the pending booking; the others are of clients of their own.
    """
    await ended(desk, await desk.hold(someone(), timedelta(milliseconds=1)))
    await desk.hold(someone(), timedelta(days=1))
    await desk.book(pending)
    await advanced(desk, desk.expert, await desk.book(someone()), Action.CONFIRM)
    booking = await advanced(desk, desk.expert, await desk.book(someone()), Action.CONFIRM)
    await advanced(desk, desk.expert, booking, Action.COMPLETE)
    client = someone()
    await advanced(desk, client, await desk.book(client), Action.CANCEL)


@pytest.mark.usefixtures("nobody_looks")
async def test_every_change_is_sent_to_the_client_and_the_expert_and_to_nobody_else(
    database: Client,
) -> None:
    """Hold, booking, confirmation, move, completion, removal, cancellation and the clock's end."""
    ada, bea = someone(), someone()
    async with (
        open_desk(database) as desk,
        desk.inbox(ada) as adas,
        desk.inbox(bea) as beas,
        desk.inbox(desk.expert) as experts,
    ):
        made: list[Booking] = []

        async def sent(booking: Booking) -> Booking:
            made.append(booking)
            await adas.has(booking)
            await experts.has(booking)
            return booking

        async def moved(booking: Booking) -> Booking:
            id_ = global_id("Booking", booking.id)
            return await moves.reschedule(desk.ledger, ada, id_, desk.free.pop())

        await sent(await desk.hold(ada))
        held = await sent(await desk.hold(ada, timedelta(milliseconds=1)))
        await sent(await ended(desk, held))
        booking = await sent(await desk.book(ada))
        booking = await sent(await moved(booking))
        booking = await sent(await advanced(desk, desk.expert, booking, Action.CONFIRM))
        booking = await sent(await advanced(desk, desk.expert, booking, Action.COMPLETE))
        await sent(await moves.remove(desk.ledger, ada, global_id("Booking", booking.id)))
        booking = await sent(await desk.book(ada))
        await sent(await advanced(desk, ada, booking, Action.CANCEL))
        other = await desk.book(bea)
        await beas.has(other)
        await experts.has(other)
    statuses = " ".join(booking.status for booking in made)
    assert statuses == (
        "HELD HELD EXPIRED PENDING PENDING CONFIRMED COMPLETED COMPLETED PENDING CANCELLED"
    )
    # The second hold ended the first.
    first = next(b for b in adas.found if b.status is BookingStatus.CANCELLED)
    assert sorted([*made, first], key=lambda b: b.sequence) == adas.found
    assert experts.found == [*adas.found, other]
    assert beas.found == [other]


async def test_changes_of_which_every_nudge_is_lost_are_read_from_the_log(database: Client) -> None:
    """Once a second."""
    ada = someone()
    async with (
        open_desk(database, told=nothing) as desk,
        desk.inbox(ada) as adas,
        desk.inbox(desk.expert) as experts,
    ):
        for _ in range(2):
            booking = await desk.book(ada)
            await adas.has(booking)
            await experts.has(booking)


@pytest.mark.usefixtures("nobody_looks")
async def test_an_outage_of_the_broadcast_server_loses_nothing(
    database: Client, tmp_path: Path
) -> None:
    """What happened in it is read from the log as soon as the server is back."""
    ada = someone()
    with run_valkey(tmp_path) as server:
        async with (
            open_desk(database, server.url) as desk,
            desk.inbox(ada) as adas,
            desk.inbox(desk.expert) as experts,
        ):
            await adas.has(await desk.book(ada))
            server.kill()
            unheard = await desk.book(ada)
            await asyncio.to_thread(server.start)
            await adas.has(unheard)
            await experts.has(unheard)
            heard = await desk.book(ada)
            await adas.has(heard)
            await experts.has(heard)


async def test_a_commit_that_took_long_is_sent_although_later_ones_have_been(
    database: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its event is dated from when it was decided on, and the nudge of it is lost, too.

    The look into the log goes back an hour, so that it finds the event on a busy machine as well.
    """
    long = timedelta(hours=1)
    for module in ("bookings", "clients"):
        monkeypatch.setattr(f"subscriptions.{module}.LONG_LOOKBACK", long)
    ada = someone()
    async with open_desk(database, told=nothing) as desk:
        late = await desk.book(ada)
        async with desk.inbox(ada) as adas:
            await adas.has(await desk.book(ada))
            late.sequence += 10
            await late.replace()
            await Event(
                expert_id=desk.expert_id,
                sequence=late.sequence,
                at=utc_now() - long / 2,
                kind=EventKind.STATUS,
                booking_id=late.id,
                client_id=ada.id,
            ).insert()
            await adas.has(late)


async def test_what_happened_before_is_not_sent(database: Client) -> None:
    """Nor to whoever joins others who watch the same client."""
    ada = someone()
    async with open_desk(database) as desk:
        before = await desk.book(ada)
        async with desk.inbox(ada) as first:
            between = await desk.book(ada)
            await first.has(between)
            async with desk.inbox(ada) as second, desk.inbox(desk.expert) as experts:
                after = await desk.book(ada)
                for inbox in (first, second, experts):
                    await inbox.has(after)
    assert before.sequence == 1
    assert first.sequences() == [between.sequence, after.sequence]
    assert second.sequences() == experts.sequences() == [after.sequence]


async def test_whoever_is_slow_gets_the_newest_states_alone(database: Client) -> None:
    """However much has happened meanwhile: one message a booking."""
    ada = someone()
    async with open_desk(database) as desk, desk.inbox(ada) as adas:
        adas.open.clear()
        await adas.has(await desk.book(ada))
        booking = await desk.book(ada)
        for _ in range(20):
            id_ = global_id("Booking", booking.id)
            booking = await moves.reschedule(desk.ledger, ada, id_, desk.free.pop())
        adas.open.set()
        await adas.has(booking)
        last = await desk.book(ada)
        await adas.has(last)
    assert [each.id for each in adas.found].count(booking.id) <= 2
    assert adas.sequences()[-1] == last.sequence


async def test_whoever_has_left_is_forgotten(database: Client) -> None:
    """No task and no channel is kept for them, nor does anybody else's end with it."""
    ada = someone()
    async with open_desk(database) as desk:
        async with desk.inbox(ada) as first:
            async with desk.inbox(ada) as second, desk.inbox(desk.expert) as experts:
                booking = await desk.book(ada)
                await second.has(booking)
                await experts.has(booking)
            after = await desk.book(ada)
            await first.has(after)
        ids = (str(ada.id), str(desk.expert_id))
        left = [task for task in asyncio.all_tasks() if any(id_ in task.get_name() for id_ in ids)]
        if left:
            _, staying = await asyncio.wait(left, timeout=PATIENCE_SECONDS)
            assert not staying
    assert second.sequences() == [booking.sequence]


async def test_random_changes_end_in_the_newest_states_and_never_go_back(
    database: Client,
) -> None:
    """Nudges get lost, come twice and in any order."""
    dice = random.Random(OPERATIONS)

    def mixed(events: Sequence[Event]) -> Sequence[Event]:
        chosen = dice.choices(events, k=len(events) + 1)
        return [] if dice.random() < 0.05 else chosen

    clients = [someone() for _ in range(3)]
    made: list[Booking] = []

    async def change(desk: Desk) -> None:
        client = dice.choice(clients)
        own = [booking for booking in made if booking.client_id == client.id]
        doings: list[Callable[[], Awaitable[Booking]]] = [
            lambda: desk.book(client),
            lambda: desk.hold(client, timedelta(milliseconds=dice.choice([20, 60_000]))),
        ]
        if own:
            booking = dice.choice(own)
            viewer = dice.choice([client, desk.expert])
            doings += [
                lambda: advanced(desk, viewer, booking, Action.CANCEL),
                lambda: advanced(desk, desk.expert, booking, Action.CONFIRM),
                lambda: advanced(desk, desk.expert, booking, Action.COMPLETE),
            ]
        try:
            made.append(await dice.choice(doings)())
        except Refused:
            await moves.expire(desk.ledger)

    async with (
        open_desk(database, told=mixed) as desk,
        desk.inbox(clients[0]) as own,
        desk.inbox(desk.expert) as experts,
    ):
        for _ in range(OPERATIONS // 10):
            await asyncio.gather(*(change(desk) for _ in range(10)))
        await one_of_each_status(desk, clients[0])
        stored = await Booking.find({"expert_id": desk.expert_id}).to_list()
        for booking in stored:
            await experts.has(booking)
            if booking.client_id == clients[0].id:
                await own.has(booking)
    for inbox in (own, experts):
        by_booking: dict[object, list[int]] = {}
        for booking in inbox.found:
            by_booking.setdefault(booking.id, []).append(booking.sequence)
        assert all(sorted(set(numbers)) == numbers for numbers in by_booking.values())
    assert {booking.client_id for booking in own.found} == {clients[0].id}
    assert {booking.status for booking in experts.found} == {
        status for status in BookingStatus if status is not BookingStatus.NO_SHOW
    }
