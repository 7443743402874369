"""Test users, and the variables with which they execute each operation in permission tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.support.clients import CONTACT, PASSWORD, Api
from tests.support.deployments import PROFILE, Deployment, Person
from tests.support.reviewing import TEXT, complete_now, write

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pymongo.database import Database

JOIN = """mutation ($input: JoinWaitlistInput!) {
  joinWaitlist(input: $input) { __typename ... on Wait { id } } }"""
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor } }"
Variables = dict[str, Any]


@dataclass
class Scenario:
    """An expert, a client of the expert, other users, and the expert's open slots."""

    deployment: Deployment
    people: dict[str, Person]
    slots: list[str]
    booking: str
    cancelled: str
    disabled: str
    database: Database[dict[str, Any]]
    before: str = ""
    """A cursor of the expert's calendar, taken before a booking and its cancellation."""

    def api(self, name: str) -> Api:
        """Return the API client of a person, or an anonymous client if the name is unknown."""
        return self.people[name].api if name in self.people else self.deployment.anonymous

    @property
    def expert(self) -> str:
        """The id of the expert."""
        found = self.people["expert"].expert_id
        assert found
        return found

    async def new_booking(self) -> str:
        """Book a slot that is still open as the client, and return the booking's id."""
        booking = await self.people["client"].api.book(self.slots.pop())
        assert booking["__typename"] == "Booking", booking
        return str(booking["id"])

    async def completed_booking(self) -> str:
        """Book a slot as the client, complete the booking, and return its id."""
        return complete_now(self.database, await self.new_booking())

    async def review(self) -> str:
        """Write a review as the client and return the review's id."""
        booking = await self.completed_booking()
        return str((await write(self.people["client"].api, booking))["id"])

    async def session(self) -> str:
        """Return the id of one of the client's sign-in sessions."""
        query = "{ viewer { sessions { id } } }"
        viewer = (await self.people["client"].api.ask(query))["viewer"]
        return str(viewer["sessions"][0]["id"])

    async def wait(self) -> str:
        """Join the expert's waiting list as the client, and return the entry's id."""
        wanted = await join_variables(self, "client")
        answer = (await self.people["client"].api.ask(JOIN, **wanted))["joinWaitlist"]
        assert answer["__typename"] == "Wait", answer
        return str(answer["id"])

    async def new_account(self) -> str:
        """Register another account and return its id."""
        return (await self.deployment.person()).id


async def no_variables(_: Scenario, __: str) -> Variables:
    """Return no variables."""
    return {}


def constant(**variables: Any) -> Callable[[Scenario, str], Awaitable[Variables]]:
    """Return a function that returns the same variables for every person."""

    async def give(_: Scenario, __: str) -> Variables:
        return variables

    return give


async def expert_id_variables(scenario: Scenario, _: str) -> Variables:
    return {"id": scenario.expert}


async def event_variables(scenario: Scenario, _: str) -> Variables:
    """Return the expert's id, and a cursor after which every subscription has an event."""
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


async def join_variables(scenario: Scenario, _: str) -> Variables:
    """Return the variables to wait for an hour at night, when the expert's calendar is closed."""
    day = datetime.now(UTC) + timedelta(days=7)
    night = day.replace(hour=23, minute=0, second=0, microsecond=0)
    window = {"from": night.isoformat(), "to": (night + timedelta(hours=1)).isoformat()}
    return {"input": {"expertId": scenario.expert, "minutes": 60, **window}}


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
    "Mutation.joinWaitlist": join_variables,
    "Mutation.leaveWaitlist": constant(input={"waitId": "unknown"}),
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
