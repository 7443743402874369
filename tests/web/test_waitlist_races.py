"""Races between two server processes on one database, for slots that have a waiting list.

As in test_races.py, each race is repeated with different slots, and `verify` must report no new
findings afterwards. Released time must go only to the first client in line.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import HOLD, execute
from tests.support.clients import Api
from tests.support.readiness import eventually
from tests.support.tracks import Track, kinds, race_often
from tests.support.waits import leave, wait_for, waits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Json = dict[str, Any]
SET_DAYS = """mutation ($id: ID!, $overrides: [DateOverrideInput!]!) {
  answer: setAvailability(input: {expertId: $id, overrides: $overrides}) { __typename } }"""


def admin_there(track: Track) -> Api:
    """Return the administrator's API client for the second server; administrators can book, too."""
    return Api(track.admin.http, track.bea_there.url, track.admin.token)


async def wait(api: Api, expert: Json, slot: Json) -> Json:
    """Join the waiting list for a slot, and return the mutation's result."""
    minutes = min(offer["minutes"] for offer in expert["offers"])
    return await wait_for(api, expert["id"], slot, minutes)


async def offer_of(api: Api, entry: Json) -> Json | None:
    """Return the offer of a waiting-list entry that still exists, or None if it has no offer."""
    [found] = [each for each in await waits(api) if each["id"] == entry["id"]]
    offer: Json | None = found["offer"]
    return offer


async def cancel_against_booking(track: Track) -> None:
    expert, [slot] = track.take(1)
    booked = await track.ada_here.book(slot["id"])
    entry = await wait(track.bea_there, expert, slot)
    cancelled, taken = await asyncio.gather(
        track.ada_here.cancel(booked["id"]), admin_there(track).book(slot["id"])
    )
    assert kinds([cancelled, taken]) == ["Booking", "SlotTaken"]
    offer = await offer_of(track.bea_here, entry)
    assert offer
    assert offer["slot"]["id"] == slot["id"]
    assert await leave(track.bea_here, entry["id"])


async def joining_against_cancel(track: Track) -> None:
    expert, [slot] = track.take(1)
    booked = await track.ada_here.book(slot["id"])
    answers = await asyncio.gather(
        wait(track.bea_there, expert, slot), track.ada_here.cancel(booked["id"])
    )
    entry = answers[0]
    if entry["__typename"] == "Wait":
        assert await offer_of(track.bea_here, entry)
        assert await leave(track.bea_there, entry["id"])
    else:
        assert entry["__typename"] == "TimeOpen"


async def two_joining_against_cancel(track: Track) -> None:
    """Both clients may be in line behind an entry of another round with the same expert."""
    expert, [slot] = track.take(1)
    booked = await track.admin.book(slot["id"])
    answers = await asyncio.gather(
        wait(track.ada_here, expert, slot),
        wait(track.bea_there, expert, slot),
        admin_there(track).cancel(booked["id"]),
    )
    ada, bea = answers[:2]
    if ada["__typename"] == "TimeOpen":
        assert bea["__typename"] == "TimeOpen"
        return
    people = ((track.ada_here, ada), (track.bea_there, bea))
    line = {
        each["ahead"]: each["offer"] is not None
        for api, entry in people
        for each in await waits(api)
        if each["id"] == entry["id"]
    }
    assert [has_offer for _, has_offer in sorted(line.items())] == [True, False]
    for api, entry in people:
        assert await leave(api, entry["id"])


async def decline_against_booking(track: Track) -> None:
    expert, [slot] = track.take(1)
    booked = await track.admin.book(slot["id"])
    bea = await wait(track.bea_there, expert, slot)
    ada = await wait(track.ada_here, expert, slot)
    await track.admin.cancel(booked["id"])
    offer = await offer_of(track.bea_here, bea)
    assert offer
    declined, taken = await asyncio.gather(
        track.bea_here.cancel(offer["id"]), admin_there(track).book(slot["id"])
    )
    assert kinds([declined, taken]) == ["Booking", "SlotTaken"]
    assert await offer_of(track.bea_there, bea) is None
    assert await offer_of(track.ada_there, ada)
    for api, entry in ((track.ada_here, ada), (track.bea_there, bea)):
        assert await leave(api, entry["id"])


async def leaving_against_cancel(track: Track) -> None:
    expert, [slot] = track.take(1)
    booked = await track.admin.book(slot["id"])
    bea = await wait(track.bea_there, expert, slot)
    ada = await wait(track.ada_here, expert, slot)
    left, _ = await asyncio.gather(
        leave(track.bea_there, bea["id"]), track.admin.cancel(booked["id"])
    )
    assert left
    assert await offer_of(track.ada_there, ada)
    assert await leave(track.ada_here, ada["id"])


async def end_of_a_hold_against_booking(track: Track) -> None:
    """Another round with the same expert may have replaced Ada's hold with another hold of hers."""
    expert, [slot] = track.take(1)
    held = await execute(track.ada_here, HOLD, id=slot["id"])
    bea = await wait(track.bea_there, expert, slot)
    if bea["__typename"] == "TimeOpen":
        return
    until = datetime.fromisoformat(held["heldUntil"])
    await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    answers = await asyncio.gather(
        track.ada_here.book(slot["id"]), admin_there(track).book(slot["id"])
    )
    assert kinds(answers) == ["SlotTaken", "SlotTaken"]
    assert await eventually(lambda: offer_of(track.bea_here, bea), bool)
    assert await leave(track.bea_there, bea["id"])


async def opening_against_booking(track: Track) -> None:
    """Another round may reopen the day before Bea has joined the waiting list."""
    expert, [slot] = track.take(1)
    closed = [{"date": slot["startsAt"][:10], "hours": []}]
    await execute(track.admin, SET_DAYS, id=expert["id"], overrides=closed)
    bea = await wait(track.bea_there, expert, slot)
    answers = await asyncio.gather(
        track.ada_there.book(slot["id"]),
        execute(track.admin, SET_DAYS, id=expert["id"], overrides=[]),
    )
    if bea["__typename"] == "Wait":
        assert answers[0]["__typename"] in {"SlotTaken", "SlotNotOffered"}
        assert await offer_of(track.bea_here, bea)
        assert await leave(track.bea_here, bea["id"])
    else:
        assert bea["__typename"] == "TimeOpen"


async def joining_twice(track: Track) -> None:
    expert, [slot] = track.take(1)
    await track.ada_here.book(slot["id"])
    answers = await asyncio.gather(
        *(wait(api, expert, slot) for api in (track.bea_here, track.bea_there) for _ in range(2))
    )
    [id_] = {answer["id"] for answer in answers}
    assert await leave(track.bea_here, id_)


RACES: list[Callable[[Track], Awaitable[None]]] = [
    cancel_against_booking,
    joining_against_cancel,
    two_joining_against_cancel,
    decline_against_booking,
    leaving_against_cancel,
    end_of_a_hold_against_booking,
    opening_against_booking,
    joining_twice,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_only_the_first_in_line_gets_released_time(
    track: Track, request: pytest.FixtureRequest, race: Callable[[Track], Awaitable[None]]
) -> None:
    rounds = request.config.getoption("--races")
    assert isinstance(rounds, int)
    await race_often(track, race, rounds)
