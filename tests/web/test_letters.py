"""Rendered e-mails: texts, time zones, iCalendar parts and protection against injection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from models.accounts.users import Language
from models.bookings.outbox import MailKind, Party
from models.ids import global_id
from tests.support.letters import (
    BOOKING_ID,
    CANCELLED,
    CONFIRMED,
    NOW,
    PENDING,
    RENDERER,
    START,
    booked_session,
    change,
    parse,
    render,
)
from web.mails.servers import MailServer, Security
from web.mails.sessions import Person
from web.mails.transport import RecipientRefused
from web.mails.wording import wording

if TYPE_CHECKING:
    from models.bookings.booking import BookingChange

pytestmark = pytest.mark.usefixtures("database")

INJECTIONS = [
    "Ada\r\nBcc: victim@example.com",
    "Ada\nSubject: won\n\nA body",
    "Ada\x00\x1b[31m",
    'Ada" <evil@example.com>, "',
    "Ada\u202e\u2028Bcc: x@example.com",
    "BEGIN:VEVENT\r\nATTENDEE:mailto:evil@example.com",
    "=?utf-8?q?=0ABcc=3A_victim=40example=2Ecom?=",
    "<script>alert(1)</script>{{ 7 * 7 }}",
    "Ада Лавлейс " * 8,
]


def unwrapped(text: str) -> str:
    """Return a text as one line, with single spaces between its words."""
    return " ".join(text.split())


def test_times_are_in_the_recipients_time_zone() -> None:
    """An e-mail states both UTC offsets if the clocks change during the session."""
    _, copies = render(booked_session(change(CONFIRMED)))
    client, expert = map(parse, copies)
    paris = "Sunday, 28 March 2027, 01:30 (UTC+01:00) to 03:30 (UTC+02:00), Europe/Paris"
    york = "Saturday, 27 March 2027, 20:30 to 21:30 (UTC-04:00, America/New_York)"
    for mail, own, other in ((client, paris, york), (expert, york, paris)):
        assert own in mail.text
        assert own in mail.html
        assert other not in mail.text
    assert client.message["Subject"] == "Booked: Bea Expert, Sun, 28 Mar 2027, 01:30"
    assert expert.message["Subject"] == "New booking, Sat, 27 Mar 2027, 20:30"
    assert "€90.50" in client.text
    assert "Lawyer" in client.text
    assert "You can move or cancel it until Saturday, 27 March 2027, 01:30" in unwrapped(
        client.text
    )
    assert "+442079460018" in expert.text
    assert "Note       > About compilers\n           > and <looms>\n" in expert.text
    assert "and &lt;looms&gt;" in expert.html


@pytest.mark.parametrize(
    ("changes", "kind", "subject", "method", "status"),
    [
        ([change(PENDING)], MailKind.BOOKED, "Requested", "REQUEST", "TENTATIVE"),
        (
            [change(PENDING), change(CONFIRMED, PENDING)],
            MailKind.CONFIRMED,
            "Confirmed",
            "REQUEST",
            "CONFIRMED",
        ),
        (
            [change(CONFIRMED), change(CONFIRMED, CONFIRMED, START + timedelta(days=1))],
            MailKind.MOVED,
            "Moved",
            "REQUEST",
            "CONFIRMED",
        ),
        (
            [change(CONFIRMED), change(CANCELLED, CONFIRMED)],
            MailKind.CANCELLED,
            "Cancelled",
            "CANCEL",
            "CANCELLED",
        ),
    ],
)
def test_each_kind_of_change_has_its_own_texts(
    changes: list[BookingChange], kind: MailKind, subject: str, method: str, status: str
) -> None:
    """Each e-mail's iCalendar part has the method and status that belong to its texts."""
    mail, copies = render(booked_session(*changes))
    assert mail.kind is kind
    for copy in copies:
        parsed = parse(copy)
        assert parsed.calendar["METHOD"] == method
        assert (parsed.event["STATUS"], parsed.event["SEQUENCE"]) == (
            status,
            len(changes) - 1,
        )
        assert "{" not in parsed.text + parsed.html.partition("<body")[2]
        assert parsed.text.rstrip().endswith("ExpertBook  https://book.example.com")
    assert str(parse(copies[0]).message["Subject"]).startswith(f"{subject}: Bea Expert, ")
    if kind is MailKind.MOVED:
        assert "Before     Sunday, 28 March 2027, 01:30 (UTC+01:00" in parse(copies[0]).text


def test_late_email_does_not_offer_to_cancel_a_booking_that_was_cancelled() -> None:
    mail, _ = render(booked_session(change(CONFIRMED)))
    assert mail.occasion
    ended = booked_session(change(CONFIRMED), change(CANCELLED, CONFIRMED))
    copy = RENDERER.render_for_party(mail, mail.occasion, ended, Party.CLIENT, NOW)
    assert "You can no longer move or cancel it." in parse(copy).text


def test_parties_with_the_same_email_address_are_one_attendee() -> None:
    """E-mail addresses are the same if they differ only in capitals or in punycode."""
    session = booked_session(
        change(CONFIRMED), email="Bea@Bücher.example", contact_email="bea@xn--bcher-kva.example"
    )
    for copy in render(session)[1]:
        assert not isinstance(parse(copy).event["ATTENDEE"], list)


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_hostile_name_injects_nothing(name: str) -> None:
    """A client's name cannot add a header, recipient, HTML element or calendar property."""
    _, copies = render(booked_session(change(CONFIRMED), name=name))
    for copy in copies:
        parsed = parse(copy)
        plain = parse(render(booked_session(change(CONFIRMED)))[1][0])
        assert parsed.message.keys() == plain.message.keys()
        for header, address in (("To", copy.to), ("From", "bookings@example.com")):
            [one] = parsed.message[header].addresses
            assert one.addr_spec == address
        [other] = parsed.message["Reply-To"].addresses
        assert (copy.to, other.addr_spec) in {
            ("ada@example.com", "bea@example.com"),
            ("bea-signs-in@example.com", "ada@example.com"),
        }
        assert "\n" not in parsed.message["Subject"]
        assert parsed.attendees == ["mailto:ada@example.com", "mailto:bea@example.com"]
        assert len(parsed.calendar.subcomponents) == 1
        assert "<script" not in parsed.html
        assert "49" not in parsed.text.split("Reference")[0]
        assert "\x1b" not in parsed.text
        assert "\u202e" not in parsed.text


def test_text_from_a_client_is_not_sent_to_the_clients_email_address() -> None:
    """If it were, anyone could use the server to send any text to a stranger's e-mail address."""
    session = booked_session(
        change(CONFIRMED), name="Buy at www.evil.example", email="ada@example.com"
    )
    session = replace(session, expert=Person("Bea", "bea@example.com", "UTC", Language.EN))
    _, (client, expert) = render(session)
    assert b"evil" not in client.message.as_bytes()
    for part in parse(client).message.walk():
        if not part.is_multipart():
            assert "evil" not in str(part.get_payload(decode=True))
    assert "evil" in parse(expert).text


def test_only_a_non_ascii_local_part_needs_smtputf8() -> None:
    """A non-ASCII domain is sent in its ASCII form; a non-ASCII local part needs SMTPUTF8."""
    _, (client, expert) = render(booked_session(change(CONFIRMED), email="ada@münchen.example"))
    assert client.to == "ada@xn--mnchen-3ya.example"
    assert client.message.as_bytes().isascii()
    assert "ada@xn--mnchen-3ya.example" in str(expert.message["Reply-To"])
    _, (client, expert) = render(booked_session(change(CONFIRMED), email="adá@example.com"))
    assert client.to == "adá@example.com"
    assert "To: adá@example.com\r\n".encode() in client.message.as_bytes()
    assert expert.message["Reply-To"] is None
    with pytest.raises(RecipientRefused):
        render(booked_session(change(CONFIRMED), email="no address"))


@pytest.mark.parametrize("contact_email", [None, "office@example.com"])
def test_the_experts_sign_in_email_address_is_in_no_email_to_a_client(
    contact_email: str | None,
) -> None:
    """Instead, e-mails to clients contain the expert's contact e-mail address, if there is one."""
    session = booked_session(change(CONFIRMED), contact_email=contact_email)
    _, (client, expert) = render(session)
    for part in parse(client).message.walk():
        assert "bea-signs-in" not in str(part.items())
        if not part.is_multipart():
            assert b"bea-signs-in" not in bytes(part.get_payload(decode=True))
    shown = [f"mailto:{contact_email}"] if contact_email else []
    assert parse(client).attendees == ["mailto:ada@example.com", *shown]
    reply_to = parse(client).message["Reply-To"]
    found = [each.addr_spec for each in reply_to.addresses] if reply_to else []
    assert found == ([contact_email] if contact_email else [])
    own = contact_email or "bea-signs-in@example.com"
    assert parse(expert).attendees == ["mailto:ada@example.com", f"mailto:{own}"]


def test_email_addresses_in_icalendar_parts_are_encoded() -> None:
    """Unencoded, "?" and "&" could add recipients or text to replies (RFC 6068)."""
    _, (client, _) = render(booked_session(change(CONFIRMED), email="a?bcc=eve&x=1@example.com"))
    assert parse(client).attendees[0] == "mailto:a%3Fbcc%3Deve%26x%3D1@example.com"


@pytest.mark.parametrize("kind", [change(CONFIRMED), change(PENDING)])
def test_an_email_after_the_deadline_does_not_promise_moving_or_cancelling(
    kind: BookingChange,
) -> None:
    """The renderer compares the deadline with the time at which it writes the e-mail."""
    session = booked_session(kind)
    deadline = session.booking.cancellable_until
    for now, text in (
        (deadline, "can move or cancel it until Saturday, 27 March 2027, 01:30 (UTC+01:00"),
        (deadline + timedelta(seconds=1), "can no longer move or cancel it."),
    ):
        client, expert = map(parse, render(session, now)[1])
        assert f"You {text}" in unwrapped(client.text)
        assert f"You {text}" in client.html
        assert f"The client {text[:25]}" in unwrapped(expert.text)


def test_subjects_name_nobody_but_the_expert() -> None:
    """A client's name is free text, so it must not become part of an e-mail's subject."""
    for changes in (
        [change(CONFIRMED)],
        [change(PENDING)],
        [change(PENDING), change(CONFIRMED, PENDING)],
        [change(CONFIRMED), change(CONFIRMED, CONFIRMED, START + timedelta(days=1))],
        [change(CONFIRMED), change(CANCELLED, CONFIRMED)],
    ):
        client, expert = map(parse, render(booked_session(*changes))[1])
        assert "Bea Expert" in client.message["Subject"]
        assert "Ada" not in client.message["Subject"] + expert.message["Subject"]


@pytest.mark.parametrize(
    "changes", [[change(CONFIRMED)], [change(PENDING), change(CANCELLED, PENDING)]]
)
def test_emails_and_calendar_entries_link_to_the_booking(changes: list[BookingChange]) -> None:
    """The client's link opens the booking's page; the expert's link opens the expert's desk."""
    client, expert = map(parse, render(booked_session(*changes))[1])
    id_ = global_id("Booking", BOOKING_ID)
    for mail, path in ((client, f"bookings/{id_}"), (expert, f"desk?booking={id_}")):
        url = f"https://book.example.com/{path}"
        assert f": {url}\n" in mail.text
        assert f'<a href="{url}"' in mail.html
        assert mail.event["URL"] == url


def test_message_ids_are_stable_per_recipient() -> None:
    """If an e-mail is sent to a recipient twice, mail programs can recognize the duplicate."""
    session = booked_session(change(CONFIRMED))
    mail, copies = render(session)
    assert mail.occasion
    again = RENDERER.render_for_party(mail, mail.occasion, session, Party.CLIENT, NOW)
    ids = [copy.message["Message-ID"] for copy in (*copies, again)]
    assert ids[0] == ids[2] != ids[1]


def test_a_session_across_midnight_names_both_days() -> None:
    start = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
    assert wording(Language.EN).span(start, start + timedelta(hours=1), "UTC") == (
        "Monday, 1 March 2027, 23:30 to Tuesday, 2 March 2027, 00:30 (UTC, UTC)"
    )


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 25, Security.NONE)),
        ("smtp://127.0.0.1:1025", MailServer("127.0.0.1", 1025, Security.NONE)),
        ("smtp://a:b@localhost", MailServer("localhost", 25, Security.NONE, "a", "b")),
        (
            "smtp://a%40b:c%2Fd@mail.example?starttls",
            MailServer("mail.example", 587, Security.STARTTLS, "a@b", "c/d"),
        ),
        ("smtps://a:b@[::1]:2465", MailServer("::1", 2465, Security.TLS, "a", "b")),
    ],
)
def test_mail_server_urls_are_parsed(url: str, server: MailServer) -> None:
    assert MailServer.parse(url) == server
    assert "password" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example/inbox",
        "smtp://mail.example?tls",
        "smtps://mail.example?starttls",
        "smtp://a:b@mail.example",
        "smtp://mail.example:port",
    ],
)
def test_malformed_mail_server_urls_and_unencrypted_passwords_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"it must be|may follow|password|[Pp]ort"):
        MailServer.parse(url)
