"""Commands for a ledger, and functions that read its events and check its invariants."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from models.bookings.booking import Booking, BookingStatus
from models.bookings.events import Event
from models.bookings.verification import verify
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey, slot_id
from models.calendar.times import cell_of, utc_now
from models.ids import new_id
from resolvers.reservations import BookingRequest, book
from tests.support.commands import FunctionCommand
from tests.support.reserving import reserving
from tests.support.samples import weekly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.bookings.command import Agendas, Command
    from models.bookings.findings import Finding
    from models.ledger.ledger import Ledger

DAY = 96
SOON = cell_of(utc_now()) // DAY * DAY + 2 * DAY
"""The first 15-minute cell of the day after tomorrow, in UTC. This cell is computed only once, so
that the slots stay the same if midnight passes during the tests."""
EVERY_HOUR = tuple(part for day in range(7) for part in weekly(day, (0, 24 * 60)))


async def ignore_events(_: Sequence[Event]) -> None:
    """Ignore committed events."""


def someone() -> Viewer:
    return cast("Viewer", SimpleNamespace(id=new_id(), expert_id=None, is_guest=False))


def slot(calendar: Calendar, hour: int, minutes: int = 60) -> SlotKey:
    """Return a slot that begins `hour` hours after the start of the day after tomorrow."""
    return SlotKey(calendar.id, SOON + 4 * hour, minutes)


def booking_request(key: SlotKey, idempotency_key: str | None = None) -> BookingRequest:
    """Return a client's request to book a slot."""
    contact = ("Ada Lovelace", "ada@example.com", "+442079460018", None)
    return BookingRequest("slotId", [slot_id(key)], *contact, None, idempotency_key)


async def book_slot(
    ledger: Ledger, key: SlotKey, viewer: Viewer | None = None, idempotency_key: str | None = None
) -> Booking:
    request = booking_request(key, idempotency_key)
    [made] = await book(reserving(ledger), viewer or someone(), request)
    return made


def cancel_command(booking: Booking) -> Command:
    """Return a command that cancels a booking."""

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        return [agenda.release(found, BookingStatus.CANCELLED, None)]

    return FunctionCommand(
        function=decide, expert_ids=[booking.expert_id], booking_ids=[booking.id]
    )


def close_command(calendar: Calendar) -> Command:
    """Return a command that makes the calendar accept no bookings."""

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        agenda.replace_rules(agenda.rules.with_changes(accepts_bookings=False))
        return []

    return FunctionCommand(function=decide, expert_ids=[calendar.id])


async def change_rules(ledger: Ledger, calendar: Calendar, **changes: Any) -> None:
    """Change the given fields of a calendar's rules."""

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        agenda.replace_rules(agenda.rules.with_changes(**changes))
        return []

    await ledger.post(FunctionCommand(function=decide, expert_ids=[calendar.id]))


async def events(calendar: Calendar) -> list[Event]:
    """Return a calendar's events in order; assert that no sequence number is missing."""
    found = await Event.find({"expert_id": calendar.id}).sort("+sequence").to_list()
    stored = await Calendar.get(calendar.id)
    assert stored
    assert [event.sequence for event in found] == list(range(1, stored.sequence + 1))
    return found


async def findings() -> set[Finding]:
    """Return the violations of invariants that `verify` finds, except missing documents."""
    return {
        finding for finding in await verify(utc_now(), lambda *_: None) if finding.kind != "orphan"
    }
