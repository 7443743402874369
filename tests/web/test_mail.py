"""E-mails about bookings, sent by a running server to a mail server."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import AsyncMongoClient

from tests.support.clients import Api
from tests.support.databases import run_database
from tests.support.mailboxes import Mailbox, wait_until
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    import httpx

    from tests.support.spans import Time

SENDER = "Experts <bookings@example.com>"
EXPERTS = """{ experts(first: 100) { nodes {
  id name timeZone availability { breakMinutes confirmsAutomatically } } } }"""
WAITING = {"state": "WAITING", "lane": {"$ne": "REMINDER"}}
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
async def mailing(
    tmp_path_factory: pytest.TempPathFactory,
    mongodb_url: str,
    mailbox: Mailbox,
    http: httpx.AsyncClient,
) -> AsyncIterator[Api]:
    """API client of a server that sends e-mails."""
    settings = {"mongodb_url": mongodb_url, "experts": 30, "throttle": "off", "mail_from": SENDER}
    with start_program(
        tmp_path_factory.mktemp("mailing"), **settings, smtp_url=mailbox.url
    ) as program:
        # Wait in a thread, because the mail server runs on this event loop.
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield Api(http, program.address)


async def plain_experts(api: Api) -> list[dict[str, Any]]:
    """Return the experts who confirm bookings automatically and have no breaks."""
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    nodes = (await api.ask(EXPERTS))["experts"]["nodes"]
    return [node for node in nodes if node["availability"] == plain]


async def open_slots(api: Api, expert: dict[str, Any], time: Time) -> list[dict[str, Any]]:
    """Return an expert's open slots from 4 to 40 days ahead."""
    slots = await api.slots(expert["id"], *time.days(4, 40))
    return [slot for slot in slots if slot["status"] == "OPEN"]


async def expert_email(mongodb_url: str, name: str) -> str:
    """Return the e-mail address of an expert's account."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        user = await client.get_default_database()["users"].find_one(
            {"name": name, "role": "EXPERT"}
        )
    assert user
    return str(user["email"])


async def wait_for_outbox(mongodb_url: str) -> None:
    """Wait until every e-mail, except for reminders, has been sent or has failed permanently."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        outbox = client.get_default_database()["outbox"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await outbox.count_documents(WAITING):  # noqa: ASYNC110 - no event to wait for
                await asyncio.sleep(0.05)


def contact(email: str, **more: str) -> dict[str, str]:
    """Return a client's contact details with the given e-mail address."""
    return {"name": "Ada Lovelace", "email": email, "phone": "+442079460018", **more}


async def test_both_parties_get_emails_about_a_booking_and_its_cancellation(
    mailing: Api, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """The iCalendar parts of the e-mails create a calendar entry and then cancel it."""
    client = await mailing.new_client(email="both@example.com")
    expert = (await plain_experts(mailing))[0]
    slot = (await open_slots(mailing, expert, time))[0]
    zone = {"timeZone": "Asia/Kathmandu"}
    booking = await client.book(
        slot["id"], contact=contact("both@example.com", **zone), note="about compilers\n<b>"
    )
    expert_address = await expert_email(mongodb_url, expert["name"])
    [booked_client] = await mailbox.wait_for_invitations(1, "both@example.com")
    [booked_expert] = await mailbox.wait_for_invitations(1, expert_address)
    await client.cancel(booking["id"])
    [_, cancelled_client] = await mailbox.wait_for_invitations(2, "both@example.com")
    [_, cancelled_expert] = await mailbox.wait_for_invitations(2, expert_address)

    starts, ends = (datetime.fromisoformat(slot[key]) for key in ("startsAt", "endsAt"))
    for booked, cancelled in ((booked_client, cancelled_client), (booked_expert, cancelled_expert)):
        assert (booked.calendar["METHOD"], cancelled.calendar["METHOD"]) == ("REQUEST", "CANCEL")
        assert booked.event["UID"] == cancelled.event["UID"]
        assert str(booked.event["UID"]).endswith("@example.com")
        assert [booked.event["SEQUENCE"], cancelled.event["SEQUENCE"]] == [0, 1]
        assert [booked.event["STATUS"], cancelled.event["STATUS"]] == ["CONFIRMED", "CANCELLED"]
        for mail in (booked, cancelled):
            assert (mail.event.start, mail.event.end) == (starts, ends)
            assert mail.event["ORGANIZER"] == "mailto:bookings@example.com"
            shown = [f"mailto:{expert_address}"] if booked is booked_expert else []
            assert mail.attendees == ["mailto:both@example.com", *shown]
        assert len({booked.id, cancelled.id}) == 2
        assert booked.message["Auto-Submitted"] == "auto-generated"
        assert str(booked.message["From"]) == SENDER
        assert booked.message.get_content_type() == "multipart/alternative"
        parts = [part.get_content_type() for part in booked.message.walk()][1:]
        assert parts == ["text/plain", "text/html", "text/calendar"]
    assert booked_client.message["Reply-To"] is None
    assert expert_address.encode() not in booked_client.raw
    assert booked_expert.message["Reply-To"].addresses[0].addr_spec == "both@example.com"
    local = starts + timedelta(hours=5, minutes=45)
    assert f"{local:%H:%M}" in booked_client.text
    assert "(UTC+05:45, Asia/Kathmandu)" in booked_client.text
    assert expert["timeZone"] in booked_expert.text
    assert "> about compilers\n" in booked_expert.text
    assert "&lt;b&gt;" in booked_expert.html
    assert "compilers" not in booked_client.text + booked_client.html


async def test_a_permanently_refused_recipient_does_not_affect_the_other_recipient(
    mailing: Api, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """The expert's e-mail arrives; the client's e-mail, which is refused, is not retried."""
    client = await mailing.new_client(email="gone@example.com")
    await mailbox.wait_for_mails(1, "gone@example.com")
    before = mailbox.rejected
    mailbox.rejections["gone@example.com"] = "550 5.1.1 no such user"
    expert = (await plain_experts(mailing))[1]
    slot, other = (await open_slots(mailing, expert, time))[:2]
    await client.book(slot["id"])
    await mailbox.wait_for_mails(1, await expert_email(mongodb_url, expert["name"]))
    await wait_for_outbox(mongodb_url)
    assert mailbox.rejected == before + 1
    # Once a later e-mail has arrived, the mail worker has polled the outbox again.
    there = await mailing.new_client(email="there@example.com")
    await there.book(other["id"])
    await mailbox.wait_for_invitations(1, "there@example.com")
    await wait_for_outbox(mongodb_url)
    assert mailbox.rejected == before + 1
    assert mailbox.invitations_to("gone@example.com") == []
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as database:
        [failed] = (
            await database.get_default_database()["outbox"].find({"state": "FAILED"}).to_list()
        )
    assert (failed["to"], failed["refused"]) == ([], ["CLIENT"])


async def test_bookings_continue_during_a_mail_outage_and_emails_arrive_once_after_it(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """The mail server is unreachable, then refuses e-mails temporarily, and then accepts them."""
    mailbox = Mailbox()
    settings = {"experts": 10, "throttle": "off", "smtp_url": mailbox.url}
    with (
        run_database(tmp_path / "database") as mongodb_url,
        start_program(tmp_path, mongodb_url=mongodb_url, **settings) as program,
    ):
        await asyncio.to_thread(await_ready, program.process, program.address)
        api = Api(http, program.address)
        client = await api.new_client(email="late@example.com")
        expert = (await plain_experts(api))[0]
        slots = (await open_slots(api, expert, time))[:5]
        expert_address = await expert_email(mongodb_url, expert["name"])
        for slot in slots:
            booked = await client.book(slot["id"])
            assert booked["__typename"] == "Booking"
        await wait_until(lambda: "is delayed" in program.output())
        mailbox.busy = "451 4.7.1 try again later"
        async with mailbox.open():
            await wait_until(lambda: mailbox.rejected >= 3)
            mailbox.busy = None
            await mailbox.wait_for_invitations(5, "late@example.com")
            await mailbox.wait_for_mails(5, expert_address)
            await wait_for_outbox(mongodb_url)
    assert set(Counter(mail.id for mail in mailbox.mails).values()) == {1}
    assert len(mailbox.invitations_to("late@example.com")) == 5
    assert len(mailbox.invitations_to(expert_address)) == 5


async def test_two_servers_on_one_database_send_each_email_once(
    mailing: Api,
    mailbox: Mailbox,
    mongodb_url: str,
    tmp_path: Path,
    http: httpx.AsyncClient,
    time: Time,
) -> None:
    """Fifty bookings, made through both servers, result in a hundred e-mails."""
    settings = {"mongodb_url": mongodb_url, "throttle": "off", "mail_from": SENDER}
    with start_program(tmp_path, **settings, smtp_url=mailbox.url) as other:
        await asyncio.to_thread(await_ready, other.process, other.address)
        expert = (await plain_experts(mailing))[3]
        slots = (await open_slots(mailing, expert, time))[:50]
        client = await mailing.new_client(email="50@example.com")
        second = Api(http, other.address).signed_in(str(client.token))
        answers = await asyncio.gather(
            *((client, second)[number % 2].book(slot["id"]) for number, slot in enumerate(slots))
        )
        assert {answer["__typename"] for answer in answers} == {"Booking"}
        assert len(answers) == 50
        expert_address = await expert_email(mongodb_url, expert["name"])
        await mailbox.wait_for_invitations(50, "50@example.com")
        await mailbox.wait_for_mails(50, expert_address)
        await wait_for_outbox(mongodb_url)
    assert len(mailbox.invitations_to("50@example.com")) == 50
    assert len(mailbox.invitations_to(expert_address)) == 50
    assert set(Counter(mail.id for mail in mailbox.mails).values()) == {1}


async def test_development_without_a_mail_server_writes_emails_to_files_and_logs_links(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    with start_program(tmp_path, experts=1) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        await Api(http, program.address).new_client()
        link = f"{program.address}/verify-email#token="
        await wait_until(lambda: link in program.output())
        [file] = (tmp_path / "data" / "mail").glob("*.eml")
        assert str(file) in program.output()
        assert b"Subject: Verify your e-mail address\r\n" in file.read_bytes()


def test_production_does_not_start_without_a_mail_server(tmp_path: Path, mongodb_url: str) -> None:
    """The error message names the missing settings."""
    settings = {"environment": "production", "secret": "x" * 32, "mongodb_url": mongodb_url}
    with start_program(tmp_path, **settings) as program:
        assert program.wait() == 1
        assert "Set EXPERTBOOK_SMTP_URL and EXPERTBOOK_MAIL_FROM" in program.output()
