"""Facts about a booking for e-mails and calendar entries: its place, deadline and next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from models.bookings.booking import INACTIVE, UPCOMING, BookingStatus
from models.calendar.places import PlaceKind
from models.ids import global_id

if TYPE_CHECKING:
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.calendar.places import Place
    from models.ids import Id
    from web.mails.wording import Wording


class Fact(NamedTuple):
    """A row of the table in an e-mail; `link` is the URL to which the value links."""

    label: str
    value: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """The party, client or expert, that a text about a booking is written for.

    Attributes:
        wording: the texts and formats of the party's language.
        time_zone: the party's time zone.
        is_client: whether the party is the client rather than the expert.
    """

    wording: Wording
    time_zone: str
    is_client: bool


def place_of(booking: Booking, status: BookingStatus) -> Place:
    """Return a booking's place, without details if the booking is held, cancelled or expired."""
    has_details = status not in INACTIVE and status is not BookingStatus.HELD
    return booking.place if has_details else booking.place.without_details()


def place_fact(place: Place, wording: Wording) -> Fact:
    """Return the row of an e-mail's table that says where a session takes place."""
    gettext = wording.gettext
    label = gettext("Where")
    match place.kind, place.details:
        case PlaceKind.VIDEO, None:
            return Fact(label, gettext("Video call"))
        case PlaceKind.VIDEO, str(url):
            return Fact(label, gettext("Video call: %(url)s", url=url), url)
        case PlaceKind.PHONE, None:
            return Fact(label, gettext("Phone call"))
        case PlaceKind.PHONE, str(number):
            value = gettext("Phone call: %(number)s", number=number)
            return Fact(label, value, telephone_url(number))
    return Fact(label, place.details or gettext("In person"))


def page_url(base: str, booking_id: Id, *, is_client: bool) -> str:
    """Return the URL of the booking's own page for the client, or of the desk for the expert.

    Args:
        base: the base URL of the web client.
        booking_id: the booking's ID in the database.
        is_client: whether the reader is the client rather than the expert.
    """
    id_ = global_id("Booking", booking_id)
    return f"{base}/bookings/{id_}" if is_client else f"{base}/desk?booking={id_}"


def telephone_url(number: str) -> str:
    """Return the tel URL of an E.164 phone number, including its extension, if any (RFC 3966)."""
    return f"tel:{number.replace(' ext. ', ';ext=')}"


def next_step(place: Place, status: BookingStatus, reader: Reader) -> str:
    """Return a text about the next step, or an empty text if the session will not take place."""
    gettext = reader.wording.gettext
    if status in INACTIVE:
        return ""
    if status is BookingStatus.PENDING:
        if reader.is_client:
            return gettext(
                "The expert will confirm or decline your request, and we will e-mail you. "
                "Until then, the time is reserved for you."
            )
        return gettext(
            "Please confirm or decline it before it begins; otherwise the request expires."
        )
    if reader.is_client:
        return _for_client(place, reader.wording)
    return _for_expert(place, reader.wording)


def _for_client(place: Place, wording: Wording) -> str:
    gettext = wording.gettext
    match place.kind, place.details:
        case PlaceKind.VIDEO, None:
            return gettext(
                "The expert will send you the link to the video call before the session."
            )
        case PlaceKind.VIDEO, _:
            return gettext("Open the link to the video call when the session begins.")
        case PlaceKind.PHONE, None:
            return gettext("The expert will call you at the number you gave.")
        case PlaceKind.PHONE, _:
            return gettext("Please call the expert when the session begins.")
    return gettext("Please come to the address.")


def _for_expert(place: Place, wording: Wording) -> str:
    gettext = wording.gettext
    match place.kind, place.details:
        case PlaceKind.VIDEO, None:
            return gettext("Please send the client the link to the video call before the session.")
        case PlaceKind.VIDEO, _:
            return gettext("Open the link to the video call when the session begins.")
        case PlaceKind.PHONE, None:
            return gettext("Please call the client when the session begins.")
        case PlaceKind.PHONE, _:
            return gettext("The client will call you when the session begins.")
    return gettext("The client will come to the address.")


def deadline(booking: Booking, reader: Reader, now: datetime) -> str:
    """Return a sentence about the time until which the client can move or cancel the booking."""
    gettext, until = reader.wording.gettext, booking.cancellable_until
    if now > until or booking.status not in UPCOMING:
        if reader.is_client:
            return gettext("You can no longer move or cancel it.")
        return gettext("The client can no longer move or cancel it.")
    if until >= booking.starts_at:
        if reader.is_client:
            return gettext("You can move or cancel it until it begins.")
        return gettext("The client can move or cancel it until it begins.")
    moment = reader.wording.moment(until, reader.time_zone)
    if reader.is_client:
        return gettext("You can move or cancel it until %(deadline)s.", deadline=moment)
    return gettext("The client can move or cancel it until %(deadline)s.", deadline=moment)
