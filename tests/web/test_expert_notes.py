"""The expert's private notes on bookings: only the expert sees them; other changes keep them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import CONTACT, open_socket
from tests.support.deployments import invalid_fields
from tests.support.paired_servers import findings
from tests.support.practices import Practice, london_date

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers

SET = """mutation ($id: ID!, $note: String!) {
  answer: setExpertNote(input: {bookingId: $id, note: $note}) { __typename
    ... on Booking { expertNote updatedAt sequence }
    ... on Refusal { code } ... on InvalidInput { fields { field message } } } }"""
READ = """query ($id: ID!) { booking(id: $id) {
  expertNote note updatedAt sequence startsAt history { to } } }"""
LISTED = "{ bookings(first: 5) { nodes { expertNote } } }"
CHANGED = "subscription { bookingChanged { id expertNote } }"
MOVE = """mutation ($id: ID!, $slot: ID!) {
  rescheduleBooking(input: {bookingId: $id, slotId: $slot}) { __typename } }"""
CANCEL = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"
SECRET = "Prefers mornings.\nAsk about Łódź 🙂"


async def set_note(api: Api, id_: str, note: str) -> dict[str, Any]:
    """Set the expert's note on a booking, and return the result of `setExpertNote`."""
    return dict((await api.ask(SET, id=id_, note=note))["answer"])


async def read(api: Api, id_: str) -> dict[str, Any]:
    """Return a booking as the viewer with the given API client sees it."""
    return dict((await api.ask(READ, id=id_))["booking"])


async def test_only_the_expert_sees_a_note(here: TwoServers) -> None:
    """Setting a note sends no event and no e-mail, and only the expert can read the note."""
    practice = await Practice.create(here)
    client, email = await here.new_account()
    slot = await practice.slot(london_date(5), "10:00")
    booking = await client.book(slot, contact={**CONTACT, "email": email})
    expert, before = practice.expert.api, await read(client, booking["id"])
    async with open_socket(here.anonymous.url) as socket:
        await socket.initialise(client.token)
        await socket.subscribe("1", CHANGED)
        noted = await set_note(expert, booking["id"], f" {SECRET} ")
        assert noted["expertNote"] == SECRET
        assert await socket.is_quiet()
        moved = await expert.ask(MOVE, id=booking["id"], slot=await practice.slot(
            london_date(6), "11:00"))  # fmt: skip
        assert moved["rescheduleBooking"]["__typename"] == "Booking"
        assert await socket.event("bookingChanged") == {"id": booking["id"], "expertNote": None}
    assert {name: noted[name] for name in ("updatedAt", "sequence")} == {
        name: before[name] for name in ("updatedAt", "sequence")
    }
    assert (await read(expert, booking["id"]))["expertNote"] == SECRET
    assert (await expert.ask(LISTED))["bookings"]["nodes"] == [{"expertNote": SECRET}]
    for other in (client, here.admin):
        assert (await read(other, booking["id"]))["expertNote"] is None
    await client.ask(CANCEL, id=booking["id"])
    for address in (email, practice.expert.email):
        for mail in await here.mailbox.wait_for_invitations(3, address):
            assert "mornings" not in mail.text + mail.html + mail.calendar_bytes.decode()


async def test_only_the_expert_may_set_a_note(practice: Practice) -> None:
    deployment = practice.deployment
    client, other = await deployment.person(), await deployment.expert()
    booking = await practice.book(client.api, london_date(5), "10:00")
    assert (await read(practice.expert.api, booking["id"]))["expertNote"] == ""
    for api in (client.api, other.api, deployment.admin):
        assert (await set_note(api, booking["id"], "mine"))["code"] == "NOT_ALLOWED"
    assert (await read(practice.expert.api, booking["id"]))["expertNote"] == ""


@pytest.mark.parametrize("note", ["x" * 2_001, "x" * 9_000, "a\x1bb"])
async def test_invalid_note_is_refused_and_the_old_note_stays(
    practice: Practice, note: str
) -> None:
    client = await practice.deployment.person()
    booking = await practice.book(client.api, london_date(5), "10:00")
    expert = practice.expert.api
    await set_note(expert, booking["id"], SECRET)
    assert invalid_fields(await set_note(expert, booking["id"], note)) == ["note"]
    assert (await read(expert, booking["id"]))["expertNote"] == SECRET
    assert (await set_note(expert, booking["id"], ""))["expertNote"] == ""


async def test_note_survives_concurrent_changes_of_the_booking(here: TwoServers) -> None:
    practice = await Practice.create(here)
    client, _ = await here.new_account()
    booking = await client.book(await practice.slot(london_date(5), "08:00"))
    elsewhere = here.there(practice.expert.api)
    times = ("09:00", "12:00", "15:00")
    for number, time in enumerate(times):
        slot = await practice.slot(london_date(6), time)
        moved, noted = await asyncio.gather(
            practice.expert.api.ask(MOVE, id=booking["id"], slot=slot),
            set_note(elsewhere, booking["id"], f"note {number}"),
        )
        assert moved["rescheduleBooking"]["__typename"] == "Booking"
        assert noted["expertNote"] == f"note {number}"
        found = await read(elsewhere, booking["id"])
        assert (found["expertNote"], len(found["history"])) == (f"note {number}", number + 2)
    assert await findings() <= here.found_before
