"""Holding and booking slots."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.viewers import require_viewer
from models.bookings.booking import Booking as ModelBooking
from resolvers import reservations
from schema.bookings import Booking
from schema.context import Info
from schema.errors import InvalidInput, SlotNotOffered, SlotTaken
from schema.inputs import plain
from schema.scalars import TimeZone


@plain
@strawberry.input(description="Whom the expert reaches.")
class ContactInput:
    """The client's contact."""

    name: str = strawberry.field(description="The full name, at most 100 characters.")
    email: str = strawberry.field(description="The e-mail address.")
    phone: str = strawberry.field(description="The phone number, with its country code.")
    time_zone: TimeZone | None = strawberry.field(default=None, description="The client's zone.")


@plain
@strawberry.input(description="A slot to book.")
class BookSlotInput:
    """What a client sends to book."""

    slot_id: strawberry.ID = strawberry.field(description="The slot.")
    contact: ContactInput = strawberry.field(description="Whom the expert reaches.")
    note: str | None = strawberry.field(default=None, description="At most 2,000 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same input within a day gets the same booking.",
    )


@plain
@strawberry.input(description="Some slots to book: all of them or none.")
class BookSlotsInput:
    """A basket."""

    slot_ids: list[strawberry.ID] = strawberry.field(
        description="1 to 10 slots, of one or several experts."
    )
    contact: ContactInput = strawberry.field(description="Whom the experts reach.")
    note: str | None = strawberry.field(default=None, description="At most 2,000 characters.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same input within a day gets the same bookings.",
    )


@plain
@strawberry.input(description="A slot to keep for a while.")
class HoldSlotInput:
    """What a client sends to hold."""

    slot_id: strawberry.ID = strawberry.field(description="The slot.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="The same key with the same input within a day gets the same hold.",
    )


@strawberry.type(description="Some bookings that were made together.")
class BookingList:
    """What a basket became."""

    bookings: list[Booking] = strawberry.field(description="In the order of the slots.")


HoldSlotResult = Annotated[
    Booking | SlotTaken | SlotNotOffered | InvalidInput,
    strawberry.union("HoldSlotResult", description="What `holdSlot` answers."),
]
BookSlotResult = Annotated[
    Booking | SlotTaken | SlotNotOffered | InvalidInput,
    strawberry.union("BookSlotResult", description="What `bookSlot` answers."),
]
BookSlotsResult = Annotated[
    BookingList | SlotTaken | SlotNotOffered | InvalidInput,
    strawberry.union("BookSlotsResult", description="What `bookSlots` answers."),
]
HoldSlotArgument = Annotated[HoldSlotInput, strawberry.argument(description="What to hold.")]
BookSlotArgument = Annotated[BookSlotInput, strawberry.argument(description="What to book.")]
BookSlotsArgument = Annotated[BookSlotsInput, strawberry.argument(description="What to book.")]


@strawberry.type
class ReservationMutation:
    """Holding and booking."""

    @strawberry.mutation(
        description="Keep a slot for a few minutes. A second hold on the same expert takes the "
        "place of the first. Needs a signed-in viewer."
    )
    async def hold_slot(self, info: Info, input: HoldSlotArgument) -> HoldSlotResult:
        """Hold one slot."""
        context = info.context
        booking = await reservations.hold(
            context.services.ledger,
            require_viewer(context.viewer),
            input.slot_id,
            input.idempotency_key,
            context.services.hold_lifetime,
        )
        return Booking.of(booking, context)

    @strawberry.mutation(
        description="Book a slot; the viewer's own hold on the time becomes the booking. Needs a "
        "signed-in viewer."
    )
    async def book_slot(self, info: Info, input: BookSlotArgument) -> BookSlotResult:
        """Book one slot, exactly once."""
        [booking] = await _book(info, input, "slotId", [input.slot_id])
        return Booking.of(booking, info.context)

    @strawberry.mutation(
        description="Book at most ten slots: all of them or none. Needs a signed-in viewer."
    )
    async def book_slots(self, info: Info, input: BookSlotsArgument) -> BookSlotsResult:
        """Book a basket."""
        booked = await _book(info, input, "slotIds", input.slot_ids)
        return BookingList(bookings=[Booking.of(booking, info.context) for booking in booked])


async def _book(
    info: Info, input: BookSlotInput | BookSlotsInput, field: str, slot_ids: list[strawberry.ID]
) -> list[ModelBooking]:
    services, contact = info.context.services, input.contact
    wanted = reservations.BookingRequest(
        field=field,
        slot_ids=slot_ids,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        time_zone=contact.time_zone,
        note=input.note,
        idempotency_key=input.idempotency_key,
    )
    viewer = require_viewer(info.context.viewer)
    return await reservations.book(services.ledger, viewer, wanted, services.phone_region)
