"""Tests of decisions on cached calendars, which other processes may have changed since."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from prometheus_client import REGISTRY

from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event, EventKind
from models.calendar.errors import SlotNotOffered, SlotTaken
from models.calendar.rules import Calendar
from models.calendar.slots import slot_id
from models.errors import ExpertBookError, InvalidInput
from models.ids import new_id
from models.ledger.ledger import Ledger
from resolvers.reservations import BookingRequest, book, hold
from tests.support.commands import FunctionCommand
from tests.support.ledgers import (
    book_slot,
    cancel_command,
    close_command,
    events,
    findings,
    ignore_events,
    slot,
    someone,
)
from tests.support.reserving import reserving

if TYPE_CHECKING:
    from models.bookings.command import Agendas
    from models.store.connection import Client


def cache_counter(kind: str) -> float:
    """Return the number of hits or misses of the calendar cache so far."""
    name = f"expertbook_cache_{kind}_total"
    return REGISTRY.get_sample_value(name, {"cache": "agendas"}) or 0.0


async def test_cached_calendar_is_not_read_again(ledger: Ledger, calendar: Calendar) -> None:
    """Book two slots first, because only then does the cache cover weeks of the calendar."""
    await book_slot(ledger, slot(calendar, 1))
    await book_slot(ledger, slot(calendar, 2))
    hits, misses = cache_counter("hits"), cache_counter("misses")
    third = await book_slot(ledger, slot(calendar, 3))
    with pytest.raises(SlotTaken) as refusal:
        await book_slot(ledger, slot(calendar, 3))
    assert (third.sequence, refusal.value.sequence) == (3, 3)
    assert (cache_counter("hits"), cache_counter("misses")) == (hits + 2, misses)
    assert [event.kind for event in await events(calendar)] == [EventKind.BOOKED] * 3


async def test_calendar_of_a_restored_backup_is_read_again(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The restored calendar has as many events as the cached one, but a different last event."""
    kept = await book_slot(ledger, slot(calendar, 1))
    lost = await book_slot(ledger, slot(calendar, 2))
    [_, event] = await events(calendar)
    replacement = event.model_copy(update={"id": new_id(), "booking_id": kept.id})
    await Event.find({"_id": event.id, "expert_id": calendar.id}).delete()
    await replacement.insert()
    await Booking.find({"_id": lost.id, "expert_id": calendar.id}).delete()
    await Calendar.find_one({"_id": calendar.id}).update(
        {"$set": {"last_event_id": replacement.id}}
    )
    made = await book_slot(ledger, slot(calendar, 2))
    assert made.sequence == 3
    assert (await events(calendar))[-1].previous_id == replacement.id


async def test_concurrent_requests_book_each_slot_exactly_once(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Five clients, spread over two processes, compete for each of forty slots."""
    posts = [
        book_slot(ledgers[number % 2], slot(calendar, hour))
        for number in range(5)
        for hour in range(40)
    ]
    answers = await asyncio.gather(*posts, return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, Booking)]
    assert sorted(booking.key for booking in made) == [slot(calendar, n) for n in range(40)]
    assert all(isinstance(a, SlotTaken) for a in answers if not isinstance(a, Booking))
    assert sorted(booking.sequence for booking in made) == list(range(1, 41))
    assert len(await events(calendar)) == 40


async def test_slot_booked_by_another_process_is_refused_as_taken(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """In the cache of the process that refuses the booking, the slot is still open."""
    here, elsewhere = ledgers
    await book_slot(here, slot(calendar, 1))
    await book_slot(elsewhere, slot(calendar, 3))
    with pytest.raises(SlotTaken) as refusal:
        await book_slot(here, slot(calendar, 3))
    assert refusal.value.sequence == 2
    assert (await book_slot(here, slot(calendar, 5))).sequence == 3
    assert len(await events(calendar)) == 3


async def test_slot_released_by_another_process_can_be_booked(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """In the cache of the process that makes the booking, the slot is still booked."""
    here, elsewhere = ledgers
    first = await book_slot(here, slot(calendar, 1))
    await elsewhere.post(cancel_command(first))
    assert (await book_slot(here, slot(calendar, 1))).sequence == 3


async def test_slot_no_longer_offered_by_another_process_is_refused(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """A slot that is not offered is refused as not offered, even if it is also booked."""
    here, elsewhere = ledgers
    await book_slot(here, slot(calendar, 1))
    await elsewhere.post(close_command(calendar))
    with pytest.raises(SlotNotOffered):
        await book_slot(here, slot(calendar, 2))
    with pytest.raises(SlotNotOffered):
        await book_slot(here, slot(calendar, 1))


async def test_several_slots_are_either_all_booked_or_none_of_them(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Because the last of three slots is taken, a concurrent request can book the first one."""
    here, _ = ledgers
    await book_slot(here, slot(calendar, 3))
    three = [slot_id(slot(calendar, hour)) for hour in (1, 2, 3)]
    contact = ("Ada Lovelace", "ada@example.com", "+442079460018", None)
    basket = BookingRequest("slotIds", three, *contact, None, None)
    answers = await asyncio.gather(
        book(reserving(here), someone(), basket),
        book_slot(here, slot(calendar, 1)),
        return_exceptions=True,
    )
    assert isinstance(answers[0], SlotTaken)
    assert isinstance(answers[1], Booking)
    assert [event.kind for event in await events(calendar)] == [EventKind.BOOKED] * 2


async def test_repeated_idempotency_key_returns_the_same_booking(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """Covers concurrent repeats, later repeats, and another process; different input is refused."""
    here, elsewhere = ledgers
    client = someone()
    await book_slot(here, slot(calendar, 9))
    twins = [book_slot(here, slot(calendar, 1), client, "key") for _ in range(3)]
    later = [await book_slot(ledger, slot(calendar, 1), client, "key") for ledger in ledgers]
    assert len({booking.id for booking in [*await asyncio.gather(*twins), *later]}) == 1
    with pytest.raises(InvalidInput):
        await book_slot(here, slot(calendar, 2), client, "key")
    with pytest.raises(InvalidInput):
        await book_slot(elsewhere, slot(calendar, 2), client, "key")
    assert len(await events(calendar)) == 2


async def test_booking_the_time_of_an_expired_hold_releases_the_hold(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the hold expires, other clients cannot book the held time."""
    here, _ = ledgers
    await book_slot(here, slot(calendar, 9))
    held = await hold(
        reserving(here, timedelta(hours=1)), someone(), slot_id(slot(calendar, 1)), None
    )
    ends = held.held_until
    assert ends
    with pytest.raises(SlotTaken):
        await book_slot(here, slot(calendar, 1))
    monkeypatch.setattr("models.ledger.loading.utc_now", lambda: ends)
    made = await book_slot(here, slot(calendar, 1))
    ended = await Booking.get(held.id)
    assert ended
    assert (ended.status, ended.active) == (BookingStatus.EXPIRED, False)
    assert (ended.sequence, made.sequence) == (3, 4)


async def test_booking_a_held_slot_confirms_the_hold(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """The hold becomes the booking: it keeps its id, and its history gets a second step."""
    here, _ = ledgers
    holder = someone()
    held = await hold(reserving(here), holder, slot_id(slot(calendar, 1)), None)
    made = await book_slot(here, slot(calendar, 1), holder)
    assert made.id == held.id
    assert [step.after for step in made.history] == [BookingStatus.HELD, BookingStatus.CONFIRMED]


async def test_exception_in_one_command_does_not_affect_the_rest_of_the_batch(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    here, _ = ledgers
    await book_slot(here, slot(calendar, 1))

    def decide(agendas: Agendas) -> list[Booking]:
        raise LookupError(len(agendas))

    answers = await asyncio.gather(
        book_slot(here, slot(calendar, 2)),
        here.post(
            FunctionCommand(function=decide, expert_ids=[calendar.id], slots=[slot(calendar, 3)])
        ),
        book_slot(here, slot(calendar, 4)),
        return_exceptions=True,
    )
    assert [type(answer) for answer in answers] == [Booking, LookupError, Booking]
    assert len(await events(calendar)) == 3


async def test_slot_outside_the_cached_part_of_a_calendar_is_read(
    database: Client, ledger: Ledger, calendar: Calendar
) -> None:
    far = slot(calendar, 24 * 60)
    async with Ledger(database, ignore_events).open() as elsewhere:
        await book_slot(elsewhere, far)
    await book_slot(ledger, slot(calendar, 1))
    with pytest.raises(SlotTaken):
        await book_slot(ledger, far)


async def test_calendars_evicted_from_a_full_cache_are_read_again(
    database: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.ledger.loading.MAX_BYTES", 3_000)
    async with Ledger(database, ignore_events).open() as ledger:
        for hour in range(4):
            await book_slot(ledger, slot(calendar, hour))
        entries = REGISTRY.get_sample_value("expertbook_cache_entries", {"cache": "agendas"})
        assert entries == 0
        with pytest.raises(SlotTaken):
            await book_slot(ledger, slot(calendar, 2))
    assert len(await events(calendar)) == 4


async def test_concurrent_changes_by_two_processes_violate_no_invariants(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    before = await findings()

    async def client(number: int) -> list[str]:
        ledger, viewer = ledgers[number % 2], someone()
        outcomes = []
        for turn in range(8):
            key = slot(calendar, (number * 3 + turn * 5) % 17, 30 if turn % 3 else 60)
            try:
                if turn % 4 == 1:
                    await hold(reserving(ledger, timedelta(hours=1)), viewer, slot_id(key), None)
                made = await book_slot(ledger, key, viewer, f"{turn}" if turn % 2 else None)
                outcomes.append("booked")
                if turn % 3 == 2:
                    await ledger.post(cancel_command(made))
            except ExpertBookError as refusal:
                outcomes.append(type(refusal).__name__)
        return outcomes

    results = await asyncio.gather(*map(client, range(8)))
    assert {outcome for outcomes in results for outcome in outcomes} == {"booked", "SlotTaken"}
    assert await events(calendar)
    assert await findings() <= before
