"""Tests of a hold's guarantees: until it ends, slot, price and deadline stay as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from models.bookings.booking import Booking, BookingStatus
from models.bookings.holds import ProlongHold
from models.calendar.errors import PriceChanged, SlotNotOffered, SlotTaken
from models.calendar.places import Place, PlaceKind
from models.calendar.rules import Calendar, Offer
from models.calendar.slots import slot_id
from models.errors import InvalidInput
from models.ids import encode
from models.ledger.ledger import Ledger
from models.money import MAX_AMOUNT
from resolvers.availability import Price
from resolvers.moves import reschedule
from resolvers.reservations import book, hold
from tests.support.ledgers import (
    book_slot,
    booking_request,
    change_rules,
    events,
    findings,
    ignore_events,
    slot,
    someone,
)
from tests.support.reserving import reserving
from tests.support.samples import EXPERT, at
from tests.support.waitlists import BEA, HOLD, SECOND, Desk, key

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.viewers import Viewer
    from models.calendar.slots import SlotKey
    from models.store.connection import Client


@pytest.fixture
async def ledger(database: Client) -> AsyncIterator[Ledger]:
    """An open ledger that caches calendars."""
    async with Ledger(database, ignore_events).open() as ledger:
        yield ledger


async def test_expert_note_survives_booking_a_cached_hold(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The note must not be overwritten, although the ledger's cached booking lacks it."""
    viewer, key = someone(), slot(calendar, 9)
    held = await hold(reserving(ledger), viewer, slot_id(key), None)
    assert await held.set_expert_note("by phone")
    booked = await book_slot(ledger, key, viewer)
    stored = await Booking.get(booked.id)
    assert stored
    assert (stored.status, stored.expert_note) == (BookingStatus.CONFIRMED, "by phone")
    assert booked.id == held.id


CALL = Place(kind=PlaceKind.PHONE, details="+442079460018")
RAISED = (Offer(minutes=60, price=99_000, place=CALL), Offer(minutes=30, price=70_000, place=CALL))


async def move(
    ledger: Ledger,
    viewer: Viewer,
    booking: Booking,
    key: SlotKey,
    price: int | None = None,
    currency: str = "EUR",
) -> Booking:
    """Move a client's booking to another slot, for which the client expects the given price."""
    client = cast("Any", viewer)
    client.role, client.expert_id = "CLIENT", None
    return await reschedule(
        ledger,
        client,
        encode(f"Booking:{booking.id}"),
        slot_id(key),
        expected_price=None if price is None else Price(price, currency),
        currency="EUR",
    )


CHANGES: list[dict[str, Any]] = [
    {"accepts_bookings": False},
    {"weekly": ()},
    {"minimum_notice_minutes": 60 * 24 * 30},
    {"horizon_days": 0},
    {"offers": (Offer(minutes=30, price=1),)},
    {"offers": RAISED[:1]},
    {"break_minutes": 240, "cancellation_notice_minutes": 60 * 24 * 30},
]
after_changes = pytest.mark.parametrize("changes", CHANGES, ids=lambda changes: next(iter(changes)))
KEPT = {"starts_at", "minutes", "cells", "price", "place", "cancellable_until"}


async def hold_and_change_rules(
    ledger: Ledger, calendar: Calendar, changes: dict[str, Any]
) -> tuple[Viewer, Booking]:
    """Hold a slot as a new client, then change the rules; return the client and the hold."""
    viewer = someone()
    held = await hold(reserving(ledger), viewer, slot_id(slot(calendar, 9)), None)
    await change_rules(ledger, calendar, **changes)
    return viewer, held


@after_changes
async def test_hold_is_booked_on_its_original_terms_after_the_rules_change(
    ledger: Ledger, calendar: Calendar, changes: dict[str, Any]
) -> None:
    viewer, held = await hold_and_change_rules(ledger, calendar, changes)
    booked = await book_slot(ledger, held.key, viewer)
    assert booked.id == held.id
    assert booked.model_dump(include=KEPT) == held.model_dump(include=KEPT)
    assert booked.status is BookingStatus.CONFIRMED
    assert booked.held_until is None
    await events(calendar)


@after_changes
async def test_held_slot_is_held_again_on_the_original_terms_after_the_rules_change(
    ledger: Ledger, calendar: Calendar, changes: dict[str, Any]
) -> None:
    viewer, held = await hold_and_change_rules(ledger, calendar, changes)
    renewed = await hold(reserving(ledger), viewer, slot_id(held.key), None)
    booked = await book_slot(ledger, held.key, viewer)
    for later in (renewed, booked):
        assert later.model_dump(include=KEPT) == held.model_dump(include=KEPT)
    assert renewed.held_until
    assert held.held_until
    assert renewed.held_until > held.held_until
    assert booked.id == renewed.id
    assert await findings() == set()


async def test_holding_a_slot_again_keeps_the_end_of_a_longer_hold(
    ledger: Ledger, calendar: Calendar
) -> None:
    """A hold may have been prolonged while its client waited for a sign-in code."""
    viewer, id_ = someone(), slot_id(slot(calendar, 9))
    held = await hold(reserving(ledger, timedelta(hours=1)), viewer, id_, None)
    renewed = await hold(reserving(ledger), viewer, id_, None)
    assert renewed.held_until == held.held_until


async def test_expired_hold_gives_no_right_to_book(ledger: Ledger, calendar: Calendar) -> None:
    viewer, key = someone(), slot(calendar, 9)
    await hold(reserving(ledger, timedelta()), viewer, slot_id(key), None)
    await change_rules(ledger, calendar, accepts_bookings=False)
    with pytest.raises(SlotNotOffered):
        await book_slot(ledger, key, viewer)


def test_hold_ends_at_the_latest_when_its_session_starts(desk: Desk) -> None:
    desk.cancel(desk.booked(9))
    desk.now = at(8, 59)
    desk.hold(BEA, key(9))
    [held] = desk.active(BookingStatus.HELD)
    assert held.held_until == at(9)
    desk.now = at(9) + SECOND
    with pytest.raises(SlotNotOffered):
        desk.book(BEA, key(9))


def test_hold_is_prolonged_at_most_until_its_session_starts(desk: Desk) -> None:
    desk.cancel(desk.booked(9))
    desk.now = at(8, 50)
    desk.hold(BEA, key(9))
    [held] = desk.active(BookingStatus.HELD)
    assert held.held_until == desk.now + HOLD
    of_hold: Any = {"expert_ids": [EXPERT], "booking_ids": [held.id]}
    desk.post(ProlongHold(**of_hold, duration=timedelta(hours=1)))
    assert desk.bookings[held.id].held_until == at(9)


async def test_hold_of_another_client_gives_no_right_to_book(
    ledger: Ledger, calendar: Calendar
) -> None:
    key = slot(calendar, 9)
    await hold(reserving(ledger), someone(), slot_id(key), None)
    await change_rules(ledger, calendar, accepts_bookings=False)
    with pytest.raises(SlotNotOffered):
        await book_slot(ledger, key)


async def test_booking_moves_to_a_held_slot_on_the_terms_of_the_hold(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The moved booking gets the price and the place of the hold."""
    viewer = someone()
    booked = await book_slot(ledger, slot(calendar, 9), viewer)
    await change_rules(ledger, calendar, offers=RAISED)
    held = await hold(reserving(ledger), viewer, slot_id(slot(calendar, 15)), None)
    await change_rules(ledger, calendar, offers=(Offer(minutes=60, price=88_000),))
    moved = await move(ledger, viewer, booked, slot(calendar, 15))
    assert (moved.id, moved.starts_at) == (booked.id, held.starts_at)
    assert (moved.price, moved.place) == (99_000, CALL)
    stored = await Booking.get(held.id)
    assert stored is not None
    assert stored.status is BookingStatus.CANCELLED


async def test_booking_moved_to_a_slot_of_the_same_length_keeps_its_price(
    ledger: Ledger, calendar: Calendar
) -> None:
    viewer = someone()
    booked = await book_slot(ledger, slot(calendar, 9), viewer)
    await change_rules(ledger, calendar, offers=RAISED)
    moved = await move(ledger, viewer, booked, slot(calendar, 10), booked.price)
    assert (moved.minutes, moved.price, moved.place) == (60, booked.price, booked.place)


async def test_move_to_a_slot_of_another_length_must_cost_what_the_client_expects(
    ledger: Ledger, calendar: Calendar
) -> None:
    viewer, half = someone(), slot(calendar, 15, 30)
    booked = await book_slot(ledger, slot(calendar, 9), viewer)
    await change_rules(ledger, calendar, offers=RAISED)
    before = await events(calendar)
    for price, currency, refusal in (
        (booked.price, "EUR", PriceChanged),
        (70_000, "USD", InvalidInput),
        (-1, "EUR", InvalidInput),
    ):
        with pytest.raises(refusal):
            await move(ledger, viewer, booked, half, price, currency)
    assert await events(calendar) == before
    moved = await move(ledger, viewer, booked, half, 70_000)
    assert (moved.minutes, moved.price) == (30, 70_000)


async def test_expected_price_of_several_slots_is_the_sum_of_their_prices(
    ledger: Ledger, calendar: Calendar
) -> None:
    ids = [slot_id(slot(calendar, hour)) for hour in (9, 11)]
    price = 2 * calendar.rules.offers[0].price
    request = replace(booking_request(slot(calendar, 9)), field="slotIds", slot_ids=ids)
    wrong = replace(request, expected_price=Price(price // 2, "EUR"))
    with pytest.raises(PriceChanged) as refused:
        await book(reserving(ledger), someone(), wrong)
    assert refused.value.price == price
    right = replace(request, expected_price=Price(price, "EUR"))
    assert len(await book(reserving(ledger), someone(), right)) == len(ids)


async def test_expected_price_is_refused_if_the_sum_of_prices_is_too_high_for_the_api(
    ledger: Ledger, calendar: Calendar
) -> None:
    """If the client expects no price, the same slots can be booked together."""
    ids = [slot_id(slot(calendar, hour)) for hour in (9, 11)]
    await change_rules(ledger, calendar, offers=(Offer(minutes=60, price=MAX_AMOUNT),))
    before = await events(calendar)
    request = replace(booking_request(slot(calendar, 9)), field="slotIds", slot_ids=ids)
    expecting = replace(request, expected_price=Price(MAX_AMOUNT, "EUR"))
    with pytest.raises(InvalidInput) as refused:
        await book(reserving(ledger), someone(), expecting)
    assert [problem.field for problem in refused.value.problems] == ["expectedPrice"]
    assert await events(calendar) == before
    assert len(await book(reserving(ledger), someone(), request)) == len(ids)


async def test_taken_slot_is_refused_as_taken_even_if_the_expected_price_is_wrong(
    ledger: Ledger, calendar: Calendar
) -> None:
    key = slot(calendar, 9)
    await book_slot(ledger, key)
    request = replace(booking_request(key), expected_price=Price(1, "EUR"))
    with pytest.raises(SlotTaken):
        await book(reserving(ledger), someone(), request)


async def test_booking_is_refused_if_the_price_differs_from_the_expected_one(
    ledger: Ledger, calendar: Calendar
) -> None:
    viewer, key = someone(), slot(calendar, 9)
    price = calendar.rules.offers[0].price
    before = await events(calendar)
    wrong = replace(booking_request(key), expected_price=Price(price - 1, "EUR"))
    with pytest.raises(PriceChanged) as refused:
        await book(reserving(ledger), viewer, wrong)
    assert refused.value.price == price
    assert await events(calendar) == before
    right = replace(booking_request(key), expected_price=Price(price, "EUR"))
    [booked] = await book(reserving(ledger), viewer, right)
    assert booked.price == price
