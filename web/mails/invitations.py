"""Build the iCalendar object of a booking, for e-mails and downloads (RFC 5545, 5546, 7986)."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Conference, Event, vCalAddress

from models.accounts.emails import email_key
from models.accounts.users import Language
from models.bookings.booking import INACTIVE, BookingStatus
from models.bookings.outbox import Party
from models.calendar.places import PlaceKind
from web.mails.addresses import ascii_address, mailto
from web.mails.facts import (
    Reader,
    next_step,
    page_url,
    place_fact,
    place_of,
    telephone_url,
)
from web.mails.headers import single_line
from web.mails.wording import wording

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.outbox import BookingSnapshot
    from models.calendar.places import Place
    from web.mails.sessions import BookedSession
    from web.mails.wording import Wording

TENTATIVE = frozenset({BookingStatus.HELD, BookingStatus.PENDING})


class Invitations:
    """Builds iCalendar objects. Creating an instance loads all languages, which takes a while.

    The UID of a booking stays the same and its SEQUENCE increases with each change. Calendars
    therefore keep one entry with the booking's latest state, regardless of the order in which the
    e-mails and downloads arrive.

    Args:
        organizer: the sender's e-mail address, whose domain makes UIDs unique.
        base: the base URL of the web client.
    """

    def __init__(self, organizer: str, base: str) -> None:
        self._organizer = organizer
        self._host = organizer.rpartition("@")[2]
        self._base = base
        for language in Language:
            wording(language)  # loaded now, because the constructor is called in a thread

    def build(
        self, session: BookedSession, occasion: BookingSnapshot, party: Party, stamp: datetime
    ) -> tuple[str, bytes]:
        """Return the iTIP method and the iCalendar object of a booking for one of its parties.

        Args:
            session: the booking with its parties.
            occasion: the booking's state after a change.
            party: the party that gets the object: the client or the expert.
            stamp: the time of the change that led to the state in `occasion`.
        """
        to_client = party is Party.CLIENT
        starts_at = occasion.starts_at.astimezone(UTC)
        event = Event()
        event.add("uid", f"{occasion.booking_id}@{self._host}")
        event.add("sequence", occasion.revision)
        event.add("dtstamp", stamp.astimezone(UTC))
        event.add("dtstart", starts_at)
        event.add("dtend", starts_at + timedelta(minutes=occasion.minutes))
        recipient, other = session.client, session.expert
        if not to_client:
            recipient, other = other, recipient
        reader = Reader(wording(recipient.language), recipient.time_zone, to_client)
        gettext, place = reader.wording.gettext, place_of(session.booking, occasion.status)
        event.add("summary", gettext("Session with %(name)s", name=single_line(other.name)))
        step = next_step(place, occasion.status, reader)
        event.add("description", f"ExpertBook {session.booking.reference}\n{step}".strip())
        number = place.details
        if session.booking.contact and not to_client and occasion.status not in INACTIVE:
            number = number or session.booking.contact.phone
        _add_place(event, place, number, reader.wording)
        event.add("url", page_url(self._base, occasion.booking_id, is_client=to_client))
        event.add("status", _status(occasion.status))
        event.add("organizer", _address(self._organizer, CN="ExpertBook"))
        for attendee in _attendees(session, occasion, to_client=to_client):
            event.add("attendee", attendee)
        calendar = Calendar()
        calendar.add("prodid", "-//ExpertBook//ExpertBook//EN")
        calendar.add("version", "2.0")
        calendar.add("calscale", "GREGORIAN")
        method = "CANCEL" if occasion.status in INACTIVE else "REQUEST"
        calendar.add("method", method)
        calendar.add_component(event)
        return method, bytes(calendar.to_ical())


def _add_place(event: Event, place: Place, number: str | None, words: Wording) -> None:
    """Add the session's place to the event; `number` is the phone number to call."""
    url = place.details if place.kind is PlaceKind.VIDEO else None
    called = number if place.kind is PlaceKind.PHONE else None
    event.add("location", place.details or called or place_fact(place, words).value)
    if url:
        label = words.gettext("Video call")
        event.conferences = [Conference(url, feature="VIDEO", label=label)]
    elif called:
        label = words.gettext("Phone call")
        event.conferences = [Conference(telephone_url(called), feature="PHONE", label=label)]


def _status(status: BookingStatus) -> str:
    if status in INACTIVE:
        return "CANCELLED"
    return "TENTATIVE" if status in TENTATIVE else "CONFIRMED"


def _attendees(
    session: BookedSession, occasion: BookingSnapshot, *, to_client: bool
) -> list[vCalAddress]:
    """Return the attendees; the client sees the expert only if there is a contact address."""
    client, expert = session.client, session.expert
    client_email = ascii_address(client.email)
    # Text that the client entered is not sent to an e-mail address that the client entered.
    named = {} if to_client else {"CN": single_line(client.name)}
    found = [_address(client_email, **named, PARTSTAT="ACCEPTED", RSVP="FALSE")]
    shown = expert.contact_email or (None if to_client else expert.email)
    if shown and email_key(shown) != email_key(client.email):
        state = "NEEDS-ACTION" if occasion.status in TENTATIVE else "ACCEPTED"
        name = single_line(expert.name)
        found.append(_address(ascii_address(shown), CN=name, PARTSTAT=state, RSVP="FALSE"))
    return found


def _address(email: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(mailto(email))
    address.params.update(parameters)
    return address
