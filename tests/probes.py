"""Probes: each operation as somebody asks it who would succeed if they may."""

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
    """The fields of an object type of the schema."""
    type_ = SCHEMA.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    return dict(type_.fields)


@dataclass
class World:
    """An expert, a client of theirs, and everybody else; and time that can be booked."""

    office: Office
    people: dict[str, Person]
    slots: list[str]
    booking: str
    cancelled: str
    disabled: str
    before: str = ""
    """A cursor of the expert from before time of theirs was booked and became free."""

    def api(self, name: str) -> Api:
        """How somebody asks."""
        return self.people[name].api if name in self.people else self.office.nobody

    @property
    def expert(self) -> str:
        """The expert whose calendar it is about."""
        found = self.people["expert"].expert_id
        assert found
        return found

    async def new_booking(self) -> str:
        """Another booking of the client with the expert."""
        booking = await self.people["client"].api.book(self.slots.pop())
        assert booking["__typename"] == "Booking", booking
        return str(booking["id"])

    async def new_account(self) -> str:
        """Another account."""
        return (await self.office.person()).id


Variables = dict[str, Any]


async def nothing(_: World, __: str) -> Variables:
    """No variables."""
    return {}


def constant(**variables: Any) -> Callable[[World, str], Awaitable[Variables]]:
    """The same variables for everybody."""

    async def give(_: World, __: str) -> Variables:
        return variables

    return give


async def expert_by_id(world: World, _: str) -> Variables:
    return {"id": world.expert}


async def watched(world: World, _: str) -> Variables:
    """The expert, and a cursor after which there is an event for each subscription."""
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
    """What is selected of a field: its type where it is an object, else nothing."""
    return "{ __typename }" if isinstance(get_named_type(field.type), COMPOSITE) else ""


def document(operation: str, variables: Variables) -> str:
    """The operation with these variables, typed as the schema has them."""
    type_name, name = operation.split(".")
    field = fields_of(type_name)[name]
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
    given = ", ".join(f"{key}: ${key}" for key in variables)
    return (
        f"{type_name.lower()} {f'({declared})' if declared else ''} "
        f"{{ {name} {f'({given})' if given else ''} {selection(field)} }}"
    )


async def asked(api: Api, query: str, variables: Variables, *path: str) -> Decision:
    """What came of a query or mutation, judged by what is at a path of its data.

    Of a list the last one counts.
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
    """What came of a subscription: an event, or an error.

    Where no event comes by itself, the viewer's own bookings are changed until one does.
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
    """Have the viewer, if somebody is signed in, hold a slot and let it go."""
    if api.token:
        experts = (await api.ask(FREE))["experts"]["nodes"]
        slot = next(expert["nextSlot"] for expert in experts if expert["nextSlot"])
        held = (await api.ask(HOLD, id=slot["id"]))["holdSlot"]
        # On a busy machine it may no longer be offered.
        if "id" in held:
            await api.ask(RELEASE, id=held["id"])
