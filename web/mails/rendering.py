"""Render mails from the templates in this folder, with data read at the time of sending.

The first line of a `.txt` template is the subject; the `.html` template of the same name has the
same content. To prevent abuse, text entered by a user is never sent to an address
that the same user entered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from email_validator import EmailNotValidError, validate_email
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models.accounts.links import LIFETIMES, Purpose, create_link
from models.accounts.users import User, users_by_id
from models.bookings.booking import Booking, BookingStatus
from models.bookings.outbox import MailKind, Party
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory.experts import Expert
from models.store.documents import or_unavailable
from web.mails import times
from web.mails.invitations import Attendee, invitation, method_of
from web.mails.transport import RecipientRefused, RenderedMail

if TYPE_CHECKING:
    from models.bookings.outbox import BookingSnapshot, Mail

TEMPLATES = Path(__file__).parent
LINKS = {
    MailKind.VERIFICATION: (Purpose.VERIFICATION, "verify-email"),
    MailKind.PASSWORD_RESET: (Purpose.PASSWORD_RESET, "reset-password"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """A party's current name, e-mail address and time zone."""

    name: str
    email: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class BookedSession:
    """A booking and its parties, in their current state."""

    booking: Booking
    expert: Person
    title: str
    client: Person


class MailRenderer:
    """Renders each recipient's copy of a mail.

    Args:
        sender: the From address, such as ExpertBook <bookings@example.com>.
        base: the base URL of links.
        currency: the currency of all prices (ISO 4217).
    """

    def __init__(self, sender: str, base: str, currency: str) -> None:
        self.name, self.address = parseaddr(sender)
        self.host = self.address.rpartition("@")[2]
        self._base = base.rstrip("/")
        self._currency = currency
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    async def load_session(self, mail: Mail) -> BookedSession | None:
        """Return the session that a mail is about, or None if there is none or a party is gone.

        Raises:
            Unavailable: the database did not answer.
        """
        return await _load_session(mail.occasion) if mail.occasion else None

    async def render(
        self, mail: Mail, party: Party, session: BookedSession | None
    ) -> RenderedMail | None:
        """Return a recipient's copy, or None if it is no longer needed.

        Raises:
            Unavailable: the database did not answer.
        """
        if mail.occasion is None:
            return await self._render_for_owner(mail)
        return self.render_for_party(mail, mail.occasion, session, party) if session else None

    async def _render_for_owner(self, mail: Mail) -> RenderedMail | None:
        with or_unavailable():
            user = await User.by_email(mail.address or "")
        is_verified = (
            mail.kind is MailKind.VERIFICATION and user is not None and user.email_verified
        )
        if user is None or user.disabled or is_verified:
            return None
        purpose, path = LINKS[mail.kind]
        token = await create_link(purpose, user.id, utc_now())
        # The fragment of a URL is never sent to a server, so the token stays out of logs.
        link = f"{self._base}/{path}#token={token}"
        hours = LIFETIMES[purpose].total_seconds() / 3600
        lifetime = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours * 60:.0f} minutes"  # noqa: PLR2004
        context = {"link": link, "lifetime": lifetime, "home": self._base}
        message = self._message(mail, Party.OWNER, user.email, context)
        return _rendered(mail, Party.OWNER, user.email, message, link)

    def render_for_party(
        self, mail: Mail, occasion: BookingSnapshot, session: BookedSession, party: Party
    ) -> RenderedMail:
        """Return a party's copy of a mail about a booking."""
        to_client = party is Party.CLIENT
        recipient, other = session.client, session.expert
        if not to_client:
            recipient, other = other, recipient
        context = self._context(occasion, session, to_client=to_client)
        message = self._message(mail, party, recipient.email, context, other)
        summary = f"Session with {single_line(other.name)}"
        attendees = [
            Attendee(
                ascii_address(session.client.email),
                None if to_client else single_line(session.client.name),
                has_agreed=True,
            ),
            Attendee(
                ascii_address(session.expert.email),
                single_line(session.expert.name),
                has_agreed=occasion.status is not BookingStatus.PENDING,
            ),
        ]
        event = invitation(
            mail.kind,
            occasion,
            host=self.host,
            organizer=self.address,
            attendees=attendees,
            summary=summary,
            description=f"ExpertBook {session.booking.reference}",
            stamp=mail.created_at,
        )
        method = method_of(mail.kind)
        message.add_alternative(
            event,
            maintype="text",
            subtype="calendar",
            params={"method": method, "charset": "utf-8"},
        )
        return _rendered(mail, party, recipient.email, message)

    def _context(
        self, occasion: BookingSnapshot, session: BookedSession, *, to_client: bool
    ) -> dict[str, Any]:
        booking, contact = session.booking, session.booking.contact
        zone = (session.client if to_client else session.expert).time_zone
        start = occasion.starts_at
        end = start + timedelta(minutes=occasion.minutes)
        before = occasion.moved_from
        return {
            "to_client": to_client,
            "is_pending": occasion.status is BookingStatus.PENDING,
            "other": single_line((session.expert if to_client else session.client).name),
            "title": single_line(session.title),
            "brief": times.brief(start, zone),
            "when": times.span(start, end, zone),
            "before": times.moment(before, zone) if before else None,
            "price": times.price(occasion.price, self._currency),
            "minutes": occasion.minutes,
            "reference": booking.reference,
            "deadline": times.moment(booking.cancellable_until, zone),
            "contact": contact,
            "note": booking.note.splitlines(),
            "home": self._base,
        }

    def _message(
        self,
        mail: Mail,
        party: Party,
        to: str,
        context: dict[str, Any],
        other: Person | None = None,
    ) -> EmailMessage:
        """Return a message with its headers and the text and HTML parts."""
        name = mail.kind.lower()
        subject, _, text = (
            self._templates.get_template(f"{name}.txt").render(context).partition("\n")
        )
        html = self._templates.get_template(f"{name}.html").render(context)
        recipient = ascii_address(to)
        is_utf8 = not recipient.isascii()
        message = EmailMessage(SMTPUTF8 if is_utf8 else SMTP)
        message["From"] = header_address(self.address, self.name)
        message["To"] = header_address(recipient)
        if other and (is_utf8 or ascii_address(other.email).isascii()):
            message["Reply-To"] = header_address(
                ascii_address(other.email), single_line(other.name)
            )
        message["Subject"] = single_line(subject)
        message["Date"] = utc_now()
        message["Message-ID"] = f"<{mail.id}.{party.lower()}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        return message


def single_line(text: str) -> str:
    """Return a text on one line, safe for a header: without control characters.

    Encoded words (RFC 2047) are broken up, since decoding one could bring back line breaks.
    """
    printable = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return printable.replace("=?", "= ?")


def header_address(email: str, name: str = "") -> Address:
    """Return an address for a header."""
    local, _, host = email.rpartition("@")
    return Address(name, local, host)


@lru_cache(maxsize=1024)
def ascii_address(email: str) -> str:
    """Return the ASCII form of an address, or its normalized form if it has none.

    Raises:
        RecipientRefused: the address is invalid.
    """
    try:
        validated = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RecipientRefused(str(error)) from error
    return validated.ascii_email or validated.normalized


def _rendered(
    mail: Mail, party: Party, to: str, message: EmailMessage, link: str | None = None
) -> RenderedMail:
    return RenderedMail(f"{mail.id}-{party.lower()}", ascii_address(to), message, link)


async def _load_session(occasion: BookingSnapshot) -> BookedSession | None:
    """Return a booking and its parties, or None if one of them is gone.

    Raises:
        Unavailable: the database did not answer.
    """
    with or_unavailable():
        booking = await Booking.get(occasion.booking_id)
        expert = booking and await Expert.get(booking.expert_id)
        calendar = expert and await Calendar.get(expert.id)
    if not (booking and expert and calendar):
        return None
    people = await users_by_id({expert.user_id, booking.client_id})
    keeper, client = people.get(expert.user_id), people.get(booking.client_id)
    if not (keeper and client):
        return None
    contact = booking.contact
    return BookedSession(
        booking,
        Person(expert.name, keeper.email, calendar.rules.time_zone),
        expert.title,
        Person(
            contact.name if contact else client.name,
            contact.email if contact else client.email,
            (contact and contact.time_zone) or client.time_zone,
        ),
    )
