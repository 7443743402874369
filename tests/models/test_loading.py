"""A change loads all bookings that it needs, but not the rest of the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo.errors import OperationFailure

from models.bookings.booking import Booking, BookingStatus
from models.calendar.rules import Calendar, Offer
from models.calendar.slots import SlotKey, SlotStatus
from models.calendar.times import cell_of, utc_now
from models.ids import Id, new_id
from models.ledger.loading import MAX_ATTEMPTS, _rows, load
from tests.support.commands import FunctionCommand
from tests.support.samples import booking, rules, weekly
from tests.support.wire_faults import CommandError, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from models.bookings.command import Agendas, Command
    from models.store.connection import Client
    from tests.support.wire_proxy import WireProxy

DAY = 96
LONG = 480
EVERY_HOUR = tuple(part for day in range(7) for part in weekly(day, (0, 24 * 60)))


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """A stored calendar that is open around the clock and has no expert's directory entry."""
    assert database is not None
    offers = (Offer(minutes=LONG, price=1), Offer(minutes=60, price=1))
    open_rules = rules(weekly=EVERY_HOUR, offers=offers, step_minutes=60)
    calendar = await Calendar(id=new_id(), rules=open_rules).insert()
    yield calendar
    await Booking.find({"expert_id": calendar.id}).delete()
    await calendar.delete()


async def insert_booking(
    calendar: Calendar, cell: int, minutes: int, held_until: datetime | None = None
) -> Booking:
    """Insert a booking of a new client; if `held_until` is given, the booking is a hold."""
    ids = {"id": new_id(), "expert_id": calendar.id, "client_id": new_id()}
    inserted: Booking = booking(cell, minutes, held_until=held_until).model_copy(update=ids)
    await inserted.update_order_key().insert()
    return inserted


async def load_agendas(*commands: Command) -> Agendas:
    """Load the agendas that the given commands need."""
    return (await load(commands)).agendas


def nothing(_agendas: Agendas) -> list[Booking]:
    """Make no change."""
    return []


def day_after_tomorrow() -> int:
    """Return the cell at which the day after tomorrow begins in UTC."""
    return cell_of(utc_now()) // DAY * DAY + 2 * DAY


async def test_release_of_an_expired_hold_reports_the_correct_slots(
    calendar: Calendar,
) -> None:
    """The hold's slots become OPEN, but slots that also overlap the next booking stay BOOKED."""
    start = day_after_tomorrow()
    hold = await insert_booking(calendar, start, LONG, held_until=utc_now())
    far = await insert_booking(calendar, start + LONG // 15, LONG)
    wanted = SlotKey(calendar.id, start, 60)
    agendas = await load_agendas(
        FunctionCommand(function=nothing, expert_ids=[calendar.id], slots=[wanted])
    )
    agenda = agendas[calendar.id]
    assert [other.booking_id for other in agenda.blockers(wanted)] == [hold.id]
    agenda.release(agenda.booking(hold.id), BookingStatus.EXPIRED, None)
    statuses = {state.slot(calendar.id).key: state.status for state in agenda.events[0].changed}
    assert statuses[wanted] is SlotStatus.OPEN
    assert statuses[hold.key] is SlotStatus.OPEN
    # The eight-hour slot that starts in the middle of the hold overlaps the next booking.
    assert statuses[SlotKey(calendar.id, start + LONG // 30, LONG)] is SlotStatus.BOOKED
    assert far.key not in statuses


async def test_only_bookings_near_the_requested_slots_are_loaded(
    calendar: Calendar,
) -> None:
    """If the requested slots are two weeks apart, a booking in the week between is not loaded."""
    start = day_after_tomorrow()
    near, between, far = [
        await insert_booking(calendar, start + days * DAY, 60) for days in (0, 7, 14)
    ]
    change = FunctionCommand(function=nothing, expert_ids=[calendar.id], slots=[near.key, far.key])
    agenda = (await load_agendas(change))[calendar.id]
    found = [len(agenda.blockers(each.key)) for each in (near, between, far)]
    assert found == [1, 0, 1]


async def test_hold_of_the_requesting_client_is_loaded(calendar: Calendar) -> None:
    """The client's hold is loaded even if it is far from the slot; other clients' holds are not."""
    start = day_after_tomorrow()
    hold = await insert_booking(calendar, start + 7 * DAY, 60, held_until=utc_now())
    await insert_booking(calendar, start + 8 * DAY, 60, held_until=utc_now())
    change = FunctionCommand(
        function=nothing,
        expert_ids=[calendar.id],
        slots=[SlotKey(calendar.id, start, 60)],
        holder_id=hold.client_id,
    )
    agendas = await load_agendas(change)
    assert agendas[calendar.id].holds_of(hold.client_id) == [hold]
    assert agendas.booking(hold.id) == hold
    assert agendas[calendar.id].holds_of(Id()) == []


@pytest.mark.parametrize("code", [50, 133])
async def test_reads_are_repeated_after_errors_that_pass(
    proxy: WireProxy, driver: Client, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """The driver does not repeat a read after these errors."""
    calendars = await driver.get_default_database().create_collection(Calendar.Settings.name)
    monkeypatch.setattr(Calendar, "get_pymongo_collection", lambda: calendars)
    await calendars.insert_one({"_id": 1})
    proxy.inject(Fault(CommandError(code), "find", times=MAX_ATTEMPTS - 1))
    assert await _rows(Calendar, {"_id": 1}) == [{"_id": 1}]
    proxy.inject(Fault(CommandError(code), "find", times=MAX_ATTEMPTS))
    with pytest.raises(OperationFailure):
        await _rows(Calendar, {"_id": 1})
