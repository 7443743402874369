"""The moves of a booking's life."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.moves import Action
from auth.viewers import require_viewer
from resolvers import moves
from schema.bookings import Booking
from schema.context import Info
from schema.errors import NotAllowed, SlotNotOffered, SlotTaken, TooLate


@strawberry.input(description="A booking.")
class BookingInput:
    """Which booking is meant."""

    booking_id: strawberry.ID = strawberry.field(description="Its id.")


@strawberry.input(description="A booking and its new time.")
class RescheduleBookingInput:
    """What is to be moved where."""

    booking_id: strawberry.ID = strawberry.field(description="The booking.")
    slot_id: strawberry.ID = strawberry.field(description="A slot of the same expert.")


BookingResult = Annotated[
    Booking | NotAllowed | TooLate,
    strawberry.union("BookingResult", description="What a change of a booking answers."),
]
RescheduleBookingResult = Annotated[
    Booking | SlotTaken | SlotNotOffered | NotAllowed | TooLate,
    strawberry.union("RescheduleBookingResult", description="What `rescheduleBooking` answers."),
]
BookingArgument = Annotated[BookingInput, strawberry.argument(description="Which booking.")]
RescheduleArgument = Annotated[
    RescheduleBookingInput, strawberry.argument(description="Which booking, and where to.")
]


@strawberry.type
class MoveMutation:
    """Changing bookings."""

    @strawberry.mutation(
        description="Give a booking another slot of the same expert, also one that overlaps the "
        "old, in one step."
    )
    async def reschedule_booking(
        self, info: Info, input: RescheduleArgument
    ) -> RescheduleBookingResult:
        """Move a booking."""
        context = info.context
        viewer = require_viewer(context.viewer)
        booking = await moves.reschedule(
            context.services.ledger, viewer, input.booking_id, input.slot_id
        )
        return Booking.of(booking, context)

    @strawberry.mutation(description="Cancel a booking, or release a hold; its time becomes free.")
    async def cancel_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """End a booking that is still ahead."""
        return await _advance(info, input, Action.CANCEL)

    @strawberry.mutation(description="Confirm a pending booking: its expert or an administrator.")
    async def confirm_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Accept a booking."""
        return await _advance(info, input, Action.CONFIRM)

    @strawberry.mutation(
        description="Say that the session took place: its expert or an administrator."
    )
    async def complete_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Complete a booking."""
        return await _advance(info, input, Action.COMPLETE)

    @strawberry.mutation(
        description="Say that the client did not come, once the session has begun: its expert or "
        "an administrator."
    )
    async def mark_no_show(self, info: Info, input: BookingArgument) -> BookingResult:
        """Mark a booking as missed."""
        return await _advance(info, input, Action.MARK_NO_SHOW)

    @strawberry.mutation(
        description="Take a completed, cancelled or expired booking out of the viewer's list; time "
        "that is still ahead becomes free."
    )
    async def remove_booking(self, info: Info, input: BookingArgument) -> BookingResult:
        """Tidy the list up."""
        context = info.context
        viewer = require_viewer(context.viewer)
        booking = await moves.remove(context.services.ledger, viewer, input.booking_id)
        return Booking.of(booking, context)


async def _advance(info: Info, input: BookingInput, action: Action) -> Booking:
    context = info.context
    viewer = require_viewer(context.viewer)
    booking = await moves.advance(context.services.ledger, viewer, input.booking_id, action)
    return Booking.of(booking, context)
