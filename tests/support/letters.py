"""Sample bookings, and functions that render and parse the e-mails about a booking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import TYPE_CHECKING, Any

from auth.code_keys import CodeKeys
from models.accounts.users import Language
from models.bookings.booking import Booking, BookingChange, BookingStatus, Contact
from models.bookings.outbox import Mail, mail_for
from models.ids import Id
from tests.support.mailboxes import ReceivedMail
from web.mails.rendering import MailRenderer
from web.mails.sessions import BookedSession, Person

if TYPE_CHECKING:
    from web.mails.transport import RenderedMail

RENDERER = MailRenderer(
    "ExpertBook <bookings@example.com>", "https://book.example.com", "EUR", CodeKeys(["secret"])
)
START = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
NOW = START - timedelta(days=20)
BOOKING_ID, EXPERT_ID, CLIENT_ID = (Id(f"{number:024x}") for number in (1, 2, 3))
"""The ids are fixed, because a random id could contain text that must not occur in an e-mail."""

PENDING, CONFIRMED = BookingStatus.PENDING, BookingStatus.CONFIRMED
CANCELLED = BookingStatus.CANCELLED


def change(
    status: BookingStatus, before: BookingStatus | None = None, start: datetime = START
) -> BookingChange:
    """Return an entry of a booking's history."""
    return BookingChange(at=START, actor_id=None, before=before, after=status, starts_at=start)


def booked_session(
    *changes: BookingChange,
    name: str = "Ada Lovelace",
    email: str = "ada@example.com",
    contact_email: str | None = "bea@example.com",
    language: Language = Language.EN,
    **booked: Any,
) -> BookedSession:
    """Return a booking of a client in Paris with an expert in New York.

    `booked` overrides fields of the booking.
    """
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
    ).model_copy(update=booked)
    return BookedSession(
        booking,
        Person(
            name if "Ada L" not in name else "Bea Expert",
            "bea-signs-in@example.com",
            "America/New_York",
            language,
            contact_email,
        ),
        "Lawyer",
        Person(name, email, "Europe/Paris", language, email),
        "bea-expert",
    )


def render(session: BookedSession, now: datetime = NOW) -> tuple[Mail, list[RenderedMail]]:
    """Return the queued e-mail about the last change, and one rendered message per recipient."""
    mail = mail_for(session.booking)
    assert mail
    assert mail.occasion
    return mail, [
        RENDERER.render_for_party(mail, mail.occasion, session, party, now) for party in mail.to
    ]


def parse(copy: RenderedMail) -> ReceivedMail:
    """Return a rendered message, parsed as an e-mail client would parse it."""
    message = message_from_bytes(copy.message.as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return ReceivedMail(copy.to, message)
