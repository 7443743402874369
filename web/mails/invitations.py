"""Build the iCalendar part of a mail (RFC 5545, RFC 5546)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from icalendar import Calendar, Event, vCalAddress

from models.bookings.booking import BookingStatus
from models.bookings.outbox import MailKind

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.outbox import BookingSnapshot

STATUSES = {BookingStatus.PENDING: "TENTATIVE", BookingStatus.CONFIRMED: "CONFIRMED"}


@dataclass(frozen=True, slots=True)
class Attendee:
    """A participant of a session; `name` is None if it is not to be shown."""

    email: str
    name: str | None
    has_agreed: bool


def method_of(kind: MailKind) -> str:
    """Return the iTIP method for a kind of mail (RFC 5546, section 3.2)."""
    return "CANCEL" if kind is MailKind.CANCELLED else "REQUEST"


def invitation(
    kind: MailKind,
    occasion: BookingSnapshot,
    *,
    host: str,
    organizer: str,
    attendees: list[Attendee],
    summary: str,
    description: str,
    stamp: datetime,
) -> bytes:
    """Return the iCalendar object for one change of a booking.

    UID stays the same and SEQUENCE increases with each change, so calendars keep one entry with
    the latest state, in whatever order the mails arrive.
    """
    event = Event()
    event.add("uid", f"{occasion.booking_id}@{host}")
    event.add("sequence", occasion.revision)
    event.add("dtstamp", stamp.astimezone(UTC))
    event.add("dtstart", occasion.starts_at.astimezone(UTC))
    event.add("dtend", (occasion.starts_at + timedelta(minutes=occasion.minutes)).astimezone(UTC))
    event.add("summary", summary)
    event.add("description", description)
    event.add("status", STATUSES.get(occasion.status, "CANCELLED"))
    event.add("organizer", _address(organizer, CN="ExpertBook"))
    for attendee in attendees:
        name = {} if attendee.name is None else {"CN": attendee.name}
        state = "ACCEPTED" if attendee.has_agreed else "NEEDS-ACTION"
        event.add("attendee", _address(attendee.email, **name, PARTSTAT=state, RSVP="FALSE"))
    calendar = Calendar()
    calendar.add("prodid", "-//ExpertBook//ExpertBook//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method_of(kind))
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _address(email: str, **parameters: str) -> vCalAddress:
    address = vCalAddress(f"mailto:{email}")
    address.params.update(parameters)
    return address
