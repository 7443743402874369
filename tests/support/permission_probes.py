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

from auth.rules import Decision
from schema import root
from tests.support.clients import CONTACT, PASSWORD, PATIENCE_SECONDS, Api, open_socket
from tests.support.deployments import PROFILE, Deployment, Person
from tests.support.reviewing import TEXT, complete_now, write

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pymongo.database import Database

SCHEMA = build_schema(root.schema.as_str())
COMPOSITE = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)
TRIGGER_SECONDS = 0.25
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
FREE = "{ experts(first: 100) { nodes { nextSlot { id } } } }"
HOLD = "mutation ($id: ID!) { holdSlot(input: {slotId: $id}) { ... on Booking { id } } }"
HELD = "{ bookings(filter: {statuses: [HELD]}) { nodes { id } } }"
RELEASE = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"


def fields_of(type_name: str) -> dict[str, GraphQLField]:
    """Return the fields of an object type of the schema."""
    type_ = SCHEMA.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    return dict(type_.fields)


@dataclass
class Scenario:
    """An expert, a client of the expert, other people, and slots that can be booked."""

    deployment: Deployment
    people: dict[str, Person]
    slots: list[str]
    booking: str
    cancelled: str
    disabled: str
    database: Database[dict[str, Any]]
    before: str = ""
    """A cursor of the expert's calendar that precedes a booking and its cancellation."""

    def api(self, name: str) -> Api:
        """Return the client of a person; an anonymous one for unknown names."""
        return self.people[name].api if name in self.people else self.deployment.anonymous

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

    async def completed_booking(self) -> str:
        """Return the id of a completed booking of the client."""
        return complete_now(self.database, await self.new_booking())

    async def review(self) -> str:
        """Return the id of a new review by the client."""
        booking = await self.completed_booking()
        return str((await write(self.people["client"].api, booking))["id"])

    async def session(self) -> str:
        """Return the id of a session of the client."""
        query = "{ viewer { sessions { id } } }"
        viewer = (await self.people["client"].api.ask(query))["viewer"]
        return str(viewer["sessions"][0]["id"])

    async def new_account(self) -> str:
        """Register another account and return its id."""
        return (await self.deployment.person()).id


Variables = dict[str, Any]
REFUSALS = {"NotAllowed": Decision.NOT_ALLOWED, "VerificationNeeded": Decision.VERIFICATION_NEEDED}


async def no_variables(_: Scenario, __: str) -> Variables:
    """Return no variables."""
    return {}


def constant(**variables: Any) -> Callable[[Scenario, str], Awaitable[Variables]]:
    """Return a function that gives everybody the same variables."""

    async def give(_: Scenario, __: str) -> Variables:
        return variables

    return give


async def expert_id_variables(scenario: Scenario, _: str) -> Variables:
    return {"id": scenario.expert}


async def event_variables(scenario: Scenario, _: str) -> Variables:
    """Return the expert, and a cursor that is followed by an event for each subscription."""
    if not scenario.before:
        found = await scenario.deployment.anonymous.ask(CURSOR, id=scenario.expert)
        await scenario.people["expert"].api.cancel(await scenario.new_booking())
        scenario.before = found["expert"]["cursor"]
    return {"expertId": scenario.expert, "after": scenario.before}


async def slug_variables(scenario: Scenario, _: str) -> Variables:
    query = "query ($id: ID!) { expert(id: $id) { slug } }"
    return dict((await scenario.deployment.anonymous.ask(query, id=scenario.expert))["expert"])


async def register_variables(scenario: Scenario, _: str) -> Variables:
    email = f"new-{next(scenario.deployment.numbers)}@example.com"
    return {"input": {"name": "New", "email": email, "password": PASSWORD}}


async def login_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"email": scenario.people["stranger"].email, "password": PASSWORD}}


async def hold_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"slotId": scenario.slots.pop()}}


async def book_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"slotId": scenario.slots.pop(), "contact": CONTACT}}


async def book_all_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"slotIds": [scenario.slots.pop()], "contact": CONTACT}}


async def booking_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"bookingId": await scenario.new_booking()}}


async def note_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"bookingId": scenario.booking, "note": "Prefers mornings"}}


async def pending_booking_variables(scenario: Scenario, _: str) -> Variables:
    set_confirmation = """mutation ($by: Boolean!) {
      setAvailability(input: {confirmsAutomatically: $by}) { __typename } }"""
    expert = scenario.people["expert"].api
    await expert.ask(set_confirmation, by=False)
    booking = await scenario.new_booking()
    await expert.ask(set_confirmation, by=True)
    return {"input": {"bookingId": booking}}


async def cancelled_booking_variables(scenario: Scenario, _: str) -> Variables:
    booking = await scenario.new_booking()
    await scenario.people["expert"].api.cancel(booking)
    return {"input": {"bookingId": booking}}


async def completed_booking_variables(scenario: Scenario, _: str) -> Variables:
    wanted = {"rating": 5, "text": TEXT}
    return {"input": {"bookingId": await scenario.completed_booking(), **wanted}}


async def review_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"reviewId": await scenario.review()}}


async def answer_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"reviewId": await scenario.review(), "text": "Thank you!"}}


async def hiding_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"reviewId": await scenario.review(), "hidden": True, "reason": "Rude."}}


async def reschedule_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"bookingId": await scenario.new_booking(), "slotId": scenario.slots.pop()}}


async def account_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"userId": await scenario.new_account(), "name": "Renamed"}}


async def create_expert_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"userId": await scenario.new_account(), **PROFILE}}


async def update_expert_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"expertId": scenario.expert, "title": "Retitled"}}


async def availability_variables(scenario: Scenario, _: str) -> Variables:
    return {"input": {"expertId": scenario.expert, "breakMinutes": 0}}


async def new_session_variables(_: Scenario, who: str) -> Variables:
    return {"input": {"email": f"{'-'.join(who.split())}@example.com", "code": "000000"}}


VARIABLES: dict[str, Callable[[Scenario, str], Awaitable[Variables]]] = {
    "Query.viewer": no_variables,
    "Query.experts": no_variables,
    "Query.expert": expert_id_variables,
    "Query.expertBySlug": slug_variables,
    "Query.categories": no_variables,
    "Query.node": expert_id_variables,
    "Query.rateLimit": no_variables,
    "Query.bookings": no_variables,
    "Query.booking": lambda scenario, _: constant(id=scenario.booking)(scenario, ""),
    "Query.users": no_variables,
    "Query.figures": constant(**dict.fromkeys(("from", "to"), "2027-03-28")),
    "Mutation.register": register_variables,
    "Mutation.login": login_variables,
    "Mutation.refreshSession": constant(input={"refreshToken": "unknown"}),
    "Mutation.logout": no_variables,
    "Mutation.requestPasswordReset": constant(input={"email": "unknown@example.com"}),
    "Mutation.resetPassword": constant(input={"token": "unknown", "password": PASSWORD}),
    "Mutation.verifyEmail": constant(input={"token": "unknown"}),
    "Mutation.startGuestSession": no_variables,
    "Mutation.requestSignInCode": constant(input={"email": "unknown@example.com"}),
    "Mutation.signInWithCode": new_session_variables,
    "Mutation.resendVerification": no_variables,
    "Mutation.updateProfile": constant(input={"timeZone": "Europe/London"}),
    "Mutation.changeEmail": new_session_variables,
    "Mutation.endSession": constant(sessionId="unknown"),
    "Mutation.changePassword": constant(input={"current": "unknown", "password": PASSWORD}),
    "Mutation.exportMyData": no_variables,
    "Mutation.deleteMyAccount": constant(input={"code": "unknown"}),
    "Mutation.holdSlot": hold_variables,
    "Mutation.bookSlot": book_variables,
    "Mutation.bookSlots": book_all_variables,
    "Mutation.cancelBooking": booking_variables,
    "Mutation.confirmBooking": pending_booking_variables,
    "Mutation.completeBooking": booking_variables,
    "Mutation.markNoShow": booking_variables,
    "Mutation.setExpertNote": note_variables,
    "Mutation.removeBooking": cancelled_booking_variables,
    "Mutation.rescheduleBooking": reschedule_variables,
    "Mutation.writeReview": completed_booking_variables,
    "Mutation.removeReview": review_variables,
    "Mutation.answerReview": answer_variables,
    "Mutation.hideReview": hiding_variables,
    "Mutation.setAvailability": availability_variables,
    "Mutation.createExpert": create_expert_variables,
    "Mutation.updateExpert": update_expert_variables,
    "Mutation.updateMyExpert": constant(input={"title": "Retitled"}),
    "Mutation.updateUser": account_variables,
    "Subscription.slotBooked": event_variables,
    "Subscription.slotAvailable": event_variables,
    "Subscription.slotChanged": event_variables,
    "Subscription.bookingChanged": no_variables,
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
    """Hold and release a slot as the viewer, if signed in."""
    if api.token:
        for earlier in (await api.ask(HELD))["bookings"]["nodes"]:  # a guest may have one
            await api.ask(RELEASE, id=earlier["id"])
        experts = (await api.ask(FREE))["experts"]["nodes"]
        slot = next(expert["nextSlot"] for expert in experts if expert["nextSlot"])
        held = (await api.ask(HOLD, id=slot["id"]))["holdSlot"]
        # The slot may no longer be offered if the machine was slow.
        if "id" in held:
            await api.ask(RELEASE, id=held["id"])
