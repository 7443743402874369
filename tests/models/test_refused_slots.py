"""A refusal shows slots as they are stored, without the refused changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from models.calendar.errors import SlotTaken, TimeOpen
from models.calendar.slots import SlotKey, SlotStatus, slot_id
from models.errors import InvalidInput
from resolvers.reservations import BookingRequest, book, hold
from tests.support.ledgers import (
    book_slot,
    booking_request,
    change_rules,
    events,
    slot,
    someone,
)
from tests.support.reserving import reserving
from tests.support.samples import ADA, at
from tests.support.waitlists import BEA, CLEO, HOLD, OFFER, Desk, key

if TYPE_CHECKING:
    from models.calendar.rules import Calendar
    from models.ledger.ledger import Ledger


async def test_refusal_ignores_slots_that_the_refused_request_had_booked(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """The refusal's sequence number is that of the last stored event."""
    ledger, _ = ledgers
    await book_slot(ledger, slot(calendar, 4))
    request = request_for(*(slot(calendar, hour) for hour in (1, 2, 3, 4)))
    for _ in range(2):  # the second time, the calendar may be cached
        with pytest.raises(SlotTaken) as refusal:
            await book(reserving(ledger), someone(), request)
        assert refusal.value.slot.key == slot(calendar, 4)
        assert refusal.value.slot.status is SlotStatus.BOOKED
        assert refusal.value.sequence == len(await events(calendar)) == 1


def request_for(*keys: SlotKey) -> BookingRequest:
    """Return a request to book several slots."""
    ids = [slot_id(key) for key in keys]
    return replace(booking_request(keys[0]), field="slotIds", slot_ids=ids)


def fields_of(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    """Return the names of the input fields about which a refusal complains."""
    return [problem.field for problem in refused.value.problems]


async def test_refusal_names_requested_slots_that_overlap_each_other(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The request is refused as invalid: the slots are free, and each could be booked alone."""
    quarter = SlotKey(calendar.id, slot(calendar, 1).cell + 2, 30)
    wanted = request_for(
        slot(calendar, 1), slot(calendar, 2), quarter, slot(calendar, 3), slot(calendar, 3, 30)
    )
    with pytest.raises(InvalidInput) as refused:
        await book(reserving(ledger), someone(), wanted)
    assert fields_of(refused) == ["slotIds.2", "slotIds.4"]
    assert await events(calendar) == []
    assert (await book_slot(ledger, quarter)).key == quarter


async def test_slot_in_the_break_after_another_counts_as_overlapping(
    ledger: Ledger, calendar: Calendar
) -> None:
    """A request for both slots is refused, whatever the order of the slots."""
    await change_rules(ledger, calendar, break_minutes=30)
    before = len(await events(calendar))
    pair = slot(calendar, 1), slot(calendar, 2)
    for keys in (pair, pair[::-1]):
        with pytest.raises(InvalidInput) as refused:
            await book(reserving(ledger), someone(), request_for(*keys))
        assert fields_of(refused) == ["slotIds.1"]
    assert len(await events(calendar)) == before
    apart = request_for(slot(calendar, 1), slot(calendar, 3))
    assert len(await book(reserving(ledger), someone(), apart)) == 2


async def test_hold_that_is_booked_keeps_its_break(ledger: Ledger, calendar: Calendar) -> None:
    """A hold made before the breaks became longer still does not overlap the next slot."""
    viewer = someone()
    await hold(reserving(ledger), viewer, slot_id(slot(calendar, 1)), None)
    await change_rules(ledger, calendar, break_minutes=30)
    wanted = request_for(slot(calendar, 1), slot(calendar, 2))
    assert len(await book(reserving(ledger), viewer, wanted)) == 2


def test_refusal_ignores_offers_that_the_refused_command_made(desk: Desk) -> None:
    """The refusal undoes the offers, so the time is shown as open until it is offered again."""
    desk.cancel(desk.booked(10))
    desk.hold(ADA, key(10))
    desk.join(BEA, at(10), at(11))
    desk.now += HOLD
    with pytest.raises(SlotTaken) as refusal:
        desk.book(CLEO, key(10))
    assert refusal.value.slot.status is desk.status(key(10)) is SlotStatus.OPEN
    assert refusal.value.sequence == len(desk.log)
    desk.review()
    with pytest.raises(SlotTaken) as refusal:
        desk.book(CLEO, key(10))
    assert refusal.value.slot.status is desk.status(key(10)) is SlotStatus.HELD
    assert refusal.value.sequence == len(desk.log)


def test_refusal_of_joining_shows_the_open_time_and_the_last_stored_event(desk: Desk) -> None:
    """Joining would have ended an entry whose time has passed, but the refusal undoes this."""
    desk.join(BEA, at(9), at(9, 30))
    desk.cancel(desk.booked(11))
    desk.now = at(9, 30)
    with pytest.raises(TimeOpen) as refusal:
        desk.join(CLEO, at(11), at(12))
    assert [each.key for each in refusal.value.slots] == [key(11)]
    assert refusal.value.sequence == len(desk.log)
    assert [wait.terms.client_id for wait in desk.waits] == [BEA]


def test_refusal_of_a_move_shows_the_calendar_without_the_moves_changes(desk: Desk) -> None:
    desk.join(BEA, at(10), at(11))
    desk.cancel(desk.booked(10))
    desk.now += OFFER
    with pytest.raises(SlotTaken) as refusal:
        desk.move(desk.booked(9), key(11))
    assert refusal.value.slot.status is SlotStatus.BOOKED
    assert refusal.value.sequence == len(desk.log)
