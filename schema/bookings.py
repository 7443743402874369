"""Bookings as their clients, experts and administrators see them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Final

import strawberry

from auth.policies import own_expert_id
from auth.viewers import require_viewer
from auth.visibility import calendar_copy, may_see_expert_note, shows_place_of_booking
from models.bookings import booking as model
from models.bookings.booking import BookingStatus
from models.bookings.life import Action
from models.bookings.reviews import reviewable_until
from models.ids import global_id
from resolvers import bookings, slots
from resolvers.moves import allowed_actions
from schema.contacts import Contact
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.experts import (
    AfterArgument,
    BeforeArgument,
    Expert,
    FirstArgument,
    LastArgument,
    load_calendar,
    load_expert,
)
from schema.nodes import Money, Node
from schema.pages import Connection, PageArguments
from schema.places import Place
from schema.reviews import Review
from schema.slots import Slot
from schema.users import User, load_party
from schema.waits import Wait

describe_enum(
    model.BookingStatus,
    "Status of a booking.",
    HELD="Reserved until `heldUntil`, but not booked yet.",
    PENDING="Booked; the expert must confirm the booking before its start.",
    CONFIRMED="Booked and confirmed.",
    COMPLETED="The session took place.",
    NO_SHOW="The client did not attend.",
    CANCELLED="The booking was cancelled, or the hold was released. The time is free again.",
    EXPIRED="The hold ran out, or the booking was not confirmed before its start.",
)
describe_enum(
    Action,
    "Action on a booking.",
    name="BookingAction",
    CONFIRM="Confirm the booking, with `confirmBooking`.",
    COMPLETE="Record that the session took place, with `completeBooking`.",
    MARK_NO_SHOW="Record that the client did not attend, with `markNoShow`.",
    CANCEL="Cancel the booking or release the hold, with `cancelBooking`.",
    RESCHEDULE="Move the booking to another slot, with `rescheduleBooking`.",
    REMOVE="Remove the booking from the viewer's list, with `removeBooking`.",
)


ASSUMED_CHANGES: Final = 5
"""Number of history entries that the computed cost of a `Booking` assumes."""


@strawberry.type(description="A change of a booking's status or time.")
class BookingChange:
    """Entry of a booking's history."""

    at: datetime = strawberry.field(description="Time of the change.")
    from_: BookingStatus | None = strawberry.field(
        name="from", description="Status before the change; null for the first entry."
    )
    to: BookingStatus = strawberry.field(description="Status after the change.")
    starts_at: datetime = strawberry.field(description="Start of the session after the change.")
    reason: str | None = strawberry.field(description="Reason that the actor gave, if any.")
    change: strawberry.Private[model.BookingChange]
    booking: strawberry.Private[model.Booking]

    @strawberry.field(
        description="Account that made the change; null if a deadline caused it, such as the end "
        "of a hold."
    )
    async def actor(self, info: Info) -> User | None:
        """Load the account that made the change."""
        actor_id = self.change.actor_id
        context = info.context
        # The actor may be an administrator without bookings of their own, whose account may have
        # been removed since.
        if actor_id is None or await context.loaders.user.load(actor_id) is None:
            return None
        return await load_party(context, self.booking, actor_id)

    @classmethod
    def of(cls, change: model.BookingChange, booking: model.Booking) -> BookingChange:
        """Convert a stored change to the schema's type."""
        return cls(
            at=change.at,
            from_=change.before,
            to=change.after,
            starts_at=change.starts_at,
            reason=change.reason,
            change=change,
            booking=booking,
        )


@strawberry.type(description="A session that a client has reserved or booked with an expert.")
class Booking(Node):
    """A booking, visible to its client, its expert and administrators."""

    reference: str = strawberry.field(description="Short reference for people to quote.")
    status: BookingStatus = strawberry.field(description="Current status.")
    starts_at: datetime = strawberry.field(description="Start of the session.")
    ends_at: datetime = strawberry.field(description="End of the session.")
    minutes: int = strawberry.field(description="Length in minutes.")
    price: Money = strawberry.field(description="Price agreed when the slot was held or booked.")
    contact: Contact | None = strawberry.field(
        description="The client's contact details; null for a hold, and once the client's account "
        "is deleted."
    )
    note: str = strawberry.field(description="Topics that the client wants to discuss.")
    expert_note: str | None = strawberry.field(
        description="Private note of the expert, set with `setExpertNote`; null for everybody "
        "else. The note is erased with the client's account."
    )
    created_at: datetime = strawberry.field(description="Time of creation.")
    updated_at: datetime = strawberry.field(description="Time of the last change.")
    held_until: datetime | None = strawberry.field(
        description="End of the hold; null if the booking is not a hold."
    )
    cancellable_until: datetime = strawberry.field(
        description="Deadline for the client to cancel or reschedule."
    )
    sequence: int = strawberry.field(
        description="Sequence number of the calendar event that led to this state."
    )
    reviewable_until: datetime | None = strawberry.field(
        description="Deadline for the client to write or edit a review; null unless the session "
        "took place."
    )
    place: Place = strawberry.field(
        description="Where the session takes place, as agreed when the slot was held or booked."
    )
    booking: strawberry.Private[model.Booking]

    @classmethod
    def of(cls, booking: model.Booking, context: Context) -> Booking:
        """Convert a stored booking to the schema's type."""
        context.count_rows(len(booking.history), ASSUMED_CHANGES)
        return cls(
            id=strawberry.ID(global_id("Booking", booking.id)),
            reference=booking.reference,
            status=booking.status,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            minutes=booking.minutes,
            price=Money.of(booking.price, context.services.currency),
            contact=Contact.of(booking.contact) if booking.contact else None,
            note=booking.note,
            expert_note=booking.expert_note
            if may_see_expert_note(context.viewer, booking)
            else None,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
            held_until=booking.held_until,
            cancellable_until=booking.cancellable_until,
            sequence=booking.sequence,
            reviewable_until=reviewable_until(booking),
            place=Place.of(
                booking.place, shows_details=shows_place_of_booking(context.viewer, booking)
            ),
            booking=booking,
        )

    @strawberry.field(description="The booked expert.")
    async def expert(self, info: Info) -> Expert:
        """Load the expert, even if the directory no longer lists them."""
        return await load_expert(info.context, self.booking.expert_id)

    @strawberry.field(description="Account of the client who reserved or booked the session.")
    async def client(self, info: Info) -> User:
        """Load the client's account."""
        return await load_party(info.context, self.booking, self.booking.client_id)

    @strawberry.field(description="The booked slot with its current status.")
    async def slot(self, info: Info) -> Slot:
        """Return the slot that the booking occupies or used to occupy."""
        context = info.context
        active = slots.occupied_slot(self.booking, context.now)
        if active:
            return Slot.of(active, context, self.booking.sequence)
        calendar = await load_calendar(context, self.booking.expert_id)
        occupants = await context.loaders.occupants.load(slots.occupancy_span(self.booking.key))
        now = slots.current_slot(self.booking, calendar, occupants, context.now)
        return Slot.of(now, context, calendar.sequence)

    @strawberry.field(
        description="URL of the booking's calendar file (RFC 5545), relative to this server. "
        "Calendar programs can read it without signing in, since the URL contains a key. "
        "For a hold, the server responds with 404."
    )
    async def ics_url(self, info: Info) -> str:
        """Return the URL with the viewer's key."""
        context, booking = info.context, self.booking
        copy = calendar_copy(context.viewer, booking)
        key = context.services.calendar_keys.key(booking.id, copy)
        return f"/bookings/{self.id}.ics?key={key}"

    @strawberry.field(
        description="The client's review, even if it is hidden; null if there is none."
    )
    async def review(self, info: Info) -> Review | None:
        """Load the review of a completed booking."""
        if self.booking.status is not BookingStatus.COMPLETED:
            return None
        review = await info.context.loaders.review.load(self.booking)
        return Review.of(review, info.context) if review else None

    @strawberry.field(description="Actions that the viewer may take now.")
    async def viewer_actions(self, info: Info) -> list[Action]:
        """List the actions that are allowed now."""
        context = info.context
        return allowed_actions(context.viewer, self.booking, context.now)

    @strawberry.field(description="Changes of the booking, earliest first.")
    async def history(self) -> list[BookingChange]:
        """Return every change since the booking was created."""
        return [BookingChange.of(change, self.booking) for change in self.booking.history]


Wait.booking_of = Booking.of


@strawberry.input(
    description="Restricts a list of bookings; all conditions must hold. A filter never reveals "
    "bookings that the viewer may not see."
)
class BookingFilter:
    """Conditions that bookings must meet; an empty list imposes no condition."""

    mine: bool | None = strawberry.field(
        default=None, description="If true, only bookings whose client is the viewer."
    )
    email: str | None = strawberry.field(default=None, description="E-mail address of the contact.")
    expert_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only bookings with this expert."
    )
    statuses: list[BookingStatus] | None = strawberry.field(
        default=None, description="Only bookings with one of these statuses."
    )
    from_: datetime | None = strawberry.field(
        default=None, name="from", description="Earliest start, inclusive."
    )
    to: datetime | None = strawberry.field(default=None, description="Latest start, exclusive.")
    search: str | None = strawberry.field(
        default=None,
        description="Words or word prefixes; each must occur in the booking's reference, or in the "
        "contact's name or e-mail address. For administrators, the words may instead match the "
        "expert's name or e-mail address. Allowed only for experts and administrators.",
    )


BookingConnection = Connection[Booking]


@strawberry.type
class BookingQuery:
    """Queries for bookings."""

    @strawberry.field(
        description="Bookings that the viewer may see, latest start first. Clients see their own "
        "bookings, experts also see those of their calendar, and administrators see all bookings."
    )
    async def bookings(
        self,
        info: Info,
        filter: Annotated[
            BookingFilter | None, strawberry.argument(description="Restricts the list.")
        ] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> BookingConnection:
        """Return a page of the bookings that the viewer may see."""
        viewer = require_viewer(info.context.viewer)
        criteria = filter or BookingFilter()
        page = await bookings.list_bookings(
            viewer,
            bookings.BookingFilter(
                is_own=bool(criteria.mine),
                email=criteria.email,
                expert_id=criteria.expert_id,
                statuses=tuple(criteria.statuses or ()),
                since=criteria.from_,
                until=criteria.to,
                search=criteria.search,
            ),
            PageArguments(first, after, last, before),
        )
        return Connection.of(page, lambda booking: Booking.of(booking, info.context))

    @strawberry.field(
        description="The booking with this id; null if it does not exist or the viewer may not "
        "see it."
    )
    async def booking(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the booking.")],
    ) -> Booking | None:
        """Return a booking by its id."""
        found = await bookings.find_booking(info.context.viewer, id)
        return Booking.of(found, info.context) if found else None


@strawberry.type
class BookingSubscription:
    """Subscription to bookings."""

    @strawberry.subscription(
        description="Changes to the viewer's own bookings and, for an expert, to the bookings in "
        "their calendar. Each event has the current state of a booking, so rapid changes may be "
        "combined into one event. After a reconnect, query `bookings` again."
    )
    async def booking_changed(self, info: Info) -> AsyncGenerator[Booking, None]:
        """Yield each booking that changes, in its current state."""
        context = info.context
        viewer = require_viewer(context.viewer)
        feed, calendar = context.services.feed, own_expert_id(viewer)
        with context.live_subscription(viewer.id):
            async with aclosing(feed.changes(viewer.id, calendar, context.now)) as bookings:
                async for booking in bookings:
                    context.restart()
                    yield Booking.of(booking, context)
