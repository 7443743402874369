"""Tests of the outbox: which change sends which e-mail, and how workers lease e-mails."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random

import pytest

from models.bookings.account_mails import is_superseded
from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingChange, BookingStatus, Contact
from models.bookings.outbox import (
    DEFAULT_MAX_AGE,
    FIRST_DELAY_SECONDS,
    LANES,
    LEASE,
    MAX_DELAY_SECONDS,
    Lane,
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
from tests.support.samples import ADA, EXPERT, NINE, NOW, cell, rules

pytestmark = pytest.mark.usefixtures("database")

HELD, PENDING, CONFIRMED = BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED
CANCELLED, EXPIRED = BookingStatus.CANCELLED, BookingStatus.EXPIRED
COMPLETED = BookingStatus.COMPLETED
HOUR = timedelta(hours=1)
TODAY = utc_now()
"""The stored e-mails are sent today, because a TTL index would soon delete older ones."""
BOTH = [Party.CLIENT, Party.EXPERT]


def booking(*steps: tuple[BookingStatus, timedelta], with_contact: bool = True) -> Booking:
    """Return a booking with the given history: pairs of a status and a start's offset from 9:00."""
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
        # The start is the same, so only the length has changed.
        ([(CONFIRMED, 0), (CONFIRMED, 0)], MailKind.MOVED),
        ([(CONFIRMED, 0), (PENDING, 0)], MailKind.MOVED),
        ([(PENDING, 0), (PENDING, 1), (CONFIRMED, 1)], MailKind.CONFIRMED),
        ([(CONFIRMED, 0), (CANCELLED, 0)], MailKind.CANCELLED),
        ([(PENDING, 0), (CANCELLED, 0)], MailKind.CANCELLED),
        ([(PENDING, 0), (EXPIRED, 0)], MailKind.CANCELLED),
        ([(HELD, 0)], None),
        ([(HELD, 0), (EXPIRED, 0)], None),
        ([(HELD, 0), (CANCELLED, 0)], None),
    ],
)
def test_last_step_of_a_bookings_history_determines_the_email(
    steps: list[tuple[BookingStatus, int]], kind: MailKind | None
) -> None:
    """Booking, moving, confirming and cancelling a session send e-mails; holding does not."""
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


def test_booking_without_contact_sends_an_email_only_to_the_expert() -> None:
    mail = mail_for(booking((CONFIRMED, 0 * HOUR), with_contact=False))
    assert mail
    assert mail.to == [Party.EXPERT]


def test_agenda_discards_emails_about_undone_changes() -> None:
    agenda = Agenda(Calendar(id=EXPERT, rules=rules()), [], NOW)
    first = booking((CONFIRMED, 0 * HOUR))
    agenda.book(first)
    undo = agenda.savepoint()
    agenda.release(first, CANCELLED, ADA)
    assert [mail.kind for mail in agenda.mails] == [MailKind.BOOKED, MailKind.CANCELLED]
    undo()
    assert [mail.kind for mail in agenda.mails] == [MailKind.BOOKED]
    assert agenda.slot(SlotKey(EXPERT, NINE // 15 + cell(0), 60)) is not None


async def insert_due_mail(**changed: object) -> Mail:
    """Empty the outbox, and insert a single e-mail that is due."""
    await Mail.delete_all()
    mail = mail_for(booking((CONFIRMED, 0 * HOUR)))
    assert mail
    times = {"due_at": TODAY, "created_at": TODAY}
    fresh: Mail = mail.model_copy(update={"id": new_id(), **times, **changed})
    await fresh.insert()
    return fresh


async def reload(mail: Mail) -> Mail:
    """Read an e-mail from the database again, and return it."""
    found = await Mail.get(mail.id)
    assert found
    return found


async def test_only_one_of_many_workers_claims_an_email() -> None:
    await insert_due_mail()
    copies = [(await due_mails(TODAY, 10, Lane.BOOKING))[0] for _ in range(20)]
    claims = await asyncio.gather(*(mail.claim(TODAY) for mail in copies))
    assert sorted(claims) == [False] * 19 + [True]
    assert await due_mails(TODAY, 10, Lane.BOOKING) == []


async def test_email_is_due_again_when_its_lease_ends() -> None:
    """The worker that had the lease can no longer record a delivery."""
    mail = await insert_due_mail()
    assert await mail.claim(TODAY)
    assert await due_mails(TODAY + LEASE - timedelta(seconds=1), 10, Lane.BOOKING) == []
    [again] = await due_mails(TODAY + LEASE, 10, Lane.BOOKING)
    assert again.attempts == 1
    assert await again.claim(TODAY + LEASE)
    assert not await mail.mark_delivered(Party.CLIENT, TODAY + LEASE)
    assert (await reload(mail)).to == BOTH


async def test_email_counts_as_sent_after_delivery_to_its_last_recipient() -> None:
    mail = await insert_due_mail()
    await mail.claim(TODAY)
    assert await mail.mark_delivered(Party.CLIENT, TODAY)
    found = await reload(mail)
    assert (found.to, found.state, found.sent_at) == ([Party.EXPERT], MailState.WAITING, None)
    assert await mail.mark_delivered(Party.EXPERT, TODAY)
    found = await reload(mail)
    assert (found.to, found.state, found.sent_at) == ([], MailState.SENT, TODAY)
    assert await due_mails(TODAY + 10 * LEASE, 10, Lane.BOOKING) == []


async def test_email_with_a_rejected_recipient_fails_after_the_last_delivery() -> None:
    """The e-mail's `failed_at` is set, so that a TTL index deletes it thirty days later."""
    mail = await insert_due_mail()
    await mail.claim(TODAY)
    await mail.mark_delivered(Party.CLIENT, TODAY, refused=True)
    assert (await reload(mail)).state is MailState.WAITING
    await mail.mark_delivered(Party.EXPERT, TODAY)
    found = await reload(mail)
    assert (found.state, found.refused, found.sent_at) == (MailState.FAILED, [Party.CLIENT], None)
    assert found.failed_at == TODAY


async def test_postponed_email_fails_after_three_days_of_exponential_backoff() -> None:
    await insert_due_mail()
    now = TODAY
    while True:
        [mail] = await due_mails(now, 10, Lane.BOOKING)
        if not await mail.claim(now):
            break
        assert await mail.postpone(now)
        wait = (mail.due_at - now).total_seconds()
        middle = min(FIRST_DELAY_SECONDS * 2 ** (mail.attempts - 1), MAX_DELAY_SECONDS)
        assert 0.74 * middle < wait < 1.26 * middle
        now = mail.due_at
    found = await reload(mail)
    assert (found.state, found.failed_at) == (MailState.FAILED, now)
    assert DEFAULT_MAX_AGE < now - TODAY < DEFAULT_MAX_AGE + 5 * HOUR
    assert 25 <= mail.attempts <= 40
    assert await due_mails(now + timedelta(days=30), 10, Lane.BOOKING) == []


@pytest.mark.parametrize("kind", [MailKind.PASSWORD_RESET, MailKind.SIGN_IN_CODE])
async def test_email_with_a_link_or_code_is_neither_sent_nor_postponed_after_an_hour(
    kind: MailKind,
) -> None:
    for is_claimed in (False, True):
        mail = await insert_due_mail(kind=kind, to=[Party.OWNER], occasion=None)
        assert not is_claimed or await mail.claim(TODAY + HOUR)
        later = TODAY + HOUR + timedelta(milliseconds=1)
        assert not await (mail.postpone(later) if is_claimed else mail.claim(later))
        found = await reload(mail)
        assert (found.state, found.failed_at) == (MailState.FAILED, later)


async def test_newer_email_supersedes_earlier_ones_with_the_same_kind_and_address() -> None:
    kind, owner = MailKind.PASSWORD_RESET, {"to": [Party.OWNER], "occasion": None}
    first = await insert_due_mail(kind=kind, address="ada@example.com", **owner)
    second = first.model_copy(update={"id": new_id(), "created_at": TODAY + HOUR})
    second.due_at = second.created_at
    for other in ({"kind": MailKind.SIGN_IN_CODE}, {"address": "bob@example.com"}):
        await second.model_copy(update={"id": new_id(), **other}).insert()
    assert not await is_superseded(first)
    await second.insert()
    assert await is_superseded(first)
    assert not await is_superseded(second)
    assert await second.claim(second.due_at)
    assert await second.mark_delivered(Party.OWNER, second.due_at)
    assert await is_superseded(first)


async def test_email_about_a_booking_is_never_superseded() -> None:
    first = await insert_due_mail()
    await first.model_copy(
        update={"id": new_id(), "created_at": TODAY + HOUR, "due_at": TODAY + HOUR}
    ).insert()
    assert not await is_superseded(first)


async def test_emails_with_links_have_their_own_lane() -> None:
    """E-mails with links do not wait for booking e-mails, even if these have been due longer."""
    booked = await insert_due_mail(due_at=TODAY - HOUR)
    times = {"due_at": TODAY, "created_at": TODAY}
    reset = Mail(kind=MailKind.PASSWORD_RESET, to=[Party.OWNER], **times)
    await reset.insert()
    assert [mail.id for mail in await due_mails(TODAY, 10, Lane.ACCOUNT)] == [reset.id]
    assert [mail.id for mail in await due_mails(TODAY, 10, Lane.BOOKING)] == [booked.id]
    assert LANES.keys() == set(MailKind)


async def test_failed_and_sent_emails_are_deleted_after_thirty_days() -> None:
    indexes = await Mail.get_pymongo_collection().index_information()
    ttl = {index["key"][0][0]: index.get("expireAfterSeconds") for index in indexes.values()}
    assert (ttl["failed_at"], ttl["sent_at"]) == (30 * 24 * 3600, 30 * 24 * 3600)


def test_retry_delays_have_jitter_and_an_upper_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter spreads the retries of e-mails that failed at the same time."""
    monkeypatch.setattr("models.bookings.outbox.random", Random(1))
    for attempts in (1, 5, 40, 10_000):
        found = {delay(attempts).total_seconds() for _ in range(100)}
        assert len(found) > 50
        assert max(found) <= MAX_DELAY_SECONDS * 1.25
