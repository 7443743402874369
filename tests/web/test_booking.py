"""Booking and cancelling, over real HTTP and WebSockets."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from models.calendar.slots import slot_id, slot_key
from tests.support.booking_operations import AVAILABLE, BOOKED, open_slots, state
from tests.support.clients import CONTACT, Api, open_socket
from tests.support.deployments import WEEKDAYS, hours, offer
from tests.support.practices import local_time, london_date

if TYPE_CHECKING:
    from tests.support.practices import Practice
    from tests.support.spans import Time

Expert = dict[str, Any]

MINE = "{ bookings(first: 100) { totalCount nodes { id status } } }"


async def test_booked_slot_is_mine_for_the_client_and_booked_for_everyone(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[0]
    slot = (await open_slots(api, expert, time))[0]
    booking = await client.book(slot["id"], note="about compilers")
    assert booking["__typename"] == "Booking"
    assert booking["status"] == "CONFIRMED"
    assert booking["startsAt"] == slot["startsAt"]
    assert booking["slot"] == {"id": slot["id"], "status": "BOOKED", "mine": True}

    def find_slot(slots: list[dict[str, Any]]) -> dict[str, Any]:
        return next(found for found in slots if found["id"] == slot["id"])

    span = (expert["id"], *time.days(4, 40))
    mine, theirs = find_slot(await client.slots(*span)), find_slot(await api.slots(*span))
    assert (mine["status"], mine["mine"]) == ("BOOKED", True)
    assert (theirs["status"], theirs["mine"]) == ("BOOKED", False)
    listed = await client.ask(MINE)
    assert listed["bookings"] == {
        "totalCount": 1,
        "nodes": [{"id": booking["id"], "status": "CONFIRMED"}],
    }


async def test_one_of_500_concurrent_bookings_wins_and_every_subscriber_gets_one_event(
    api: Api, experts: list[Expert], time: Time
) -> None:
    expert = experts[1]
    clients = [await api.new_client() for _ in range(5)]
    slot = (await open_slots(api, expert, time))[10]
    cursor, _ = await state(api, expert, time)
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(open_socket(api.url)) for _ in range(50)]
        for socket in sockets:
            await socket.initialise()
            await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        answers = await asyncio.gather(*(clients[i % 5].book(slot["id"]) for i in range(500)))
        won = [answer for answer in answers if answer["__typename"] == "Booking"]
        lost = [answer for answer in answers if answer["__typename"] == "SlotTaken"]
        assert (len(won), len(lost)) == (1, 499)
        for answer in lost:
            assert answer["message"] == ("This slot is already booked. Please choose another slot.")
            assert answer["slot"] == {"id": slot["id"], "status": "BOOKED"}
            assert len(answer["alternatives"]) == 3
            assert {other["status"] for other in answer["alternatives"]} == {"OPEN"}
        for socket in sockets:
            event = await socket.event("slotBooked")
            assert event["slot"]["id"] == slot["id"]
            assert event["sequence"] == won[0]["sequence"]
        quiet = await asyncio.gather(*(socket.is_quiet() for socket in sockets))
        assert all(quiet)


async def test_overlapping_slots_of_different_lengths_exclude_each_other(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[2]
    short, long = sorted(offer["minutes"] for offer in expert["offers"])
    longs = await open_slots(api, expert, time, long)
    shorts = await open_slots(api, expert, time, short)
    wide = longs[4]
    inside = [s for s in shorts if wide["startsAt"] <= s["startsAt"] < wide["endsAt"]]
    assert inside
    cursor, _ = await state(api, expert, time)
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", BOOKED, id=expert["id"], after=cursor)
        assert (await client.book(wide["id"]))["__typename"] == "Booking"
        event = await socket.event("slotBooked")
    changed = {(found["id"], found["status"]) for found in event["changed"]}
    assert {(wide["id"], "BOOKED")} | {(found["id"], "BOOKED") for found in inside} <= changed
    for narrow in inside:
        assert (await client.book(narrow["id"]))["__typename"] == "SlotTaken"

    narrow = shorts[-1]
    around = [
        found
        for found in longs
        if found["startsAt"] < narrow["endsAt"] and narrow["startsAt"] < found["endsAt"]
    ]
    assert (await client.book(narrow["id"]))["__typename"] == "Booking"
    for overlapping in around:
        assert (await client.book(overlapping["id"]))["__typename"] == "SlotTaken"


async def test_every_listed_open_slot_can_be_booked(practice: Practice) -> None:
    """Long sessions are booked first, then the shorter ones that still fit in between."""
    spans = (("08:00", "12:15"), ("13:00", "18:00"))
    await practice.set_availability(
        offers=[offer(90), offer(45)],
        weekly=[hours(weekday, *span) for weekday in WEEKDAYS for span in spans],
    )
    client, day = (await practice.deployment.person()).api, london_date(20)
    booked = []
    for minutes in (90, 45):
        for start in await practice.slots_by_start(day, minutes):
            slot = (await practice.slots_by_start(day, minutes))[start]
            if slot["status"] == "OPEN":
                assert (await client.book(slot["id"]))["__typename"] == "Booking"
                booked.append(local_time(slot))
    assert booked == ["08:00", "09:30", "13:00", "14:30", "16:00", "11:00"]
    for minutes in (90, 45):
        left = await practice.slots_by_start(day, minutes)
        assert {slot["status"] for slot in left.values()} == {"BOOKED"}


async def test_cancelled_booking_frees_its_slot(
    api: Api, experts: list[Expert], time: Time
) -> None:
    first, second, expert = await api.new_client(), await api.new_client(), experts[3]
    slot = (await open_slots(api, expert, time))[5]
    booking = await first.book(slot["id"])
    cursor, _ = await state(api, expert, time)
    async with open_socket(api.url) as socket:
        await socket.initialise()
        await socket.subscribe("1", AVAILABLE, id=expert["id"], after=cursor)
        cancelled = await first.cancel(booking["id"])
        assert (cancelled["__typename"], cancelled["status"]) == ("Booking", "CANCELLED")
        event = await socket.event("slotAvailable")
        assert event["kind"] == "RELEASED"
        assert event["slot"] == {"id": slot["id"], "status": "OPEN"}
        assert {"id": slot["id"], "status": "OPEN"} in event["changed"]
    again = await second.book(slot["id"])
    assert again["__typename"] == "Booking"
    assert again["sequence"] == cancelled["sequence"] + 1
    assert (await first.cancel(booking["id"]))["__typename"] == "NotAllowed"


async def test_strangers_cannot_read_or_cancel_a_booking(
    api: Api, experts: list[Expert], time: Time
) -> None:
    owner, stranger, expert = await api.new_client(), await api.new_client(), experts[4]
    slot = (await open_slots(api, expert, time))[3]
    booking = await owner.book(slot["id"])
    before = await state(api, expert, time)
    read = "query ($id: ID!) { booking(id: $id) { id } node(id: $id) { id } }"
    for other in (api, stranger):
        assert await other.ask(read, id=booking["id"]) == {"booking": None, "node": None}
    unknown = await stranger.cancel("Qm9va2luZzowMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA")
    assert await stranger.cancel(booking["id"]) == unknown
    assert unknown["__typename"] == "NotAllowed"
    cancel = "mutation ($id: ID!) { cancelBooking(input: {bookingId: $id}) { __typename } }"
    assert await api.error_code(cancel, id=booking["id"]) == "UNAUTHENTICATED"
    email = CONTACT["email"]
    narrowed = "query ($email: String) { bookings(filter: {email: $email}) { nodes { id } } }"
    assert await stranger.ask(narrowed, email=email) == {"bookings": {"nodes": []}}
    mine = (await owner.ask(narrowed, email=email.upper()))["bookings"]["nodes"]
    assert mine == [{"id": booking["id"]}]
    assert await state(api, expert, time) == before


async def test_expert_and_administrator_can_read_and_cancel_a_booking(
    api: Api, demo: dict[str, Api], time: Time
) -> None:
    client = await api.new_client()
    query = "{ viewer { role expert { id } } }"
    expert = (await demo["expert"].ask(query))["viewer"]["expert"]
    slots = await open_slots(api, expert, time)
    read = "query ($id: ID!) { booking(id: $id) { id viewerActions contact { email } } }"
    for name, slot in zip(("expert", "admin"), slots, strict=False):
        booking = await client.book(slot["id"])
        seen = (await demo[name].ask(read, id=booking["id"]))["booking"]
        assert seen == {
            "id": booking["id"],
            "viewerActions": ["CONFIRM", "CANCEL", "RESCHEDULE"],
            "contact": {"email": CONTACT["email"]},
        }
        assert (await demo[name].cancel(booking["id"]))["__typename"] == "Booking"


async def test_cancellation_notice_binds_clients_but_not_administrators(
    practice: Practice, time: Time
) -> None:
    await practice.set_availability(cancellationNoticeMinutes=30 * 24 * 60)
    deployment, expert = practice.deployment, {"id": practice.id}
    client = (await deployment.person()).api
    booking = await practice.book(client, london_date(7), "10:00")
    details = "query ($id: ID!) { booking(id: $id) { cancellableUntil viewerActions } }"
    seen = (await client.ask(details, id=booking["id"]))["booking"]
    assert seen["cancellableUntil"] < time.now.isoformat()
    assert seen["viewerActions"] == []
    before = await state(deployment.anonymous, expert, time)
    assert await client.cancel(booking["id"]) == {
        "__typename": "TooLate",
        "deadline": seen["cancellableUntil"],
        "code": "TOO_LATE",
        "message": "It is too late for this change. Please contact the other party.",
    }
    assert await state(deployment.anonymous, expert, time) == before
    assert (await deployment.admin.cancel(booking["id"]))["status"] == "CANCELLED"


async def test_invalid_booking_is_refused_with_all_problems_and_changes_nothing(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[5]
    slot = (await open_slots(api, expert, time))[0]
    before = await state(api, expert, time)
    answer = await client.book(
        slot["id"], contact={"name": " ", "email": "ada@", "phone": "12"}, note="x" * 2001
    )
    assert answer["__typename"] == "InvalidInput"
    assert [problem["field"] for problem in answer["fields"]] == [
        "contact.name",
        "contact.email",
        "contact.phone",
        "note",
    ]
    nonsense = await client.book("nonsense")
    assert [problem["field"] for problem in nonsense["fields"]] == ["slotId"]
    assert await state(api, expert, time) == before
    assert (await client.ask(MINE))["bookings"]["totalCount"] == 0


async def test_unlisted_slot_cannot_be_booked(api: Api, experts: list[Expert], time: Time) -> None:
    client, expert = await api.new_client(), experts[5]
    listed = await api.slots(expert["id"], *time.days(4, 40))
    before = await state(api, expert, time)
    key = slot_key(listed[0]["id"])
    other = next(n for n in range(15, 480, 15) if n not in {o["minutes"] for o in expert["offers"]})
    forged_keys = [
        key._replace(cell=key.cell - 4 * 24 * 365),
        key._replace(cell=key.cell + 4 * 24 * 365),
        key._replace(cell=key.cell + 4 * 12),
        key._replace(minutes=other),
        key._replace(expert_id=type(key.expert_id)("0" * 24)),
    ]
    ids = {slot["id"] for slot in listed}
    for forged in forged_keys:
        if slot_id(forged) not in ids:
            answer = await client.book(slot_id(forged))
            assert answer["__typename"] == "SlotNotOffered", forged
            assert answer["slotId"] == slot_id(forged)
    assert await state(api, expert, time) == before


async def test_booking_requires_signing_in(api: Api, experts: list[Expert], time: Time) -> None:
    slot = (await open_slots(api, experts[5], time))[0]
    book = "mutation ($input: BookSlotInput!) { bookSlot(input: $input) { __typename } }"
    wanted = {"slotId": slot["id"], "contact": CONTACT}
    assert await api.error_code(book, input=wanted) == "UNAUTHENTICATED"
    assert await api.error_code(MINE) == "UNAUTHENTICATED"


async def test_repeated_idempotency_key_returns_the_same_booking(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, other, expert = await api.new_client(), await api.new_client(), experts[6]
    slots = await open_slots(api, expert, time)
    answers = await asyncio.gather(
        *(client.book(slots[0]["id"], idempotencyKey="once") for _ in range(20))
    )
    assert {answer["id"] for answer in answers} == {answers[0]["id"]}
    changed = await client.book(slots[1]["id"], idempotencyKey="once")
    assert [problem["field"] for problem in changed["fields"]] == ["idempotencyKey"]
    theirs = await other.book(slots[1]["id"], idempotencyKey="once")
    assert theirs["__typename"] == "Booking"
    assert (await client.ask(MINE))["bookings"]["totalCount"] == 1


async def test_slots_carry_the_sequence_of_their_calendar(
    api: Api, experts: list[Expert], time: Time
) -> None:
    """The sequence number tells clients which of two responses is newer."""
    client, expert = await api.new_client(), experts[7]
    listed = "query ($id: ID!, $from: DateTime!, $to: DateTime!) { expert(id: $id) { sequence "
    listed += "slots(from: $from, to: $to) { id status sequence } } }"
    since, until = time.days(4, 11)
    before = (await api.ask(listed, id=expert["id"], **{"from": since, "to": until}))["expert"]
    assert {slot["sequence"] for slot in before["slots"]} == {before["sequence"]}
    slot_id = next(slot["id"] for slot in before["slots"] if slot["status"] == "OPEN")
    book = """mutation ($input: BookSlotInput!) { bookSlot(input: $input) {
        ... on Booking { sequence slot { sequence } }
        ... on SlotTaken { slot { sequence } alternatives { sequence } } } }"""
    wanted = {"slotId": slot_id, "contact": CONTACT}
    booked = (await client.ask(book, input=wanted))["bookSlot"]
    assert booked["sequence"] == booked["slot"]["sequence"] == before["sequence"] + 1
    other = await api.new_client()
    taken = (await other.ask(book, input=wanted))["bookSlot"]
    numbers = {slot["sequence"] for slot in (taken["slot"], *taken["alternatives"])}
    assert numbers == {booked["sequence"]}
