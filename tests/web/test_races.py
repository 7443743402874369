"""Races between two server processes on one database.

Each race sends concurrent requests to both servers, and is repeated with other slots. One request
wins, all responses are consistent, and `verify` finds no violations afterwards. `--races 200` runs
each race two hundred times.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.booking_operations import BOOK_SLOTS, HOLD, MOVE, booking_mutation, execute
from tests.support.clients import CONTACT
from tests.support.tracks import SLOTS, Track, kinds, race_often

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


CLOSE = """mutation ($id: ID!, $date: Date!) {
  answer: setAvailability(input: {expertId: $id, overrides: [{date: $date, hours: []}]}) {
    __typename ... on AvailabilitySet { outside { id } expert { sequence } } } }"""


async def same_slot(track: Track) -> None:
    _, [slot] = track.take(1)
    answers = await asyncio.gather(
        track.ada_here.book(slot["id"]), track.bea_there.book(slot["id"])
    )
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def overlapping_lengths(track: Track) -> None:
    expert, [slot] = track.take(1)
    long = max(offer["minutes"] for offer in expert["offers"])
    around = {"from": slot["startsAt"], "to": slot["endsAt"]}
    answer = await track.ada_here.ask(SLOTS, id=expert["id"], minutes=long, **around)
    overlapping = [s for s in answer["expert"]["slots"] if s["status"] == "OPEN"]
    if not overlapping:
        return
    answers = await asyncio.gather(
        track.ada_here.book(slot["id"]), track.bea_there.book(overlapping[0]["id"])
    )
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def confirm_against_cancel(track: Track) -> None:
    _, [slot] = track.take(1, by_hand=True)
    booked = await track.ada_here.book(slot["id"])
    assert booked["status"] == "PENDING"
    confirmed, cancelled = await asyncio.gather(
        execute(track.admin, booking_mutation("confirmBooking"), id=booked["id"]),
        execute(track.ada_there, booking_mutation("cancelBooking"), id=booked["id"]),
    )
    assert cancelled["status"] == "CANCELLED"
    assert confirmed.get("status", "CONFIRMED") == "CONFIRMED"
    history = [(change["from"], change["to"]) for change in cancelled["history"]]
    assert (("PENDING", "CONFIRMED") in history) == (confirmed["__typename"] == "Booking")


async def move_against_book(track: Track) -> None:
    _, [home, away] = track.take(2)
    booked = await track.ada_here.book(home["id"])
    moved, taken = await asyncio.gather(
        execute(track.ada_here, MOVE, id=booked["id"], slot=away["id"]),
        track.bea_there.book(away["id"]),
    )
    assert kinds([moved, taken]) == ["Booking", "SlotTaken"]
    query = "query ($id: ID!) { booking(id: $id) { slot { id } } }"
    current = (await track.ada_there.ask(query, id=booked["id"]))["booking"]["slot"]["id"]
    assert current == (away if moved["__typename"] == "Booking" else home)["id"]


async def hold_expiry_against_booking(track: Track) -> None:
    _, [slot] = track.take(1)
    held = await execute(track.ada_here, HOLD, id=slot["id"])
    until = datetime.fromisoformat(held["heldUntil"])
    await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    answers = await asyncio.gather(
        track.ada_here.book(slot["id"]), track.bea_there.book(slot["id"])
    )
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def several_slots_against_one(track: Track) -> None:
    _, [one, two] = track.take(2)
    several, single = await asyncio.gather(
        execute(track.ada_here, BOOK_SLOTS, ids=[one["id"], two["id"]], contact=CONTACT),
        track.bea_there.book(two["id"]),
    )
    assert kinds([several, single]) in (["BookingList", "SlotTaken"], ["Booking", "SlotTaken"])
    if several["__typename"] == "SlotTaken":
        assert (await track.bea_here.book(one["id"]))["__typename"] == "Booking"


async def rule_change_against_booking(track: Track) -> None:
    expert, slot, date = track.take_day()
    booked, closed = await asyncio.gather(
        track.bea_there.book(slot["id"]),
        execute(track.admin, CLOSE, id=expert["id"], date=date),
    )
    assert closed["__typename"] == "AvailabilitySet"
    if booked["__typename"] == "Booking":
        is_before = booked["sequence"] < closed["expert"]["sequence"]
        outside = {booking["id"] for booking in closed["outside"]}
        assert is_before or booked["id"] not in outside
    else:
        assert booked["__typename"] == "SlotNotOffered"


async def idempotent_requests(track: Track) -> None:
    _, [slot] = track.take(1)
    answers = await asyncio.gather(
        *(
            api.book(slot["id"], idempotencyKey=slot["id"])
            for api in (track.ada_here, track.ada_there)
            for _ in range(10)
        )
    )
    assert kinds(answers) == ["Booking"] * 20
    assert len({answer["id"] for answer in answers}) == 1


RACES: list[Callable[[Track], Awaitable[None]]] = [
    same_slot,
    overlapping_lengths,
    confirm_against_cancel,
    move_against_book,
    hold_expiry_against_booking,
    several_slots_against_one,
    idempotent_requests,
    rule_change_against_booking,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_a_race_has_one_winner_and_leaves_consistent_data(
    track: Track, request: pytest.FixtureRequest, race: Callable[[Track], Awaitable[None]]
) -> None:
    rounds = request.config.getoption("--races")
    assert isinstance(rounds, int)
    await race_often(track, race, rounds)
