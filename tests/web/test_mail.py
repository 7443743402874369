"""Mails about bookings, from the running program to a mail server."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import AsyncMongoClient

from tests.clients import Api
from tests.mailboxes import Mailbox, until
from tests.servers import await_ready, launched
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    import httpx

    from tests.conftest import Time

SENDER = "Experts <bookings@example.com>"
EXPERTS = """{ experts(first: 100) { nodes {
  id name timeZone availability { breakMinutes confirmsAutomatically } } } }"""
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def mongodb_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database of this module's own."""
    with embedded_database(tmp_path_factory.mktemp("mail")) as url:
        yield url


@pytest.fixture(scope="module")
async def mailbox() -> AsyncIterator[Mailbox]:
    """The mail server of the program."""
    async with Mailbox().open() as mailbox:
        yield mailbox


@pytest.fixture(scope="module")
async def mailing(
    tmp_path_factory: pytest.TempPathFactory,
    mongodb_url: str,
    mailbox: Mailbox,
    http: httpx.AsyncClient,
) -> AsyncIterator[Api]:
    """A program that hands in mails."""
    settings = {"mongodb_url": mongodb_url, "experts": 30, "throttle": "off", "mail_from": SENDER}
    with launched(tmp_path_factory.mktemp("mailing"), **settings, smtp_url=mailbox.url) as program:
        # Off the loop, on which the mail server is.
        await asyncio.to_thread(await_ready, program.process, program.address)
        yield Api(http, program.address)


async def plain_experts(api: Api) -> list[dict[str, Any]]:
    """Experts that confirm at once and leave no break."""
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    nodes = (await api.ask(EXPERTS))["experts"]["nodes"]
    return [node for node in nodes if node["availability"] == plain]


async def free(api: Api, expert: dict[str, Any], time: Time) -> list[dict[str, Any]]:
    """The free slots of an expert from the fourth day on."""
    slots = await api.slots(expert["id"], *time.days(4, 40))
    return [slot for slot in slots if slot["status"] == "OPEN"]


async def keeper(mongodb_url: str, name: str) -> str:
    """The address of an expert's account."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        found = await client["expertbook"]["users"].find_one({"name": name, "role": "EXPERT"})
    assert found
    return str(found["email"])


async def settled(mongodb_url: str) -> None:
    """Wait until no mail is owed: each one was handed in, or failed for good."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        outbox = client["expertbook"]["outbox"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await outbox.count_documents({"state": "WAITING"}):  # noqa: ASYNC110 - the program does not tell
                await asyncio.sleep(0.05)


def contact(email: str, **more: str) -> dict[str, str]:
    """Whom the expert reaches."""
    return {"name": "Ada Lovelace", "email": email, "phone": "+442079460018", **more}


async def test_a_booking_and_its_cancellation_are_told_to_both_parties(
    mailing: Api, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """One mail each, whose calendar part is one entry that is made and then cancelled."""
    client, expert = await mailing.newcomer(), (await plain_experts(mailing))[0]
    slot = (await free(mailing, expert, time))[0]
    zone = {"timeZone": "Asia/Kathmandu"}
    booking = await client.book(
        slot["id"], contact=contact("both@example.com", **zone), note="about compilers\n<b>"
    )
    theirs = await keeper(mongodb_url, expert["name"])
    [told_client] = await mailbox.gets(1, "both@example.com")
    [told_expert] = await mailbox.gets(1, theirs)
    await client.cancel(booking["id"])
    [_, off_client] = await mailbox.gets(2, "both@example.com")
    [_, off_expert] = await mailbox.gets(2, theirs)

    starts, ends = (datetime.fromisoformat(slot[key]) for key in ("startsAt", "endsAt"))
    for told, off in ((told_client, off_client), (told_expert, off_expert)):
        assert (told.calendar["METHOD"], off.calendar["METHOD"]) == ("REQUEST", "CANCEL")
        assert told.event["UID"] == off.event["UID"]
        assert str(told.event["UID"]).endswith("@example.com")
        assert [told.event["SEQUENCE"], off.event["SEQUENCE"]] == [0, 1]
        assert [told.event["STATUS"], off.event["STATUS"]] == ["CONFIRMED", "CANCELLED"]
        for mail in (told, off):
            assert (mail.event.start, mail.event.end) == (starts, ends)
            assert mail.event["ORGANIZER"] == "mailto:bookings@example.com"
            assert mail.attendees == ["mailto:both@example.com", f"mailto:{theirs}"]
        assert len({told.id, off.id}) == 2
        assert told.message["Auto-Submitted"] == "auto-generated"
        assert str(told.message["From"]) == SENDER
        assert told.message.get_content_type() == "multipart/alternative"
        parts = [part.get_content_type() for part in told.message.walk()][1:]
        assert parts == ["text/plain", "text/html", "text/calendar"]
    assert told_client.message["Reply-To"].addresses[0].addr_spec == theirs
    assert told_expert.message["Reply-To"].addresses[0].addr_spec == "both@example.com"
    local = starts + timedelta(hours=5, minutes=45)
    assert f"{local:%H:%M}" in told_client.text
    assert "(UTC+05:45, Asia/Kathmandu)" in told_client.text
    assert expert["timeZone"] in told_expert.text
    assert "> about compilers\n" in told_expert.text
    assert "&lt;b&gt;" in told_expert.html
    assert "compilers" not in told_client.text + told_client.html


async def test_a_recipient_who_is_refused_for_good_does_not_keep_the_other_from_hearing(
    mailing: Api, mailbox: Mailbox, mongodb_url: str, time: Time
) -> None:
    """The expert's mail arrives; the client's is not tried again."""
    client, expert = await mailing.newcomer(), (await plain_experts(mailing))[1]
    mailbox.refuses["gone@example.com"] = "550 5.1.1 no such user"
    slot, other = (await free(mailing, expert, time))[:2]
    await client.book(slot["id"], contact=contact("gone@example.com"))
    await mailbox.gets(1, await keeper(mongodb_url, expert["name"]))
    await settled(mongodb_url)
    assert mailbox.turned_away == 1
    # The worker has looked for mails again once it has sent a later one.
    await client.book(other["id"], contact=contact("there@example.com"))
    await mailbox.gets(1, "there@example.com")
    await settled(mongodb_url)
    assert (mailbox.turned_away, mailbox.to("gone@example.com")) == (1, [])
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as database:
        [kept] = await database["expertbook"]["outbox"].find({"state": "FAILED"}).to_list()
    assert (kept["to"], kept["refused"]) == ([], ["CLIENT"])


async def test_while_the_mail_server_is_away_bookings_go_on_and_then_all_arrives_once(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """At first nothing listens, then everyone is put off, then mails are taken."""
    mailbox = Mailbox()
    settings = {"experts": 10, "throttle": "off", "smtp_url": mailbox.url}
    with (
        embedded_database(tmp_path / "database") as mongodb_url,
        launched(tmp_path, mongodb_url=mongodb_url, **settings) as program,
    ):
        await asyncio.to_thread(await_ready, program.process, program.address)
        api = Api(http, program.address)
        client, expert = await api.newcomer(), (await plain_experts(api))[0]
        slots = (await free(api, expert, time))[:5]
        theirs = await keeper(mongodb_url, expert["name"])
        for slot in slots:
            booked = await client.book(slot["id"], contact=contact("late@example.com"))
            assert booked["__typename"] == "Booking"
        await until(lambda: "is late" in program.said())
        mailbox.busy = "451 4.7.1 try again later"
        async with mailbox.open():
            await until(lambda: mailbox.turned_away >= 3)
            mailbox.busy = None
            await mailbox.gets(5, "late@example.com")
            await mailbox.gets(5, theirs)
            await settled(mongodb_url)
    assert set(Counter(mail.id for mail in mailbox.mails).values()) == {1}
    assert len(mailbox.to("late@example.com")) == len(mailbox.to(theirs)) == 5


async def test_two_programs_on_one_database_send_no_mail_twice(
    mailing: Api,
    mailbox: Mailbox,
    mongodb_url: str,
    tmp_path: Path,
    http: httpx.AsyncClient,
    time: Time,
) -> None:
    """Fifty bookings, made at both, are a hundred mails."""
    settings = {"mongodb_url": mongodb_url, "throttle": "off", "mail_from": SENDER}
    with launched(tmp_path, **settings, smtp_url=mailbox.url) as other:
        await asyncio.to_thread(await_ready, other.process, other.address)
        expert = (await plain_experts(mailing))[3]
        slots = (await free(mailing, expert, time))[:50]
        client = await mailing.newcomer()
        second = Api(http, other.address).signed_in(str(client.token))
        answers = await asyncio.gather(
            *(
                (client, second)[number % 2].book(slot["id"], contact=contact("50@example.com"))
                for number, slot in enumerate(slots)
            )
        )
        assert {answer["__typename"] for answer in answers} == {"Booking"}
        assert len(answers) == 50
        theirs = await keeper(mongodb_url, expert["name"])
        await mailbox.gets(50, "50@example.com")
        await mailbox.gets(50, theirs)
        await settled(mongodb_url)
    assert len(mailbox.to("50@example.com")) == len(mailbox.to(theirs)) == 50
    assert set(Counter(mail.id for mail in mailbox.mails).values()) == {1}


async def test_without_a_mail_server_development_writes_files_and_says_the_link(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """Whoever tries it out finds the link in the log."""
    with launched(tmp_path, experts=1) as program:
        await asyncio.to_thread(await_ready, program.process, program.address)
        await Api(http, program.address).newcomer()
        link = f"{program.address}/verify-email#token="
        await until(lambda: link in program.said())
        [file] = (tmp_path / "data" / "mail").glob("*.eml")
        assert str(file) in program.said()
        assert b"Subject: Verify your e-mail address\r\n" in file.read_bytes()


def test_production_does_not_start_without_a_mail_server(tmp_path: Path, mongodb_url: str) -> None:
    """One line says what to set."""
    settings = {"environment": "production", "secret": "x" * 32, "mongodb_url": mongodb_url}
    with launched(tmp_path, **settings) as program:
        assert program.wait() == 1
        assert "Set EXPERTBOOK_SMTP_URL and EXPERTBOOK_MAIL_FROM" in program.said()
