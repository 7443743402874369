"""Races between two server processes on one database.

Each race sends concurrent requests to both servers, repeatedly and each time for other slots. One
request wins, all answers are consistent, and `verify` finds nothing afterwards. `--races 200` runs
each race two hundred times.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from models.bookings.verification import verify
from models.calendar.times import utc_now
from tests.support.booking_operations import BOOK_SLOTS, HOLD, MOVE, booking_mutation, execute
from tests.support.clients import CONTACT, Api
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from models.store.connection import Client

MAX_CONCURRENT_RACES = 5
HOLD_SECONDS = 2
EXPERTS = """query { experts(first: 100, orderBy: {field: NAME}) { nodes {
  id slug offers { minutes } availability { breakMinutes confirmsAutomatically } } } }"""
SLOTS = """query ($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) {
  expert(id: $id) { slots(from: $from, to: $to, minutes: $minutes) {
    id startsAt endsAt status } } }"""
CLOSE = """mutation ($id: ID!, $date: Date!) {
  answer: setAvailability(input: {expertId: $id, overrides: [{date: $date, hours: []}]}) {
    __typename ... on AvailabilitySet { outside { id } expert { sequence } } } }"""

Slot = dict[str, Any]


@dataclass
class Track:
    """Two clients on each of two servers, an administrator, and open slots to race for."""

    ada_here: Api
    ada_there: Api
    bea_here: Api
    bea_there: Api
    admin: Api
    experts: list[dict[str, Any]]
    open_slots: dict[str, list[Slot]]

    def take(self, count: int, *, by_hand: bool = False) -> tuple[dict[str, Any], list[Slot]]:
        """Return an expert and consecutive open slots, which no other race gets."""
        experts = [
            expert
            for expert in self.experts
            if expert["availability"]["confirmsAutomatically"] != by_hand
        ]
        expert = max(experts, key=lambda expert: len(self.open_slots[expert["id"]]))
        slots = self.open_slots[expert["id"]]
        return expert, [slots.pop() for _ in range(count)][::-1]


@pytest.fixture(scope="module")
async def track(
    database: Client, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Track]:
    assert database is not None
    settings = {
        "mongodb_url": database_url,
        "experts": 0,
        "throttle": "off",
        "hold_seconds": HOLD_SECONDS,
        "access_token_minutes": 1440,  # many rounds take longer than the default of 15 minutes
    }
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    with run_server(one, **settings) as here, run_server(two, **settings) as there:
        async with httpx.AsyncClient(timeout=60) as http:
            first, second = Api(http, here), Api(http, there)
            login = """mutation { login(input: {email: "admin@example.com",
                password: "expertbook-demo"}) { ... on SignedIn { accessToken } } }"""
            admin = first.signed_in((await first.ask(login))["login"]["accessToken"])
            ada, bea = await first.new_client(), await second.new_client()
            nodes = (await first.ask(EXPERTS))["experts"]["nodes"]
            experts = [node for node in nodes if node["availability"]["breakMinutes"] == 0]
            slots = {expert["id"]: await shortest_open_slots(first, expert) for expert in experts}
            yield Track(
                ada,
                second.signed_in(ada.token or ""),
                first.signed_in(bea.token or ""),
                bea,
                admin,
                experts,
                slots,
            )


async def shortest_open_slots(api: Api, expert: dict[str, Any]) -> list[Slot]:
    """Return the open slots of the shortest length in a span of two months."""
    minutes = min(offer["minutes"] for offer in expert["offers"])
    today = datetime.now(UTC)
    span = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=70)).isoformat(),
    }
    slots = (await api.ask(SLOTS, id=expert["id"], minutes=minutes, **span))["expert"]["slots"]
    return [slot for slot in slots if slot["status"] == "OPEN"]


def kinds(answers: Iterable[dict[str, Any]]) -> list[str]:
    """Return the sorted type names of some answers."""
    return sorted(answer["__typename"] for answer in answers)


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
    expert, [slot] = track.take(1)
    booked, closed = await asyncio.gather(
        track.bea_there.book(slot["id"]),
        execute(track.admin, CLOSE, id=expert["id"], date=slot["startsAt"][:10]),
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
    findings_before = await verify(utc_now(), lambda *_: None)
    rounds = request.config.getoption("--races")
    assert isinstance(rounds, int)
    for first in range(0, rounds, MAX_CONCURRENT_RACES):
        runs = (race(track) for _ in range(first, min(first + MAX_CONCURRENT_RACES, rounds)))
        await asyncio.gather(*runs)
    findings = await verify(utc_now(), lambda *_: None)
    assert [finding for finding in findings if finding not in findings_before] == []
