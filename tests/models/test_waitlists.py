"""Waiting lists in the database: the transaction that frees a slot also makes the offer."""

from __future__ import annotations

import asyncio
import random
import signal
from datetime import timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from pymongo.errors import OperationFailure

from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import EventKind
from models.bookings.offers import OfferTerms
from models.bookings.wait import Wait, WaitTerms
from models.bookings.waits import JoinWaitlist, LeaveWaitlist
from models.calendar.errors import SlotTaken
from models.calendar.rules import Calendar
from models.calendar.slots import slot_id
from models.calendar.times import utc_now
from models.errors import Refused
from models.ids import new_id
from models.ledger.ledger import Ledger
from models.store.transactions import OUTCOME_UNKNOWN
from resolvers.moves import expire
from resolvers.reservations import hold
from resolvers.waits import review
from tests.support.commands import FunctionCommand
from tests.support.failing_commits import failing_commits, is_first
from tests.support.killed_writer import die_at_offer
from tests.support.ledgers import (
    book_slot,
    cancel_command,
    events,
    findings,
    ignore_events,
    slot,
    someone,
)
from tests.support.line_proofs import prove_order
from tests.support.readiness import eventually
from tests.support.reserving import reserving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.viewers import Viewer
    from models.bookings.command import Agendas
    from models.store.connection import Client

PATIENCE_SECONDS = 120
SHORT = OfferTerms(timedelta(seconds=0.3))


@pytest.fixture(autouse=True)
async def forgotten_waits(calendar: Calendar) -> AsyncIterator[None]:
    """Delete the calendar's waiting-list entries after the test."""
    yield
    await Wait.find({"expert_id": calendar.id}).delete()


async def join(ledger: Ledger, viewer: Viewer, calendar: Calendar, hours: range) -> None:
    """Join the waiting list for a one-hour session that starts within the given hours."""
    since, until = (slot(calendar, hour).starts_at for hour in (hours.start, hours.stop))
    terms = WaitTerms(client_id=viewer.id, since=since, until=until, minutes=60)
    command = JoinWaitlist(
        expert_ids=[calendar.id], window=(since, until), terms=terms, new_id=new_id()
    )
    await ledger.post(command)


async def line(calendar: Calendar) -> list[Wait]:
    """Return the stored waiting-list entries in order; assert that the calendar counts them all."""
    found = await Wait.find({"expert_id": calendar.id}).sort("+number").to_list()
    stored = await Calendar.get(calendar.id)
    assert stored
    assert stored.waiting == len(found)
    return found


async def offers(calendar: Calendar) -> list[Booking]:
    """Return the calendar's bookings that are current offers to waiting clients."""
    held = {"expert_id": calendar.id, "status": BookingStatus.HELD.value}
    return [each for each in await Booking.find(held).to_list() if each.wait_id]


async def test_offer_is_stored_with_the_change_that_frees_the_slot(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Ada joins through `elsewhere`, so the calendar that `here` may have cached is stale."""
    here, elsewhere = ledgers
    booked = [await book_slot(here, slot(calendar, hour)) for hour in (1, 2)]
    ada, bea = someone(), someone()
    await join(elsewhere, ada, calendar, range(1, 3))
    await join(here, bea, calendar, range(1, 3))
    await join(elsewhere, ada, calendar, range(1, 3))
    await here.post(cancel_command(booked[0]))
    [first, second] = await line(calendar)
    [offer] = await offers(calendar)
    assert (first.offer_id, second.offer_id) == (offer.id, None)
    assert (offer.client_id, offer.wait_id, offer.sequence) == (ada.id, first.id, 6)
    for ledger in ledgers:
        with pytest.raises(SlotTaken):
            await book_slot(ledger, slot(calendar, 1))
    made = await book_slot(elsewhere, slot(calendar, 1), ada)
    assert (made.id, made.status) == (offer.id, BookingStatus.CONFIRMED)
    assert [wait.terms.client_id for wait in await line(calendar)] == [bea.id]
    assert prove_order(await events(calendar)) == [ada.id]
    assert await findings() == set()


async def test_waiting_list_is_not_read_if_the_calendar_has_no_waiting_clients(
    ledger: Ledger, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wait, "model_validate", None)
    monkeypatch.setattr(Wait.Settings, "name", None)
    made = await book_slot(ledger, slot(calendar, 1))
    await ledger.post(cancel_command(made))
    assert len(await events(calendar)) == 2


async def test_sweepers_pass_unused_offers_on_until_no_client_is_waiting(
    database: Client, calendar: Calendar
) -> None:
    """Two ledgers sweep at the same time, yet each waiting client is offered the slot once."""
    people = [someone() for _ in range(3)]
    async with (
        Ledger(database, ignore_events, offers=SHORT).open() as here,
        Ledger(database, ignore_events, offers=SHORT).open() as elsewhere,
    ):
        made = await book_slot(here, slot(calendar, 1))
        for person in people:
            await join(here, person, calendar, range(1, 2))
        await elsewhere.post(cancel_command(made))

        async def sweep() -> bool:
            await asyncio.gather(*(expire(ledger) for ledger in (here, elsewhere)))
            return not await line(calendar)

        await eventually(sweep, bool)
        free = await book_slot(here, slot(calendar, 1))
    log = await events(calendar)
    assert prove_order(log) == [person.id for person in people]
    assert [event.kind for event in log].count(EventKind.LEFT) == 3
    assert free.status is BookingStatus.CONFIRMED
    assert await findings() == set()


async def test_sweepers_remove_waiting_clients_whose_time_window_has_passed(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    here, _ = ledgers
    await book_slot(here, slot(calendar, 1))
    await join(here, someone(), calendar, range(1, 2))
    [wait] = await line(calendar)
    passed = utc_now()
    fields = {"terms.until": passed, "due_at": passed}
    await Wait.find({"_id": wait.id, "expert_id": calendar.id}).update({"$set": fields})

    async def sweep() -> bool:
        await asyncio.gather(*map(review, ledgers))
        return not await line(calendar)

    await eventually(sweep, bool)
    assert [event.kind for event in await events(calendar)][-1] is EventKind.LEFT
    assert await findings() == set()


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not stored"])
async def test_offer_is_made_once_if_the_outcome_of_its_commit_is_unknown(
    ledger: Ledger, calendar: Calendar, *, is_stored: bool
) -> None:
    """The commit that frees the slot fails, and the ledger cannot know whether it took effect."""
    ada = someone()
    made = await book_slot(ledger, slot(calendar, 1))
    await join(ledger, ada, calendar, range(1, 2))
    unknown = OperationFailure("unknown", 64, {"errorLabels": [OUTCOME_UNKNOWN]})
    with failing_commits(unknown, is_first, takes_effect=is_stored) as commits:
        await ledger.post(cancel_command(made))
    assert commits.count == (1 if is_stored else 2)
    [offer] = await offers(calendar)
    assert (offer.client_id, offer.sequence) == (ada.id, 4)
    assert prove_order(await events(calendar)) == [ada.id]
    assert await findings() == set()


async def test_process_killed_while_making_an_offer_changes_nothing(
    database: Client, database_url: str, calendar: Calendar
) -> None:
    """The process is killed between its last write and the commit, so the slot stays booked."""
    ada = someone()
    async with Ledger(database, ignore_events).open() as ledger:
        made = await book_slot(ledger, slot(calendar, 1))
        await join(ledger, ada, calendar, range(1, 2))
    victim = get_context("spawn").Process(target=die_at_offer, args=(database_url, made.id))
    victim.start()
    await asyncio.to_thread(victim.join)
    assert victim.exitcode == -signal.SIGKILL
    assert await offers(calendar) == []
    async with Ledger(database, ignore_events).open() as ledger, asyncio.timeout(PATIENCE_SECONDS):
        await ledger.post(cancel_command(made))
    [offer] = await offers(calendar)
    [wait] = await line(calendar)
    assert (offer.client_id, wait.offer_id) == (ada.id, offer.id)
    assert prove_order(await events(calendar)) == [ada.id]
    assert await findings() == set()


HOURS = range(1, 7)
PEOPLE = 8


async def test_random_changes_through_two_ledgers_keep_the_order_of_the_waiting_list(
    database: Client, calendar: Calendar, request: pytest.FixtureRequest
) -> None:
    """No client is overtaken, no offer is lost or repeated, and `verify` finds no violation."""
    changes: int = request.config.getoption("--changes")
    rng = random.Random(11)
    people = [someone() for _ in range(PEOPLE)]
    terms = OfferTerms(timedelta(seconds=0.05))
    async with (
        Ledger(database, ignore_events, offers=terms).open() as here,
        Ledger(database, ignore_events, offers=terms, use_cache=False).open() as elsewhere,
    ):
        workers = [
            Worker(rng, (here, elsewhere)[number % 2], calendar, person)
            for number, person in enumerate(people)
        ]
        await asyncio.gather(*(worker.work(changes // PEOPLE) for worker in workers))

        async def sweep() -> bool:
            await asyncio.gather(expire(here), expire(elsewhere))
            return not await offers(calendar)

        await eventually(sweep, bool)
    log = await events(calendar)
    offered = prove_order(log)
    joined = [event for event in log if event.kind is EventKind.JOINED]
    assert joined
    assert offered
    assert await findings() == set()


class Worker:
    """A client that changes a calendar at random."""

    def __init__(
        self, rng: random.Random, ledger: Ledger, calendar: Calendar, viewer: Viewer
    ) -> None:
        self._rng, self._ledger, self._calendar, self._viewer = rng, ledger, calendar, viewer

    async def work(self, changes: int) -> None:
        """Attempt the given number of random changes, some of which are refused."""
        actions = [self.book, self.book, self.book, self.hold, self.cancel, self.cancel]
        actions += [self.join, self.join, self.leave, self.expire, self.change_break]
        for _ in range(changes):
            try:
                await self._rng.choice(actions)()
            except Refused:
                continue

    async def book(self) -> None:
        """Book a random one-hour slot."""
        await book_slot(self._ledger, slot(self._calendar, self._hour()), self._viewer)

    async def hold(self) -> None:
        """Hold a random one-hour slot for 50 milliseconds."""
        key = slot(self._calendar, self._hour())
        await hold(
            reserving(self._ledger, timedelta(seconds=0.05)), self._viewer, slot_id(key), None
        )

    async def cancel(self) -> None:
        """Cancel one of the client's bookings, holds or offers."""
        own = {"client_id": self._viewer.id, "active": True}
        if found := await Booking.find({"expert_id": self._calendar.id, **own}).to_list():
            await self._ledger.post(_end(self._rng.choice(found)))

    async def join(self) -> None:
        """Join the waiting list for a one-hour session that starts within three random hours."""
        first = self._hour()
        await join(self._ledger, self._viewer, self._calendar, range(first, first + 3))

    async def leave(self) -> None:
        """Leave the waiting list."""
        own = {"expert_id": self._calendar.id, "terms.client_id": self._viewer.id}
        if found := await Wait.find(own).to_list():
            wait_id = self._rng.choice(found).id
            await self._ledger.post(LeaveWaitlist(expert_ids=[self._calendar.id], wait_id=wait_id))

    async def expire(self) -> None:
        """Run the sweeper once."""
        await expire(self._ledger)

    async def change_break(self) -> None:
        """Change the break between sessions to 15 minutes or to none."""
        minutes = self._rng.choice([0, 15])

        def decide(agendas: Agendas) -> list[Booking]:
            agenda = agendas[self._calendar.id]
            if agenda.rules.break_minutes != minutes:
                agenda.replace_rules(agenda.rules.with_changes(break_minutes=minutes))
            return []

        await self._ledger.post(FunctionCommand(function=decide, expert_ids=[self._calendar.id]))

    def _hour(self) -> int:
        return self._rng.choice(HOURS)


def _end(booking: Booking) -> FunctionCommand:
    """Return a command that cancels a booking, hold or offer, unless it has already ended."""

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        if not found.active:
            return []
        agenda = agendas[found.expert_id]
        return [agenda.release(found, BookingStatus.CANCELLED, found.client_id)]

    return FunctionCommand(
        function=decide, expert_ids=[booking.expert_id], booking_ids=[booking.id]
    )
