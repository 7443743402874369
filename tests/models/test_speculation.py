"""What is decided before it is read: as right as what is read, and quicker."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from prometheus_client import REGISTRY

from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event, EventKind
from models.bookings.verification import Finding, verify
from models.calendar.errors import SlotNotOffered, SlotTaken
from models.calendar.rules import Calendar
from models.calendar.slot_ids import slot_id
from models.calendar.slots import SlotKey
from models.calendar.times import cell_of, utc_now
from models.errors import ExpertBookError, InvalidInput
from models.ids import new_id
from models.ledger import decision_cache
from models.ledger.changes import Change
from models.ledger.ledger import Ledger
from resolvers.reservations import BookingRequest, book, hold
from tests.models.samples import rules, weekly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from auth.viewers import Viewer
    from models.ledger.changes import Agendas
    from models.store.connection import Client

DAY = 96
SOON = cell_of(utc_now()) // DAY * DAY + 2 * DAY
"""The first cell of the day after tomorrow, fixed so that midnight does not move the slots."""
EVERY_HOUR = tuple(part for day in range(7) for part in weekly(day, (0, 24 * 60)))


async def unheard(_: Sequence[Event]) -> None:
    """Nobody listens."""


def someone() -> Viewer:
    """A client."""
    return cast("Viewer", SimpleNamespace(id=new_id()))


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """A calendar of nobody, open at all hours, gone after the test."""
    assert database is not None
    calendar = await Calendar(id=new_id(), rules=rules(weekly=EVERY_HOUR)).insert()
    yield calendar
    await Booking.find({"expert_id": calendar.id}).delete()
    await Event.find({"expert_id": calendar.id}).delete()
    await calendar.delete()


@pytest.fixture(params=[True, False], ids=["speculating", "reading"])
async def ledgers(
    database: Client, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Those of two processes."""
    async with (
        Ledger(database, unheard, speculates=request.param).open() as first,
        Ledger(database, unheard, speculates=request.param).open() as second,
    ):
        yield first, second


@pytest.fixture
async def ledger(database: Client) -> AsyncIterator[Ledger]:
    """One that decides before it reads."""
    async with Ledger(database, unheard).open() as ledger:
        yield ledger


def slot(calendar: Calendar, hour: int, minutes: int = 60) -> SlotKey:
    """The slot that begins so many hours after the start of the day after tomorrow."""
    return SlotKey(calendar.id, SOON + 4 * hour, minutes)


def wanted(key: SlotKey, idempotency_key: str | None = None) -> BookingRequest:
    """What a client sends to book a slot."""
    contact = ("Ada Lovelace", "ada@example.com", "+442079460018", None)
    return BookingRequest("slotId", [slot_id(key)], *contact, None, idempotency_key)


async def booked(
    ledger: Ledger, key: SlotKey, viewer: Viewer | None = None, idempotency_key: str | None = None
) -> Booking:
    """Book a slot."""
    [made] = await book(ledger, viewer or someone(), wanted(key, idempotency_key), None)
    return made


def cancelled(booking: Booking) -> Change:
    """A change that cancels it."""

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        return [agenda.release(found, BookingStatus.CANCELLED, None)]

    return Change(decide, booking_ids=[booking.id])


def closed(calendar: Calendar) -> Change:
    """A change after which nothing is offered."""

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        agenda.reset(agenda.rules.with_changes(accepts_bookings=False))
        return []

    return Change(decide, expert_ids=[calendar.id])


async def events(calendar: Calendar) -> list[Event]:
    """What has happened, in order; nothing is missing and nothing there twice."""
    found = await Event.find({"expert_id": calendar.id}).sort("+sequence").to_list()
    stored = await Calendar.get(calendar.id)
    assert stored
    assert [event.sequence for event in found] == list(range(1, stored.sequence + 1))
    return found


async def findings() -> set[Finding]:
    """What the judge finds, apart from experts and clients who have no account here."""
    return {
        finding for finding in await verify(utc_now(), lambda *_: None) if finding.kind != "orphan"
    }


def counted(kind: str) -> float:
    """The hits or misses so far."""
    name = f"expertbook_cache_{kind}_total"
    return REGISTRY.get_sample_value(name, {"cache": "agendas"}) or 0.0


async def test_what_is_known_is_not_read_again(ledger: Ledger, calendar: Calendar) -> None:
    """Of a calendar that was changed twice, weeks are known: what comes is decided on that."""
    await booked(ledger, slot(calendar, 1))
    await booked(ledger, slot(calendar, 2))
    hits, misses = counted("hits"), counted("misses")
    third = await booked(ledger, slot(calendar, 3))
    with pytest.raises(SlotTaken) as refusal:
        await booked(ledger, slot(calendar, 3))
    assert (third.sequence, refusal.value.sequence) == (3, 3)
    assert (counted("hits"), counted("misses")) == (hits + 2, misses)
    assert [event.kind for event in await events(calendar)] == [EventKind.BOOKED] * 3


async def test_many_at_once_are_all_made_once(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Of forty hours with five who want each, in two processes, each has one who gets it."""
    posts = [
        booked(ledgers[number % 2], slot(calendar, hour))
        for number in range(5)
        for hour in range(40)
    ]
    answers = await asyncio.gather(*posts, return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, Booking)]
    assert sorted(booking.key for booking in made) == [slot(calendar, n) for n in range(40)]
    assert all(isinstance(a, SlotTaken) for a in answers if not isinstance(a, Booking))
    assert sorted(booking.sequence for booking in made) == list(range(1, 41))
    assert len(await events(calendar)) == 40


async def test_what_another_process_has_booked_is_taken(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Though this one thinks that it is free."""
    here, elsewhere = ledgers
    await booked(here, slot(calendar, 1))
    await booked(elsewhere, slot(calendar, 3))
    with pytest.raises(SlotTaken) as refusal:
        await booked(here, slot(calendar, 3))
    assert refusal.value.sequence == 2
    assert (await booked(here, slot(calendar, 5))).sequence == 3
    assert len(await events(calendar)) == 3


async def test_what_another_process_has_freed_is_free(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Though this one thinks that it is taken."""
    here, elsewhere = ledgers
    first = await booked(here, slot(calendar, 1))
    await elsewhere.post(cancelled(first))
    assert (await booked(here, slot(calendar, 1))).sequence == 3


async def test_what_another_process_offers_no_more_is_not_booked(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Nor is it refused here as what it no longer is."""
    here, elsewhere = ledgers
    await booked(here, slot(calendar, 1))
    await elsewhere.post(closed(calendar))
    with pytest.raises(SlotNotOffered):
        await booked(here, slot(calendar, 2))
    with pytest.raises(SlotNotOffered):
        await booked(here, slot(calendar, 1))


async def test_all_of_several_slots_or_none(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Also where the last of them turns out to be taken, and another wants the first."""
    here, _ = ledgers
    await booked(here, slot(calendar, 3))
    three = [slot_id(slot(calendar, hour)) for hour in (1, 2, 3)]
    contact = ("Ada Lovelace", "ada@example.com", "+442079460018", None)
    basket = BookingRequest("slotIds", three, *contact, None, None)
    answers = await asyncio.gather(
        book(here, someone(), basket, None),
        booked(here, slot(calendar, 1)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], SlotTaken)
    assert isinstance(answers[1], Booking)
    assert [event.kind for event in await events(calendar)] == [EventKind.BOOKED] * 2


async def test_a_request_that_was_granted_is_granted_again(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """At once, later, and elsewhere: it is the same booking; with other input it is refused."""
    here, elsewhere = ledgers
    client = someone()
    await booked(here, slot(calendar, 9))
    twins = [booked(here, slot(calendar, 1), client, "key") for _ in range(3)]
    later = [await booked(ledger, slot(calendar, 1), client, "key") for ledger in ledgers]
    assert len({booking.id for booking in [*await asyncio.gather(*twins), *later]}) == 1
    with pytest.raises(InvalidInput):
        await booked(here, slot(calendar, 2), client, "key")
    with pytest.raises(InvalidInput):
        await booked(elsewhere, slot(calendar, 2), client, "key")
    assert len(await events(calendar)) == 2


async def test_a_hold_past_its_end_makes_way(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An expired hold is released by the next booking; until then only its client has the time."""
    here, _ = ledgers
    await booked(here, slot(calendar, 9))
    held = await hold(here, someone(), slot_id(slot(calendar, 1)), None, timedelta(hours=1))
    ends = held.held_until
    assert ends
    with pytest.raises(SlotTaken):
        await booked(here, slot(calendar, 1))
    for module in ("decision_cache", "snapshots"):
        monkeypatch.setattr(f"models.ledger.{module}.utc_now", lambda: ends)
    made = await booked(here, slot(calendar, 1))
    ended = await Booking.get(held.id)
    assert ended
    assert (ended.status, ended.active) == (BookingStatus.EXPIRED, False)
    assert (ended.sequence, made.sequence) == (3, 4)


async def test_a_hold_becomes_its_clients_booking(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """The same booking, by another step of its history."""
    here, _ = ledgers
    holder = someone()
    held = await hold(here, holder, slot_id(slot(calendar, 1)), None, timedelta(minutes=5))
    made = await booked(here, slot(calendar, 1), holder)
    assert made.id == held.id
    assert [step.after for step in made.history] == [BookingStatus.HELD, BookingStatus.CONFIRMED]


async def test_what_fails_in_deciding_harms_nobody_else(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """It is told to whoever asked; what was decided before and after it stands."""
    here, _ = ledgers
    await booked(here, slot(calendar, 1))

    def decide(agendas: Agendas) -> list[Booking]:
        raise LookupError(len(agendas))

    answers = await asyncio.gather(
        booked(here, slot(calendar, 2)),
        here.post(Change(decide, slots=[slot(calendar, 3)])),
        booked(here, slot(calendar, 4)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Booking, LookupError, Booking]
    assert len(await events(calendar)) == 3


async def test_what_is_far_away_is_read(ledger: Ledger, calendar: Calendar) -> None:
    """Of what was not read nothing is taken for free."""
    far = slot(calendar, 24 * 60)
    elsewhere = Ledger(cast("Any", calendar.get_pymongo_collection().database.client), unheard)
    async with elsewhere.open():
        await booked(elsewhere, far)
    await booked(ledger, slot(calendar, 1))
    with pytest.raises(SlotTaken):
        await booked(ledger, far)


async def test_no_more_is_known_than_there_is_room_for(
    ledger: Ledger, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has no room is read again, and right."""
    monkeypatch.setattr(decision_cache, "MOST_BOOKINGS", 2)
    for hour in range(4):
        await booked(ledger, slot(calendar, hour))
    entries = REGISTRY.get_sample_value("expertbook_cache_entries", {"cache": "agendas"})
    assert entries == 0
    with pytest.raises(SlotTaken):
        await booked(ledger, slot(calendar, 2))
    assert len(await events(calendar)) == 4


async def test_everything_at_once_leaves_the_data_in_order(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Bookings, holds and cancellations of two processes, mixed; the judge finds nothing new."""
    before = await findings()

    async def client(number: int) -> list[str]:
        ledger, viewer = ledgers[number % 2], someone()
        done = []
        for turn in range(8):
            key = slot(calendar, (number * 3 + turn * 5) % 17, 30 if turn % 3 else 60)
            try:
                if turn % 4 == 1:
                    await hold(ledger, viewer, slot_id(key), None, timedelta(hours=1))
                made = await booked(ledger, key, viewer, f"{turn}" if turn % 2 else None)
                done.append("booked")
                if turn % 3 == 2:
                    await ledger.post(cancelled(made))
            except ExpertBookError as refusal:
                done.append(type(refusal).__name__)
        return done

    found = [done for each in await asyncio.gather(*map(client, range(8))) for done in each]
    assert {"booked", "SlotTaken"} == set(found)
    assert await events(calendar)
    assert await findings() <= before
