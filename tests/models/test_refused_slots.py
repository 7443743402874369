"""Refusals show slots as stored, without the refused changes, and the last event's number."""

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


async def test_refusal_ignores_slots_booked_before_the_taken_one(
    ledgers: tuple[Ledger, Ledger], calendar: Calendar
) -> None:
    """The refusal has the number of the last event that is stored."""
    ledger, _ = ledgers
    await book_slot(ledger, slot(calendar, 4))
    request = request_for(*(slot(calendar, hour) for hour in (1, 2, 3, 4)))
    for _ in range(2):  # first from the database, then perhaps from memory
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
    """Return the fields of a refusal's problems."""
    return [problem.field for problem in refused.value.problems]


async def test_slots_that_overlap_each_other_are_refused_by_name(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The slots are not taken: each of them can be booked alone."""
    quarter = SlotKey(calendar.id, slot(calendar, 1).cell + 2, 30)
    wanted = request_for(
        slot(calendar, 1), slot(calendar, 2), quarter, slot(calendar, 3), slot(calendar, 3, 30)
    )
    with pytest.raises(InvalidInput) as refused:
        await book(reserving(ledger), someone(), wanted)
    assert fields_of(refused) == ["slotIds.2", "slotIds.4"]
    assert await events(calendar) == []
    assert (await book_slot(ledger, quarter)).key == quarter


async def test_break_after_a_session_counts_as_overlap(ledger: Ledger, calendar: Calendar) -> None:
    """The order of the two slots does not matter."""
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


async def test_booked_hold_keeps_its_break(ledger: Ledger, calendar: Calendar) -> None:
    """A longer break since then does not make it overlap the next slot."""
    viewer = someone()
    await hold(reserving(ledger), viewer, slot_id(slot(calendar, 1)), None)
    await change_rules(ledger, calendar, break_minutes=30)
    wanted = request_for(slot(calendar, 1), slot(calendar, 2))
    assert len(await book(reserving(ledger), viewer, wanted)) == 2


def test_refusal_ignores_offers_that_the_refused_command_made(desk: Desk) -> None:
    """The offers are undone with the command; until a later change, the time shows as open."""
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


def test_open_time_is_shown_at_the_last_stored_event(desk: Desk) -> None:
    """Joining a line ends entries whose time has passed; the refusal undoes this."""
    desk.join(BEA, at(9), at(9, 30))
    desk.cancel(desk.booked(11))
    desk.now = at(9, 30)
    with pytest.raises(TimeOpen) as refusal:
        desk.join(CLEO, at(11), at(12))
    assert [each.key for each in refusal.value.slots] == [key(11)]
    assert refusal.value.sequence == len(desk.log)
    assert [wait.terms.client_id for wait in desk.waits] == [BEA]


def test_refused_move_shows_the_calendar_without_its_changes(desk: Desk) -> None:
    desk.join(BEA, at(10), at(11))
    desk.cancel(desk.booked(10))
    desk.now += OFFER
    with pytest.raises(SlotTaken) as refusal:
        desk.move(desk.booked(9), key(11))
    assert refusal.value.slot.status is SlotStatus.BOOKED
    assert refusal.value.sequence == len(desk.log)
