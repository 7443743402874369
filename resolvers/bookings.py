"""Queries for bookings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auth.policies import is_admin, own_expert_id, relations_to_own_expert, require
from auth.visibility import may_see_booking
from models.accounts.emails import email_key
from models.accounts.users import experts_found
from models.bookings.booking import Booking, booking_page, order_key
from models.errors import BadUserInput
from models.ids import object_id
from models.store.documents import or_unavailable
from models.store.search import search_filter, word_filter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from auth.viewers import Viewer
    from models.bookings.booking import BookingStatus
    from models.ids import Id
    from models.store.pages import Filter, Page, PageArguments


MAX_EXPERTS_FOUND: Final = 100
"""An administrator's search includes the bookings of at most this many experts whose names or
e-mail addresses match."""


async def find_booking(viewer: Viewer | None, booking_id: str) -> Booking | None:
    """Return the booking with the given id, or None if there is none that the viewer may see."""
    try:
        key = object_id(booking_id, "Booking", "id")
    except BadUserInput:
        return None
    with or_unavailable():
        booking = await Booking.get(key)
    return booking if booking and may_see_booking(viewer, booking) else None


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """Criteria that restrict a list of bookings.

    With `is_own`, the list has only the bookings that the viewer made as a client. Each word of
    `search` must be the beginning of a word in the booking's reference or in the contact's name or
    e-mail address.
    """

    is_own: bool = False
    email: str | None = None
    expert_id: str | None = None
    statuses: Sequence[BookingStatus] = ()
    since: datetime | None = None
    until: datetime | None = None
    search: str | None = None


async def list_bookings(
    viewer: Viewer, criteria: BookingFilter, arguments: PageArguments
) -> Page[Booking]:
    """Return a page of the bookings that the viewer may list, latest start first.

    Clients may list the bookings that they made, experts may also list the bookings of their
    calendar, and administrators may list all bookings.

    Raises:
        BadUserInput: if the filter, the page size or the cursor is invalid.
        Forbidden: if a client uses `search`.
    """
    if criteria.search is not None:
        require("BookingFilter.search", relations_to_own_expert(viewer))
    conditions: Filter = {"removed_by": {"$ne": viewer.id}}
    if criteria.email is not None:
        conditions["contact_key"] = email_key(criteria.email)
    if criteria.statuses:
        conditions["status"] = {"$in": sorted({status.value for status in criteria.statuses})}
    bounds = {}
    if criteria.since is not None:
        bounds["$gte"] = order_key(criteria.since)
    if criteria.until is not None:
        bounds["$lt"] = order_key(criteria.until)
    if bounds:
        conditions["order_key"] = bounds
    expert_id = (
        None
        if criteria.expert_id is None
        else object_id(criteria.expert_id, "Expert", "filter.expertId")
    )
    scopes = (
        _client_filters(viewer, expert_id)
        if criteria.is_own
        else _listable_filters(viewer, expert_id)
    )
    found = word_filter(criteria.search, "filter.search")
    filters = [{**one, **found} for one in scopes]
    with or_unavailable():
        if found and is_admin(viewer) and not criteria.is_own:
            filters += await _of_experts(criteria.search, scopes, found)
        return await booking_page([{**one, **conditions} for one in filters], arguments)


async def _of_experts(search: str | None, scopes: Sequence[Filter], found: Filter) -> list[Filter]:
    """Return filters for bookings that do not match `found`, but whose experts match `search`."""
    ids = await experts_found(search_filter(search, "filter.search"), MAX_EXPERTS_FOUND)
    return [
        {"$nor": [found], **one, "expert_id": {"$in": only}}
        for one in scopes
        if (only := [id_ for id_ in ids if one.get("expert_id", id_) == id_])
    ]


def _client_filters(viewer: Viewer, expert_id: Id | None) -> list[Filter]:
    """Return the filter for the bookings that the viewer made as a client."""
    return [{"client_id": viewer.id} | ({} if expert_id is None else {"expert_id": expert_id})]


def _listable_filters(viewer: Viewer, expert_id: Id | None) -> list[Filter]:
    """Return disjoint filters that together match the bookings that the viewer may list."""
    only: Filter = {} if expert_id is None else {"expert_id": expert_id}
    if is_admin(viewer):
        return [only]
    own = _client_filters(viewer, expert_id)
    viewer_expert_id = own_expert_id(viewer)
    calendar: Filter = {"expert_id": viewer_expert_id, "client_id": {"$ne": viewer.id}}
    has_calendar = viewer_expert_id is not None and expert_id in {None, viewer_expert_id}
    return [*own, calendar] if has_calendar else own
