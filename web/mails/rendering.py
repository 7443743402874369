"""Writing a mail: what it tells is read when it is sent, and put into the texts of this folder.

The first line of a `.txt` is the subject; the `.html` of that name says the same. Nothing that
somebody typed goes to an address that they typed as well, so that nobody can have the program
write to strangers what they like.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
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
from web.mails.policy import POLICY, POLICY_UTF8, part
from web.mails.transport import RecipientRefused, RenderedMail

if TYPE_CHECKING:
    from models.bookings.outbox import BookingSnapshot, Mail

HERE = Path(__file__).parent
PURPOSES = {
    MailKind.VERIFICATION: (Purpose.VERIFICATION, "verify-email"),
    MailKind.PASSWORD_RESET: (Purpose.PASSWORD_RESET, "reset-password"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody's name, address and zone, as they are now."""

    name: str
    email: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class BookedSession:
    """A booking and its parties, as they are now."""

    booking: Booking
    expert: Person
    title: str
    client: Person


class MailRenderer:
    """Writes each recipient's copy of a mail.

    Args:
        sender: whom mails are from, such as ExpertBook <bookings@example.com>.
        base: where links lead.
        currency: that of all prices.
    """

    def __init__(self, sender: str, base: str, currency: str) -> None:
        self.name, self.address = parseaddr(sender)
        self.host = self.address.rpartition("@")[2]
        self._base = base.rstrip("/")
        self._currency = currency
        self._texts = Environment(
            loader=FileSystemLoader(HERE),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    async def session(self, mail: Mail) -> BookedSession | None:
        """What a mail is about, if that is a booking whose parties are all there.

        Raises:
            Unavailable: when the database does not answer.
        """
        return await _session(mail.occasion) if mail.occasion else None

    async def write(
        self, mail: Mail, party: Party, session: BookedSession | None
    ) -> RenderedMail | None:
        """A recipient's copy, or None where nobody is owed it any more.

        Raises:
            Unavailable: when the database does not answer.
        """
        if mail.occasion is None:
            return await self._to_owner(mail)
        return self.about(mail, mail.occasion, session, party) if session else None

    async def _to_owner(self, mail: Mail) -> RenderedMail | None:
        with or_unavailable():
            user = await User.by_email(mail.address or "")
        is_done = mail.kind is MailKind.VERIFICATION and user is not None and user.email_verified
        if user is None or user.disabled or is_done:
            return None
        purpose, path = PURPOSES[mail.kind]
        token = await create_link(purpose, user.id, utc_now())
        # After the sharp it is sent to no server and kept in no log.
        link = f"{self._base}/{path}#token={token}"
        hours = LIFETIMES[purpose].total_seconds() / 3600
        lasts = f"{hours / 24:.0f} days" if hours >= 48 else f"{hours * 60:.0f} minutes"  # noqa: PLR2004
        facts = {"link": link, "lasts": lasts, "home": self._base}
        message = self._message(mail, Party.OWNER, user.email, facts)
        return self._letter(mail, Party.OWNER, user.email, message, link)

    def about(
        self, mail: Mail, occasion: BookingSnapshot, session: BookedSession, party: Party
    ) -> RenderedMail:
        """A party's copy of what happened to a booking."""
        to_client = party is Party.CLIENT
        own, other = session.client, session.expert
        if not to_client:
            own, other = other, own
        facts = self._facts(occasion, session, to_client=to_client)
        message = self._message(mail, party, own.email, facts, other)
        summary = f"Session with {line(other.name)}"
        attendees = [
            Attendee(
                in_ascii(session.client.email),
                None if to_client else line(session.client.name),
                has_agreed=True,
            ),
            Attendee(
                in_ascii(session.expert.email),
                line(session.expert.name),
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
        return self._letter(mail, party, own.email, message)

    def _facts(
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
            "other": line((session.expert if to_client else session.client).name),
            "title": line(session.title),
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
        facts: dict[str, Any],
        other: Person | None = None,
    ) -> EmailMessage:
        """The headers and both texts."""
        name = mail.kind.lower()
        subject, _, text = self._texts.get_template(f"{name}.txt").render(facts).partition("\n")
        html = self._texts.get_template(f"{name}.html").render(facts)
        recipient = in_ascii(to)
        is_utf8 = not recipient.isascii()
        message = EmailMessage(POLICY_UTF8 if is_utf8 else POLICY)
        message["From"] = address_of(self.address, self.name)
        message["To"] = address_of(recipient)
        if other and (is_utf8 or in_ascii(other.email).isascii()):
            message["Reply-To"] = address_of(in_ascii(other.email), line(other.name))
        message["Subject"] = line(subject)
        message["Date"] = utc_now()
        message["Message-ID"] = f"<{mail.id}.{party.lower()}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        part(message)
        return message

    def _letter(
        self, mail: Mail, party: Party, to: str, message: EmailMessage, link: str | None = None
    ) -> RenderedMail:
        return RenderedMail(f"{mail.id}-{party.lower()}", in_ascii(to), message, link)


def line(text: str) -> str:
    """A text as one line without control characters, fit for a header.

    Nor does it have what looks encoded (RFC 2047): that would be decoded, line ends and all.
    """
    kept = "".join(char for char in " ".join(text.split()) if char.isprintable())
    return kept.replace("=?", "= ?")


def address_of(email: str, name: str = "") -> Address:
    """An address for a header."""
    local, _, host = email.rpartition("@")
    return Address(name, local, host)


@lru_cache(maxsize=1024)
def in_ascii(email: str) -> str:
    """An address in the form that every mail server takes, where it has one.

    Raises:
        Refused: for what is no address.
    """
    try:
        found = validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise RecipientRefused(str(error)) from error
    return found.ascii_email or found.normalized


async def _session(occasion: BookingSnapshot) -> BookedSession | None:
    """A booking and its parties, or None where one of them is gone.

    Raises:
        Unavailable: when the database does not answer.
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
