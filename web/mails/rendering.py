"""Renders e-mails from their templates, with data that is read at the time of sending.

To prevent abuse, text entered by a user is never sent to an e-mail address that the same user
entered.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from auth.code_keys import new_code
from models.accounts.codes import LIFETIME as CODE_LIFETIME
from models.accounts.codes import store_code
from models.accounts.links import LIFETIMES, Purpose, create_link
from models.accounts.users import ERASED_DOMAIN, Language, User
from models.bookings.booking import INACTIVE, BookingStatus
from models.bookings.outbox import CHANGE_KINDS, REVIEW_KINDS, MailKind, Party
from models.calendar.slots import slot_id
from models.calendar.times import utc_now
from models.calendar.times import zone as time_zone
from models.store.documents import or_unavailable
from web.mails.addresses import ascii_address
from web.mails.facts import (
    Fact,
    Reader,
    deadline,
    next_step,
    page_url,
    place_fact,
    place_of,
)
from web.mails.headers import mailbox, policy_for, single_line
from web.mails.invitations import Invitations
from web.mails.notices import is_current, notice_remarks, page_label, quotes_of, review_facts
from web.mails.sessions import load_session, with_review
from web.mails.templates import templates_of
from web.mails.transport import RenderedMail
from web.mails.wording import wording

if TYPE_CHECKING:
    from datetime import datetime

    from auth.code_keys import CodeKeys
    from models.bookings.booking import Booking
    from models.bookings.outbox import BookingSnapshot, Mail
    from web.mails.sessions import BookedSession
    from web.mails.wording import Wording

ABOUT_REVIEWS: Final = REVIEW_KINDS | {MailKind.COMPLETED}
LINKS = {
    MailKind.VERIFICATION: (Purpose.VERIFICATION, "verify-email"),
    MailKind.PASSWORD_RESET: (Purpose.PASSWORD_RESET, "reset-password"),
}


class MailRenderer:
    """Renders each recipient's copy of an e-mail.

    Args:
        sender: the From address, such as ExpertBook <bookings@example.com>.
        base: the base URL of the links in e-mails.
        currency: the currency of all prices (ISO 4217).
        code_keys: the keys that hash sign-in codes.
    """

    def __init__(self, sender: str, base: str, currency: str, code_keys: CodeKeys) -> None:
        self.name, self.address = parseaddr(sender)
        self.host = self.address.rpartition("@")[2]
        self._base = base.rstrip("/")
        self._invitations = Invitations(self.address, self._base)
        self._currency = currency
        self._code_keys = code_keys

    async def load_session(self, mail: Mail) -> BookedSession | None:
        """Return the session that an e-mail is about, if there is one.

        Also return None if the booking or one of its parties no longer exists.

        Raises:
            Unavailable: if the database does not respond.
        """
        if mail.occasion is None:
            return None
        session = await load_session(mail.occasion.booking_id)
        return await with_review(session) if session and mail.kind in ABOUT_REVIEWS else session

    def address_of(self, mail: Mail, party: Party, session: BookedSession | None) -> str | None:
        """Return a recipient's e-mail address, or None if the e-mail is no longer needed."""
        if mail.occasion is None:
            return mail.address
        if session is None:
            return None
        return (session.client if party is Party.CLIENT else session.expert).email

    async def render(
        self, mail: Mail, party: Party, session: BookedSession | None
    ) -> RenderedMail | None:
        """Return a recipient's copy of an e-mail, or None if the e-mail is no longer needed.

        Rendering creates the sign-in code or link in the copy, and a new sign-in code invalidates
        the previous one. Call this method only to send the copy at once.

        Raises:
            Unavailable: if the database does not respond.
        """
        if mail.occasion is None:
            return await self._render_for_owner(mail)
        to = self.address_of(mail, party, session)
        if session is None or to is None or to.endswith(ERASED_DOMAIN):
            return None
        now = utc_now()
        if mail.kind is MailKind.OFFERED:
            return self.render_offer(mail, mail.occasion, session, now)
        if not is_current(mail.kind, mail.occasion, session, now):
            return None
        return self.render_for_party(mail, mail.occasion, session, party, now)

    async def _render_for_owner(self, mail: Mail) -> RenderedMail | None:
        if mail.kind is MailKind.EMAIL_CHANGED:
            return self._render_notice(mail)
        with or_unavailable():
            user = await User.by_email(mail.address or "")
        if mail.kind is MailKind.SIGN_IN_CODE:
            return await self._render_code(mail, user)
        is_verified = (
            mail.kind is MailKind.VERIFICATION and user is not None and user.email_verified
        )
        if user is None or user.disabled or is_verified:
            return None
        purpose, path = LINKS[mail.kind]
        token = await create_link(purpose, user.id, utc_now())
        # The fragment of a URL is never sent to a server, so the token stays out of logs.
        link = f"{self._base}/{path}#token={token}"
        lifetime = wording(user.language).duration(LIFETIMES[purpose])
        context = {"link": link, "lifetime": lifetime, "home": self._base}
        message = self._message(mail, Party.OWNER, user.email, user.language, context)
        return _rendered(mail, Party.OWNER, user.email, message, link)

    async def _render_code(self, mail: Mail, user: User | None) -> RenderedMail | None:
        """Return the e-mail with a new sign-in code, whether or not its address has an account."""
        to = user.email if user else mail.deliver_to
        code, now = new_code(), utc_now()
        digest = self._code_keys.digest(mail.address or "", code)
        is_latest = await store_code(mail.address or "", digest, mail.created_at, now)
        if to is None or not is_latest or (user and user.disabled):
            return None
        language = user.language if user else mail.language or Language.EN
        lifetime = wording(language).duration(CODE_LIFETIME)
        context = {"code": code, "lifetime": lifetime, "home": self._base}
        message = self._message(mail, Party.OWNER, to, language, context)
        return _rendered(mail, Party.OWNER, to, message, code=code)

    def _render_notice(self, mail: Mail) -> RenderedMail | None:
        to, language = mail.deliver_to, mail.language
        if to is None or language is None:
            return None
        message = self._message(mail, Party.OWNER, to, language, {"home": self._base})
        return _rendered(mail, Party.OWNER, to, message)

    def render_for_party(
        self,
        mail: Mail,
        occasion: BookingSnapshot,
        session: BookedSession,
        party: Party,
        now: datetime,
    ) -> RenderedMail:
        """Return a party's copy of an e-mail about a booking, as it reads at the time `now`."""
        to_client = party is Party.CLIENT
        recipient, other = session.client, session.expert
        if not to_client:
            recipient, other = other, recipient
        reader = Reader(wording(recipient.language), recipient.time_zone, to_client)
        context = self._context(mail.kind, occasion, session, now, reader)
        message = self._message(mail, party, recipient.email, recipient.language, context)
        if other.contact_email:
            reply_to = ascii_address(other.contact_email)
            if reply_to.isascii() or not ascii_address(recipient.email).isascii():
                message["Reply-To"] = mailbox(reply_to, single_line(other.name))
        if mail.kind in CHANGE_KINDS:
            method, event = self._invitations.build(session, occasion, party, mail.created_at)
            message.add_alternative(
                event,
                maintype="text",
                subtype="calendar",
                params={"method": method, "charset": "utf-8"},
            )
        return _rendered(mail, party, recipient.email, message)

    def render_offer(
        self, mail: Mail, occasion: BookingSnapshot, session: BookedSession, now: datetime
    ) -> RenderedMail | None:
        """Return the e-mail that offers time to a waiting client, or None if the offer ended."""
        booking, client = session.booking, session.client
        if booking.held_until is None or not booking.occupies_at(now):
            return None
        words, zone = wording(client.language), client.time_zone
        day = booking.starts_at.astimezone(time_zone(zone)).date()
        chosen = {"minutes": booking.minutes, "day": day, "slot": slot_id(booking.key)}
        link = f"{self._base}/experts/{session.slug}?{urlencode(chosen)}"
        context = {
            "other": single_line(session.expert.name),
            "brief": words.brief(occasion.starts_at, zone),
            "until": words.moment(booking.held_until, zone),
            **_table(self._facts(occasion, session, Reader(words, zone, is_client=True))),
            "quotes": [],
            "remarks": [],
            "page": Fact(words.gettext("Book it or pass it on"), link),
            "home": self._base,
        }
        message = self._message(mail, Party.CLIENT, client.email, client.language, context)
        return _rendered(mail, Party.CLIENT, client.email, message, link)

    def _context(
        self,
        kind: MailKind,
        occasion: BookingSnapshot,
        session: BookedSession,
        now: datetime,
        reader: Reader,
    ) -> dict[str, Any]:
        booking, words = session.booking, reader.wording
        if kind in CHANGE_KINDS or kind is MailKind.REMINDER:
            facts = self._facts(occasion, session, reader)
            remarks = [
                next_step(place_of(booking, occasion.status), occasion.status, reader),
                "" if occasion.status in INACTIVE else deadline(booking, reader, now),
            ]
        else:
            facts = [
                *_main_facts(occasion, session, reader),
                _reference(booking, words),
                *review_facts(kind, session, reader),
            ]
            remarks = notice_remarks(kind, session, reader)
        other = session.expert if reader.is_client else session.client
        label = page_label(kind, reader)
        return {
            "to_client": reader.is_client,
            "is_pending": occasion.status is BookingStatus.PENDING,
            "other": single_line(other.name),
            "brief": words.brief(occasion.starts_at, reader.time_zone),
            **_table(facts),
            "quotes": quotes_of(kind, occasion, session, reader),
            "remarks": [remark for remark in remarks if remark],
            "page": Fact(label, page_url(self._base, booking.id, is_client=reader.is_client)),
            "home": self._base,
        }

    def _facts(
        self, occasion: BookingSnapshot, session: BookedSession, reader: Reader
    ) -> list[Fact]:
        """Return the rows of an e-mail's table; only the expert sees the client's contact data."""
        booking, words, zone = session.booking, reader.wording, reader.time_zone
        gettext = words.gettext
        found = [
            *_main_facts(occasion, session, reader),
            place_fact(place_of(booking, occasion.status), words),
            Fact(gettext("Length"), words.minutes(occasion.minutes)),
            Fact(gettext("Price"), words.price(occasion.price, self._currency)),
            _reference(booking, words),
        ]
        if occasion.moved_from:
            found.insert(0, Fact(gettext("Before"), words.moment(occasion.moved_from, zone)))
        if booking.contact and not reader.is_client:
            found.append(Fact(gettext("E-mail"), booking.contact.email))
            found.append(Fact(gettext("Phone"), booking.contact.phone))
        return found

    def _message(
        self, mail: Mail, party: Party, to: str, language: Language, context: dict[str, Any]
    ) -> EmailMessage:
        """Return an e-mail message with its headers, a text part and an HTML part."""
        name, templates = mail.kind.lower(), templates_of(language)
        subject, _, text = templates.get_template(f"{name}.txt").render(context).partition("\n")
        html = templates.get_template(f"{name}.html").render(context)
        recipient = ascii_address(to)
        message = EmailMessage(policy_for(utf8=not recipient.isascii()))
        message["From"] = mailbox(self.address, self.name)
        message["To"] = mailbox(recipient)
        message["Subject"] = single_line(subject)
        message["Date"] = utc_now()
        message["Message-ID"] = f"<{mail.copy_id}.{party.lower()}@{self.host}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text.strip() + "\n")
        message.add_alternative(html, subtype="html")
        message["Content-Language"] = wording(language).tag
        return message


def _main_facts(occasion: BookingSnapshot, session: BookedSession, reader: Reader) -> list[Fact]:
    """Return the rows of an e-mail's table that say when a session takes place and with whom."""
    words, start = reader.wording, occasion.starts_at
    end = start + timedelta(minutes=occasion.minutes)
    expert = f"{single_line(session.expert.name)}, {single_line(session.title)}"
    return [
        Fact(words.gettext("When"), words.span(start, end, reader.time_zone)),
        Fact(
            words.gettext("With"), expert if reader.is_client else single_line(session.client.name)
        ),
    ]


def _reference(booking: Booking, words: Wording) -> Fact:
    return Fact(words.gettext("Reference"), booking.reference)


def _table(facts: list[Fact]) -> dict[str, Any]:
    """Return the rows of an e-mail's table, and the width of its labels in characters."""
    return {"facts": facts, "width": max(len(fact.label) for fact in facts) + 2}


def _rendered(
    mail: Mail,
    party: Party,
    to: str,
    message: EmailMessage,
    link: str | None = None,
    code: str | None = None,
) -> RenderedMail:
    return RenderedMail(f"{mail.copy_id}-{party.lower()}", ascii_address(to), message, link, code)
