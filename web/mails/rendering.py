"""Render mails from the templates in this folder, with data read at the time of sending.

The first line of a `.txt` template is the subject; the `.html` template of the same name has the
same content. To prevent abuse, text entered by a user is never sent to an address
that the same user entered.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from models.accounts.links import LIFETIMES, Purpose, create_link
from models.accounts.users import ERASED_DOMAIN, User
from models.bookings.booking import UPCOMING, BookingStatus
from models.bookings.outbox import MailKind, Party
from models.calendar.times import utc_now
from models.money import format_amount
from models.store.documents import or_unavailable
from web.mails import times
from web.mails.addresses import ascii_address
from web.mails.headers import mailbox, policy_for, single_line
from web.mails.invitations import Invitations
from web.mails.sessions import load_session
from web.mails.transport import RenderedMail

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.outbox import BookingSnapshot, Mail
    from web.mails.sessions import BookedSession

TEMPLATES = Path(__file__).parent
LINKS = {
    MailKind.VERIFICATION: (Purpose.VERIFICATION, "verify-email"),
    MailKind.PASSWORD_RESET: (Purpose.PASSWORD_RESET, "reset-password"),
}


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
        self._invitations = Invitations(self.address, self._base)
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
        return await load_session(mail.occasion.booking_id) if mail.occasion else None

    async def render(
        self, mail: Mail, party: Party, session: BookedSession | None
    ) -> RenderedMail | None:
        """Return a recipient's copy, or None if it is no longer needed.

        Raises:
            Unavailable: the database did not answer.
        """
        if mail.occasion is None:
            return await self._render_for_owner(mail)
        if session is None:
            return None
        to = session.client if party is Party.CLIENT else session.expert
        if to.email.endswith(ERASED_DOMAIN):
            return None
        return self.render_for_party(mail, mail.occasion, session, party, utc_now())

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
        self,
        mail: Mail,
        occasion: BookingSnapshot,
        session: BookedSession,
        party: Party,
        now: datetime,
    ) -> RenderedMail:
        """Return a party's copy of a mail about a booking, true at the time `now`."""
        to_client = party is Party.CLIENT
        recipient, other = session.client, session.expert
        if not to_client:
            recipient, other = other, recipient
        context = self._context(occasion, session, now, to_client=to_client)
        message = self._message(mail, party, recipient.email, context)
        if other.contact_email:
            reply_to = ascii_address(other.contact_email)
            if reply_to.isascii() or not ascii_address(recipient.email).isascii():
                message["Reply-To"] = mailbox(reply_to, single_line(other.name))
        method, event = self._invitations.build(session, occasion, party, mail.created_at)
        message.add_alternative(
            event,
            maintype="text",
            subtype="calendar",
            params={"method": method, "charset": "utf-8"},
        )
        return _rendered(mail, party, recipient.email, message)

    def _context(
        self, occasion: BookingSnapshot, session: BookedSession, now: datetime, *, to_client: bool
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
            "price": format_amount(occasion.price, self._currency),
            "minutes": occasion.minutes,
            "reference": booking.reference,
            "cancellation": _cancellation(booking, zone, now),
            "contact": contact,
            "note": booking.note.splitlines(),
            "home": self._base,
        }

    def _message(self, mail: Mail, party: Party, to: str, context: dict[str, Any]) -> EmailMessage:
        """Return a message with its headers and the text and HTML parts."""
        name = mail.kind.lower()
        subject, _, text = (
            self._templates.get_template(f"{name}.txt").render(context).partition("\n")
        )
        html = self._templates.get_template(f"{name}.html").render(context)
        recipient = ascii_address(to)
        message = EmailMessage(policy_for(utf8=not recipient.isascii()))
        message["From"] = mailbox(self.address, self.name)
        message["To"] = mailbox(recipient)
        message["Subject"] = single_line(subject)
        message["Date"] = utc_now()
        message["Message-ID"] = f"<{mail.id}.{party.lower()}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        return message


def _cancellation(booking: Booking, zone: str, now: datetime) -> str:
    """Return until when the client can cancel; the booking may have ended meanwhile."""
    deadline = booking.cancellable_until
    if now > deadline or booking.status not in UPCOMING:
        return "It can no longer be cancelled."
    return f"You can cancel until {times.moment(deadline, zone)}."


def _rendered(
    mail: Mail, party: Party, to: str, message: EmailMessage, link: str | None = None
) -> RenderedMail:
    return RenderedMail(f"{mail.id}-{party.lower()}", ascii_address(to), message, link)
