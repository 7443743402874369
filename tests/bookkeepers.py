"""Clients that book, hold, move and cancel, and write down every answer."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from models.calendar.times import utc_now
from models.ids import object_id
from tests.chaos import EXPERTS, KEPT_BOOKINGS, PLAIN, SLOTS, Booker
from tests.clients import CONTACT, Api

if TYPE_CHECKING:
    import random

    import httpx

    from models.ids import Id
    from tests.fleets import Fleet

BOOKING = """__typename ... on Booking { id status sequence startsAt } ... on Refusal { code }"""


def mutation(field_: str, type_: str) -> str:
    """A mutation of bookings."""
    return f"mutation ($input: {type_}!) {{ answer: {field_}(input: $input) {{ {BOOKING} }} }}"


HOLD = mutation("holdSlot", "HoldSlotInput")
BOOK = mutation("bookSlot", "BookSlotInput")
MOVE = mutation("rescheduleBooking", "RescheduleBookingInput")
CANCEL = mutation("cancelBooking", "BookingInput")
BASKET = """mutation ($input: BookSlotsInput!) { answer: bookSlots(input: $input) { __typename
  ... on BookingList { bookings { id status sequence startsAt } } ... on Refusal { code } } }"""
LARGEST_BASKET = 3
LONGEST_THOUGHT = 0.3
"""Seconds before the next thing, which leave the machine time to start what was killed."""


class Step(NamedTuple):
    """What a booking became; the number of its event, unless that answer never came."""

    status: str
    starts_at: datetime
    sequence: int | None


@dataclass(eq=False)
class Book:
    """What some clients together were told."""

    clients: set[Id] = field(default_factory=set)
    histories: defaultdict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    """The steps of each booking, in order."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """The bookings that the request with a key has made."""
    answers: int = 0
    repeated: int = 0
    """Requests that were sent more than once."""
    longest_wait: float = 0
    """Seconds that a request took with all its repetitions, at most."""
    longest_silence: float = 0
    """Seconds in which nobody at all got an answer, at most."""
    _answered_at: float = field(default_factory=monotonic)

    def note(self, booking: dict[str, Any]) -> None:
        """Write down a booking as it was answered."""
        starts_at = datetime.fromisoformat(booking["startsAt"])
        step = Step(booking["status"], starts_at, booking["sequence"])
        self.histories[booking["id"]].append(step)

    def note_cancelled(self, booking_id: str) -> None:
        """Write down an end that followed from an answer without being in it."""
        history = self.histories[booking_id]
        history.append(Step("CANCELLED", history[-1].starts_at, None))

    def answered(self, since: float, *, was_repeated: bool) -> None:
        """A request that was first sent at that moment has its answer."""
        now = monotonic()
        self.answers += 1
        self.repeated += was_repeated
        self.longest_wait = max(self.longest_wait, now - since)
        self.longest_silence = max(self.longest_silence, now - self._answered_at)
        self._answered_at = now

    def figures(self) -> str:
        """What a long run is for."""
        return (
            f"{self.answers} answers about {len(self.histories)} bookings, {self.repeated} of them "
            f"to requests sent again; the longest wait for one {self.longest_wait:.1f} s, nobody "
            f"had any for {self.longest_silence:.1f} s"
        )


@dataclass(eq=False)
class Bookkeeper(Booker):
    """One client, which repeats each request until it is answered, under the same key."""

    calendars: dict[str, list[str]] = field(default_factory=dict)
    """The slots of each expert."""
    notes: Book = field(default_factory=Book)
    mine: list[tuple[str, str]] = field(default_factory=list)
    """Bookings that stand, and their experts."""

    async def run(self) -> None:
        """Do one thing after the other until it is done; whatever was begun is finished."""
        deeds = [self._book, self._fill_basket, self._hold, self._move]
        while not self.is_done:
            await asyncio.sleep(self.rng.uniform(0, LONGEST_THOUGHT))
            await self.rng.choice(deeds)()
            while len(self.mine) > KEPT_BOOKINGS:
                booking, _ = self.mine.pop(self.rng.randrange(len(self.mine)))
                await self._end(booking)

    async def _book(self) -> None:
        expert, slot = self._any_slot()
        wanted = {"slotId": slot, "contact": CONTACT}
        if booking := await self._make(BOOK, wanted):
            self.mine.append((booking, expert))

    async def _fill_basket(self) -> None:
        wishes = [self._any_slot() for _ in range(LARGEST_BASKET)]
        experts = {slot: expert for expert, slot in wishes}
        key = uuid4().hex
        wanted = {"slotIds": list(experts), "contact": CONTACT, "idempotencyKey": key}
        answer, _ = await self._insist(BASKET, input=wanted)
        if answer["__typename"] == "SlotTaken":
            return
        made = [booking["id"] for booking in answer["bookings"]]
        self.notes.keys[key] = made
        for booking in answer["bookings"]:
            self.notes.note(booking)
        self.mine.extend(zip(made, experts.values(), strict=True))

    async def _hold(self) -> None:
        """Hold a slot, perhaps another of that expert instead, and book it or let it go."""
        expert, slot = self._any_slot()
        held = await self._make(HOLD, {"slotId": slot})
        if not held:
            return
        other = self.rng.choice(self.calendars[expert])
        if self.rng.random() < 1 / 2 and (instead := await self._make(HOLD, {"slotId": other})):
            self.notes.note_cancelled(held)
            held, slot = instead, other
        if self.rng.random() < 1 / 2:
            booked = await self._make(BOOK, {"slotId": slot, "contact": CONTACT})
            assert booked == held
            self.mine.append((held, expert))
        else:
            await self._end(held)

    async def _move(self) -> None:
        if not self.mine:
            return
        booking, expert = self.rng.choice(self.mine)
        wanted = {"bookingId": booking, "slotId": self.rng.choice(self.calendars[expert])}
        answer, _ = await self._insist(MOVE, input=wanted)
        if answer["__typename"] == "SlotTaken":
            return
        moved = datetime.fromisoformat(answer["startsAt"])
        if moved != self.notes.histories[booking][-1].starts_at:
            self.notes.note(answer)

    async def _end(self, booking: str) -> None:
        answer, was_repeated = await self._insist(CANCEL, input={"bookingId": booking})
        if answer["__typename"] == "Booking":
            self.notes.note(answer)
        else:
            # The first of two was made, and its answer lost; the second is refused then.
            assert (answer["code"], was_repeated) == ("NOT_ALLOWED", True), answer
            self.notes.note_cancelled(booking)

    async def _make(self, query: str, wanted: dict[str, Any]) -> str | None:
        """The booking that a request under a key of its own makes, unless others have the time."""
        key = uuid4().hex
        answer, _ = await self._insist(query, input={**wanted, "idempotencyKey": key})
        if answer["__typename"] == "SlotTaken":
            return None
        self.notes.note(answer)
        booking: str = answer["id"]
        self.notes.keys[key] = [booking]
        return booking

    async def _insist(self, query: str, /, **variables: Any) -> tuple[dict[str, Any], bool]:
        since = monotonic()
        answer, was_repeated = await super()._insist(query, **variables)
        self.notes.answered(since, was_repeated=was_repeated)
        return answer, was_repeated

    def _any_slot(self) -> tuple[str, str]:
        expert = self.rng.choice(list(self.calendars))
        return expert, self.rng.choice(self.calendars[expert])


async def bookkeepers(
    fleet: Fleet, rng: random.Random, http: httpx.AsyncClient, count: int
) -> list[Bookkeeper]:
    """Some clients of the first few experts, with one book for them all."""
    api = Api(http, fleet.addresses[0])
    found = (await api.ask(EXPERTS))["experts"]["nodes"]
    today = utc_now()
    days = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=40)).isoformat(),
    }
    calendars = {}
    for expert in [expert for expert in found if expert["availability"] == PLAIN][:5]:
        slots = (await api.ask(SLOTS, id=expert["id"], **days))["expert"]["slots"]
        calendars[expert["id"]] = [slot["id"] for slot in slots if slot["status"] == "OPEN"]
    book = Book()
    keepers = []
    for _ in range(count):
        client = await api.newcomer()
        viewer = (await client.ask("{ viewer { id } }"))["viewer"]
        book.clients.add(object_id(viewer["id"], "User", "id"))
        token = client.token or ""
        keepers.append(Bookkeeper(fleet, rng, http, token, [], calendars=calendars, notes=book))
    return keepers
