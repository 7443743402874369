"""The mutation that sets an expert's private note on a booking."""

from __future__ import annotations

from typing import Annotated

import strawberry

from auth.viewers import require_viewer
from resolvers import notes
from schema.bookings import Booking
from schema.context import Info
from schema.inputs import plain
from schema.moves import BookingResult


@plain
@strawberry.input(description="A booking and the expert's note on it.")
class SetExpertNoteInput:
    """Input of `setExpertNote`."""

    booking_id: strawberry.ID = strawberry.field(description="Id of the booking.")
    note: str = strawberry.field(
        description="The note, up to 2,000 characters. An empty text removes the note."
    )


SetExpertNoteArgument = Annotated[
    SetExpertNoteInput, strawberry.argument(description="The booking and the note.")
]


@strawberry.type
class NoteMutation:
    """Mutations of notes."""

    @strawberry.mutation(
        description="Set the expert's private note on a booking. Nobody else sees the note, and no "
        "event or e-mail is sent. Allowed only for the expert."
    )
    async def set_expert_note(self, info: Info, input: SetExpertNoteArgument) -> BookingResult:
        """Set the expert's note on a booking."""
        context = info.context
        viewer = require_viewer(context.viewer)
        booking = await notes.set_expert_note(viewer, input.booking_id, input.note)
        return Booking.of(booking, context)
