"""The whole life of a booking, over the running server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import CONTACT, Api
from tests.servers import running
from tests.web.test_booking import open_slots, state

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Time

Expert = dict[str, Any]
PATIENCE_SECONDS = 60

BOOKING = """__typename
  ... on Booking { id status sequence startsAt minutes heldUntil contact { name } viewerActions
    slot { id status mine heldUntil } history { from to startsAt actor { name } } }
  ... on Refusal { code }"""
HOLD = f"mutation ($id: ID!) {{ answer: holdSlot(input: {{slotId: $id}}) {{ {BOOKING} }} }}"
MOVE = f"""mutation ($id: ID!, $slot: ID!) {{
  answer: rescheduleBooking(input: {{bookingId: $id, slotId: $slot}}) {{ {BOOKING} }} }}"""
BASKET = """mutation ($ids: [ID!]!, $contact: ContactInput!, $key: String) {
  answer: bookSlots(input: {slotIds: $ids, contact: $contact, idempotencyKey: $key}) {
    __typename ... on BookingList { bookings { id status slot { id } } }
    ... on SlotTaken { slot { id } } ... on InvalidInput { fields { field } }
    ... on SlotNotOffered { slotId } } }"""


def step(operation: str) -> str:
    """A mutation of one booking."""
    return (
        f"mutation ($id: ID!) {{ answer: {operation}(input: {{bookingId: $id}}) {{ {BOOKING} }} }}"
    )


async def do(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    """What a mutation answers."""
    answer: dict[str, Any] = (await api.ask(query, **variables))["answer"]
    return answer


@pytest.fixture(scope="module")
async def by_hand(demo: dict[str, Api]) -> Expert:
    """The demo expert, who confirms by hand."""
    query = "{ viewer { expert { id offers { minutes } availability { confirmsAutomatically } } } }"
    expert: Expert = (await demo["expert"].ask(query))["viewer"]["expert"]
    assert expert["availability"] == {"confirmsAutomatically": False}
    return expert


async def test_from_pending_to_completed_and_out_of_the_list(
    api: Api, demo: dict[str, Api], by_hand: Expert, time: Time
) -> None:
    client = await api.newcomer("Grace Hopper")
    slot = (await open_slots(api, by_hand, time))[0]
    booked = await client.book(slot["id"])
    assert booked["status"] == "PENDING"
    assert (await do(client, step("confirmBooking"), id=booked["id"]))["code"] == "NOT_ALLOWED"
    confirmed = await do(demo["expert"], step("confirmBooking"), id=booked["id"])
    assert confirmed["status"] == "CONFIRMED"
    assert confirmed["sequence"] == booked["sequence"] + 1
    assert confirmed["viewerActions"] == ["COMPLETE", "CANCEL", "RESCHEDULE"]
    missed = await do(demo["expert"], step("markNoShow"), id=booked["id"])
    assert missed["code"] == "NOT_ALLOWED"
    completed = await do(demo["admin"], step("completeBooking"), id=booked["id"])
    assert completed["status"] == "COMPLETED"
    names = [(s["from"], s["to"], (s["actor"] or {}).get("name")) for s in completed["history"]]
    assert [names[0], names[-1][:2]] == [
        (None, "PENDING", "Grace Hopper"),
        ("CONFIRMED", "COMPLETED"),
    ]
    # Its time is taken until somebody takes it out of a list.
    assert (await client.book(slot["id"]))["__typename"] == "SlotTaken"
    removed = await do(client, step("removeBooking"), id=booked["id"])
    assert (removed["status"], removed["slot"]["status"]) == ("COMPLETED", "OPEN")
    listed = await client.ask("{ bookings { nodes { id } } }")
    assert listed == {"bookings": {"nodes": []}}
    query = "query ($id: ID!) { bookings(filter: {expertId: $id}, first: 100) { nodes { id } } }"
    theirs = (await demo["expert"].ask(query, id=by_hand["id"]))["bookings"]["nodes"]
    assert {"id": booked["id"]} in theirs
    assert (await client.book(slot["id"]))["__typename"] == "Booking"


async def test_a_hold_is_its_holders_and_becomes_the_booking(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other, expert = await api.newcomer(), await api.newcomer(), experts[10]
    slot = (await open_slots(api, expert, time))[2]
    held = await do(client, HOLD, id=slot["id"])
    assert (held["status"], held["contact"], held["slot"]["mine"]) == ("HELD", None, True)
    assert held["heldUntil"] == held["slot"]["heldUntil"]
    seen = next(s for s in await open_and_held(api, expert, time) if s["id"] == slot["id"])
    assert (seen["status"], seen["mine"]) == ("HELD", False)
    assert (await other.book(slot["id"]))["__typename"] == "SlotTaken"
    assert (await do(other, HOLD, id=slot["id"]))["__typename"] == "SlotTaken"
    booked = await client.book(slot["id"])
    assert (booked["id"], booked["status"]) == (held["id"], "CONFIRMED")


async def open_and_held(api: Api, expert: Expert, time: Time) -> list[dict[str, Any]]:
    """The slots of the coming weeks."""
    return await api.slots(expert["id"], *time.days(4, 40))


async def test_another_hold_takes_the_place_of_the_first_in_one_step(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.newcomer(), experts[11]
    first, second, third = [s["id"] for s in (await open_slots(api, expert, time))[:3]]
    one = await do(client, HOLD, id=first)
    two = await do(client, HOLD, id=second)
    assert two["sequence"] == one["sequence"] + 2
    statuses = {s["id"]: s["status"] for s in await open_and_held(api, expert, time)}
    assert (statuses[first], statuses[second]) == ("OPEN", "HELD")
    other = await api.newcomer()
    await other.book(third)
    refused = await do(client, HOLD, id=third)
    assert refused["__typename"] == "SlotTaken"
    statuses = {s["id"]: s["status"] for s in await open_and_held(api, expert, time)}
    assert statuses[second] == "HELD"
    released = await do(client, step("cancelBooking"), id=two["id"])
    assert released["status"] == "CANCELLED"


async def test_a_hold_blocks_nobody_from_the_second_of_its_end_on(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, time: Time
) -> None:
    with running(
        tmp_path_factory.mktemp("holds"), experts=8, hold_seconds=2, throttle="off"
    ) as address:
        api = Api(http, address)
        client, other = await api.newcomer(), await api.newcomer()
        [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
        slot = (await open_slots(api, expert, time))[0]
        held = await do(client, HOLD, id=slot["id"])
        end = datetime.fromisoformat(held["heldUntil"])
        asked = datetime.now(UTC)
        while (answer := await other.book(slot["id"]))["__typename"] == "SlotTaken":
            assert asked < end
            await asyncio.sleep(0.05)
            asked = datetime.now(UTC)
        assert answer["__typename"] == "Booking"
        assert datetime.now(UTC) >= end
        query = "query ($id: ID!) { booking(id: $id) { status history { to actor { id } } } }"
        ended = (await client.ask(query, id=held["id"]))["booking"]
        assert ended["status"] == "EXPIRED"
        assert ended["history"][-1] == {"to": "EXPIRED", "actor": None}

        again = (await open_slots(api, expert, time))[0]
        held = await do(client, HOLD, id=again["id"])
        # Nobody asks for the slot: its release is an event of its own, after that of the hold.
        query = "query ($id: ID!) { expert(id: $id) { sequence } }"
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                sequence = (await api.ask(query, id=expert["id"]))["expert"]["sequence"]
                if sequence > held["sequence"]:
                    break
                await asyncio.sleep(0.05)
        assert datetime.now(UTC) >= datetime.fromisoformat(held["heldUntil"])
        _, slots = await state(api, expert, time)
        assert {"id": again["id"], "status": "OPEN", "heldUntil": None} in slots


async def test_a_booking_moves_in_one_step_also_onto_time_that_overlaps_the_old(
    api: Api, experts: list[Expert], time: Time
) -> None:
    expert = next(e for e in experts[12:] if is_double(e))
    client = await api.newcomer()
    short, long = sorted(offer["minutes"] for offer in expert["offers"])
    wide = (await open_slots(api, expert, time, long))[1]
    inside = next(
        s
        for s in await open_slots(api, expert, time, short)
        if wide["startsAt"] < s["startsAt"] < wide["endsAt"]
    )
    booked = await client.book(wide["id"])
    moved = await do(client, MOVE, id=booked["id"], slot=inside["id"])
    assert (moved["id"], moved["startsAt"], moved["minutes"]) == (
        booked["id"],
        inside["startsAt"],
        short,
    )
    assert moved["sequence"] == booked["sequence"] + 2
    statuses = {
        s["id"]: s["status"] for s in await api.slots(expert["id"], *time.days(4, 40), short)
    }
    assert statuses[inside["id"]] == "BOOKED"
    first = next(
        s
        for s in await api.slots(expert["id"], *time.days(4, 40), short)
        if s["startsAt"] == wide["startsAt"]
    )
    assert first["status"] == "OPEN"
    back = await do(client, MOVE, id=booked["id"], slot=wide["id"])
    assert back["startsAt"] == wide["startsAt"]
    same = await do(client, MOVE, id=booked["id"], slot=wide["id"])
    assert same["sequence"] == back["sequence"]


def is_double(expert: Expert) -> bool:
    """Whether the longer session is twice the shorter."""
    short, long = sorted(offer["minutes"] for offer in expert["offers"])
    return bool(long == 2 * short)


async def test_a_move_that_is_refused_changes_nothing(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other, expert = await api.newcomer(), await api.newcomer(), experts[13]
    slots = await open_slots(api, expert, time)
    booked, theirs = await client.book(slots[0]["id"]), await other.book(slots[1]["id"])
    foreign = (await open_slots(api, experts[14], time))[0]
    before = await state(api, expert, time)
    for slot, kind in (
        (slots[1]["id"], "SlotTaken"),
        (foreign["id"], "SlotNotOffered"),
        ("nonsense", "SlotNotOffered"),
    ):
        refused = await do(client, MOVE, id=booked["id"], slot=slot)
        assert refused["__typename"] == kind
    stranger = await do(client, MOVE, id=theirs["id"], slot=slots[2]["id"])
    assert stranger["__typename"] == "NotAllowed"
    assert await state(api, expert, time) == before


async def test_a_basket_is_booked_whole_or_not_at_all(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other = await api.newcomer(), await api.newcomer()
    one, two = experts[15], experts[16]
    ones, twos = await open_slots(api, one, time), await open_slots(api, two, time)
    basket = {"ids": [ones[0]["id"], twos[0]["id"], ones[2]["id"]], "contact": CONTACT}
    booked = await do(client, BASKET, **basket, key="k")
    assert [b["slot"]["id"] for b in booked["bookings"]] == basket["ids"]
    again = await do(client, BASKET, **basket, key="k")
    assert [b["id"] for b in again["bookings"]] == [b["id"] for b in booked["bookings"]]
    before = await state(api, one, time), await state(api, two, time)
    refused = await do(
        other, BASKET, ids=[ones[4]["id"], twos[0]["id"], twos[4]["id"]], contact=CONTACT
    )
    assert refused == {"__typename": "SlotTaken", "slot": {"id": twos[0]["id"]}}
    twice = await do(other, BASKET, ids=[ones[4]["id"]] * 2, contact=CONTACT)
    assert twice["fields"] == [{"field": "slotIds.1"}]
    many = await do(other, BASKET, ids=[s["id"] for s in ones[4:15]], contact=CONTACT)
    assert {"field": "slotIds"} in many["fields"]
    none = await do(other, BASKET, ids=[], contact=CONTACT)
    assert none["fields"] == [{"field": "slotIds"}]
    assert (await state(api, one, time), await state(api, two, time)) == before


async def test_many_baskets_over_the_same_slots_never_share_one(
    api: Api, experts: list[Expert], time: Time
) -> None:
    clients = [await api.newcomer() for _ in range(6)]
    ones = [s["id"] for s in (await open_slots(api, experts[17], time))[:6]]
    twos = [s["id"] for s in (await open_slots(api, experts[18], time))[:6]]
    answers = await asyncio.gather(
        *(
            do(client, BASKET, ids=[ones[n], twos[n], ones[(n + 1) % 6]], contact=CONTACT)
            for n, client in enumerate(clients)
        )
    )
    won = [answer for answer in answers if answer["__typename"] == "BookingList"]
    taken = [b["slot"]["id"] for answer in won for b in answer["bookings"]]
    assert won
    assert len(taken) == len(set(taken)) == 3 * len(won)
