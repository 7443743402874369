"""Races over two server processes on one database.

Each is run again and again, on fresh time, its requests sent at once to both servers. Whatever the
order, one may win, every answer is true, and in the end `verify` is content. `--races 200` runs
each two hundred times.
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
from tests.clients import CONTACT, Api
from tests.servers import running
from tests.web.test_moves import BOOK_SLOTS, HOLD, MOVE, booking_mutation, execute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

    from models.store.connection import Client

AT_ONCE = 5
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
    """Two servers, two clients at either, the administrator, and time to race for."""

    here: Api
    there: Api
    other_here: Api
    other_there: Api
    admin: Api
    experts: list[dict[str, Any]]
    free: dict[str, list[Slot]]

    def take(self, count: int, *, by_hand: bool = False) -> tuple[dict[str, Any], list[Slot]]:
        """Some free slots in a row of an expert, which no other race gets."""
        wanted = [
            expert
            for expert in self.experts
            if expert["availability"]["confirmsAutomatically"] != by_hand
        ]
        expert = max(wanted, key=lambda expert: len(self.free[expert["id"]]))
        slots = self.free[expert["id"]]
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
        "access_token_minutes": 1440,  # with many rounds the races last longer than the usual 15
    }
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    with running(one, **settings) as here, running(two, **settings) as there:
        async with httpx.AsyncClient(timeout=60) as http:
            first, second = Api(http, here), Api(http, there)
            login = """mutation { login(input: {email: "admin@example.com",
                password: "expertbook-demo"}) { ... on SignedIn { accessToken } } }"""
            admin = first.signed_in((await first.ask(login))["login"]["accessToken"])
            mine, theirs = await first.newcomer(), await second.newcomer()
            nodes = (await first.ask(EXPERTS))["experts"]["nodes"]
            experts = [node for node in nodes if node["availability"]["breakMinutes"] == 0]
            free = {expert["id"]: await free_slots(first, expert) for expert in experts}
            yield Track(
                mine,
                second.signed_in(mine.token or ""),
                first.signed_in(theirs.token or ""),
                theirs,
                admin,
                experts,
                free,
            )


async def free_slots(api: Api, expert: dict[str, Any]) -> list[Slot]:
    """The open slots of the shortest length in the next two months, two at the latest first."""
    minutes = min(offer["minutes"] for offer in expert["offers"])
    today = datetime.now(UTC)
    span = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=70)).isoformat(),
    }
    found = (await api.ask(SLOTS, id=expert["id"], minutes=minutes, **span))["expert"]["slots"]
    return [slot for slot in found if slot["status"] == "OPEN"]


def kinds(answers: Iterable[dict[str, Any]]) -> list[str]:
    """What some answers are, in alphabetical order."""
    return sorted(answer["__typename"] for answer in answers)


async def same_slot(track: Track) -> None:
    _, [slot] = track.take(1)
    answers = await asyncio.gather(track.here.book(slot["id"]), track.other_there.book(slot["id"]))
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def overlapping_lengths(track: Track) -> None:
    expert, [slot] = track.take(1)
    long = max(offer["minutes"] for offer in expert["offers"])
    around = {"from": slot["startsAt"], "to": slot["endsAt"]}
    found = await track.here.ask(SLOTS, id=expert["id"], minutes=long, **around)
    over = [s for s in found["expert"]["slots"] if s["status"] == "OPEN"]
    if not over:
        return
    answers = await asyncio.gather(
        track.here.book(slot["id"]), track.other_there.book(over[0]["id"])
    )
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def confirm_against_cancel(track: Track) -> None:
    _, [slot] = track.take(1, by_hand=True)
    booked = await track.here.book(slot["id"])
    assert booked["status"] == "PENDING"
    confirmed, cancelled = await asyncio.gather(
        execute(track.admin, booking_mutation("confirmBooking"), id=booked["id"]),
        execute(track.there, booking_mutation("cancelBooking"), id=booked["id"]),
    )
    assert cancelled["status"] == "CANCELLED"
    assert confirmed.get("status", "CONFIRMED") == "CONFIRMED"
    history = [(change["from"], change["to"]) for change in cancelled["history"]]
    assert (("PENDING", "CONFIRMED") in history) == (confirmed["__typename"] == "Booking")


async def move_against_book(track: Track) -> None:
    _, [home, away] = track.take(2)
    booked = await track.here.book(home["id"])
    moved, taken = await asyncio.gather(
        execute(track.here, MOVE, id=booked["id"], slot=away["id"]),
        track.other_there.book(away["id"]),
    )
    assert kinds([moved, taken]) == ["Booking", "SlotTaken"]
    query = "query ($id: ID!) { booking(id: $id) { slot { id } } }"
    stands = (await track.there.ask(query, id=booked["id"]))["booking"]["slot"]["id"]
    assert stands == (away if moved["__typename"] == "Booking" else home)["id"]


async def end_of_a_hold_against_booking(track: Track) -> None:
    _, [slot] = track.take(1)
    held = await execute(track.here, HOLD, id=slot["id"])
    until = datetime.fromisoformat(held["heldUntil"])
    await asyncio.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))
    answers = await asyncio.gather(track.here.book(slot["id"]), track.other_there.book(slot["id"]))
    assert kinds(answers) == ["Booking", "SlotTaken"]


async def basket_against_single(track: Track) -> None:
    _, [one, two] = track.take(2)
    basket, single = await asyncio.gather(
        execute(track.here, BOOK_SLOTS, ids=[one["id"], two["id"]], contact=CONTACT),
        track.other_there.book(two["id"]),
    )
    assert kinds([basket, single]) in (["BookingList", "SlotTaken"], ["Booking", "SlotTaken"])
    if basket["__typename"] == "SlotTaken":
        assert (await track.other_here.book(one["id"]))["__typename"] == "Booking"


async def rule_change_against_booking(track: Track) -> None:
    expert, [slot] = track.take(1)
    booked, closed = await asyncio.gather(
        track.other_there.book(slot["id"]),
        execute(track.admin, CLOSE, id=expert["id"], date=slot["startsAt"][:10]),
    )
    assert closed["__typename"] == "AvailabilitySet"
    if booked["__typename"] == "Booking":
        is_before = booked["sequence"] < closed["expert"]["sequence"]
        outside = {found["id"] for found in closed["outside"]}
        assert is_before or booked["id"] not in outside
    else:
        assert booked["__typename"] == "SlotNotOffered"


async def twins(track: Track) -> None:
    _, [slot] = track.take(1)
    answers = await asyncio.gather(
        *(
            api.book(slot["id"], idempotencyKey=slot["id"])
            for api in (track.here, track.there)
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
    end_of_a_hold_against_booking,
    basket_against_single,
    twins,
    rule_change_against_booking,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_a_race_has_one_winner_and_leaves_everything_whole(
    track: Track, request: pytest.FixtureRequest, race: Callable[[Track], Awaitable[None]]
) -> None:
    found_before = await verify(utc_now(), lambda *_: None)
    rounds = request.config.getoption("--races")
    assert isinstance(rounds, int)
    for first in range(0, rounds, AT_ONCE):
        runs = (race(track) for _ in range(first, min(first + AT_ONCE, rounds)))
        await asyncio.gather(*runs)
    found = await verify(utc_now(), lambda *_: None)
    assert [finding for finding in found if finding not in found_before] == []
