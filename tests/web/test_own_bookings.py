"""Lists of bookings: the `mine` filter, and clients' e-mail addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.booking_operations import HOLD, execute
from tests.support.practices import london_date

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.deployments import Deployment
    from tests.support.practices import Practice

BOOKINGS = (
    "query ($filter: BookingFilter) { bookings(filter: $filter, first: 100) { nodes { id } } }"
)

PARTIES = """query ($filter: BookingFilter) { bookings(filter: $filter) { nodes {
  client { name email } history { actor { email } } } } }"""


async def test_expert_sees_the_email_address_of_a_client_once_the_slot_is_booked(
    deployment: Deployment, practice: Practice
) -> None:
    """While the client only holds the slot, the expert sees the hold, but no e-mail address."""
    client = await deployment.person()
    slot, *_ = (await practice.slots_by_start(london_date(4))).values()
    wanted = {"expertId": practice.id}

    async def seen(by: Api) -> list[str]:
        nodes = (await by.ask(PARTIES, filter=wanted))["bookings"]["nodes"]
        emails = {node["client"]["email"] for node in nodes}
        actors = {step["actor"]["email"] for node in nodes for step in node["history"]}
        assert actors == emails
        return sorted(emails)

    assert (await execute(client.api, HOLD, id=slot["id"]))["__typename"] == "Booking"
    assert await seen(practice.expert.api) == [""]
    assert await seen(client.api) == await seen(deployment.admin) == [client.email]
    assert (await client.api.book(slot["id"]))["__typename"] == "Booking"
    assert await seen(practice.expert.api) == [client.email]


async def test_mine_filter_returns_only_bookings_made_by_the_viewer(
    deployment: Deployment, practice: Practice
) -> None:
    """Even experts and administrators get only the bookings that they made as clients."""
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
