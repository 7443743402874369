"""What a change is decided on: everything that it can touch, of its own experts alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import Booking, BookingStatus
from models.calendar.rules import Calendar, Offer
from models.calendar.slots import SlotKey, SlotStatus
from models.calendar.times import cell_of, utc_now
from models.ids import Id, new_id
from models.ledger.changes import Change
from models.ledger.snapshots import load
from tests.models.samples import booking, rules, weekly

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from models.ledger.changes import Agendas
    from models.store.connection import Client

DAY = 96
LONG = 480
EVERY_HOUR = tuple(part for day in range(7) for part in weekly(day, (0, 24 * 60)))


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """A calendar of nobody, open at all hours, gone after the test."""
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
    """A booking or a hold of somebody, stored."""
    made = booking(cell, minutes, held_until=held_until)
    found = {"id": new_id(), "expert_id": calendar.id, "client_id": new_id()}
    there: Booking = made.model_copy(update=found)
    await there.with_order_key().insert()
    return there


async def view(database: Client, *changes: Change) -> Agendas:
    """What these changes are decided on."""
    async with database.start_session() as session, await session.start_transaction():
        return await load(changes, session)


def nothing(_agendas: Agendas) -> list[Booking]:
    """Decide on nothing."""
    return []


def tomorrow() -> int:
    """The first cell of the day after the next."""
    return cell_of(utc_now()) // DAY * DAY + 2 * DAY


async def test_what_a_hold_past_its_end_frees_is_told_as_it_is(
    database: Client, calendar: Calendar
) -> None:
    """Also at its far end, where another booking goes on: those slots stay taken."""
    start = tomorrow()
    hold = await insert_booking(calendar, start, LONG, held_until=utc_now())
    far = await insert_booking(calendar, start + LONG // 15, LONG)
    wanted = SlotKey(calendar.id, start, 60)
    agendas = await view(database, Change(nothing, slots=[wanted]))
    agenda = agendas[calendar.id]
    assert [other.booking_id for other in agenda.blockers(wanted)] == [hold.id]
    agenda.release(agenda.booking(hold.id), BookingStatus.EXPIRED, None)
    told = {state.slot(calendar.id).key: state.status for state in agenda.events[0].changed}
    assert told[wanted] is SlotStatus.OPEN
    assert told[hold.key] is SlotStatus.OPEN
    # Eight hours from the middle of the hold on.
    assert told[SlotKey(calendar.id, start + LONG // 30, LONG)] is SlotStatus.BOOKED
    assert far.key not in told


async def test_bookings_far_apart_are_found_without_those_between(
    database: Client, calendar: Calendar
) -> None:
    """Slots of two weeks: neither is free, and what lies between them is not read."""
    start = tomorrow()
    near, between, far = [
        await insert_booking(calendar, start + days * DAY, 60) for days in (0, 7, 14)
    ]
    change = Change(nothing, slots=[near.key, far.key])
    agenda = (await view(database, change))[calendar.id]
    found = [len(agenda.blockers(each.key)) for each in (near, between, far)]
    assert found == [1, 0, 1]


async def test_a_holder_is_shown_to_hold(database: Client, calendar: Calendar) -> None:
    """The hold that somebody has of an expert's time, wherever it is; not those of others."""
    start = tomorrow()
    hold = await insert_booking(calendar, start + 7 * DAY, 60, held_until=utc_now())
    await insert_booking(calendar, start + 8 * DAY, 60, held_until=utc_now())
    change = Change(nothing, slots=[SlotKey(calendar.id, start, 60)], holder_id=hold.client_id)
    agendas = await view(database, change)
    assert agendas[calendar.id].holds_of(hold.client_id) == [hold]
    assert agendas.booking(hold.id) == hold
    assert agendas[calendar.id].holds_of(Id()) == []
