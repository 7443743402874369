"""The subscription bookingChanged, over real WebSockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clients import open_socket
from tests.practices import day_ahead

if TYPE_CHECKING:
    from tests.practices import Practice

CHANGED = """subscription { bookingChanged {
  id status sequence viewerActions contact { email } client { name email }
  slot { status mine } expert { id sequence } history { to } } }"""
DO = """mutation ($id: ID!) { %s(input: {bookingId: $id}) { __typename } }"""


async def test_both_parties_get_each_change_from_their_own_view(
    practice: Practice,
) -> None:
    """Slot, calendar and actions are read again for each event."""
    office, expert = practice.office, practice.expert
    await practice.set(confirmsAutomatically=False)
    client, stranger = await office.person(), await office.person()
    async with (
        open_socket(office.nobody.url) as clients,
        open_socket(office.nobody.url) as experts,
        open_socket(office.nobody.url) as strangers,
    ):
        people = [(clients, client.api), (experts, expert.api), (strangers, stranger.api)]
        for socket, api in people:
            await socket.initialise(api.token)
            await socket.subscribe("1", CHANGED)

        async def both(expected: str) -> tuple[dict[str, Any], dict[str, Any]]:
            theirs = await clients.event("bookingChanged")
            own = await experts.event("bookingChanged")
            assert theirs["status"] == own["status"] == expected
            assert theirs["sequence"] == theirs["expert"]["sequence"] == own["sequence"]
            assert theirs["history"][-1]["to"] == expected
            assert own["client"]["email"] == client.email
            return theirs, own

        day = day_ahead(7)
        booking = await practice.booked(client.api, day, "10:00")
        theirs, own = await both("PENDING")
        assert theirs["slot"] == {"status": "BOOKED", "mine": True}
        assert own["slot"] == {"status": "BOOKED", "mine": False}
        assert set(theirs["viewerActions"]) == {"CANCEL", "RESCHEDULE"}
        assert set(own["viewerActions"]) == {"CONFIRM", "CANCEL", "RESCHEDULE"}
        await expert.api.ask(DO % "confirmBooking", id=booking["id"])
        theirs, own = await both("CONFIRMED")
        assert set(own["viewerActions"]) == {"COMPLETE", "CANCEL", "RESCHEDULE"}
        await client.api.ask(DO % "cancelBooking", id=booking["id"])
        theirs, own = await both("CANCELLED")
        assert theirs["slot"] == own["slot"] == {"status": "OPEN", "mine": False}
        assert theirs["viewerActions"] == own["viewerActions"] == ["REMOVE"]
        for socket, _ in people:
            assert await socket.is_quiet()


async def test_unauthenticated_subscription_is_refused_and_the_socket_stays_open(
    practice: Practice,
) -> None:
    async with open_socket(practice.office.nobody.url) as socket:
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
    """A booking with oneself is delivered once."""
    office = practice.office
    other = await practice.opened(office)
    async with open_socket(office.nobody.url) as socket:
        await socket.initialise(practice.expert.api.token)
        await socket.subscribe("1", CHANGED)
        day = day_ahead(8)
        for where, who in (
            (practice, (await office.person()).api),
            (other, practice.expert.api),
            (practice, practice.expert.api),
        ):
            booking = await where.booked(who, day, "11:00" if who is where.expert.api else "09:00")
            event = await socket.event("bookingChanged")
            assert (event["id"], event["status"]) == (booking["id"], "CONFIRMED")
        assert await socket.is_quiet()
