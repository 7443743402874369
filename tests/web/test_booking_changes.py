"""The subscription bookingChanged, over real WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.clients import open_socket
from tests.support.practices import london_date

if TYPE_CHECKING:
    from tests.support.practices import Practice

CHANGED = """subscription { bookingChanged {
  id status sequence viewerActions contact { email } client { name email }
  slot { status mine } expert { id sequence } history { to } } }"""
CHANGE_STATUS = """mutation ($id: ID!) { %s(input: {bookingId: $id}) { __typename } }"""


async def test_both_parties_get_each_change_from_their_own_view(
    practice: Practice,
) -> None:
    """For each event, the booking's slot, calendar and allowed actions are read again."""
    deployment, expert = practice.deployment, practice.expert
    await practice.set_availability(confirmsAutomatically=False)
    client, stranger = await deployment.person(), await deployment.person()
    async with (
        open_socket(deployment.anonymous.url) as clients,
        open_socket(deployment.anonymous.url) as experts,
        open_socket(deployment.anonymous.url) as strangers,
    ):
        people = [(clients, client.api), (experts, expert.api), (strangers, stranger.api)]
        for socket, api in people:
            await socket.initialise(api.token)
            await socket.subscribe("1", CHANGED)

        async def receive_by_both(expected: str) -> tuple[dict[str, Any], dict[str, Any]]:
            theirs = await clients.event("bookingChanged")
            own = await experts.event("bookingChanged")
            assert theirs["status"] == own["status"] == expected
            assert theirs["sequence"] == theirs["expert"]["sequence"] == own["sequence"]
            assert theirs["history"][-1]["to"] == expected
            assert own["client"]["email"] == client.email
            return theirs, own

        day = london_date(7)
        booking = await practice.book(client.api, day, "10:00")
        theirs, own = await receive_by_both("PENDING")
        assert theirs["slot"] == {"status": "BOOKED", "mine": True}
        assert own["slot"] == {"status": "BOOKED", "mine": False}
        assert set(theirs["viewerActions"]) == {"CANCEL", "RESCHEDULE"}
        assert set(own["viewerActions"]) == {"CONFIRM", "CANCEL", "RESCHEDULE"}
        await expert.api.ask(CHANGE_STATUS % "confirmBooking", id=booking["id"])
        theirs, own = await receive_by_both("CONFIRMED")
        assert set(own["viewerActions"]) == {"CANCEL", "RESCHEDULE"}
        await client.api.ask(CHANGE_STATUS % "cancelBooking", id=booking["id"])
        theirs, own = await receive_by_both("CANCELLED")
        assert theirs["slot"] == own["slot"] == {"status": "OPEN", "mine": False}
        assert theirs["viewerActions"] == own["viewerActions"] == ["REMOVE"]
        for socket, _ in people:
            assert await socket.is_quiet()


async def test_unauthenticated_subscription_is_refused_and_the_socket_stays_open(
    practice: Practice,
) -> None:
    async with open_socket(practice.deployment.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", CHANGED)
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert message["payload"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_expert_gets_changes_of_own_calendar_and_of_own_bookings_elsewhere(
    practice: Practice,
) -> None:
    deployment = practice.deployment
    other = await practice.create(deployment)
    async with open_socket(deployment.anonymous.url) as socket:
        await socket.initialise(practice.expert.api.token)
        await socket.subscribe("1", CHANGED)
        day = london_date(8)
        for target, booker in (
            (practice, (await deployment.person()).api),
            (other, practice.expert.api),
        ):
            booking = await target.book(
                booker, day, "11:00" if booker is target.expert.api else "09:00"
            )
            event = await socket.event("bookingChanged")
            assert (event["id"], event["status"]) == (booking["id"], "CONFIRMED")
        assert await socket.is_quiet()
