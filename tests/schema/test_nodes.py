"""`Query.node` returns any object by its global id."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from graphql import GraphQLInterfaceType, build_schema

from schema import root

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.spans import Time

MINE = """{ bookings(first: 1) { nodes {
  __typename id reference minutes
  client { __typename id name } expert { __typename id name } slot { __typename id startsAt }
} } }"""
REVIEWS = "{ experts(first: 1) { nodes { reviews(first: 1) { nodes { __typename id text } } } } }"
JOIN = """mutation ($input: JoinWaitlistInput!) { joinWaitlist(input: $input) {
  __typename ... on Wait { id minutes } } }"""
SESSIONS = "{ viewer { sessions { __typename id device } } }"
NODE = """query ($id: ID!) { node(id: $id) {
  __typename id
  ... on Booking { reference minutes } ... on User { name } ... on Expert { name }
  ... on Slot { startsAt } ... on Session { device } ... on Review { text }
  ... on Wait { minutes }
} }"""


async def open_slot(api: Api, experts: list[dict[str, Any]], time: Time) -> str:
    """Return the id of an open slot, regardless of bookings by other tests."""
    for expert in experts[5:]:
        for slot in await api.slots(expert["id"], *time.days(5, 12)):
            if slot["status"] == "OPEN":
                return str(slot["id"])
    raise AssertionError("no expert has an open slot")


async def test_every_object_is_found_by_its_id(
    api: Api, experts: list[dict[str, Any]], time: Time
) -> None:
    """`node` returns the same data as other queries, for one object of each `Node` type."""
    client = await api.new_client()
    await client.book(await open_slot(api, experts, time))
    [booking] = (await client.ask(MINE))["bookings"]["nodes"]
    session = (await client.ask(SESSIONS))["viewer"]["sessions"][0]
    [expert] = (await client.ask(REVIEWS))["experts"]["nodes"]
    since = datetime.fromisoformat(booking["slot"]["startsAt"])
    window = {"from": since.isoformat(), "to": (since + timedelta(minutes=15)).isoformat()}
    wanted = {"expertId": booking["expert"]["id"], "minutes": booking["minutes"], **window}
    wait = (await client.ask(JOIN, input=wanted))["joinWaitlist"]
    parts = [booking.pop(name) for name in ("client", "expert", "slot")]
    objects = [session, wait, *expert["reviews"]["nodes"], *parts, booking]
    schema = build_schema(root.schema.as_str())
    node = schema.get_type("Node")
    assert isinstance(node, GraphQLInterfaceType)
    types = {type_.name for type_ in schema.get_implementations(node).objects}
    assert {each["__typename"] for each in objects} == types
    assert len({each["id"] for each in objects}) == len(objects)
    for each in objects:
        assert (await client.ask(NODE, id=each["id"]))["node"] == each
