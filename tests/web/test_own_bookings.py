"""The bookings that a viewer has made, of all those that the viewer may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.practices import day_ahead

if TYPE_CHECKING:
    from tests.offices import Office
    from tests.practices import Practice

LISTED = "query ($filter: BookingFilter) { bookings(filter: $filter, first: 100) { nodes { id } } }"


async def test_mine_are_what_the_viewer_has_booked(office: Office, practice: Practice) -> None:
    """Also for those who may see more: the expert of the calendar, and an administrator."""
    slots = [slot["id"] for slot in (await practice.listed(day_ahead(3))).values()]
    clients = [(await office.person()).api, practice.expert.api, office.admin]
    ids = [(await client.book(slot))["id"] for client, slot in zip(clients, slots, strict=False)]
    assert len(set(ids)) == len(clients)
    for client, id_ in zip(clients, ids, strict=True):
        wanted = {"mine": True, "expertId": practice.id}
        mine = (await client.ask(LISTED, filter=wanted))["bookings"]["nodes"]
        assert [booking["id"] for booking in mine] == [id_]
    for client in clients[1:]:
        seen = (await client.ask(LISTED, filter={"expertId": practice.id}))["bookings"]["nodes"]
        assert {booking["id"] for booking in seen} == set(ids)
