"""What there is to ask for, found out through the API: accounts, experts, slots, names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import orjson

from tests.benchmarks import questions
from tests.benchmarks.connections import connected, post
from tests.benchmarks.results import WrongAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNTS: Final = 40
FIRST_DAY: Final = 3
SPAN_DAYS: Final = 62
"""The longest span of slots that one question may have."""

HORIZON_DAYS: Final = 372
BOOKED_DAYS: Final = 21
SLOTS_OF_EACH: Final = 36
LISTED: Final = 40
DETAILED: Final = 200
"""Experts that are asked for in turn, each with about 40 slots."""

WORD = re.compile(r"[^\W\d_]{3,}")
FOUND_SHARE: Final = 1 / 25
"""The part of the directory that a text should find."""


@dataclass(frozen=True)
class Slot:
    """A slot that is open: its id and when it is."""

    id: str
    starts_at: str
    ends_at: str


@dataclass(frozen=True)
class Person:
    """An expert who confirms at once and takes no break: all open slots can be booked."""

    id: str
    name: str
    minutes: int
    is_plain: bool


class World:
    """A server's directory, and the way to ask for more."""

    def __init__(self, address: str, now: datetime) -> None:
        self.address = address
        self.start = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(FIRST_DAY)
        self.experts: list[Person] = []
        self.tokens: list[str] = []

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        request = post(self.address, {"query": query, "variables": variables})
        async with connected(self.address, 1) as [connection]:
            status, body = await connection.ask(request)
        if status != 200:
            raise WrongAnswer(f"{query[:60]}: {status} {body[:300].decode()}")
        answer = orjson.loads(body)
        if "errors" in answer:
            raise WrongAnswer(f"{query[:60]}: {answer['errors']}")
        data: dict[str, Any] = answer["data"]
        return data

    async def read_directory(self) -> None:
        """Read all experts, page by page."""
        after = None
        while True:
            page = (await self.ask(questions.DIRECTORY, after=after))["experts"]
            self.experts += [_person(node) for node in page["nodes"]]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def register(self, number: int = ACCOUNTS) -> None:
        """Make accounts, until there are so many."""
        while len(self.tokens) < number:
            wanted = {
                "name": "Load Tester",
                "email": f"load-{token_hex(8)}@example.com",
                "password": token_hex(16),
            }
            made = (await self.ask(questions.REGISTER, input=wanted))["register"]
            self.tokens.append(made["accessToken"])

    @property
    def plain(self) -> list[Person]:
        """The experts all of whose slots can be booked."""
        return [expert for expert in self.experts if expert.is_plain]

    async def open_slots(self, expert: Person, days: int, since: int = 0) -> list[Slot]:
        """The open slots of some days, none of which overlaps another."""
        variables = self.span(expert, since, days)
        listed = (await self.ask(questions.SLOTS, **variables))["expert"]["slots"]
        open_ = [
            Slot(slot["id"], slot["startsAt"], slot["endsAt"])
            for slot in listed
            if slot["status"] == "OPEN"
        ]
        return apart(open_)

    async def all_open_slots(self, expert: Person) -> list[Slot]:
        """The open slots as far ahead as the expert offers any."""
        found: list[Slot] = []
        for since in range(0, HORIZON_DAYS, SPAN_DAYS):
            more = await self.open_slots(expert, SPAN_DAYS, since)
            if not more:
                break
            found += more
        return found

    async def bookable(self, number: int, without: Iterable[str] = ()) -> list[str]:
        """So many slots, of many experts."""
        kept = set(without)
        found: list[str] = []
        for expert in self.plain:
            if expert.id not in kept:
                slots = await self.open_slots(expert, BOOKED_DAYS)
                found += [slot.id for slot in slots[:SLOTS_OF_EACH]]
            if len(found) >= number:
                return found[:number]
        raise WrongAnswer(f"{len(found)} slots can be booked, and {number} are needed")

    async def busiest(self, number: int, among: int = 16) -> list[tuple[Person, list[Slot]]]:
        """The experts with the most open slots among the first, with these slots."""
        some = self.plain[:among]
        slots = [(expert, await self.all_open_slots(expert)) for expert in some]
        return sorted(slots, key=lambda found: -len(found[1]))[:number]

    async def details(self, number: int = DETAILED) -> list[dict[str, Any]]:
        """Questions for experts, each with a span in which there are 40 slots."""
        found = []
        for expert in self.experts[: 2 * number]:
            for days in (7, BOOKED_DAYS, SPAN_DAYS):
                variables = self.span(expert, 0, days)
                slots = (await self.ask(questions.SLOTS, **variables))["expert"]["slots"]
                starts = sorted(slot["startsAt"] for slot in slots)
                if len(starts) > LISTED:
                    found.append({**variables, "to": starts[LISTED]})
                    break
            if len(found) == number:
                break
        if not found:
            raise WrongAnswer("no expert has 40 slots")
        return found

    def terms(self, number: int = 20) -> list[str]:
        """Words of names, those that find about the same part of the directory."""
        return usual_words([expert.name for expert in self.experts], number)

    def span(self, expert: Person, since: int, days: int) -> dict[str, Any]:
        """The variables of a question for an expert's slots."""
        begin = self.start + timedelta(since)
        return {
            "id": expert.id,
            "from": _stamp(begin),
            "to": _stamp(begin + timedelta(min(days, HORIZON_DAYS - since))),
            "minutes": expert.minutes,
        }


async def look(address: str) -> World:
    """Look at a server's directory."""
    world = World(address, datetime.now(UTC))
    await world.read_directory()
    return world


def apart(slots: list[Slot]) -> list[Slot]:
    """Of slots those that overlap none before them; times are all in UTC and sort as texts."""
    kept: list[Slot] = []
    for slot in sorted(slots, key=lambda slot: slot.starts_at):
        if not kept or slot.starts_at >= kept[-1].ends_at:
            kept.append(slot)
    return kept


def usual_words(names: list[str], number: int) -> list[str]:
    """The words that about a twenty-fifth of some names have."""
    counts = Counter(word for name in names for word in set(WORD.findall(name.lower())))
    aim = len(names) * FOUND_SHARE
    return sorted(counts, key=lambda word: (abs(counts[word] - aim), word))[:number]


def _person(node: dict[str, Any]) -> Person:
    plain = {"breakMinutes": 0, "confirmsAutomatically": True}
    minutes = min(offer["minutes"] for offer in node["offers"])
    return Person(node["id"], node["name"], minutes, node["availability"] == plain)


def _stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
