"""Two servers on one database, and races between requests to both servers."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from models.bookings.verification import verify
from models.calendar.times import local_date, utc_now
from tests.support.clients import Api
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from pathlib import Path

MAX_CONCURRENT_RACES = 5
HOLD_SECONDS = 2
EXPERTS = """query { experts(first: 100, orderBy: {field: NAME}) { nodes {
  id slug timeZone offers { minutes } availability { breakMinutes confirmsAutomatically } } } }"""
SLOTS = """query ($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) {
  expert(id: $id) { slots(from: $from, to: $to, minutes: $minutes) {
    id startsAt endsAt status } } }"""

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
        """Return an expert and consecutive open slots, which no other race receives."""
        experts = [
            expert
            for expert in self.experts
            if expert["availability"]["confirmsAutomatically"] != by_hand
        ]
        expert = max(experts, key=lambda expert: len(self.open_slots[expert["id"]]))
        slots = self.open_slots[expert["id"]]
        return expert, [slots.pop() for _ in range(count)][::-1]

    def take_day(self) -> tuple[dict[str, Any], Slot, str]:
        """Return an expert, an open slot and its local date; other races get no slots of that day.

        The race may therefore close the day.
        """
        expert, [slot] = self.take(1)
        date = date_of(slot, expert)
        slots = self.open_slots[expert["id"]]
        slots[:] = [other for other in slots if date_of(other, expert) != date]
        return expert, slot, date


@asynccontextmanager
async def run_track(database_url: str, one: Path, two: Path) -> AsyncIterator[Track]:
    """Run two servers on a database that contains sample data."""
    settings = {
        "mongodb_url": database_url,
        "experts": 0,
        "throttle": "off",
        "hold_seconds": HOLD_SECONDS,
        "access_token_minutes": 1440,  # many rounds take longer than the default of 15 minutes
    }
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
    """Return an expert's open slots of the shortest session length within two months."""
    minutes = min(offer["minutes"] for offer in expert["offers"])
    today = datetime.now(UTC)
    span = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=70)).isoformat(),
    }
    slots = (await api.ask(SLOTS, id=expert["id"], minutes=minutes, **span))["expert"]["slots"]
    return [slot for slot in slots if slot["status"] == "OPEN"]


def date_of(slot: Slot, expert: dict[str, Any]) -> str:
    """Return the date on which a slot starts in the expert's time zone, such as 2026-12-01."""
    return local_date(datetime.fromisoformat(slot["startsAt"]), expert["timeZone"]).isoformat()


def kinds(answers: Iterable[dict[str, Any]]) -> list[str]:
    """Return the type names of the given results in alphabetical order."""
    return sorted(answer["__typename"] for answer in answers)


async def race_often(track: Track, race: Callable[[Track], Awaitable[None]], rounds: int) -> None:
    """Run a race many times, a few rounds at once; check that `verify` finds no new violations."""
    findings_before = await verify(utc_now(), lambda *_: None)
    for first in range(0, rounds, MAX_CONCURRENT_RACES):
        runs = (race(track) for _ in range(first, min(first + MAX_CONCURRENT_RACES, rounds)))
        await asyncio.gather(*runs)
    findings = await verify(utc_now(), lambda *_: None)
    assert [finding for finding in findings if finding not in findings_before] == []
