"""The `mine` filter of bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.practices import london_date

if TYPE_CHECKING:
    from tests.support.deployments import Deployment
    from tests.support.practices import Practice

BOOKINGS = (
    "query ($filter: BookingFilter) { bookings(filter: $filter, first: 100) { nodes { id } } }"
)


async def test_mine_returns_only_bookings_made_by_the_viewer(
    deployment: Deployment, practice: Practice
) -> None:
    """Experts and administrators, who may see others' bookings, get only their own."""
    slots = [slot["id"] for slot in (await practice.slots_by_start(london_date(3))).values()]
    clients = [(await deployment.person()).api, deployment.admin]
    ids = [(await client.book(slot))["id"] for client, slot in zip(clients, slots, strict=False)]
    assert len(set(ids)) == len(clients)
    for client, id_ in zip(clients, ids, strict=True):
        own = {"mine": True, "expertId": practice.id}
        mine = (await client.ask(BOOKINGS, filter=own))["bookings"]["nodes"]
        assert [booking["id"] for booking in mine] == [id_]
    own = {"mine": True, "expertId": practice.id}
    assert (await practice.expert.api.ask(BOOKINGS, filter=own))["bookings"]["nodes"] == []
    for client in (practice.expert.api, deployment.admin):
        visible = (await client.ask(BOOKINGS, filter={"expertId": practice.id}))["bookings"][
            "nodes"
        ]
        assert {booking["id"] for booking in visible} == set(ids)
