"""Executes each operation with valid variables, to test permissions."""

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
    """Return the fields of an object type of the schema."""
    type_ = SCHEMA.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    return dict(type_.fields)


def selection(field: GraphQLField) -> str:
    """Return the selection set for a field; empty for scalars and enums."""
    return "{ __typename }" if isinstance(get_named_type(field.type), COMPOSITE) else ""


def document(operation: str, variables: Variables) -> str:
    """Return the document of an operation that declares and passes some variables."""
    type_name, name = operation.split(".")
    field = fields_of(type_name)[name]
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
    given = ", ".join(f"{key}: ${key}" for key in variables)
    return (
        f"{type_name.lower()} {f'({declared})' if declared else ''} "
        f"{{ {name} {f'({given})' if given else ''} {selection(field)} }}"
    )


async def query_decision(api: Api, query: str, variables: Variables, *path: str) -> Decision:
    """Execute a query or mutation and return the decision about the value at a path of its data.

    In a list, the path continues with the last element.
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
    """Subscribe and return the decision: allowed if an event arrives, else the error's code.

    While no event arrives, the viewer's own bookings are changed to cause one.
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
    """Hold and release a slot as the viewer, if signed in.

    A slot may be refused because it is the viewer's own or, on a slow machine, no longer offered.
    """
    if api.token:
        for earlier in (await api.ask(HELD))["bookings"]["nodes"]:  # a guest may hold only one
            await api.ask(RELEASE, id=earlier["id"])
        experts = (await api.ask(FREE))["experts"]["nodes"]
        for slot in (expert["nextSlot"] for expert in experts if expert["nextSlot"]):
            held = (await api.ask(HOLD, id=slot["id"]))["holdSlot"]
            if "id" in held:
                await api.ask(RELEASE, id=held["id"])
                return
