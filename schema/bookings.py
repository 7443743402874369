"""Bookings: what their parties see of them, and finding them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated

import strawberry

from auth.moves import Action, possible
from auth.policies import own_calendar, relations_to_booking
from auth.viewers import signed_in
from models.bookings import booking as model
from models.bookings.booking import BookingStatus
from models.ids import global_id
from resolvers import bookings, slots
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.experts import (
    AfterArgument,
    BeforeArgument,
    Expert,
    FirstArgument,
    LastArgument,
    any_expert,
    calendar_of,
)
from schema.nodes import Money, Node
from schema.pages import Connection, PageArguments
from schema.scalars import TimeZone
from schema.slots import Slot
from schema.users import User, party_of

describe_enum(
    model.BookingStatus,
    "Where a booking is in its life.",
    HELD="Kept for a few minutes, until `heldUntil`; nothing is booked yet.",
    PENDING="Booked, and waiting for the expert to confirm it before it starts.",
    CONFIRMED="Booked and certain.",
    COMPLETED="The session took place.",
    NO_SHOW="The client did not come.",
    CANCELLED="Called off by either side, or a hold that was released; its time is free.",
    EXPIRED="A hold that ended, or one that was not confirmed before its start.",
)
describe_enum(
    Action,
    "What can be done with a booking.",
    name="BookingAction",
    CONFIRM="Confirm it: `confirmBooking`.",
    COMPLETE="Say that the session took place: `completeBooking`.",
    MARK_NO_SHOW="Say that the client did not come: `markNoShow`.",
    CANCEL="Cancel it, or release the hold: `cancelBooking`.",
    RESCHEDULE="Give it another slot: `rescheduleBooking`.",
    REMOVE="Take it out of the viewer's list: `removeBooking`.",
)


@strawberry.type(description="Whom the expert reaches.")
class Contact:
    """The client's contact for one booking."""

    name: str = strawberry.field(description="The full name.")
    email: str = strawberry.field(description="The e-mail address.")
    phone: str = strawberry.field(description="The phone number, E.164.")
    time_zone: TimeZone | None = strawberry.field(description="The client's zone.")

    @classmethod
    def of(cls, contact: model.Contact) -> Contact:
        """The contact for the booking's parties."""
        return cls(
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            time_zone=TimeZone(contact.time_zone) if contact.time_zone else None,
        )


@strawberry.type(description="One step of a booking's history.")
class BookingChange:
    """Who moved it from where to where, and when."""

    at: datetime = strawberry.field(description="When.")
    from_: BookingStatus | None = strawberry.field(
        name="from", description="The status before; null for the first step."
    )
    to: BookingStatus = strawberry.field(description="The status after.")
    starts_at: datetime = strawberry.field(description="The start after it.")
    change: strawberry.Private[model.BookingChange]
    booking: strawberry.Private[model.Booking]

    @strawberry.field(description="Who did it; null for the clock.")
    async def actor(self, info: Info) -> User | None:
        """The account that made the step."""
        actor_id = self.change.actor_id
        return await party_of(info.context, self.booking, actor_id) if actor_id else None

    @classmethod
    def of(cls, change: model.BookingChange, booking: model.Booking) -> BookingChange:
        """The step for the booking's parties."""
        return cls(
            at=change.at,
            from_=change.before,
            to=change.after,
            starts_at=change.starts_at,
            change=change,
            booking=booking,
        )


@strawberry.type(description="Time of an expert that a client holds or has booked.")
class Booking(Node):
    """A booking as its parties and administrators see it."""

    reference: str = strawberry.field(description="A short name of it for people.")
    status: BookingStatus = strawberry.field(description="Where it is in its life.")
    starts_at: datetime = strawberry.field(description="The first instant.")
    ends_at: datetime = strawberry.field(description="The instant after the last.")
    minutes: int = strawberry.field(description="The session's length.")
    price: Money = strawberry.field(description="As it was when it was booked.")
    contact: Contact | None = strawberry.field(description="Null for a hold.")
    note: str = strawberry.field(description="What the client would like to talk about.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    held_until: datetime | None = strawberry.field(description="When the hold ends.")
    cancellable_until: datetime = strawberry.field(
        description="Until when the client can cancel or move it."
    )
    sequence: int = strawberry.field(
        description="The number of the calendar event that brought it to this state."
    )
    booking: strawberry.Private[model.Booking]

    @classmethod
    def of(cls, booking: model.Booking, context: Context) -> Booking:
        """The booking for those who may see it."""
        return cls(
            id=strawberry.ID(global_id("Booking", booking.id)),
            reference=booking.reference,
            status=booking.status,
            starts_at=booking.starts_at,
            ends_at=booking.ends_at,
            minutes=booking.minutes,
            price=Money(amount=booking.price, currency=context.services.currency),
            contact=Contact.of(booking.contact) if booking.contact else None,
            note=booking.note,
            created_at=booking.created_at,
            updated_at=booking.updated_at,
            held_until=booking.held_until,
            cancellable_until=booking.cancellable_until,
            sequence=booking.sequence,
            booking=booking,
        )

    @strawberry.field(description="Whose time it is.")
    async def expert(self, info: Info) -> Expert:
        """The expert, listed or not."""
        return await any_expert(info.context, self.booking.expert_id)

    @strawberry.field(description="Who booked it.")
    async def client(self, info: Info) -> User:
        """The client's account."""
        return await party_of(info.context, self.booking, self.booking.client_id)

    @strawberry.field(description="Its time as a slot, as it now stands.")
    async def slot(self, info: Info) -> Slot:
        """The slot that it takes or took."""
        context = info.context
        active = slots.slot_while_active(self.booking, context.now)
        if active:
            return Slot.of(active, context, self.booking.sequence)
        calendar = await calendar_of(context, self.booking.expert_id)
        others = await context.loaders.occupants.load(slots.span_of(self.booking.key))
        now = slots.slot_after(self.booking, calendar, others, context.now)
        return Slot.of(now, context, calendar.sequence)

    @strawberry.field(description="What the viewer may do with it now.")
    async def viewer_actions(self, info: Info) -> list[Action]:
        """The moves that would not be refused."""
        context = info.context
        return possible(
            relations_to_booking(context.viewer, self.booking), self.booking, context.now
        )

    @strawberry.field(description="What happened to it, earliest first.")
    async def history(self) -> list[BookingChange]:
        """Every step since it was made."""
        return [BookingChange.of(change, self.booking) for change in self.booking.history]


@strawberry.input(description="What narrows a list of bookings; it never widens it.")
class BookingFilter:
    """A filter; an empty list narrows nothing."""

    mine: bool | None = strawberry.field(
        default=None, description="True: only what the viewer has booked, as a client."
    )
    email: str | None = strawberry.field(default=None, description="The contact's address.")
    expert_id: strawberry.ID | None = strawberry.field(default=None, description="Of this expert.")
    statuses: list[BookingStatus] | None = strawberry.field(
        default=None, description="In any of these."
    )
    from_: datetime | None = strawberry.field(
        default=None, name="from", description="Starting then or later."
    )
    to: datetime | None = strawberry.field(default=None, description="Starting before then.")


BookingConnection = Connection[Booking]


@strawberry.type
class BookingQuery:
    """Finding bookings."""

    @strawberry.field(
        description="A client's own; an expert's own and those of their calendar; anyone's for an "
        "administrator. Latest start first."
    )
    async def bookings(
        self,
        info: Info,
        filter: Annotated[
            BookingFilter | None, strawberry.argument(description="What narrows it.")
        ] = None,
        first: FirstArgument = None,
        after: AfterArgument = None,
        last: LastArgument = None,
        before: BeforeArgument = None,
    ) -> BookingConnection:
        """A page of the viewer's bookings."""
        viewer = signed_in(info.context.viewer)
        wanted = filter or BookingFilter()
        page = await bookings.listed(
            viewer,
            bookings.BookingFilter(
                is_own=bool(wanted.mine),
                email=wanted.email,
                expert_id=wanted.expert_id,
                statuses=tuple(wanted.statuses or ()),
                since=wanted.from_,
                until=wanted.to,
            ),
            PageArguments(first, after, last, before),
        )
        return Connection.of(page, lambda booking: Booking.of(booking, info.context))

    @strawberry.field(description="The booking of that id, if the viewer may see it.")
    async def booking(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Its id.")],
    ) -> Booking | None:
        """One booking by id."""
        found = await bookings.visible(info.context.viewer, id)
        return Booking.of(found, info.context) if found else None


@strawberry.type
class BookingSubscription:
    """Watching bookings."""

    @strawberry.subscription(
        description="Changes of the viewer's own bookings, and of those of an expert's calendar: "
        "each booking as it now is, so that quick changes may be one message. After a break ask "
        "for `bookings` anew."
    )
    async def booking_changed(self, info: Info) -> AsyncGenerator[Booking, None]:
        """Whatever happens to the viewer's bookings."""
        context = info.context
        viewer = signed_in(context.viewer)
        feed, calendar = context.services.feed, own_calendar(viewer)
        async with aclosing(feed.changes(viewer.id, calendar, context.now)) as bookings:
            async for booking in bookings:
                context.renew()
                yield Booking.of(booking, context)
