"""Finding bookings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.policies import is_admin, may_see_booking, own_expert_id
from models.bookings.booking import Booking, booking_page, contact_key, place
from models.errors import BadUserInput
from models.ids import object_id
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from auth.viewers import Viewer
    from models.bookings.booking import BookingStatus
    from models.ids import Id
    from models.store.pages import Filter, Page, PageArguments


async def visible(viewer: Viewer | None, booking_id: str) -> Booking | None:
    """The booking of that global id if the viewer may see it, else None: which is not told."""
    try:
        key = object_id(booking_id, "Booking", "id")
    except BadUserInput:
        return None
    with or_unavailable():
        booking = await Booking.get(key)
    return booking if booking and may_see_booking(viewer, booking) else None


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """What narrows a list of bookings; it never widens it."""

    is_own: bool = False
    email: str | None = None
    expert_id: str | None = None
    statuses: Sequence[BookingStatus] = ()
    since: datetime | None = None
    until: datetime | None = None


async def listed(viewer: Viewer, wanted: BookingFilter, arguments: PageArguments) -> Page[Booking]:
    """The viewer's bookings, the latest start first.

    A client's own; an expert's own and those of their calendar; anyone's for an administrator.

    Raises:
        BadUserInput: for a filter, a size or a cursor that makes no sense.
    """
    narrow: Filter = {"removed_by": {"$ne": viewer.id}}
    if wanted.email is not None:
        narrow["contact_key"] = contact_key(wanted.email)
    if wanted.statuses:
        narrow["status"] = {"$in": sorted({status.value for status in wanted.statuses})}
    bounds = {}
    if wanted.since is not None:
        bounds["$gte"] = place(wanted.since)
    if wanted.until is not None:
        bounds["$lt"] = place(wanted.until)
    if bounds:
        narrow["place"] = bounds
    expert_id = (
        None
        if wanted.expert_id is None
        else object_id(wanted.expert_id, "Expert", "filter.expertId")
    )
    whose = _own(viewer, expert_id) if wanted.is_own else _whose(viewer, expert_id)
    filters = [{**one, **narrow} for one in whose]
    with or_unavailable():
        return await booking_page(filters, arguments)


def _own(viewer: Viewer, expert_id: Id | None) -> list[Filter]:
    """What the viewer has booked."""
    return [{"client_id": viewer.id} | ({} if expert_id is None else {"expert_id": expert_id})]


def _whose(viewer: Viewer, expert_id: Id | None) -> list[Filter]:
    """Disjoint filters that together are what the viewer may list."""
    only: Filter = {} if expert_id is None else {"expert_id": expert_id}
    if is_admin(viewer):
        return [only]
    own = _own(viewer, expert_id)
    kept = own_expert_id(viewer)
    calendar: Filter = {"expert_id": kept, "client_id": {"$ne": viewer.id}}
    keeps = kept is not None and expert_id in {None, kept}
    return [*own, calendar] if keeps else own
