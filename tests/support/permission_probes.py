"""Executes GraphQL operations and reports whether the viewer is permitted to execute them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
)

from auth.rules import Decision
from schema import root
from tests.support.clients import PATIENCE_SECONDS, Api, open_socket

if TYPE_CHECKING:
    from tests.support.permission_scenarios import Variables

SCHEMA = build_schema(root.schema.as_str())
COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
TRIGGER_SECONDS = 0.25
FREE = "{ experts(first: 100) { nodes { nextSlot { id } } } }"
HOLD = "mutation ($id: ID!) { holdSlot(input: {slotId: $id}) { ... on Booking { id } } }"
HELD = "{ bookings(filter: {statuses: [HELD]}) { nodes { id } } }"
RELEASE = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"
REFUSALS = {
    "NotAllowed": Decision.NOT_ALLOWED,
    "VerificationNeeded": Decision.VERIFICATION_NEEDED,
}


def fields_of(type_name: str) -> dict[str, GraphQLField]:
    """Return the fields of an object type in the schema, keyed by name."""
    type_ = SCHEMA.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    return dict(type_.fields)


def selection(field: GraphQLField) -> str:
    """Return a minimal selection set for a field, which is empty for scalars and enums."""
    return "{ __typename }" if isinstance(get_named_type(field.type), COMPOSITE) else ""


def document(operation: str, variables: Variables) -> str:
    """Return a GraphQL document that executes an operation with the given variables."""
    type_name, name = operation.split(".")
    field = fields_of(type_name)[name]
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
    given = ", ".join(f"{key}: ${key}" for key in variables)
    return (
        f"{type_name.lower()} {f'({declared})' if declared else ''} "
        f"{{ {name} {f'({given})' if given else ''} {selection(field)} }}"
    )


async def query_decision(api: Api, query: str, variables: Variables, *path: str) -> Decision:
    """Execute a query or mutation; return the permission decision about the value at `path`.

    The names in `path` lead through the `data` of the response. At a list, the path continues with
    the list's last element.
    """
    answer = await api.post(query, **variables)
    found, place = answer["data"], list[str | int]()
    for name in path:
        if isinstance(found, list):
            place.append(len(found) - 1)
            found = found[-1]
        if found is not None:
            place.append(name)
            found = found[name]
    errors = answer.get("errors", [])
    codes = {e["extensions"]["code"] for e in errors if e["path"][: len(place)] == place}
    assert len(codes) <= 1, answer
    if codes:
        return Decision(codes.pop())
    if found is None:
        assert not errors, answer
        return Decision.NULL
    kind = found.get("__typename") if isinstance(found, dict) else ""
    return REFUSALS.get(str(kind), Decision.ALLOWED)


async def subscription_decision(api: Api, query: str, variables: Variables) -> Decision:
    """Subscribe; return ALLOWED if an event arrives, or the decision that the error code names.

    Until an event arrives, the viewer holds and releases slots in order to cause one.
    """
    async with open_socket(api.url) as socket, asyncio.timeout(PATIENCE_SECONDS):
        await socket.initialise(api.token)
        await socket.subscribe("1", query, **variables)
        message = None
        while message is None:
            try:
                message = await socket.receive(TRIGGER_SECONDS)
            except TimeoutError:
                await trigger_event(api)
    if message["type"] == "next":
        assert "errors" not in message["payload"], message
        return Decision.ALLOWED
    assert message["type"] == "error", message
    return Decision(message["payload"][0]["extensions"]["code"])


async def trigger_event(api: Api) -> None:
    """Hold and release a slot as the viewer; do nothing if the viewer is not signed in.

    A hold is refused if the viewer is the slot's expert or if, on a slow machine, the slot is no
    longer offered. If the hold is refused, the viewer holds a slot of the next expert instead.
    """
    if api.token:
        for earlier in (await api.ask(HELD))["bookings"]["nodes"]:  # a guest has one hold at most
            await api.ask(RELEASE, id=earlier["id"])
        experts = (await api.ask(FREE))["experts"]["nodes"]
        for slot in (expert["nextSlot"] for expert in experts if expert["nextSlot"]):
            held = (await api.ask(HOLD, id=slot["id"]))["holdSlot"]
            if "id" in held:
                await api.ask(RELEASE, id=held["id"])
                return
