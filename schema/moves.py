"""Mutations that change the status or time of a booking."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.viewers import require_viewer
from models.bookings.life import Action
from models.calendar.places import new_room
from resolvers import moves
from schema.availability import MoneyInput
from schema.bookings import Booking
from schema.context import Info
from schema.errors import (
    InvalidInput,
    NotAllowed,
    PriceChanged,
    SlotNotOffered,
    SlotTaken,
    TooLate,
    TooMany,
)
from schema.inputs import plain


@plain
@strawberry.input(description="The booking to change.")
class BookingInput:
    """Input of mutations that change the status of a booking."""

    booking_id: strawberry.ID = strawberry.field(description="Id of the booking.")
    reason: str | None = strawberry.field(
        default=None,
        description="Reason for the change, up to 500 characters. Both parties can read it in "
        "`Booking.history`, and the other party also in the e-mail about the change. "
        "`removeBooking` does not accept a reason.",
    )


@plain
@strawberry.input(description="A booking and the slot to move it to.")
class RescheduleBookingInput:
    """Input of `rescheduleBooking`."""

    booking_id: strawberry.ID = strawberry.field(description="Id of the booking.")
    slot_id: strawberry.ID = strawberry.field(
        description="Id of the new slot, which must belong to the same expert."
    )
    expected_price: MoneyInput | None = strawberry.field(
        default=None,
        description="The price that the client has seen; if the actual price differs, the mutation "
        "returns `PriceChanged`. A booking keeps its price if its length does not change.",
    )


BookingResult = Annotated[
    Booking | NotAllowed | TooLate | InvalidInput,
    strawberry.union("BookingResult", description="The changed booking, or a refusal."),
]
RescheduleBookingResult = Annotated[
    Booking
    | SlotTaken
    | SlotNotOffered
    | NotAllowed
    | TooLate
    | TooMany
    | PriceChanged
    | InvalidInput,
    strawberry.union(
        "RescheduleBookingResult", description="The rescheduled booking, or a refusal."
    ),
]
BookingArgument = Annotated[BookingInput, strawberry.argument(description="The booking.")]
RescheduleArgument = Annotated[
    RescheduleBookingInput, strawberry.argument(description="The booking and its new slot.")
]


@strawberry.type
class MoveMutation:
    """Mutations of bookings."""

    @strawberry.mutation(
        description="Move a booking to another slot of the same expert. The new slot may overlap "
        "the old one."
    )
    async def reschedule_booking(
        self, info: Info, input: RescheduleArgument
    ) -> RescheduleBookingResult:
        """Move a booking to another slot."""
        context = info.context
        viewer = require_viewer(context.viewer)
        services, expected_price = context.services.reservations, input.expected_price
        booking = await moves.reschedule(
            services.ledger,
            viewer,
            input.booking_id,
            input.slot_id,
            services.checks.caps,
            expected_price.to_model() if expected_price else None,
            services.currency,
            new_room(services.video_url),
        )
        return Booking.of(booking, context)

    @strawberry.mutation(
        description="Cancel a booking or release a hold. The time of the booking or hold becomes "
        "free."
    )
    async def cancel_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Cancel a booking or release a hold."""
        return await _advance(info, input, Action.CANCEL)

    @strawberry.mutation(
        description="Confirm a pending booking. Allowed only for the expert and administrators."
    )
    async def confirm_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Confirm a pending booking."""
        return await _advance(info, input, Action.CONFIRM)

    @strawberry.mutation(
        description="Record that the session took place. Allowed only for the expert and "
        "administrators."
    )
    async def complete_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Record that the session took place."""
        return await _advance(info, input, Action.COMPLETE)

    @strawberry.mutation(
        description="Record that the client did not attend. Allowed once the session has started, "
        "and only for the expert and administrators."
    )
    async def mark_no_show(self, info: Info, input: BookingArgument) -> BookingResult:
        """Record that the client did not attend."""
        return await _advance(info, input, Action.MARK_NO_SHOW)

    @strawberry.mutation(
        description="Remove a completed, cancelled or expired booking from the viewer's list. Time "
        "that the booking still occupies becomes free."
    )
    async def remove_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Remove a finished booking from the viewer's list."""
        context = info.context
        viewer = require_viewer(context.viewer)
        ledger = context.services.ledger
        booking = await moves.remove(ledger, viewer, input.booking_id, input.reason)
        return Booking.of(booking, context)


async def _advance(info: Info, input: BookingInput, action: Action) -> Booking:
    context = info.context
    viewer = require_viewer(context.viewer)
    ledger = context.services.ledger
    booking = await moves.advance(ledger, viewer, input.booking_id, action, input.reason)
    return Booking.of(booking, context)
