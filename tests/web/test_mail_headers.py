"""E-mail header values survive folding, delivery to a mail server, and third-party parsers."""

from __future__ import annotations

from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.support.foreign_parsers import parse_calendars, parse_mails
from tests.support.letters import CONFIRMED, PENDING, booked_session, change, render
from tests.support.mailboxes import Mailbox
from web.mails.headers import mailbox, policy_for, single_line
from web.mails.servers import MailServer
from web.mails.smtp import SmtpTransport
from web.mails.transport import RenderedMail

if TYPE_CHECKING:
    from pathlib import Path

SPECIALS = "()<>[]:;@\\,.\"'=?_ &%"
PIECES = st.sampled_from(
    [
        *SPECIALS,
        *("=?utf-8?q?", "?=", "a", "Zoë", "Łukasz", "李", "محمد", "\u200f", "نمی\u200cشود"),
        *("👩\u200d👩\u200d👧", "🫩", "e\u0301", "\u00ad", "<eve@example.com>", ", ", "; ", "\t"),
    ]
)
NAMES = st.one_of(
    st.lists(PIECES, min_size=1, max_size=100).map("".join),
    st.text(alphabet=SPECIALS + "abc", min_size=76, max_size=100),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=100),
).map(lambda text: text[:100])
HEADERS = {
    *("from", "to", "reply-to", "subject", "mime-version"),
    *("content-type", "content-transfer-encoding"),
}
BATCH = 60
"""Number of names per Hypothesis example; each example starts a Node.js process."""


async def deliver(mails: list[RenderedMail]) -> list[bytes]:
    """Send e-mails to a mail server, and return the raw messages that it received."""
    async with Mailbox().open() as server:
        transport = SmtpTransport(MailServer.parse(server.url), "bookings@example.com")
        async with transport.connect() as connection:
            for mail in mails:
                await connection.deliver(mail)
        return [mail.raw for mail in server.mails]


def mail_of(name: str) -> RenderedMail:
    """Return an e-mail whose From, Reply-To and Subject headers contain a name."""
    message = EmailMessage(policy_for(utf8=False))
    message["From"] = mailbox("bookings@example.com", single_line(name))
    message["To"] = mailbox("bea@example.com")
    message["Reply-To"] = mailbox("ada@example.com", single_line(name))
    message["Subject"] = single_line(f"Booked: {name}, Sun 28 Mar 2027, 01:30")
    message.set_content("Text\n")
    return RenderedMail("name", "bea@example.com", message)


@settings(max_examples=4, phases=[Phase.generate])  # Shrinking would start Node a thousand times.
@given(names=st.lists(NAMES, min_size=BATCH, max_size=BATCH))
async def test_every_name_stays_within_one_mailbox(
    names: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = await deliver([mail_of(name) for name in names])
    parsed = parse_mails(tmp_path_factory.mktemp("mails"), raw)
    for name, mail in zip(names, parsed, strict=True):
        shown = single_line(name)
        assert mail["from"] == {"address": "bookings@example.com", "name": shown}
        assert mail["replyTo"] == [{"address": "ada@example.com", "name": shown}]
        assert [each["address"] for each in mail["to"]] == ["bea@example.com"]
        assert mail["subject"] == single_line(f"Booked: {name}, Sun 28 Mar 2027, 01:30")
        assert len(mail["names"]) == len(set(mail["names"]))
        assert set(mail["names"]) <= HEADERS
    for received in raw:
        head = received.partition(b"\r\n\r\n")[0]
        assert head.isascii()
        assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("نمی\u200cشود", "نمی\u200cشود"),
        ("👩\u200d👩\u200d👧 🫩", "👩\u200d👩\u200d👧 🫩"),
        ("\u200fمحمد", "\u200fمحمد"),
        ("Ada\r\nBcc: eve@example.com", "Ada Bcc: eve@example.com"),
        ("Ada\x00\x1b\u2028Lovelace\u202e", "Ada Lovelace"),
    ],
)
def test_only_control_characters_and_line_breaks_are_removed(text: str, shown: str) -> None:
    assert single_line(text) == shown


async def test_calendar_invitations_are_valid_for_another_library(tmp_path: Path) -> None:
    """A name stays a single iCalendar parameter, whatever punctuation it contains."""
    name = 'O\'Brien, "Zoë"; (Łukasz) <x>: 👩\u200d👩\u200d👧 ' + "long " * 10
    session = booked_session(change(PENDING), change(CONFIRMED, PENDING), name=name)
    _, copies = render(session)
    raw = [part.get_payload(decode=True) for copy in copies for part in copy.message.walk()
           if part.get_content_type() == "text/calendar"]  # fmt: skip
    client, expert = parse_calendars(tmp_path, [bytes(each) for each in raw])
    for event in (client, expert):
        assert (event["method"], event["version"], event["kind"]) == ("REQUEST", "2.0", "vevent")
        assert (event["status"], event["sequence"], event["others"]) == ("CONFIRMED", 1, 0)
        assert event["uid"] == f"{session.booking.id}@example.com"
        assert event["organizer"] == "mailto:bookings@example.com"
        assert (event["starts"], event["ends"]) == (
            "2027-03-28T00:30:00.000Z",
            "2027-03-28T01:30:00.000Z",
        )
    assert expert["summary"] == f"Session with {single_line(name)}"
    [[address, shown, state], _] = expert["attendees"]
    assert (address, state) == ("mailto:ada@example.com", "ACCEPTED")
    assert shown.replace("'", '"') == single_line(name).replace("'", '"')
    assert client["attendees"][0] == ["mailto:ada@example.com", None, "ACCEPTED"]
