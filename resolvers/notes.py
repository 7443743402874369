"""The expert's private note on a booking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.policies import relations_to_booking, require
from models.errors import NotAllowed
from models.store.documents import or_unavailable
from resolvers.bookings import find_booking
from resolvers.checks import InputValidator
from resolvers.reservations import MAX_NOTE_CHARS

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.bookings.booking import Booking


async def set_expert_note(viewer: Viewer, booking_id: str, text: str) -> Booking:
    """Replace the expert's note on a booking; blank text removes it.

    The calendar does not change, so no calendar event is sent.

    Raises:
        InvalidInput: if the note is too long or has control characters.
        NotAllowed: if the viewer is not the booking's expert.
        Unavailable: if the database does not respond.
    """
    validator = InputValidator()
    note = validator.note("note", text, MAX_NOTE_CHARS, "A note")
    validator.raise_problems()
    booking = await find_booking(viewer, booking_id)
    if booking is None:
        raise NotAllowed
    require("Mutation.setExpertNote", relations_to_booking(viewer, booking))
    with or_unavailable():
        is_stored = await booking.set_expert_note(note)
    if not is_stored:
        raise NotAllowed
    noted: Booking = booking.model_copy(update={"expert_note": note})
    return noted
