"""Rendered mails: texts, time zones, calendar parts and protection against injection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from models.bookings.booking import Booking, BookingChange, BookingStatus, Contact
from models.bookings.outbox import Mail, MailKind, Party, mail_for
from models.ids import Id
from tests.support.mailboxes import ReceivedMail
from web.mails import times
from web.mails.rendering import BookedSession, MailRenderer, Person
from web.mails.servers import MailServer, Security
from web.mails.transport import RecipientRefused

if TYPE_CHECKING:
    from web.mails.transport import RenderedMail

pytestmark = pytest.mark.usefixtures("database")

RENDERER = MailRenderer("ExpertBook <bookings@example.com>", "https://book.example.com", "EUR")
START = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
BOOKING_ID, EXPERT_ID, CLIENT_ID = (Id(f"{number:024x}") for number in (1, 2, 3))
"""Fixed ids: a random one could contain a text that must not occur in a mail."""

PENDING, CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
CANCELLED = BookingStatus.CANCELLED
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


def change(
    status: BookingStatus, before: BookingStatus | None = None, start: datetime = START
) -> BookingChange:
    """Return an entry of a booking's history."""
    return BookingChange(at=START, actor_id=None, before=before, after=status, starts_at=start)


def booked_session(
    *changes: BookingChange, name: str = "Ada Lovelace", email: str = "ada@example.com"
) -> BookedSession:
    """Return a booking of a client in Paris with an expert in New York."""
    last = changes[-1]
    booking = Booking(
        id=BOOKING_ID,
        expert_id=EXPERT_ID,
        client_id=CLIENT_ID,
        status=last.after,
        active=last.after is not CANCELLED,
        starts_at=last.starts_at,
        minutes=60,
        cells=[],
        price=9_050,
        contact=Contact(name=name, email=email, phone="+442079460018"),
        note="About compilers\nand <looms>",
        created_at=START,
        updated_at=START,
        cancellable_until=START - timedelta(days=1),
        history=list(changes),
    )
    return BookedSession(
        booking,
        Person(
            name if "Ada L" not in name else "Bea Expert", "bea@example.com", "America/New_York"
        ),
        "Lawyer",
        Person(name, email, "Europe/Paris"),
    )


def render(session: BookedSession) -> tuple[Mail, list[RenderedMail]]:
    """Return the mail about the last change, and its copies for client and expert."""
    mail = mail_for(session.booking)
    assert mail
    assert mail.occasion
    return mail, [
        RENDERER.render_for_party(mail, mail.occasion, session, party) for party in mail.to
    ]


def parse(copy: RenderedMail) -> ReceivedMail:
    """Return a copy as a mail client parses it."""
    message = message_from_bytes(copy.message.as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return ReceivedMail(copy.to, message)


def test_times_are_in_the_recipients_zone() -> None:
    """Both offsets are given when the clock changes during the session."""
    _, copies = render(booked_session(change(CONFIRMED)))
    client, expert = map(parse, copies)
    paris = "Sunday, 28 March 2027, 01:30 (UTC+01:00) to 03:30 (UTC+02:00), Europe/Paris"
    york = "Saturday, 27 March 2027, 20:30 to 21:30 (UTC-04:00, America/New_York)"
    for mail, own, other in ((client, paris, york), (expert, york, paris)):
        assert own in mail.text
        assert own in mail.html
        assert other not in mail.text
    assert client.message["Subject"] == "Booked: Bea Expert, Sun 28 Mar 2027, 01:30"
    assert expert.message["Subject"] == "New booking: Ada Lovelace, Sat 27 Mar 2027, 20:30"
    assert "EUR 90.50" in client.text
    assert "Lawyer" in client.text
    assert "You can cancel until Saturday, 27 March 2027, 01:30 (UTC+01:00" in client.text
    assert "+442079460018" in expert.text
    assert "> About compilers\n           > and <looms>\n" in expert.text
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
    """The calendar part agrees with the texts."""
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


@pytest.mark.parametrize("name", INJECTIONS)
def test_a_hostile_name_injects_nothing(name: str) -> None:
    """A name adds no header, recipient, HTML element or calendar property."""
    _, copies = render(booked_session(change(CONFIRMED), name=name))
    for copy in copies:
        parsed = parse(copy)
        plain = parse(render(booked_session(change(CONFIRMED)))[1][0])
        assert parsed.message.keys() == plain.message.keys()
        for header, address in (("To", copy.to), ("From", "bookings@example.com")):
            [one] = parsed.message[header].addresses
            assert one.addr_spec == address
        [other] = parsed.message["Reply-To"].addresses
        assert {other.addr_spec, copy.to} == {"ada@example.com", "bea@example.com"}
        assert "\n" not in parsed.message["Subject"]
        assert parsed.attendees == ["mailto:ada@example.com", "mailto:bea@example.com"]
        assert len(parsed.calendar.subcomponents) == 1
        assert "<script" not in parsed.html
        assert "49" not in parsed.text.split("Reference")[0]
        assert "\x1b" not in parsed.text
        assert "\u202e" not in parsed.text


def test_a_clients_text_is_not_sent_to_the_clients_address() -> None:
    """Otherwise anyone could use the server to send texts of their choice to strangers."""
    session = booked_session(
        change(CONFIRMED), name="Buy at www.evil.example", email="ada@example.com"
    )
    session = BookedSession(
        session.booking, Person("Bea", "bea@example.com", "UTC"), session.title, session.client
    )
    _, (client, expert) = render(session)
    assert b"evil" not in client.message.as_bytes()
    for part in parse(client).message.walk():
        if not part.is_multipart():
            assert "evil" not in str(part.get_payload(decode=True))
    assert "evil" in parse(expert).text


def test_international_addresses() -> None:
    """A domain is sent in its ASCII form; a local part beyond ASCII needs SMTPUTF8."""
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


def test_message_ids_are_stable_per_recipient() -> None:
    """A copy sent twice can be recognized as a duplicate."""
    session = booked_session(change(CONFIRMED))
    mail, copies = render(session)
    assert mail.occasion
    again = RENDERER.render_for_party(mail, mail.occasion, session, Party.CLIENT)
    ids = [copy.message["Message-ID"] for copy in (*copies, again)]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(9_000, "EUR", "EUR 90.00"), (5, "EUR", "EUR 0.05"), (9_000, "JPY", "JPY 9000"),
     (9_001, "KWD", "KWD 9.001")],
)  # fmt: skip
def test_prices_have_the_decimals_of_their_currency(amount: int, currency: str, text: str) -> None:
    assert times.price(amount, currency) == text


def test_a_session_across_midnight_names_both_days() -> None:
    start = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
    assert times.span(start, start + timedelta(hours=1), "UTC") == (
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
def test_mail_server_urls_are_parse(url: str, server: MailServer) -> None:
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
def test_malformed_urls_and_unencrypted_passwords_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"it must be|may follow|password|[Pp]ort"):
        MailServer.parse(url)
