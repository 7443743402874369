"""Mutations that hold and book slots."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import strawberry

from auth.viewers import require_viewer
from models.bookings.booking import Booking as ModelBooking
from resolvers import reservations
from schema.availability import MoneyInput
from schema.bookings import Booking
from schema.context import Info
from schema.errors import (
    InvalidInput,
    PriceChanged,
    SlotNotOffered,
    SlotTaken,
    TooMany,
    VerificationNeeded,
)
from schema.inputs import plain
from schema.scalars import TimeZone


@plain
@strawberry.input(description="Contact details of the client.")
class ContactInput:
    """Contact details of the client."""

    name: str = strawberry.field(description="Full name; at most 100 characters.")
    email: str = strawberry.field(description="E-mail address.")
    phone: str = strawberry.field(description="Phone number with country code.")
    time_zone: TimeZone | None = strawberry.field(
        default=None, description="The client's time zone."
    )


@plain
@strawberry.input(description="A slot to book.")
class BookSlotInput:
    """Input of `bookSlot`."""

    slot_id: strawberry.ID = strawberry.field(description="Id of the slot.")
    contact: ContactInput = strawberry.field(
        description="The client's contact details, which the expert receives."
    )
    expected_price: MoneyInput | None = strawberry.field(
        default=None,
        description="The price that the client has seen; if the actual price differs, the mutation "
        "returns `PriceChanged`. A slot that the viewer holds keeps the price of the hold.",
    )
    note: str | None = strawberry.field(
        default=None, description="Topics to discuss; at most 2,000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Idempotency key, valid for a day: a retry with the same key and input "
        "returns the same booking.",
    )


@plain
@strawberry.input(description="Several slots to book atomically: all of them or none.")
class BookSlotsInput:
    """Input of `bookSlots`."""

    slot_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of 1 to 10 slots, of one or several experts."
    )
    contact: ContactInput = strawberry.field(
        description="The client's contact details, which the experts receive."
    )
    expected_price: MoneyInput | None = strawberry.field(
        default=None,
        description="The sum of the prices that the client has seen; if the actual sum differs, "
        "the mutation returns `PriceChanged`. A slot that the viewer holds keeps the price of the "
        "hold.",
    )
    note: str | None = strawberry.field(
        default=None, description="Topics to discuss; at most 2,000 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Idempotency key, valid for a day: a retry with the same key and input "
        "returns the same bookings.",
    )


@plain
@strawberry.input(description="A slot to hold.")
class HoldSlotInput:
    """Input of `holdSlot`."""

    slot_id: strawberry.ID = strawberry.field(description="Id of the slot.")
    idempotency_key: str | None = strawberry.field(
        default=None,
        description="Idempotency key, valid for a day: a retry with the same key and input "
        "returns the same hold.",
    )


@strawberry.type(description="Bookings made by one `bookSlots` mutation.")
class BookingList:
    """Success of `bookSlots`."""

    bookings: list[Booking] = strawberry.field(
        description="The bookings, in the order of `slotIds`."
    )


BookingRefusal: TypeAlias = (
    SlotTaken | SlotNotOffered | InvalidInput | PriceChanged | VerificationNeeded | TooMany
)
HoldSlotResult = Annotated[
    Booking | SlotTaken | SlotNotOffered | InvalidInput | TooMany,
    strawberry.union("HoldSlotResult", description="The hold, or a refusal."),
]
BookSlotResult = Annotated[
    Booking | BookingRefusal,
    strawberry.union("BookSlotResult", description="The booking, or a refusal."),
]
BookSlotsResult = Annotated[
    BookingList | BookingRefusal,
    strawberry.union("BookSlotsResult", description="The bookings, or a refusal."),
]
HoldSlotArgument = Annotated[HoldSlotInput, strawberry.argument(description="The slot to hold.")]
BookSlotArgument = Annotated[BookSlotInput, strawberry.argument(description="The slot to book.")]
BookSlotsArgument = Annotated[BookSlotsInput, strawberry.argument(description="The slots to book.")]


@strawberry.type
class ReservationMutation:
    """Mutations of slots."""

    @strawberry.mutation(
        description="Reserve a slot for a few minutes. Holding the same slot again renews the "
        "hold at the same price. A hold of another slot with the same expert replaces the first "
        "hold. Requires sign-in."
    )
    async def hold_slot(self, info: Info, input: HoldSlotArgument) -> HoldSlotResult:
        """Hold one slot."""
        context = info.context
        booking = await reservations.hold(
            context.services.reservations,
            require_viewer(context.viewer),
            input.slot_id,
            input.idempotency_key,
        )
        return Booking.of(booking, context)

    @strawberry.mutation(
        description="Book a slot. If the viewer holds this slot, the hold becomes the booking. "
        "Requires sign-in."
    )
    async def book_slot(self, info: Info, input: BookSlotArgument) -> BookSlotResult:
        """Book one slot."""
        [booking] = await _book(info, input, "slotId", [input.slot_id])
        return Booking.of(booking, info.context)

    @strawberry.mutation(
        description="Book up to ten slots atomically: all of them or none. Requires sign-in."
    )
    async def book_slots(self, info: Info, input: BookSlotsArgument) -> BookSlotsResult:
        """Book several slots atomically."""
        bookings = await _book(info, input, "slotIds", input.slot_ids)
        return BookingList(bookings=[Booking.of(booking, info.context) for booking in bookings])


async def _book(
    info: Info, input: BookSlotInput | BookSlotsInput, field: str, slot_ids: list[strawberry.ID]
) -> list[ModelBooking]:
    services, contact = info.context.services.reservations, input.contact
    request = reservations.BookingRequest(
        field=field,
        slot_ids=slot_ids,
        name=contact.name,
        email=contact.email,
        phone=contact.phone,
        time_zone=contact.time_zone,
        note=input.note,
        idempotency_key=input.idempotency_key,
        expected_price=input.expected_price.to_model() if input.expected_price else None,
    )
    viewer = require_viewer(info.context.viewer)
    return await reservations.book(services, viewer, request)
