"""The life cycle of bookings on a running server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import (
    BOOK_SLOTS,
    HOLD,
    MOVE,
    booking_mutation,
    execute,
    open_slots,
    state,
)
from tests.support.clients import CONTACT, Api
from tests.support.servers import run_server

if TYPE_CHECKING:
    import httpx

    from tests.support.spans import Time

Expert = dict[str, Any]
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
async def manual_expert(demo: dict[str, Api]) -> Expert:
    """The demo expert, whose bookings need confirmation."""
    query = "{ viewer { expert { id offers { minutes } availability { confirmsAutomatically } } } }"
    expert: Expert = (await demo["expert"].ask(query))["viewer"]["expert"]
    assert expert["availability"] == {"confirmsAutomatically": False}
    return expert


async def test_a_booking_goes_from_pending_to_cancelled_to_removed(
    api: Api, demo: dict[str, Api], manual_expert: Expert, time: Time
) -> None:
    client = await api.new_client("Grace Hopper")
    slot = (await open_slots(api, manual_expert, time))[0]
    booked = await client.book(slot["id"])
    assert booked["status"] == "PENDING"
    assert (await execute(client, booking_mutation("confirmBooking"), id=booked["id"]))[
        "code"
    ] == "NOT_ALLOWED"
    confirmed = await execute(demo["expert"], booking_mutation("confirmBooking"), id=booked["id"])
    assert confirmed["status"] == "CONFIRMED"
    assert confirmed["sequence"] == booked["sequence"] + 1
    assert confirmed["viewerActions"] == ["CANCEL", "RESCHEDULE"]
    for early in ("markNoShow", "completeBooking"):
        refused = await execute(demo["admin"], booking_mutation(early), id=booked["id"])
        assert refused["code"] == "NOT_ALLOWED"
    cancelled = await execute(demo["admin"], booking_mutation("cancelBooking"), id=booked["id"])
    assert (cancelled["status"], cancelled["slot"]["status"]) == ("CANCELLED", "OPEN")
    names = [(s["from"], s["to"], (s["actor"] or {}).get("name")) for s in cancelled["history"]]
    assert [names[0], names[-1][:2]] == [
        (None, "PENDING", "Grace Hopper"),
        ("CONFIRMED", "CANCELLED"),
    ]
    removed = await execute(client, booking_mutation("removeBooking"), id=booked["id"])
    assert removed["status"] == "CANCELLED"
    listed = await client.ask("{ bookings { nodes { id } } }")
    assert listed == {"bookings": {"nodes": []}}
    query = "query ($id: ID!) { bookings(filter: {expertId: $id}, first: 100) { nodes { id } } }"
    listed_for_expert = (await demo["expert"].ask(query, id=manual_expert["id"]))["bookings"][
        "nodes"
    ]
    assert {"id": booked["id"]} in listed_for_expert
    assert (await client.book(slot["id"]))["__typename"] == "Booking"


async def test_a_hold_blocks_others_and_becomes_the_booking(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other, expert = await api.new_client(), await api.new_client(), experts[10]
    slot = (await open_slots(api, expert, time))[2]
    held = await execute(client, HOLD, id=slot["id"])
    assert (held["status"], held["contact"], held["slot"]["mine"]) == ("HELD", None, True)
    assert held["heldUntil"] == held["slot"]["heldUntil"]
    shown = next(s for s in await all_slots(api, expert, time) if s["id"] == slot["id"])
    assert (shown["status"], shown["mine"]) == ("HELD", False)
    assert (await other.book(slot["id"]))["__typename"] == "SlotTaken"
    assert (await execute(other, HOLD, id=slot["id"]))["__typename"] == "SlotTaken"
    booked = await client.book(slot["id"])
    assert (booked["id"], booked["status"]) == (held["id"], "CONFIRMED")


async def all_slots(api: Api, expert: Expert, time: Time) -> list[dict[str, Any]]:
    """Return an expert's slots from 4 to 40 days ahead."""
    return await api.slots(expert["id"], *time.days(4, 40))


async def test_a_new_hold_replaces_the_first_atomically(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[11]
    first, second, third = [s["id"] for s in (await open_slots(api, expert, time))[:3]]
    one = await execute(client, HOLD, id=first)
    two = await execute(client, HOLD, id=second)
    assert two["sequence"] == one["sequence"] + 2
    statuses = {s["id"]: s["status"] for s in await all_slots(api, expert, time)}
    assert (statuses[first], statuses[second]) == ("OPEN", "HELD")
    other = await api.new_client()
    await other.book(third)
    refused = await execute(client, HOLD, id=third)
    assert refused["__typename"] == "SlotTaken"
    statuses = {s["id"]: s["status"] for s in await all_slots(api, expert, time)}
    assert statuses[second] == "HELD"
    released = await execute(client, booking_mutation("cancelBooking"), id=two["id"])
    assert released["status"] == "CANCELLED"


async def test_an_expired_hold_blocks_nobody(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient, time: Time
) -> None:
    with run_server(
        tmp_path_factory.mktemp("holds"), experts=8, hold_seconds=2, throttle="off"
    ) as address:
        api = Api(http, address)
        client, other = await api.new_client(), await api.new_client()
        [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
        slot = (await open_slots(api, expert, time))[0]
        held = await execute(client, HOLD, id=slot["id"])
        end = datetime.fromisoformat(held["heldUntil"])
        sent_at = datetime.now(UTC)
        while (answer := await other.book(slot["id"]))["__typename"] == "SlotTaken":
            assert sent_at < end
            await asyncio.sleep(0.05)
            sent_at = datetime.now(UTC)
        assert answer["__typename"] == "Booking"
        assert datetime.now(UTC) >= end
        query = "query ($id: ID!) { booking(id: $id) { status history { to actor { id } } } }"
        ended = (await client.ask(query, id=held["id"]))["booking"]
        assert ended["status"] == "EXPIRED"
        assert ended["history"][-1] == {"to": "EXPIRED", "actor": None}

        again = (await open_slots(api, expert, time))[0]
        held = await execute(client, HOLD, id=again["id"])
        # If nobody else books the slot, the release of the expired hold is a separate event.
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


async def test_a_booking_can_move_to_an_overlapping_slot(
    api: Api, experts: list[Expert], time: Time
) -> None:
    expert = next(e for e in experts[12:] if has_double_length(e))
    client = await api.new_client()
    short, long = sorted(offer["minutes"] for offer in expert["offers"])
    wide = (await open_slots(api, expert, time, long))[1]
    inside = next(
        s
        for s in await open_slots(api, expert, time, short)
        if wide["startsAt"] < s["startsAt"] < wide["endsAt"]
    )
    booked = await client.book(wide["id"])
    moved = await execute(client, MOVE, id=booked["id"], slot=inside["id"])
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
    back = await execute(client, MOVE, id=booked["id"], slot=wide["id"])
    assert back["startsAt"] == wide["startsAt"]
    same = await execute(client, MOVE, id=booked["id"], slot=wide["id"])
    assert same["sequence"] == back["sequence"]


def has_double_length(expert: Expert) -> bool:
    """Return whether the expert's longer offer is twice as long as the shorter offer."""
    short, long = sorted(offer["minutes"] for offer in expert["offers"])
    return bool(long == 2 * short)


async def test_a_refused_move_changes_nothing(api: Api, experts: list[Expert], time: Time) -> None:
    client, other, expert = await api.new_client(), await api.new_client(), experts[13]
    slots = await open_slots(api, expert, time)
    booked, booked_by_other = await client.book(slots[0]["id"]), await other.book(slots[1]["id"])
    foreign = (await open_slots(api, experts[14], time))[0]
    before = await state(api, expert, time)
    for slot, kind in (
        (slots[1]["id"], "SlotTaken"),
        (foreign["id"], "SlotNotOffered"),
        ("nonsense", "SlotNotOffered"),
    ):
        refused = await execute(client, MOVE, id=booked["id"], slot=slot)
        assert refused["__typename"] == kind
    stranger = await execute(client, MOVE, id=booked_by_other["id"], slot=slots[2]["id"])
    assert stranger["__typename"] == "NotAllowed"
    assert await state(api, expert, time) == before


async def test_several_slots_are_booked_together_or_not_at_all(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other = await api.new_client(), await api.new_client()
    one, two = experts[15], experts[16]
    ones, twos = await open_slots(api, one, time), await open_slots(api, two, time)
    request = {"ids": [ones[0]["id"], twos[0]["id"], ones[2]["id"]], "contact": CONTACT}
    booked = await execute(client, BOOK_SLOTS, **request, key="k")
    assert [b["slot"]["id"] for b in booked["bookings"]] == request["ids"]
    again = await execute(client, BOOK_SLOTS, **request, key="k")
    assert [b["id"] for b in again["bookings"]] == [b["id"] for b in booked["bookings"]]
    before = await state(api, one, time), await state(api, two, time)
    refused = await execute(
        other, BOOK_SLOTS, ids=[ones[4]["id"], twos[0]["id"], twos[4]["id"]], contact=CONTACT
    )
    assert refused == {"__typename": "SlotTaken", "slot": {"id": twos[0]["id"]}}
    twice = await execute(other, BOOK_SLOTS, ids=[ones[4]["id"]] * 2, contact=CONTACT)
    assert twice["fields"] == [{"field": "slotIds.1"}]
    many = await execute(other, BOOK_SLOTS, ids=[s["id"] for s in ones[4:15]], contact=CONTACT)
    assert {"field": "slotIds"} in many["fields"]
    none = await execute(other, BOOK_SLOTS, ids=[], contact=CONTACT)
    assert none["fields"] == [{"field": "slotIds"}]
    assert (await state(api, one, time), await state(api, two, time)) == before


async def test_concurrent_bookings_of_several_slots_never_share_a_slot(
    api: Api, experts: list[Expert], time: Time
) -> None:
    clients = [await api.new_client() for _ in range(6)]
    ones = [s["id"] for s in (await open_slots(api, experts[17], time))[:6]]
    twos = [s["id"] for s in (await open_slots(api, experts[18], time))[:6]]
    answers = await asyncio.gather(
        *(
            execute(client, BOOK_SLOTS, ids=[ones[n], twos[n], ones[(n + 1) % 6]], contact=CONTACT)
            for n, client in enumerate(clients)
        )
    )
    won = [answer for answer in answers if answer["__typename"] == "BookingList"]
    taken = [b["slot"]["id"] for answer in won for b in answer["bookings"]]
    assert won
    assert len(taken) == len(set(taken)) == 3 * len(won)
