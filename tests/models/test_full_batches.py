"""Tests of a ledger with more queued changes than fit into one batch."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.calendar.errors import SlotTaken
from models.calendar.rules import Calendar
from models.ids import new_id
from models.ledger.ledger import Ledger
from tests.support.command_counts import COMMANDS
from tests.support.ledgers import (
    EVERY_HOUR,
    book_slot,
    cancel_command,
    events,
    findings,
    ignore_events,
    slot,
)
from tests.support.samples import rules

if TYPE_CHECKING:
    import pytest

    from models.store.connection import Client


async def test_changes_that_do_not_fit_into_one_batch_are_written_in_order(
    database: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger decides each batch while it writes the previous one, and reads no calendar."""
    monkeypatch.setattr("models.ledger.ledger.MAX_BATCH", 4)
    async with Ledger(database, ignore_events).open() as ledger:
        await book_slot(ledger, slot(calendar, 0))
        with COMMANDS.counted() as commands:
            made = await asyncio.gather(
                *(book_slot(ledger, slot(calendar, hour)) for hour in range(1, 12)),
                *(book_slot(ledger, slot(calendar, hour)) for hour in range(1, 12)),
                return_exceptions=True,
            )
        assert all(isinstance(one, Booking) for one in made[:11])
        assert all(isinstance(one, SlotTaken) for one in made[11:])
        found = [event.booking_id for event in await events(calendar)]
        assert found[1:] == [one.id for one in made[:11] if isinstance(one, Booking)]
        # Each batch needs at most two commands; a further command reads the event counter for the
        # refusals.
        assert commands.count
        assert commands.count <= 10
    assert await findings() == set()


async def test_changes_that_need_a_read_are_made_although_batches_are_full(
    database: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Covers a cancellation, and a booking in a calendar that is not cached."""
    monkeypatch.setattr("models.ledger.ledger.MAX_BATCH", 2)
    other = await Calendar(id=new_id(), rules=rules(weekly=EVERY_HOUR)).insert()
    try:
        async with Ledger(database, ignore_events).open() as ledger:
            first = await book_slot(ledger, slot(calendar, 0))
            made = await asyncio.gather(
                *(book_slot(ledger, slot(calendar, hour)) for hour in range(1, 10)),
                ledger.post(cancel_command(first)),
                book_slot(ledger, slot(other, 3)),
                *(book_slot(ledger, slot(calendar, hour)) for hour in range(10, 20)),
            )
        assert len(made) == 21
        assert len(await events(calendar)) == 21
        assert len(await events(other)) == 1
        assert await findings() == set()
    finally:
        await Booking.find({"expert_id": other.id}).delete()
        await Event.find({"expert_id": other.id}).delete()
        await other.delete()
