"""Checks whether a viewer may see an object or field, according to `auth/policies.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.calendar_keys import CalendarCopy
from auth.policies import (
    MANAGERS,
    allows,
    relations_to_booking,
    relations_to_expert,
    relations_to_party,
    relations_to_review,
    relations_to_user,
)
from auth.rules import Relation

if TYPE_CHECKING:
    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.directory.experts import Expert
    from models.directory.reviews import Review
    from models.ids import Id


def may_see_user(viewer: Viewer | None, user_id: Id) -> bool:
    """Return whether the viewer may look up an account by its id."""
    return allows("User", relations_to_user(viewer, user_id))


def may_see_expert(viewer: Viewer | None, expert: Expert) -> bool:
    """Return whether the viewer may look up an expert by its id."""
    return allows(
        "disabled Expert" if expert.disabled else "Expert", relations_to_expert(viewer, expert.id)
    )


def may_see_review(viewer: Viewer | None, review: Review, *, is_public: bool) -> bool:
    """Return whether the viewer may look up a review; a public review is visible to everybody."""
    return allows("Review" if is_public else "hidden Review", relations_to_review(viewer, review))


def may_see_hidden_reason(viewer: Viewer | None, review: Review) -> bool:
    """Return whether the viewer may see why a review is hidden."""
    return allows("Review.hiddenReason", relations_to_review(viewer, review))


def may_see_contact_email(viewer: Viewer | None, expert_id: Id) -> bool:
    """Return whether the viewer may see an expert's contact e-mail address before booking."""
    return allows("Expert.contactEmail", relations_to_expert(viewer, expert_id))


def manages_calendar(viewer: Viewer | None, expert_id: Id) -> bool:
    """Return whether the viewer is the expert or an administrator, who manage the calendar."""
    return bool(MANAGERS & relations_to_expert(viewer, expert_id))


def shows_place_of_offers(viewer: Viewer | None, expert_id: Id) -> bool:
    """Return whether the viewer sees the details of the places where an expert offers sessions."""
    return allows("Place.details", relations_to_expert(viewer, expert_id))


def shows_place_of_booking(viewer: Viewer | None, booking: Booking) -> bool:
    """Return whether the viewer sees the details of the place where a booking's session is held.

    A hold never shows these details.
    """
    is_booked = booking.contact is not None
    return is_booked and allows("Place.details", relations_to_booking(viewer, booking))


def hides_address_of_party(viewer: Viewer | None, booking: Booking, user_id: Id) -> bool:
    """Return whether a party's e-mail address is hidden because the time was never booked.

    The booking's expert may see the address only once the time has been booked.
    """
    others = relations_to_party(viewer, booking, user_id) - {Relation.EXPERT}
    return not booking.was_booked and not allows("User.email", others)


def may_see_expert_note(viewer: Viewer | None, booking: Booking) -> bool:
    """Return whether the viewer may see the expert's private note on a booking."""
    return allows("Booking.expertNote", relations_to_booking(viewer, booking))


def calendar_copy(viewer: Viewer | None, booking: Booking) -> CalendarCopy:
    """Return which variant of a booking's calendar file the viewer gets."""
    relations = relations_to_booking(viewer, booking)
    if Relation.CLIENT in relations:
        return CalendarCopy.CLIENT
    return CalendarCopy.EXPERT if Relation.EXPERT in relations else CalendarCopy.ADMIN


def may_see_booking(viewer: Viewer | None, booking: Booking) -> bool:
    """Return whether the viewer may look up a booking by its id."""
    return allows("Booking", relations_to_booking(viewer, booking))
