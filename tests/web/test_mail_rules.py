"""Recipients and rate limits of e-mails, accepted e-mail addresses, and calendar files."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from auth.code_keys import CodeKeys
from models.accounts.codes import spend_attempt, store_code
from models.accounts.users import Language
from models.bookings.account_mails import queue_code_mail
from models.bookings.outbox import Lane, Mail, MailKind, MailState, Party
from models.calendar.times import utc_now
from models.ids import new_id
from resolvers.checks import NEEDS_SMTPUTF8
from tests.support.clients import BOOK, CONTACT, REGISTER, Api
from tests.support.deployments import Deployment, first_slot
from tests.support.foreign_parsers import parse_calendars
from tests.support.mailboxes import Mailbox
from tests.support.readiness import eventually
from tests.support.servers import await_ready, start_program
from web.mails.limits import RecipientLimit
from web.mails.rendering import MailRenderer
from web.mails.servers import MailServer
from web.mails.smtp import SmtpTransport
from web.mails.worker import MailWorker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.support.spans import Time

CODE_KEYS = CodeKeys(["secret"])
SENDER = "Experts <bookings@example.com>"
ICS = "query ($id: ID!) { booking(id: $id) { icsUrl reference status } }"
MOVE = """mutation ($id: ID!, $slot: ID!) {
  rescheduleBooking(input: {bookingId: $id, slotId: $slot}) { __typename } }"""
HOLD = """mutation ($id: ID!) { holdSlot(input: {slotId: $id}) {
  __typename ... on Booking { id icsUrl } ... on InvalidInput { fields { field message } } } }"""


@pytest.fixture(scope="module")
async def deployment(
    tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox, http: httpx.AsyncClient
) -> AsyncIterator[Deployment]:
    """A server that sends e-mails."""
    settings = {"experts": 5, "throttle": "off", "mail_from": SENDER, "smtp_url": mailbox.url}
    with start_program(tmp_path_factory.mktemp("rules"), **settings) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield await Deployment.sign_in(Api(http, program.address))


async def booked(
    deployment: Deployment, expert_id: str, email: str, time: Time
) -> tuple[Api, dict[str, Any]]:
    """Book a slot with a new account; return the account's API client and the booking."""
    client = await deployment.anonymous.new_client(email=email)
    slot = await first_slot(deployment, expert_id, time)
    return client, await client.book(slot, contact={**CONTACT, "email": email})


async def test_contact_email_address_other_than_the_accounts_gets_no_email(
    deployment: Deployment, mailbox: Mailbox, time: Time
) -> None:
    expert = await deployment.expert()
    client = await deployment.anonymous.new_client(email="payer@example.com")
    slot = await first_slot(deployment, str(expert.expert_id), time)
    booking = await client.book(slot, contact={**CONTACT, "email": "stranger@example.com"})
    await client.cancel(booking["id"])
    await mailbox.wait_for_invitations(2, "payer@example.com")
    [first, _] = await mailbox.wait_for_invitations(2, expert.email)
    assert "stranger@example.com" in first.text
    assert mailbox.mails_to("stranger@example.com") == []


async def test_the_calendar_file_is_the_icalendar_part_of_the_last_email(
    deployment: Deployment, mailbox: Mailbox, http: httpx.AsyncClient, time: Time, tmp_path: Path
) -> None:
    """Booking, moving and cancelling change the same entry, both by e-mail and in the file."""
    expert = await deployment.expert()
    expert_id, email = str(expert.expert_id), "files@example.com"
    client, booking = await booked(deployment, expert_id, email, time)
    downloads = []
    for number in (1, 2, 3):
        if number == 2:
            slot = await first_slot(deployment, expert_id, time)
            moved = await client.ask(MOVE, id=booking["id"], slot=slot)
            assert moved["rescheduleBooking"]["__typename"] == "Booking"
        elif number == 3:
            await client.cancel(booking["id"])
        for who, address in ((client, email), (expert.api, expert.email)):
            mail = (await mailbox.wait_for_invitations(number, address))[-1]
            found = (await who.ask(ICS, id=booking["id"]))["booking"]
            response = await http.get(deployment.anonymous.url + found["icsUrl"])
            assert response.status_code == 200
            assert response.content == mail.calendar_bytes
            assert response.headers["cache-control"] == "private, no-store"
            name = f'filename="expertbook-{found["reference"]}.ics"'
            assert name in response.headers["content-disposition"]
            downloads.append(response.content)
    assert expert.email.encode() not in b"".join(downloads[::2])
    parsed = parse_calendars(tmp_path, downloads)
    assert len({event["uid"] for event in parsed}) == 1
    assert [(event["method"], event["status"], event["sequence"]) for event in parsed[::2]] == [
        ("REQUEST", "CONFIRMED", 0),
        ("REQUEST", "CONFIRMED", 1),
        ("CANCEL", "CANCELLED", 2),
    ]


async def test_calendar_file_urls_need_the_bookings_own_key(
    deployment: Deployment, http: httpx.AsyncClient, time: Time
) -> None:
    expert = await deployment.expert()
    client, booking = await booked(deployment, str(expert.expert_id), "keys@example.com", time)
    _, other = await booked(deployment, str(expert.expert_id), "keys-2@example.com", time)
    url = str((await client.ask(ICS, id=booking["id"]))["booking"]["icsUrl"])
    path, _, key = url.partition("?key=")
    slot = await first_slot(deployment, str(expert.expert_id), time)
    hold = (await client.ask(HOLD, id=slot))["holdSlot"]
    for wrong in (
        path,
        f"{path}?key=",
        f"{path}?key={key[:-1]}",
        f"{path}?key=%C3%A9",
        f"/bookings/{other['id']}.ics?key={key}",
        f"/bookings/unknown.ics?key={key}",
        hold["icsUrl"],
    ):
        response = await http.get(deployment.anonymous.url + wrong)
        assert (response.status_code, response.headers["cache-control"]) == (
            404,
            "private, no-store",
        ), wrong


async def test_experts_cannot_book_themselves(deployment: Deployment, time: Time) -> None:
    """After the refusal, the slot is still free, and others can book it."""
    expert = await deployment.expert()
    slot = await first_slot(deployment, str(expert.expert_id), time)
    held = (await expert.api.ask(HOLD, id=slot))["holdSlot"]
    one = (await expert.api.ask(BOOK, input={"slotId": slot, "contact": CONTACT}))["bookSlot"]
    for answer in (held, one):
        [problem] = answer["fields"]
        assert problem == {
            "field": "slotId",
            "message": "This is your own time; nobody can book themselves",
        }
    assert await first_slot(deployment, str(expert.expert_id), time) == slot
    assert (await deployment.admin.book(slot))["__typename"] == "Booking"


async def test_clients_reply_to_the_experts_contact_email_address(
    deployment: Deployment, mailbox: Mailbox, time: Time
) -> None:
    """The expert sets the contact e-mail address, and removes it by setting an empty text."""
    expert = await deployment.expert()
    expert_id = str(expert.expert_id)
    assert (await deployment.update(expert_id, contactEmail="no address"))["fields"][0][
        "field"
    ] == "contactEmail"
    for address, email in (("Office@Example.com", "c1@example.com"), ("", "c2@example.com")):
        answer = await deployment.update(expert_id, expert.api, contactEmail=address)
        assert answer["__typename"] == "Expert"
        await booked(deployment, expert_id, email, time)
        [mail] = await mailbox.wait_for_invitations(1, email)
        reply_to = mail.message["Reply-To"]
        shown = ["Office@example.com"] if address else []
        assert [each.addr_spec for each in reply_to.addresses] == shown if shown else not reply_to
        assert mail.attendees == [f"mailto:{each}" for each in (email, *shown)]
        assert expert.email.encode() not in mail.raw


async def test_email_addresses_that_the_mail_server_cannot_handle_are_refused_on_entry(
    deployment: Deployment, mailbox: Mailbox, time: Time
) -> None:
    """An e-mail address that is non-ASCII only in its domain is accepted: it needs no SMTPUTF8."""
    await deployment.anonymous.new_client(email="first@example.com")
    await mailbox.wait_for_mails(1, "first@example.com")  # the SMTP extensions are now known
    wanted = {"name": "Jörg", "email": "jörg@example.com", "password": "correct horse battery"}
    refused = (await deployment.anonymous.ask(
        REGISTER.replace("}\n}", " ... on InvalidInput { fields { field } } }\n}"), input=wanted
    ))["register"]  # fmt: skip
    assert refused == {"__typename": "InvalidInput", "fields": [{"field": "email"}]}
    expert = await deployment.expert()
    client = await deployment.anonymous.new_client(email="jorg@münchen.example")
    await mailbox.wait_for_mails(1, "jorg@xn--mnchen-3ya.example")
    slot = await first_slot(deployment, str(expert.expert_id), time)
    answer = await client.book(slot, contact={**CONTACT, "email": "jörg@example.com"})
    assert [problem["field"] for problem in answer["fields"]] == ["contact.email"]


@pytest.mark.parametrize("mutation", ["requestSignInCode", "requestPasswordReset"])
async def test_requests_for_emails_that_the_mail_server_cannot_deliver_are_refused(
    deployment: Deployment, mailbox: Mailbox, mutation: str
) -> None:
    await deployment.anonymous.new_client(email=f"first-{mutation}@example.com")
    await mailbox.wait_for_mails(1, f"first-{mutation}@example.com")
    document = f"mutation ($email: String!) {{ {mutation}(input: {{email: $email}}) }}"
    [error] = (await deployment.anonymous.post(document, email="jörg@example.com"))["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == f"email: {NEEDS_SMTPUTF8}"
    for email in ("jorg@münchen.example", "no address"):
        assert await deployment.anonymous.ask(document, email=email) == {mutation: True}


async def test_any_email_address_is_accepted_if_the_mail_server_supports_smtputf8(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    async with Mailbox(accepts_utf8=True).open() as mailbox:
        with start_program(tmp_path, experts=1, smtp_url=mailbox.url) as program:
            await asyncio.to_thread(await_ready, program.process, program.address)
            await Api(http, program.address).new_client(email="jörg@example.com")
            await mailbox.wait_for_mails(1, "jörg@example.com")


@pytest.mark.usefixtures("database")
async def test_emails_to_a_recipient_are_limited_per_hour() -> None:
    """E-mails about accounts and e-mails about bookings are counted separately."""
    limit, address = RecipientLimit(2), f"{new_id()}@example.com"
    now = utc_now().replace(minute=59)
    next_hour = (now + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    for _ in range(2):
        assert await limit.free_at(Lane.BOOKING, address, now) is None
        await limit.count(Lane.BOOKING, address.upper(), now)
    assert await limit.free_at(Lane.BOOKING, address, now) == next_hour
    assert await limit.free_at(Lane.ACCOUNT, address, now) is None
    assert await limit.free_at(Lane.BOOKING, f"other-{address}", now) is None
    assert await limit.free_at(Lane.BOOKING, address, next_hour) is None
    assert await RecipientLimit(None).free_at(Lane.BOOKING, address, now) is None


def worker(mailbox: Mailbox, per_hour: int | None) -> MailWorker:
    """Return a mail worker that sends at most `per_hour` e-mails per recipient and hour."""
    transport = SmtpTransport(MailServer.parse(mailbox.url), "bookings@example.com")
    renderer = MailRenderer(SENDER, "https://book.example.com", "EUR", CODE_KEYS)
    return MailWorker(lambda _: renderer, transport, RecipientLimit(per_hour))


async def reset_mail() -> Mail:
    """Queue an e-mail with a password reset link for the demo client."""
    now = utc_now()
    kind, to = MailKind.PASSWORD_RESET, [Party.OWNER]
    mail = Mail(kind=kind, to=to, address="client@example.com", due_at=now, created_at=now)
    return await mail.insert()


@pytest.mark.usefixtures("database")
async def test_emails_above_the_hourly_limit_wait_for_the_next_hour() -> None:
    await Mail.delete_all()
    mail, now = await reset_mail(), utc_now()
    await queue_code_mail("client@example.com", Language.EN)
    earlier = now - timedelta(minutes=1)
    assert await store_code("client@example.com", "of an earlier mail", earlier, now)
    async with Mailbox().open() as mailbox, worker(mailbox, 0).open(CODE_KEYS):
        async with asyncio.timeout(60):
            while any(each.due_at.minute for each in await Mail.find_all().to_list()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    found = await Mail.get(mail.id)
    assert found
    assert (found.state, found.to, mailbox.mails) == (MailState.WAITING, [Party.OWNER], [])
    assert utc_now() - timedelta(hours=1) < found.due_at <= utc_now() + timedelta(hours=1)
    kept = await spend_attempt("client@example.com", "192.0.2.1", now)
    assert kept
    assert kept.digest == "of an earlier mail", "a mail that waits ends no code"
    await Mail.delete_all()


async def waiting() -> list[Mail]:
    """Return the e-mails that are still to be sent."""
    return await Mail.find({"state": MailState.WAITING.value}).to_list()


@pytest.mark.usefixtures("database")
async def test_requests_by_strangers_do_not_keep_the_newest_code_from_the_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hour's limit is used up before the owner's request, so the code waits for the next hour.

    At that time, none of the forty earlier codes takes its place.
    """
    await Mail.delete_all()
    address, now = f"{new_id()}@example.com", utc_now().replace(minute=0, second=0, microsecond=0)
    for module in ("models.bookings.account_mails", "web.mails.worker"):
        monkeypatch.setattr(f"{module}.utc_now", lambda: now)
    await RecipientLimit(1).count(Lane.ACCOUNT, address, now)
    for _ in range(41):
        now += timedelta(seconds=15)
        await queue_code_mail(address, Language.EN)
    *_, newest = await Mail.find_all().sort("+created_at").to_list()
    next_hour = now.replace(minute=0, second=0) + timedelta(hours=1)
    async with Mailbox().open() as mailbox, worker(mailbox, 1).open(CODE_KEYS):
        left = await eventually(waiting, lambda mails: all(m.due_at == next_hour for m in mails))
        assert [mail.id for mail in left] == [newest.id]
        assert mailbox.mails == []
        now = next_hour
        await eventually(waiting, lambda mails: not mails)
    assert [mail.id for mail in mailbox.mails] == [f"<{newest.id}.owner@example.com>"]
    await Mail.delete_all()


@pytest.mark.usefixtures("database")
async def test_email_that_became_too_old_is_given_up_and_not_sent(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await Mail.delete_all()
    mail = await reset_mail()
    await mail.set({"created_at": mail.created_at - timedelta(hours=1, minutes=1)})
    async with Mailbox().open() as mailbox, worker(mailbox, None).open(CODE_KEYS):
        await eventually(waiting, lambda mails: not mails)
    found = await Mail.get(mail.id)
    assert found
    assert (found.state, found.to, mailbox.mails) == (MailState.FAILED, [Party.OWNER], [])
    assert f"mail {mail.id} (PASSWORD_RESET) was given up after 0 attempts" in caplog.messages
    await Mail.delete_all()


@pytest.mark.usefixtures("database")
async def test_an_email_with_a_link_does_not_wait_for_emails_about_bookings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In this test, sending a hundred e-mails about bookings takes over an hour.

    After the first ten e-mails, the mail worker sends one a minute.
    """
    monkeypatch.setattr("web.mails.worker.MAILS_PER_SECOND", 1 / 60)
    await Mail.delete_all()
    link = await reset_mail()
    earlier = utc_now() - timedelta(minutes=1)
    crowd = [
        Mail(kind=MailKind.BOOKED, to=[Party.CLIENT], due_at=earlier, created_at=earlier)
        for _ in range(100)
    ]
    await Mail.insert_many(crowd)
    async with Mailbox().open() as mailbox, worker(mailbox, None).open(CODE_KEYS):
        await mailbox.wait_for_mails(1, "client@example.com")
        assert await Mail.find({"state": "WAITING", "kind": "BOOKED"}).count() > 0
    assert mailbox.mails[0].id.startswith(f"<{link.id}.")
    await Mail.delete_all()
