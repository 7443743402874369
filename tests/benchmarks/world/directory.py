"""A server's experts, slots and accounts, and the GraphQL operations that are measured."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

from tests.benchmarks.report import WrongAnswer
from tests.support.clients import CONTACT, Api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json = dict[str, Any]

Operation = dict[str, Any]
"""The JSON body of a GraphQL request."""

CATEGORIES: Final = ("TECHNOLOGY", "HEALTH", "FINANCE", "LEGAL", "DESIGN", "BUSINESS")
PAGE_SIZE: Final = 20
FIELDS: Final = "id name category title bio experienceYears rating hourlyRate { amount }"
PAGE: Final = f"edges {{ cursor node {{ {FIELDS} }} }} pageInfo {{ hasNextPage endCursor }}"
LIST: Final = (
    "query Experts($filter: ExpertFilter, $first: Int, $after: String) "
    f"{{ experts(filter: $filter, first: $first, after: $after) {{ {PAGE} totalCount }} }}"
)
LIST_WITHOUT_TOTAL: Final = LIST.replace(" totalCount", "")
SOONEST: Final = LIST.replace("experts(", "experts(orderBy: {field: SOONEST, direction: ASC}, ")
EXPERT: Final = (
    "query Expert($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) "
    f"{{ expert(id: $id) {{ {FIELDS} "
    "slots(from: $from, to: $to, minutes: $minutes) { id startsAt endsAt status } } }"
)
BOOK: Final = (
    "mutation Book($input: BookSlotInput!) { bookSlot(input: $input) { __typename "
    "... on Booking { id startsAt note status } ... on SlotTaken { slot { id } message } "
    "... on Refusal { message } } }"
)
BOOKED: Final = (
    "subscription Booked($expertId: ID!) "
    "{ slotBooked(expertId: $expertId) { slot { slotId: id startsAt status } } }"
)
EXPERTS: Final = """query ($after: String) { experts(first: 100, after: $after) {
  nodes { id name offers { minutes } availability { breakMinutes confirmsAutomatically } }
  pageInfo { hasNextPage endCursor } } }"""
OPENING: Final = (
    "query ($id: ID!, $from: DateTime!, $to: DateTime!, $minutes: Int) { expert(id: $id) { cursor "
    "slots(from: $from, to: $to, minutes: $minutes) { id startsAt endsAt status } } }"
)
CURSOR: Final = "query ($id: ID!) { expert(id: $id) { cursor } }"
FIRST_DAY: Final = timedelta(days=3)
FOUR_HOURS: Final = timedelta(hours=4)
SPAN: Final = timedelta(days=62)
"""The longest time span for which one query may ask for slots."""
SPANS: Final = 6
"""Number of such time spans that cover a year: experts can be booked up to a year ahead."""
BOOKED_PER_EXPERT: Final = 36
LISTED_SLOTS: Final = 40
PATIENCE_SECONDS: Final = 60


class Opening(NamedTuple):
    """An open slot, its expert, and the expert's event cursor when the slot was read."""

    expert: str
    cursor: str
    slot: str


class Directory(NamedTuple):
    """All experts of a server."""

    api: Api
    experts: list[Json]
    start: datetime

    async def second_pages(self, first_pages: list[Operation]) -> list[Operation]:
        """Return the queries for the pages that follow the given first pages."""
        found = []
        for page in first_pages:
            shown = await self.api.ask(page["query"], **page["variables"])
            after = shown["experts"]["pageInfo"]["endCursor"]
            found.append({**page, "variables": {**page["variables"], "after": after}})
        return found

    def searches(self, count: int = 20) -> list[Operation]:
        """Return search queries for the most frequent words in the experts' names."""
        names = (expert["name"].lower() for expert in self.experts)
        words = Counter(word for name in names for word in re.findall(r"[a-z]{3,}", name))
        return [list_experts(filter={"search": word}) for word, _ in words.most_common(count)]

    async def details(self, count: int) -> list[Operation]:
        """Return `count` queries; each reads one expert and 40 of the expert's slots."""
        found: list[Operation] = []
        for expert in self.experts:
            if len(found) == count:
                break
            starts = sorted(slot["startsAt"] for slot in await self._slots(expert))
            if len(starts) > LISTED_SLOTS:
                span = {**self._span(expert), "to": starts[LISTED_SLOTS]}
                variables = {"id": expert["id"], **span}
                found.append({"query": EXPERT, "variables": variables})
        return found

    async def bookable_slots(self, count: int) -> list[str]:
        """Return `count` slots that can all be booked, or raise WrongAnswer if there are fewer."""
        found: list[str] = []
        for expert in self._bookable_experts():
            if len(found) < count:
                found += open_slots(await self._slots(expert))[:BOOKED_PER_EXPERT]
        if len(found) < count:
            raise WrongAnswer(f"{len(found)} slots can be booked; the measure needs {count}")
        return found[:count]

    async def busiest_expert(self, among: int = 16) -> tuple[str, list[str]]:
        """Among a few experts, return the id and slots of the one with the most open slots."""
        found = []
        for expert in self._bookable_experts()[:among]:
            slots = [slot for number in range(SPANS) for slot in await self._slots(expert, number)]
            found.append((expert["id"], open_slots(slots)))
        return max(found, key=lambda expert: len(expert[1]))

    async def openings(self, count: int) -> list[Opening]:
        """Return an open slot of each of `count` experts; raise WrongAnswer if there are fewer."""
        found: list[Opening] = []
        for expert in self.experts:
            shown = (await self.api.ask(OPENING, id=expert["id"], **self._span(expert)))["expert"]
            first = open_slots(shown["slots"])[:1]
            found += [Opening(expert["id"], shown["cursor"], slot) for slot in first]
            if len(found) == count:
                return found
        raise WrongAnswer(f"{len(found)} experts have an open slot; the measure needs {count}")

    async def cursor(self, expert: str) -> str:
        """Return an expert's current event cursor, after which a subscription can continue."""
        found: str = (await self.api.ask(CURSOR, id=expert))["expert"]["cursor"]
        return found

    def _bookable_experts(self) -> list[Json]:
        """Return the experts who confirm automatically and need no breaks between bookings."""
        rules = {"breakMinutes": 0, "confirmsAutomatically": True}
        return [expert for expert in self.experts if expert["availability"] == rules]

    async def _slots(self, expert: Json, number: int = 0) -> list[Json]:
        span = self._span(expert, number)
        return await self.api.slots(expert["id"], span["from"], span["to"], span["minutes"])

    def _span(self, expert: Json, number: int = 0) -> Json:
        start = self.start + number * SPAN
        minutes = min(offer["minutes"] for offer in expert["offers"])
        return {"from": start.isoformat(), "to": (start + SPAN).isoformat(), "minutes": minutes}


@asynccontextmanager
async def open_directory(address: str) -> AsyncIterator[Directory]:
    """Read all experts from a server, page by page, and yield them as a Directory."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        api = Api(http, address)
        experts: list[Json] = []
        page: Json = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            answer = (await api.ask(EXPERTS, after=page["endCursor"]))["experts"]
            experts += answer["nodes"]
            page = answer["pageInfo"]
        yield Directory(api, experts, today + FIRST_DAY)


async def sign_up(address: str, count: int) -> list[str]:
    """Register the given number of client accounts, and return their access tokens."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        clients = [await Api(http, address).new_client() for _ in range(count)]
    return [client.token or "" for client in clients]


def open_slots(slots: list[Json]) -> list[str]:
    """Return the ids of open slots, earliest first; leave out slots that overlap an earlier one."""
    found: list[Json] = []
    for slot in sorted(slots, key=lambda slot: slot["startsAt"]):
        is_free = not found or slot["startsAt"] >= found[-1]["endsAt"]
        if slot["status"] == "OPEN" and is_free:
            found.append(slot)
    return [slot["id"] for slot in found]


def list_experts(query: str = LIST, **variables: Any) -> Operation:
    """Return an operation that reads one page of the experts in the directory."""
    return {"query": query, "variables": {"first": PAGE_SIZE, **variables}}


def first_pages(query: str = LIST) -> list[Operation]:
    """Return one operation per category, which reads the first page of the category's experts."""
    return [list_experts(query, filter={"categories": [category]}) for category in CATEGORIES]


def free_experts(days: int = 5) -> list[Operation]:
    """Return one query per day, for experts with a free half-hour between 8:00 and 12:00 UTC."""
    today = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    starts = [today + FIRST_DAY + timedelta(days=day) for day in range(days)]
    spans = [{"from": at.isoformat(), "to": (at + FOUR_HOURS).isoformat()} for at in starts]
    return [list_experts(filter={"available": {**span, "minutes": 30}}) for span in spans]


def book_slot(slot: str) -> Operation:
    """Return the operation that books a slot."""
    wanted = {"slotId": slot, "contact": CONTACT, "note": "a short note"}
    return {"query": BOOK, "variables": {"input": wanted}}


def with_unknown_document(operation: Operation, number: int) -> Operation:
    """Return the operation with an alias that makes its GraphQL document new to the server.

    A comment would not suffice, because a server may strip comments before it looks up whether it
    knows a document.
    """
    return {**operation, "query": operation["query"].replace(" name ", f" n{number}: name ", 1)}
