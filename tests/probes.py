"""Executes each operation with valid variables, to test permissions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
)

from auth.policies import Decision
from schema import root
from tests.clients import CONTACT, PASSWORD, PATIENCE_SECONDS, Api, open_socket
from tests.offices import PROFILE, Office, Person

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SCHEMA = build_schema(root.schema.as_str())
COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
STIR_SECONDS = 0.25
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
FREE = "{ experts(first: 100) { nodes { nextSlot { id } } } }"
HOLD = "mutation ($id: ID!) { holdSlot(input: {slotId: $id}) { ... on Booking { id } } }"
RELEASE = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"


def fields_of(type_name: str) -> dict[str, GraphQLField]:
    """Return the fields of an object type of the schema."""
    type_ = SCHEMA.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    return dict(type_.fields)


@dataclass
class World:
    """An expert, a client of the expert, other people, and slots that can be booked."""

    office: Office
    people: dict[str, Person]
    slots: list[str]
    booking: str
    cancelled: str
    disabled: str
    before: str = ""
    """A cursor of the expert's calendar that precedes a booking and its cancellation."""

    def api(self, name: str) -> Api:
        """Return the client of a person; an anonymous one for unknown names."""
        return self.people[name].api if name in self.people else self.office.nobody

    @property
    def expert(self) -> str:
        """The id of the expert."""
        found = self.people["expert"].expert_id
        assert found
        return found

    async def new_booking(self) -> str:
        """Book another slot as the client and return the booking's id."""
        booking = await self.people["client"].api.book(self.slots.pop())
        assert booking["__typename"] == "Booking", booking
        return str(booking["id"])

    async def new_account(self) -> str:
        """Register another account and return its id."""
        return (await self.office.person()).id


Variables = dict[str, Any]


async def nothing(_: World, __: str) -> Variables:
    """Return no variables."""
    return {}


def constant(**variables: Any) -> Callable[[World, str], Awaitable[Variables]]:
    """Return a function that gives everybody the same variables."""

    async def give(_: World, __: str) -> Variables:
        return variables

    return give


async def expert_by_id(world: World, _: str) -> Variables:
    return {"id": world.expert}


async def watched(world: World, _: str) -> Variables:
    """Return the expert, and a cursor that is followed by an event for each subscription."""
    if not world.before:
        found = await world.office.nobody.ask(CURSOR, id=world.expert)
        await world.people["expert"].api.cancel(await world.new_booking())
        world.before = found["expert"]["cursor"]
    return {"expertId": world.expert, "after": world.before}


async def slug(world: World, _: str) -> Variables:
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    return dict((await world.office.nobody.ask(query, id=world.expert))["expert"])


async def registration(world: World, _: str) -> Variables:
    email = f"new-{next(world.office.numbers)}@example.com"
    return {"input": {"name": "New", "email": email, "password": PASSWORD}}


async def sign_in(world: World, _: str) -> Variables:
    return {"input": {"email": world.people["stranger"].email, "password": PASSWORD}}


async def a_slot(world: World, _: str) -> Variables:
    return {"input": {"slotId": world.slots.pop()}}


async def a_slot_to_book(world: World, _: str) -> Variables:
    return {"input": {"slotId": world.slots.pop(), "contact": CONTACT}}


async def slots_to_book(world: World, _: str) -> Variables:
    return {"input": {"slotIds": [world.slots.pop()], "contact": CONTACT}}


async def a_booking(world: World, _: str) -> Variables:
    return {"input": {"bookingId": await world.new_booking()}}


async def a_pending_booking(world: World, _: str) -> Variables:
    by_hand = """mutation ($by: Boolean!) {
      setAvailability(input: {confirmsAutomatically: $by}) { __typename } }"""
    keeper = world.people["expert"].api
    await keeper.ask(by_hand, by=False)
    booking = await world.new_booking()
    await keeper.ask(by_hand, by=True)
    return {"input": {"bookingId": booking}}


async def a_cancelled_booking(world: World, _: str) -> Variables:
    booking = await world.new_booking()
    await world.people["expert"].api.cancel(booking)
    return {"input": {"bookingId": booking}}


async def a_booking_to_move(world: World, _: str) -> Variables:
    return {"input": {"bookingId": await world.new_booking(), "slotId": world.slots.pop()}}


async def an_account(world: World, _: str) -> Variables:
    return {"input": {"userId": await world.new_account(), "name": "Renamed"}}


async def an_account_to_list(world: World, _: str) -> Variables:
    return {"input": {"userId": await world.new_account(), **PROFILE}}


async def an_entry(world: World, _: str) -> Variables:
    return {"input": {"expertId": world.expert, "title": "Retitled"}}


async def hours(world: World, _: str) -> Variables:
    return {"input": {"expertId": world.expert, "breakMinutes": 0}}


VARIABLES: dict[str, Callable[[World, str], Awaitable[Variables]]] = {
    "Query.viewer": nothing,
    "Query.experts": nothing,
    "Query.expert": expert_by_id,
    "Query.expertBySlug": slug,
    "Query.categories": nothing,
    "Query.node": expert_by_id,
    "Query.bookings": nothing,
    "Query.booking": lambda world, _: constant(id=world.booking)(world, ""),
    "Query.users": nothing,
    "Mutation.register": registration,
    "Mutation.login": sign_in,
    "Mutation.refreshSession": constant(input={"refreshToken": "unknown"}),
    "Mutation.logout": nothing,
    "Mutation.requestPasswordReset": constant(input={"email": "unknown@example.com"}),
    "Mutation.resetPassword": constant(input={"token": "unknown", "password": PASSWORD}),
    "Mutation.verifyEmail": constant(input={"token": "unknown"}),
    "Mutation.changePassword": constant(input={"current": "unknown", "password": PASSWORD}),
    "Mutation.holdSlot": a_slot,
    "Mutation.bookSlot": a_slot_to_book,
    "Mutation.bookSlots": slots_to_book,
    "Mutation.cancelBooking": a_booking,
    "Mutation.confirmBooking": a_pending_booking,
    "Mutation.completeBooking": a_booking,
    "Mutation.markNoShow": a_booking,
    "Mutation.removeBooking": a_cancelled_booking,
    "Mutation.rescheduleBooking": a_booking_to_move,
    "Mutation.setAvailability": hours,
    "Mutation.createExpert": an_account_to_list,
    "Mutation.updateExpert": an_entry,
    "Mutation.updateUser": an_account,
    "Subscription.slotBooked": watched,
    "Subscription.slotAvailable": watched,
    "Subscription.slotChanged": watched,
    "Subscription.bookingChanged": nothing,
}


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


async def asked(api: Api, query: str, variables: Variables, *path: str) -> Decision:
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
    refused = isinstance(found, dict) and found.get("__typename") == "NotAllowed"
    return Decision.NOT_ALLOWED if refused else Decision.ALLOWED


async def watching(api: Api, query: str, variables: Variables) -> Decision:
    """Subscribe and return the decision: allowed if an event arrives, else the error's code.

    While no event arrives, the viewer's own bookings are changed to cause one.
    """
    async with open_socket(api.url) as socket, asyncio.timeout(PATIENCE_SECONDS):
        await socket.initialise(api.token)
        await socket.subscribe("1", query, **variables)
        message = None
        while message is None:
            try:
                message = await socket.receive(STIR_SECONDS)
            except TimeoutError:
                await stir(api)
    if message["type"] == "next":
        assert "errors" not in message["payload"], message
        return Decision.ALLOWED
    assert message["type"] == "error", message
    return Decision(message["payload"][0]["extensions"]["code"])


async def stir(api: Api) -> None:
    """Hold and release a slot as the viewer, if signed in."""
    if api.token:
        experts = (await api.ask(FREE))["experts"]["nodes"]
        slot = next(expert["nextSlot"] for expert in experts if expert["nextSlot"])
        held = (await api.ask(HOLD, id=slot["id"]))["holdSlot"]
        # The slot may no longer be offered if the machine was slow.
        if "id" in held:
            await api.ask(RELEASE, id=held["id"])
