"""Tests of reminders: each confirmed booking has one outbox row, written with the booking."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from models.accounts.users import Role
from models.bookings.booking import Booking, BookingStatus
from models.bookings.life import Action
from models.bookings.outbox import Lane, Mail, MailKind, MailState, Party, due_mails, mail_for
from models.bookings.reminders import DEFAULT_LEAD_TIMES
from models.calendar.errors import SlotTaken
from models.calendar.slots import slot_id
from models.calendar.times import utc_now
from models.ids import global_id, is_sample, new_id
from models.ledger.ledger import Ledger
from models.migrations import REMINDERS, migrate
from models.store.shared_state import SharedState
from resolvers.moves import advance, expire, reschedule
from tests.support.command_counts import COMMANDS
from tests.support.commands import FunctionCommand
from tests.support.ledgers import book_slot, ignore_events, slot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.viewers import Viewer
    from models.bookings.command import Agendas
    from models.calendar.rules import Calendar
    from models.calendar.slots import SlotKey
    from models.store.connection import Client

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def ledger(database: Client) -> AsyncIterator[Ledger]:
    """A ledger that stores reminders for a day and for an hour before each session."""
    async with Ledger(database, ignore_events, lead_times=DEFAULT_LEAD_TIMES).open() as ledger:
        yield ledger


async def reminder_of(booking: Booking) -> Mail | None:
    """Return the stored reminder for a booking, or None."""
    found = await Mail.find({"occasion.booking_id": booking.id, "kind": "REMINDER"}).to_list()
    assert len(found) <= 1
    return found[0] if found else None


async def times_of(booking: Booking) -> list[Any]:
    """Return all times at which the stored reminder for a booking is due."""
    reminder = await reminder_of(booking)
    return [reminder.due_at, *reminder.repeats] if reminder else []


async def move(ledger: Ledger, viewer: Viewer, booking: Booking, key: SlotKey) -> Booking:
    id_ = global_id("Booking", booking.id)
    return await reschedule(ledger, viewer, id_, slot_id(key))


async def set_rules(ledger: Ledger, calendar: Calendar, **changes: Any) -> None:
    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        agenda.replace_rules(agenda.rules.with_changes(**changes))
        return []

    await ledger.post(FunctionCommand(function=decide, expert_ids=[calendar.id]))


def expert_of(calendar: Calendar) -> Viewer:
    found = SimpleNamespace(id=new_id(), expert_id=calendar.id, role=Role.EXPERT, is_guest=False)
    return cast("Viewer", found)


def client() -> Viewer:
    found = SimpleNamespace(id=new_id(), expert_id=None, role=Role.CLIENT, is_guest=False)
    return cast("Viewer", found)


async def test_one_outbox_row_holds_both_reminders_for_a_booking(
    ledger: Ledger, calendar: Calendar
) -> None:
    booking = await book_slot(ledger, slot(calendar, 9))
    reminder = await reminder_of(booking)
    assert reminder
    assert (reminder.id, reminder.lane, reminder.to) == (booking.id, Lane.REMINDER, [Party.CLIENT])
    assert await times_of(booking) == [booking.starts_at - DAY, booking.starts_at - HOUR]
    assert reminder.occasion
    assert (reminder.occasion.starts_at, reminder.state) == (booking.starts_at, MailState.WAITING)


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(2 * DAY, [DAY, HOUR]), (DAY, [HOUR]), (2 * HOUR, [HOUR]), (HOUR, []), (HOUR / 2, [])],
)
async def test_reminders_that_would_be_due_before_the_booking_are_left_out(
    database: Client, calendar: Calendar, ahead: timedelta, expected: list[timedelta]
) -> None:
    """A session that begins within an hour gets no reminder at all."""
    key = slot(calendar, 9)
    lead_times = [lead + key.starts_at - utc_now() - ahead for lead in DEFAULT_LEAD_TIMES]
    async with Ledger(database, ignore_events, lead_times=lead_times).open() as ledger:
        booking = await book_slot(ledger, key)
    due = [booking.starts_at - at for at in await times_of(booking)]
    kept = [
        lead for lead, each in zip(lead_times, DEFAULT_LEAD_TIMES, strict=True) if each in expected
    ]
    assert due == kept


async def test_ledger_without_lead_times_stores_no_reminders(
    database: Client, calendar: Calendar
) -> None:
    async with Ledger(database, ignore_events).open() as ledger:
        booking = await book_slot(ledger, slot(calendar, 9))
    assert await reminder_of(booking) is None


async def test_reminders_of_a_moved_booking_follow_its_new_time(
    ledger: Ledger, calendar: Calendar
) -> None:
    """Covers a booking whose first reminder was already sent, and a second move."""
    viewer = client()
    booking = await book_slot(ledger, slot(calendar, 9), viewer)
    sent = await reminder_of(booking)
    assert sent
    await sent.claim(utc_now())
    assert await sent.mark_delivered(Party.CLIENT, booking.starts_at - DAY + HOUR)
    assert await times_of(booking) == [booking.starts_at - HOUR]
    for hour in (40, 12):
        moved = await move(ledger, viewer, booking, slot(calendar, hour))
        assert await times_of(moved) == [moved.starts_at - DAY, moved.starts_at - HOUR]
        reminder = await reminder_of(moved)
        assert reminder
        assert (reminder.attempts, reminder.to) == (0, [Party.CLIENT])


async def test_cancelled_booking_has_no_reminder(ledger: Ledger, calendar: Calendar) -> None:
    viewer, expert = client(), expert_of(calendar)
    for actor in (viewer, expert):
        booking = await book_slot(ledger, slot(calendar, 9), viewer)
        await advance(ledger, actor, global_id("Booking", booking.id), Action.CANCEL)
        assert await reminder_of(booking) is None


async def test_pending_booking_gets_reminders_when_it_is_confirmed(
    ledger: Ledger, calendar: Calendar
) -> None:
    """Declined bookings get no reminders; moved bookings get none until confirmed again."""
    await set_rules(ledger, calendar, confirms_automatically=False)
    viewer, expert = client(), expert_of(calendar)
    declined, confirmed = [
        await book_slot(ledger, slot(calendar, hour), viewer) for hour in (9, 10)
    ]
    assert [await reminder_of(each) for each in (declined, confirmed)] == [None, None]
    await advance(ledger, expert, global_id("Booking", declined.id), Action.CANCEL)
    assert await reminder_of(declined) is None
    id_ = global_id("Booking", confirmed.id)
    await advance(ledger, expert, id_, Action.CONFIRM)
    assert len(await times_of(confirmed)) == 2
    moved = await move(ledger, viewer, confirmed, slot(calendar, 20))
    assert moved.status is BookingStatus.PENDING
    assert await reminder_of(moved) is None
    await advance(ledger, expert, id_, Action.CONFIRM)
    assert await times_of(moved) == [moved.starts_at - DAY, moved.starts_at - HOUR]
    await expire(ledger)
    assert len(await times_of(moved)) == 2


async def test_refused_booking_leaves_no_reminder(ledger: Ledger, calendar: Calendar) -> None:
    booking = await book_slot(ledger, slot(calendar, 9))
    with pytest.raises(SlotTaken):
        await book_slot(ledger, booking.key)
    reminders = {"kind": "REMINDER", "occasion.starts_at": booking.starts_at}
    assert booking.id in {each.id for each in await Mail.find(reminders).to_list()}
    ids = {each.id for each in await Booking.find({"expert_id": calendar.id}).to_list()}
    assert ids == {booking.id}


async def test_reminder_needs_no_additional_database_command(
    ledger: Ledger, database: Client, calendar: Calendar
) -> None:
    """The command that inserts the e-mail about the booking inserts its reminder as well."""
    counts = []
    async with Ledger(database, ignore_events).open() as without:
        for number, each in enumerate((without, ledger)):
            with COMMANDS.counted() as commands:
                await book_slot(each, slot(calendar, 8 + number))
            counts.append(commands.count)
    assert counts[0] == counts[1]


async def insert_reminder(*times: timedelta, now: Any) -> Mail:
    """Empty the outbox, and insert a reminder that is due at the given offsets from `now`."""
    await Mail.delete_all()
    due, *repeats = [now + each for each in times]
    mail = Mail(
        kind=MailKind.REMINDER, to=[Party.CLIENT], due_at=due, repeats=repeats, created_at=now - DAY
    )
    await mail.insert()
    return mail


@pytest.mark.usefixtures("database")
async def test_sent_reminder_is_due_again_at_its_next_time() -> None:
    """Times that have passed are skipped; after the last one, the reminder counts as sent."""
    now = utc_now()
    mail = await insert_reminder(0 * HOUR, HOUR, 2 * HOUR, 5 * HOUR, now=now)
    first = mail.copy_id
    assert [each.id for each in await due_mails(now, 10, Lane.REMINDER)] == [mail.id]
    assert await mail.claim(now)
    assert await mail.mark_delivered(Party.CLIENT, now + HOUR)
    assert (mail.due_at, mail.repeats, mail.attempts) == (now + 2 * HOUR, [now + 5 * HOUR], 0)
    assert await due_mails(now + HOUR, 10, Lane.REMINDER) == []
    [again] = await due_mails(now + 2 * HOUR, 10, Lane.REMINDER)
    assert again.copy_id != first
    assert await again.claim(now + 2 * HOUR)
    assert await again.mark_delivered(Party.CLIENT, now + 6 * HOUR)
    assert (again.state, again.to, again.sent_at) == (MailState.SENT, [], now + 6 * HOUR)


@pytest.mark.usefixtures("database")
async def test_reminder_is_retried_until_the_session_and_fails_if_the_address_is_refused() -> None:
    now = utc_now()
    mail = await insert_reminder(0 * HOUR, 48 * HOUR, now=now)
    for _ in range(40):
        assert await mail.claim(now)
        assert await mail.postpone(now)
        now = max(now, mail.due_at)
    assert now > mail.created_at + timedelta(days=4)
    assert await mail.mark_delivered(Party.CLIENT, now, refused=True)
    assert mail.state is MailState.FAILED


async def test_completed_session_sends_one_email_to_its_client(
    ledger: Ledger, calendar: Calendar
) -> None:
    """The e-mail is due after the session's end and completion; erased clients get no e-mail."""
    booking = await book_slot(ledger, slot(calendar, 9))
    completed = booking.model_copy(update={"status": BookingStatus.COMPLETED})
    for later in (0 * HOUR, 2 * HOUR):
        at = booking.starts_at + later
        mail = mail_for(completed.with_change(at, BookingStatus.CONFIRMED, None))
        assert mail
        assert (mail.kind, mail.lane, mail.to) == (
            *(MailKind.COMPLETED, Lane.REMINDER),
            [Party.CLIENT],
        )
        assert mail.due_at == max(at, booking.ends_at)
    erased = completed.model_copy(update={"contact": None})
    assert mail_for(erased.with_change(booking.ends_at, BookingStatus.CONFIRMED, None)) is None


async def test_migration_adds_reminders_to_existing_bookings_once(
    database: Client, calendar: Calendar
) -> None:
    """Cancelled bookings and sample bookings get no reminders."""
    async with Ledger(database, ignore_events).open() as ledger:
        booking, cancelled = [await book_slot(ledger, slot(calendar, hour)) for hour in (9, 10)]
        await advance(
            ledger, expert_of(calendar), global_id("Booking", cancelled.id), Action.CANCEL
        )
    only = {"_id": "migrations"}
    await SharedState.get_pymongo_collection().update_one(only, {"$pull": {"applied": REMINDERS}})
    await migrate([3 * HOUR])
    assert await times_of(booking) == [booking.starts_at - 3 * HOUR]
    assert await reminder_of(cancelled) is None
    coming = {"status": "CONFIRMED", "starts_at": {"$gt": utc_now()}}
    samples = {row.id for row in await Booking.find(coming).to_list() if is_sample(row.client_id)}
    assert samples
    assert await Mail.find({"_id": {"$in": list(samples)}}).count() == 0
    await migrate([DAY])
    assert await times_of(booking) == [booking.starts_at - 3 * HOUR]
