"""Waiting lists with two servers: joining, offers, declining, refusals, e-mails, subscriptions."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.booking_operations import AVAILABLE, HOLD, execute
from tests.support.clients import CONTACT, open_socket
from tests.support.guests import BOOK, known_code, new_guest
from tests.support.paired_servers import findings
from tests.support.practices import Practice, date_override, london_date
from tests.support.readiness import eventually
from tests.support.waits import JOIN, join, leave, wait_for, waits

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers

Json = dict[str, Any]
CURSOR = "query ($id: ID!) { expert(id: $id) { cursor sequence } }"
CHANGED = """subscription ($id: ID!, $after: String) { slotChanged(expertId: $id, after: $after) {
  __typename ... on SlotEvent { sequence kind slot { id status mine } changed { id status } }
  ... on CalendarReset { sequence } } }"""
OWN = "subscription { bookingChanged { id status heldUntil } }"
NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
DELETE = """mutation ($code: String!) { answer: deleteMyAccount(input: {code: $code}) {
  __typename } }"""
DAY = london_date(9)


@dataclass
class Queue:
    """An expert's waiting list for a morning whose two one-hour slots are both booked."""

    here: TwoServers
    practice: Practice
    booker: Api
    slots: list[Json]
    bookings: list[str]
    span: tuple[str, str]

    @property
    def expert_id(self) -> str:
        """The expert's global ID."""
        return self.practice.id

    async def wait(self, api: Api) -> Json:
        """Join the waiting list for both slots, and return the entry."""
        entry = await join(api, self.expert_id, *self.span)
        assert entry["__typename"] == "Wait", entry
        return entry


@pytest.fixture
async def queue(here: TwoServers) -> Queue:
    practice = await Practice.create(here)
    await practice.set_availability(
        weekly=[], overrides=[date_override(DAY, ("09:00", "11:00"))], stepMinutes=60
    )
    booker, _ = await here.new_account()
    first, second = (await practice.slots_by_start(DAY, 60)).values()
    bookings = [(await booker.book(slot["id"]))["id"] for slot in (first, second)]
    since = datetime.fromisoformat(first["startsAt"])
    span = (since.isoformat(), (since + timedelta(hours=12)).isoformat())
    return Queue(here, practice, booker, [first, second], bookings, span)


async def test_cancelled_time_is_offered_by_email_and_can_be_booked(
    here: TwoServers, queue: Queue
) -> None:
    """A client waits and books on one server; the earlier booking is cancelled on the other."""
    ada, email = await here.new_account()
    bea, _ = await here.new_account()
    entry = await queue.wait(ada)
    assert (entry["ahead"], entry["offer"], entry["minutes"]) == (0, None, 60)
    assert entry["expert"]["id"] == queue.expert_id
    assert (await queue.wait(here.there(ada)))["id"] == entry["id"]
    assert (await queue.wait(here.there(bea)))["ahead"] == 1
    first, _ = queue.slots
    async with open_socket(here.elsewhere) as socket:
        await socket.initialise(ada.token)
        await socket.subscribe("1", OWN)
        await here.there(queue.booker).cancel(queue.bookings[0])
        changed = await socket.event("bookingChanged")
    [wait] = await waits(ada)
    offer = wait["offer"]
    assert (changed["id"], changed["status"]) == (offer["id"], "HELD")
    assert offer["slot"] == {"id": first["id"], "mine": True, "status": "HELD"}
    assert offer["history"] == [{"from": None, "to": "HELD", "actor": None}]
    assert offer["viewerActions"] == ["CANCEL"]
    left = datetime.fromisoformat(offer["heldUntil"]) - datetime.now(UTC)
    assert timedelta(minutes=20) < left <= timedelta(minutes=30)
    assert [wait["offer"] for wait in await waits(bea)] == [None]
    for other in (bea, queue.booker):
        assert (await other.book(first["id"]))["__typename"] == "SlotTaken"
    *_, mail = await here.mailbox.wait_for_mails(1, email)
    [link] = re.findall(r"Book it or pass it on: (https://book.*/experts/.*)", mail.text)
    assert parse_qs(urlsplit(link).query)["slot"] == [first["id"]]
    assert here.mailbox.invitations_to(email) == []
    held = await execute(ada, HOLD, id=first["id"])
    assert (held["id"], held["heldUntil"]) == (offer["id"], offer["heldUntil"])
    booked = await ada.book(first["id"])
    assert (booked["id"], booked["status"]) == (offer["id"], "CONFIRMED")
    assert await waits(ada) == []
    assert [wait["ahead"] for wait in await waits(bea)] == [0]
    assert await findings() <= here.found_before


async def test_declined_offer_goes_to_the_next_in_line(here: TwoServers, queue: Queue) -> None:
    """A client who declines stays in line for other times; one who leaves passes the offer on."""
    people = [(await here.new_account())[0] for _ in range(3)]
    ada, bea, cleo = people
    entries = [await queue.wait(person) for person in people]
    await queue.booker.cancel(queue.bookings[0])
    [wait] = await waits(ada)
    await here.there(ada).cancel(wait["offer"]["id"])
    first, second = queue.slots
    assert [wait["offer"] for wait in await waits(ada)] == [None]
    [wait] = await waits(bea)
    assert wait["offer"]["slot"]["id"] == first["id"]
    await queue.booker.cancel(queue.bookings[1])
    [wait] = await waits(ada)
    assert wait["offer"]["slot"]["id"] == second["id"]
    assert await leave(here.there(bea), entries[1]["id"]) is True
    assert await leave(bea, entries[1]["id"]) is False
    [wait] = await waits(cleo)
    assert wait["offer"]["slot"]["id"] == first["id"]
    assert await findings() <= here.found_before


async def test_subscribers_see_no_gap_and_no_waiting_clients(
    here: TwoServers, queue: Queue
) -> None:
    """Released time that is offered to a waiting client appears as held, never as free."""
    ada, _ = await here.new_account()
    first, second = queue.slots
    before = (await here.anonymous.ask(CURSOR, id=queue.expert_id))["expert"]
    await queue.wait(ada)
    joined = (await here.anonymous.ask(CURSOR, id=queue.expert_id))["expert"]
    assert joined["sequence"] == before["sequence"] + 1
    async with open_socket(here.elsewhere) as watcher, open_socket(here.anonymous.url) as own:
        await watcher.initialise()
        await own.initialise(ada.token)
        for socket, name in ((watcher, CHANGED), (own, CHANGED)):
            await socket.subscribe("1", name, id=queue.expert_id, after=before["cursor"])
        await queue.booker.cancel(queue.bookings[0])
        await ada.cancel((await waits(ada))[0]["offer"]["id"])
        await here.there(queue.booker).cancel(queue.bookings[1])
        seen = [await watcher.event("slotChanged") for _ in range(3)]
        mine = [await own.event("slotChanged") for _ in range(3)]
    number = joined["sequence"]
    assert [(event["sequence"], event["kind"]) for event in seen] == [
        (number + 1, "RELEASED"),
        (number + 2, "HELD"),
        (number + 3, "RELEASED"),
    ]
    held = {"id": first["id"], "status": "HELD", "mine": False}
    assert seen[0]["slot"] == seen[1]["slot"] == held
    assert {state["status"] for state in seen[0]["changed"]} == {"HELD"}
    assert seen[2]["slot"] == {**held, "status": "OPEN"}
    assert [event["slot"]["mine"] for event in mine] == [True, True, False]
    assert ada.token
    assert second["id"] not in json.dumps(seen)


async def test_released_time_is_not_available_while_it_is_offered(
    here: TwoServers, queue: Queue
) -> None:
    ada, _ = await here.new_account()
    await queue.wait(ada)
    cursor = (await here.anonymous.ask(CURSOR, id=queue.expert_id))["expert"]["cursor"]
    await queue.booker.cancel(queue.bookings[0])
    await ada.cancel((await waits(ada))[0]["offer"]["id"])
    async with open_socket(here.anonymous.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", AVAILABLE, id=queue.expert_id, after=cursor)
        event = await socket.event("slotAvailable")
    assert event["slot"] == {"id": queue.slots[0]["id"], "status": "OPEN"}
    assert event["kind"] == "RELEASED"
    position = (await here.anonymous.ask(CURSOR, id=queue.expert_id))["expert"]["sequence"]
    assert event["sequence"] == position


async def test_joining_requires_a_verified_email_address(here: TwoServers, queue: Queue) -> None:
    guest, person = await new_guest(here.anonymous), await here.person()
    for api in (guest, person.api):
        answer = await join(api, queue.expert_id, *queue.span)
        assert answer["__typename"] == "VerificationNeeded"
        assert await waits(api) == []
    wanted = {"expertId": queue.expert_id, "from": queue.span[0], "to": queue.span[1]}
    code = await here.anonymous.error_code(JOIN, input={**wanted, "minutes": 60})
    assert code == "UNAUTHENTICATED"


def at(days: int) -> str:
    """Return the instant that is the given number of days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


async def test_refusal_names_every_invalid_field(here: TwoServers, queue: Queue) -> None:
    ada, _ = await here.new_account()
    mistakes: list[tuple[tuple[str, str, str, int], set[str]]] = [
        ((queue.expert_id, at(2), at(1), 60), {"to"}),
        ((queue.expert_id, at(-2), at(-1), 60), {"to"}),
        ((queue.expert_id, at(1), at(64), 60), {"to"}),
        ((queue.expert_id, at(1), at(2), 50), {"minutes"}),
        ((queue.expert_id, at(1), at(2), 2**31 - 1), {"minutes"}),
        (("unknown", at(2), at(1), 0), {"expertId", "to", "minutes"}),
    ]
    for wanted, fields in mistakes:
        answer = await join(ada, *wanted)
        assert answer["__typename"] == "InvalidInput", (wanted, answer)
        assert {field["field"] for field in answer["fields"]} == fields
    own = await join(queue.practice.expert.api, queue.expert_id, *queue.span)
    assert own["__typename"] in {"InvalidInput", "VerificationNeeded"}
    for wanted in (
        (queue.expert_id, at(300), at(301), 60),
        (queue.expert_id, "9999-01-01T00:00:00Z", "9999-01-02T00:00:00Z", 60),
        (queue.expert_id, *queue.span, 45),
        ("RXhwZXJ0OjAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMA", *queue.span, 60),
    ):
        answer = await join(ada, *wanted)
        assert answer["__typename"] == "SlotNotOffered", (wanted, answer)
    assert await waits(ada) == []


async def test_waiting_for_free_time_is_refused_with_the_free_slots(
    here: TwoServers, queue: Queue
) -> None:
    ada, _ = await here.new_account()
    await queue.booker.cancel(queue.bookings[1])
    answer = await join(ada, queue.expert_id, *queue.span)
    assert answer["__typename"] == "TimeOpen"
    assert answer["slots"] == [{"id": queue.slots[1]["id"], "status": "OPEN"}]
    assert (await wait_for(ada, queue.expert_id, queue.slots[0]))["__typename"] == "Wait"


async def test_client_has_at_most_five_waiting_list_entries(here: TwoServers, queue: Queue) -> None:
    """Nine concurrent requests to two servers create only five entries."""
    ada, _ = await here.new_account()
    since = datetime.fromisoformat(queue.span[0])
    spans = [
        (since.isoformat(), (since + timedelta(hours=2, minutes=minutes)).isoformat())
        for minutes in range(9)
    ]
    answers = await asyncio.gather(
        *(
            join(here.there(ada) if number % 2 else ada, queue.expert_id, *span)
            for number, span in enumerate(spans)
        )
    )
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["TooMany"] * 4 + ["Wait"] * 5
    assert {answer.get("limit", 5) for answer in answers} == {5}
    found = await waits(ada)
    assert len(found) == 5
    again = {"from": found[0]["from"], "to": found[0]["to"]}
    assert (await join(ada, queue.expert_id, again["from"], again["to"]))["id"] == found[0]["id"]
    assert await leave(ada, found[0]["id"]) is True
    assert (await queue.wait(ada))["__typename"] == "Wait"


async def test_waiting_list_entry_of_someone_else_cannot_be_seen_or_ended(
    here: TwoServers, queue: Queue
) -> None:
    ada, _ = await here.new_account()
    entry = await queue.wait(ada)
    assert (await ada.ask(NODE, id=entry["id"]))["node"] == {
        "__typename": "Wait",
        "id": entry["id"],
    }
    guest = await new_guest(here.anonymous)
    for other in (queue.booker, queue.practice.expert.api, here.admin, guest):
        assert (await other.ask(NODE, id=entry["id"]))["node"] is None
        assert await leave(other, entry["id"]) is False
    assert (await here.anonymous.ask(NODE, id=entry["id"]))["node"] is None
    assert await leave(ada, "unknown") is False
    assert [wait["id"] for wait in await waits(ada)] == [entry["id"]]


async def test_newly_opened_hours_are_offered(here: TwoServers, queue: Queue) -> None:
    ada, _ = await here.new_account()
    await queue.wait(ada)
    await queue.practice.set_availability(overrides=[date_override(DAY, ("09:00", "13:00"))])
    [wait] = await waits(ada)
    assert wait["offer"]["status"] == "HELD"
    assert (await queue.practice.open_times(DAY, 60)) == ["12:00"]


async def test_offer_of_a_deleted_account_goes_to_the_next_in_line(
    here: TwoServers, queue: Queue
) -> None:
    """The export has the waiting-list entry; after the erasure, `verify` reports nothing new."""
    ada, email = await here.new_account()
    bea, _ = await here.new_account()
    cleo, _ = await here.new_account()
    for person in (ada, bea, cleo):
        await queue.wait(person)
    await queue.booker.cancel(queue.bookings[0])
    assert (await waits(ada))[0]["offer"]
    exported = await ada.ask("mutation { exportMyData }")
    data = (await here.anonymous.http.get(here.anonymous.url + exported["exportMyData"])).json()
    [wait] = data["waits"]
    assert set(wait["terms"]) == {"since", "until", "minutes"}
    deleted = await execute(ada, DELETE, code=await known_code(email))
    assert deleted["__typename"] == "AccountDeleted"
    assert (await waits(bea))[0]["offer"]["slot"]["id"] == queue.slots[0]["id"]

    async def is_erased() -> bool:
        return await findings() <= here.found_before

    await eventually(is_erased, bool)


async def test_disabled_expert_has_no_waiting_list(here: TwoServers, queue: Queue) -> None:
    ada, _ = await here.new_account()
    await queue.wait(ada)
    await here.update(queue.expert_id, disabled=True)
    assert await waits(ada) == []
    answer = await join(ada, queue.expert_id, *queue.span)
    assert answer["__typename"] == "SlotNotOffered"


async def test_client_can_book_an_offer_while_holding_another_slot(
    here: TwoServers, queue: Queue
) -> None:
    """Neither the offer nor the hold replaces the other."""
    ada, _ = await here.new_account()
    await wait_for(ada, queue.expert_id, queue.slots[0])
    await queue.booker.cancel(queue.bookings[1])
    held = await execute(ada, HOLD, id=queue.slots[1]["id"])
    await queue.booker.cancel(queue.bookings[0])
    [wait] = await waits(ada)
    assert wait["offer"]["id"] != held["id"]
    booked = await execute(ada, BOOK, slot=queue.slots[1]["id"], contact=CONTACT)
    assert booked["id"] == held["id"]
    booked = await execute(ada, BOOK, slot=queue.slots[0]["id"], contact=CONTACT)
    assert booked["id"] == wait["offer"]["id"]
