"""The outbox: who is told of what, and that one worker has a mail at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest

from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingChange, BookingStatus, Contact
from models.bookings.outbox import (
    FIRST_DELAY_SECONDS,
    LEASE,
    MAX_DELAY_SECONDS,
    Mail,
    MailKind,
    MailState,
    Party,
    delay,
    due_mails,
    mail_for,
)
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey
from models.calendar.times import instant_of, utc_now
from models.ids import new_id
from tests.models.samples import ADA, EXPERT, NINE, NOW, cell, rules

pytestmark = pytest.mark.usefixtures("database")

HELD, PENDING, CONFIRMED = BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED
CANCELLED, EXPIRED = BookingStatus.CANCELLED, BookingStatus.EXPIRED
COMPLETED = BookingStatus.COMPLETED
HOUR = timedelta(hours=1)
TODAY = utc_now()
"""When stored mails are sent: the database deletes them thirty days later."""
BOTH = [Party.CLIENT, Party.EXPERT]


def booking(*steps: tuple[BookingStatus, timedelta], with_contact: bool = True) -> Booking:
    """A booking that went through some states, each at a start so much after nine."""
    starts = [instant_of(cell(9)) + later for _, later in steps]
    befores = [None, *(status for status, _ in steps)]
    history = [
        BookingChange(at=NOW, actor_id=ADA, before=before, after=status, starts_at=start)
        for before, (status, _), start in zip(befores, steps, starts, strict=False)
    ]
    status = steps[-1][0]
    return Booking(
        expert_id=EXPERT,
        client_id=ADA,
        status=status,
        active=status not in {CANCELLED, EXPIRED},
        starts_at=starts[-1],
        minutes=60,
        cells=[instant_of(number) for number in range(cell(9), cell(10))],
        price=9_000,
        contact=Contact(name="Ada", email="a@b.c", phone="+442079460018") if with_contact else None,
        created_at=NOW,
        updated_at=NOW,
        cancellable_until=NOW,
        history=history,
    )


@pytest.mark.parametrize(
    ("steps", "kind"),
    [
        ([(CONFIRMED, 0)], MailKind.BOOKED),
        ([(PENDING, 0)], MailKind.BOOKED),
        ([(HELD, 0), (CONFIRMED, 0)], MailKind.BOOKED),
        ([(PENDING, 0), (CONFIRMED, 0)], MailKind.CONFIRMED),
        ([(CONFIRMED, 0), (CONFIRMED, 1)], MailKind.MOVED),
        ([(CONFIRMED, 0), (PENDING, 1)], MailKind.MOVED),
        ([(PENDING, 0), (PENDING, 1), (CONFIRMED, 1)], MailKind.CONFIRMED),
        ([(CONFIRMED, 0), (CANCELLED, 0)], MailKind.CANCELLED),
        ([(PENDING, 0), (CANCELLED, 0)], MailKind.CANCELLED),
        ([(PENDING, 0), (EXPIRED, 0)], MailKind.CANCELLED),
        ([(HELD, 0)], None),
        ([(HELD, 0), (EXPIRED, 0)], None),
        ([(HELD, 0), (CANCELLED, 0)], None),
        ([(CONFIRMED, 0), (COMPLETED, 0)], None),
    ],
)
def test_what_is_told_of_a_change(
    steps: list[tuple[BookingStatus, int]], kind: MailKind | None
) -> None:
    """Everything that makes, moves, confirms or ends a booking; nothing of holds."""
    mail = mail_for(booking(*((status, later * HOUR) for status, later in steps)))
    if kind is None:
        assert mail is None
        return
    assert mail
    assert mail.occasion
    assert (mail.kind, mail.to, mail.due_at) == (kind, BOTH, NOW)
    assert mail.occasion.revision == len(steps) - 1
    nine = instant_of(cell(9))
    assert mail.occasion.moved_from == (nine if kind is MailKind.MOVED else None)
    assert mail.occasion.starts_at == nine + steps[-1][1] * HOUR


def test_a_booking_without_a_contact_is_told_to_the_expert_alone() -> None:
    mail = mail_for(booking((CONFIRMED, 0 * HOUR), with_contact=False))
    assert mail
    assert mail.to == [Party.EXPERT]


def test_an_agenda_gathers_the_mails_of_its_changes_and_forgets_undone_ones() -> None:
    agenda = Agenda(Calendar(id=EXPERT, rules=rules()), [], NOW)
    first = booking((CONFIRMED, 0 * HOUR))
    agenda.book(first)
    undo = agenda.savepoint()
    agenda.release(first, CANCELLED, ADA)
    assert [mail.kind for mail in agenda.mails] == [MailKind.BOOKED, MailKind.CANCELLED]
    undo()
    assert [mail.kind for mail in agenda.mails] == [MailKind.BOOKED]
    assert agenda.slot(SlotKey(EXPERT, NINE // 15 + cell(0), 60)) is not None


async def owed(**changed: object) -> Mail:
    """A mail that is due, alone in the outbox."""
    await Mail.delete_all()
    mail = mail_for(booking((CONFIRMED, 0 * HOUR)))
    assert mail
    made = {"due_at": TODAY, "created_at": TODAY}
    fresh: Mail = mail.model_copy(update={"id": new_id(), **made, **changed})
    await fresh.insert()
    return fresh


async def stored(mail: Mail) -> Mail:
    """A mail as the database has it."""
    found = await Mail.get(mail.id)
    assert found
    return found


async def test_of_many_workers_one_has_a_mail() -> None:
    """However many saw that it is due."""
    await owed()
    seen = [(await due_mails(TODAY, 10))[0] for _ in range(20)]
    won = await asyncio.gather(*(mail.claim(TODAY) for mail in seen))
    assert sorted(won) == [False] * 19 + [True]
    assert await due_mails(TODAY, 10) == []


async def test_a_mail_whose_worker_died_is_due_again_when_its_lease_ends() -> None:
    """And the one that had it can no longer cross anybody out."""
    mail = await owed()
    assert await mail.claim(TODAY)
    assert await due_mails(TODAY + LEASE - timedelta(seconds=1), 10) == []
    [again] = await due_mails(TODAY + LEASE, 10)
    assert again.attempts == 1
    assert await again.claim(TODAY + LEASE)
    assert not await mail.mark_delivered(Party.CLIENT, TODAY + LEASE)
    assert (await stored(mail)).to == BOTH


async def test_each_recipient_is_crossed_out_and_the_last_one_ends_the_mail() -> None:
    mail = await owed()
    await mail.claim(TODAY)
    assert await mail.mark_delivered(Party.CLIENT, TODAY)
    kept = await stored(mail)
    assert (kept.to, kept.state, kept.sent_at) == ([Party.EXPERT], MailState.WAITING, None)
    assert await mail.mark_delivered(Party.EXPERT, TODAY)
    kept = await stored(mail)
    assert (kept.to, kept.state, kept.sent_at) == ([], MailState.SENT, TODAY)
    assert await due_mails(TODAY + 10 * LEASE, 10) == []


async def test_a_refused_recipient_makes_it_failed_once_the_others_are_served() -> None:
    """It is kept, since only what was sent has a time from which it is kept no longer."""
    mail = await owed()
    await mail.claim(TODAY)
    await mail.mark_delivered(Party.CLIENT, TODAY, refused=True)
    assert (await stored(mail)).state is MailState.WAITING
    await mail.mark_delivered(Party.EXPERT, TODAY)
    kept = await stored(mail)
    assert (kept.state, kept.refused, kept.sent_at) == (MailState.FAILED, [Party.CLIENT], None)


async def test_a_mail_that_is_put_off_is_given_up_after_three_days() -> None:
    """After some thirty attempts, each twice as late as the one before, up to four hours."""
    mail = await owed()
    now = TODAY
    while mail.state is MailState.WAITING:
        [due] = await due_mails(now, 10)
        assert await due.claim(now)
        assert await due.postpone(now) is (due.state is MailState.WAITING)
        mail, before, now = due, now, max(now, due.due_at)
        if mail.state is MailState.WAITING:
            wait = (now - before).total_seconds()
            middle = min(FIRST_DELAY_SECONDS * 2 ** (mail.attempts - 1), MAX_DELAY_SECONDS)
            assert 0.74 * middle < wait < 1.26 * middle
    assert (await stored(mail)).state is MailState.FAILED
    assert 25 <= mail.attempts <= 40
    assert await due_mails(now + timedelta(days=30), 10) == []


async def test_a_late_link_to_a_password_is_not_sent() -> None:
    """Whoever asked for it has given up, too."""
    mail = await owed(kind=MailKind.PASSWORD_RESET, to=[Party.OWNER], occasion=None)
    later = TODAY + timedelta(hours=2)
    await mail.claim(later)
    assert not await mail.postpone(later)


def test_delays_are_spread_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what failed together is not tried again together."""
    monkeypatch.setattr("models.bookings.outbox.random", Random(1))
    for attempts in (1, 5, 40, 10_000):
        found = {delay(attempts).total_seconds() for _ in range(100)}
        assert len(found) > 50
        assert max(found) <= MAX_DELAY_SECONDS * 1.25
