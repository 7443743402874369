"""Bookings that e-mails and calendar files are about, with the current data of both parties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.accounts.users import users_by_id
from models.bookings.booking import Booking
from models.bookings.reviews import reviews_of
from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from models.accounts.users import Language
    from models.directory.reviews import Review
    from models.ids import Id


@dataclass(frozen=True, slots=True)
class Person:
    """A party of a booking.

    Attributes:
        name: the name that the other party sees.
        email: the e-mail address of the party's account, to which e-mails are sent.
        time_zone: the time zone used in the e-mails to the party.
        language: the language of the e-mails to the party.
        contact_email: the e-mail address to which the other party may write, or None.
        account_id: the ID of the party's account.
        is_closed: whether the party's account is being deleted.
    """

    name: str
    email: str
    time_zone: str
    language: Language
    contact_email: str | None = None
    account_id: Id | None = None
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class BookedSession:
    """The present state of a booking and its parties, with the review if an e-mail is about it.

    `title` and `slug` are the expert's title and URL slug.
    """

    booking: Booking
    expert: Person
    title: str
    client: Person
    slug: str
    review: Review | None = None

    def without_details(self) -> BookedSession:
        """Return the session without the details of its place; the kind of place remains."""
        place = self.booking.place.without_details()
        return replace(self, booking=self.booking.model_copy(update={"place": place}))


async def with_review(session: BookedSession) -> BookedSession:
    """Return the session with its review, if there is one.

    Raises:
        Unavailable: if the database does not respond.
    """
    booking = session.booking
    with or_unavailable():
        return replace(session, review=(await reviews_of([booking])).get(booking.id))


async def load_session(booking_id: Id) -> BookedSession | None:
    """Return a booking and its parties, or None if the booking or a party no longer exists.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        booking = await Booking.get(booking_id)
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
        Person(
            expert.name,
            keeper.email,
            calendar.rules.time_zone,
            keeper.language,
            expert.contact_email,
            keeper.id,
        ),
        expert.title,
        Person(
            contact.name if contact else client.name,
            client.email,
            (contact and contact.time_zone) or client.time_zone,
            client.language,
            contact.email if contact else client.email,
            client.id,
            is_closed=client.closed_at is not None,
        ),
        expert.slug,
    )
