"""Reasons for changes of bookings, in the booking's history and in the other party's e-mail."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clients import CONTACT
from tests.support.deployments import invalid_fields
from tests.support.paired_servers import findings
from tests.support.practices import Practice, london_date

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers

CHANGE = """mutation ($input: BookingInput!) { answer: %s(input: $input) { __typename
  ... on Booking { id status history { to reason actor { name } } }
  ... on Refusal { code } ... on InvalidInput { fields { field message } } } }"""
HISTORY = "query ($id: ID!) { booking(id: $id) { status history { to reason } } }"
GERMAN = "mutation { updateProfile(input: {language: DE}) { __typename } }"
ILL = "Ich bin krank.\nBitte buchen Sie <neu>."


async def change(api: Api, mutation: str, id_: str, reason: str | None = None) -> dict[str, Any]:
    """Execute a booking mutation with an optional reason, and return the mutation's result."""
    wanted = {"bookingId": id_, "reason": reason}
    return dict((await api.ask(CHANGE % mutation, input=wanted))["answer"])


async def history(api: Api, id_: str) -> list[tuple[str, str | None]]:
    """Return each status in a booking's history with the reason for it."""
    found = (await api.ask(HISTORY, id=id_))["booking"]
    return [(step["to"], step["reason"]) for step in found["history"]]


async def test_a_reason_is_in_the_history_and_in_the_other_partys_email(here: TwoServers) -> None:
    practice = await Practice.create(here)
    await practice.set_availability(confirmsAutomatically=False)
    client, email = await here.new_account()
    await client.ask(GERMAN)
    expert = practice.expert
    contact = {**CONTACT, "email": email}
    first, second = [
        await client.book(await practice.slot(london_date(day), "10:00"), contact=contact)
        for day in (5, 6)
    ]
    declined = await change(expert.api, "cancelBooking", first["id"], f" {ILL}\n")
    assert (declined["status"], declined["history"][-1]["reason"]) == ("CANCELLED", ILL)
    confirmed = await change(expert.api, "confirmBooking", second["id"])
    assert confirmed["history"][-1]["reason"] is None
    await change(client, "cancelBooking", second["id"], "The plan changed")
    for viewer in (client, expert.api, here.admin):
        assert await history(viewer, first["id"]) == [("PENDING", None), ("CANCELLED", ILL)]
        assert (await history(viewer, second["id"]))[-1] == ("CANCELLED", "The plan changed")
    to_client = await here.mailbox.wait_for_invitations(5, email)
    to_expert = await here.mailbox.wait_for_invitations(5, expert.email)
    german = [mail for mail in to_client if "Grund" in mail.text]
    assert len(german) == 1
    assert "> Ich bin krank.\n" in german[0].text
    assert "Bitte buchen Sie &lt;neu&gt;." in german[0].html
    english = [mail for mail in to_expert if "Reason" in mail.text]
    assert len(english) == 1
    assert "Reason" in english[0].html
    assert "> The plan changed\n" in english[0].text
    assert [mail for mail in to_expert if "krank" in mail.text] == []
    assert [mail for mail in to_client if "plan" in mail.text] == []


async def test_a_reason_given_by_an_administrator_is_in_both_parties_emails(
    here: TwoServers,
) -> None:
    practice = await Practice.create(here)
    client, email = await here.new_account()
    slot = await practice.slot(london_date(5), "11:00")
    booking = await client.book(slot, contact={**CONTACT, "email": email})
    await change(here.admin, "cancelBooking", booking["id"], "Closed for repairs")
    for address in (email, practice.expert.email):
        mails = await here.mailbox.wait_for_invitations(2, address)
        assert sum("> Closed for repairs\n" in mail.text for mail in mails) == 1


@pytest.mark.parametrize("mutation", ["cancelBooking", "confirmBooking", "removeBooking"])
@pytest.mark.parametrize("reason", ["x" * 501, "x" * 2_000, "a\x00b"])
async def test_invalid_reason_is_refused_and_changes_nothing(
    practice: Practice, mutation: str, reason: str
) -> None:
    await practice.set_availability(confirmsAutomatically=False)
    client = await practice.deployment.person()
    booking = await practice.book(client.api, london_date(5), "10:00")
    before = await practice.sequence()
    refused = await change(practice.expert.api, mutation, booking["id"], reason)
    assert invalid_fields(refused) == ["reason"]
    assert await history(client.api, booking["id"]) == [("PENDING", None)]
    assert await practice.sequence() == before


async def test_a_blank_reason_counts_as_absent_and_a_removal_refuses_reasons(
    practice: Practice,
) -> None:
    client = await practice.deployment.person()
    booking = await practice.book(client.api, london_date(5), "10:00")
    cancelled = await change(client.api, "cancelBooking", booking["id"], " \n ")
    assert cancelled["history"][-1] == {
        "to": "CANCELLED",
        "reason": None,
        "actor": {"name": client.name},
    }
    refused = await change(client.api, "removeBooking", booking["id"], "Tidying up")
    assert invalid_fields(refused) == ["reason"]
    removed = await change(client.api, "removeBooking", booking["id"], "")
    assert removed["__typename"] == "Booking"


async def test_concurrent_cancellations_leave_the_reason_of_exactly_one_of_them(
    here: TwoServers,
) -> None:
    practice = await Practice.create(here)
    client, email = await here.new_account()
    slot = await practice.slot(london_date(7), "10:00")
    booking = await client.book(slot, contact={**CONTACT, "email": email})
    answers = await asyncio.gather(
        *(change(client, "cancelBooking", booking["id"], f"client {n}") for n in range(3)),
        *(
            change(here.there(practice.expert.api), "cancelBooking", booking["id"], f"expert {n}")
            for n in range(3)
        ),
    )
    [winner] = [answer for answer in answers if answer["__typename"] == "Booking"]
    assert [answer.get("code") for answer in answers].count("NOT_ALLOWED") == 5
    stated = winner["history"][-1]["reason"]
    assert await history(client, booking["id"]) == [("CONFIRMED", None), ("CANCELLED", stated)]
    reader = practice.expert.email if stated.startswith("client") else email
    mails = await here.mailbox.wait_for_invitations(2, reader)
    assert sum(f"> {stated}\n" in mail.text for mail in mails) == 1
    assert await findings() <= here.found_before
