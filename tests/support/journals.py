"""Clients that book, hold, move and cancel slots, and record every answer."""

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
from tests.support.bookers import KEPT_BOOKINGS, Booker
from tests.support.chaos import EXPERTS, PLAIN, SLOTS
from tests.support.clients import CONTACT, Api
from tests.support.histories import History

if TYPE_CHECKING:
    import random
    from pathlib import Path

    import httpx

    from models.ids import Id
    from tests.support.fleet import Fleet

BOOKING = """__typename ... on Booking { id status sequence startsAt } ... on Refusal { code }"""


def mutation(field_: str, type_: str) -> str:
    """Return a mutation that answers with a booking or a refusal."""
    return f"mutation ($input: {type_}!) {{ answer: {field_}(input: $input) {{ {BOOKING} }} }}"


HOLD = mutation("holdSlot", "HoldSlotInput")
BOOK = mutation("bookSlot", "BookSlotInput")
MOVE = mutation("rescheduleBooking", "RescheduleBookingInput")
CANCEL = mutation("cancelBooking", "BookingInput")
BASKET = """mutation ($input: BookSlotsInput!) { answer: bookSlots(input: $input) { __typename
  ... on BookingList { bookings { id status sequence startsAt } } ... on Refusal { code } } }"""
SLOTS_PER_BASKET = 3
HOLD_SECONDS = 3_600
"""Setting of the servers: holds outlast a test."""

MAX_RECORDED = 500
"""Operations in a recorded history: baskets connect all experts, which makes it hard to decide."""

MAX_PAUSE_SECONDS = 0.3
"""Maximum pause between actions, which leaves time for killed processes to restart."""


class Step(NamedTuple):
    """A state of a booking, and the sequence of its event (None if the answer was lost)."""

    status: str
    starts_at: datetime
    sequence: int | None


@dataclass(eq=False)
class Journal:
    """The answers that a group of clients received."""

    clients: set[Id] = field(default_factory=set)
    histories: defaultdict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    """The steps of each booking, by id, in order."""
    bookings_by_key: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the bookings that each request made, by idempotency key."""
    answers: int = 0
    repeated: int = 0
    """Number of requests that were sent more than once."""
    longest_wait: float = 0
    """Maximum seconds from sending a request to its answer, including retries."""
    history: History = field(default_factory=History)
    longest_gap: float = 0
    """Maximum seconds during which no client received an answer."""
    _answered_at: float = field(default_factory=monotonic)

    def record(self, booking: dict[str, Any]) -> None:
        """Record a booking from an answer."""
        starts_at = datetime.fromisoformat(booking["startsAt"])
        step = Step(booking["status"], starts_at, booking["sequence"])
        self.histories[booking["id"]].append(step)

    def record_cancelled(self, booking_id: str) -> None:
        """Record a cancellation that an answer implied but did not contain."""
        history = self.histories[booking_id]
        history.append(Step("CANCELLED", history[-1].starts_at, None))

    def record_answer(self, since: float, *, was_repeated: bool) -> None:
        """Record the answer to a request that was first sent at `since`."""
        now = monotonic()
        self.answers += 1
        self.repeated += was_repeated
        self.longest_wait = max(self.longest_wait, now - since)
        self.longest_gap = max(self.longest_gap, now - self._answered_at)
        self._answered_at = now

    def summary(self) -> str:
        """Return a summary for the output of a long run."""
        return (
            f"{self.answers} answers about {len(self.histories)} bookings, {self.repeated} after "
            f"retries; longest wait for an answer {self.longest_wait:.1f} s; longest time without "
            f"any answer {self.longest_gap:.1f} s"
        )


@dataclass(eq=False)
class JournalingClient(Booker):
    """A client that retries each request with the same idempotency key until it is answered."""

    slots_by_expert: dict[str, list[str]] = field(default_factory=dict)
    """The slot ids of each expert, by the expert's id."""
    journal: Journal = field(default_factory=Journal)
    bookings: list[tuple[str, str]] = field(default_factory=list)
    """The ids of the client's active bookings and of their experts."""

    async def run(self) -> None:
        """Repeat random actions until `is_done`; the last one is finished."""
        actions = [self._book, self._fill_basket, self._hold, self._move]
        while not self.is_done:
            await asyncio.sleep(self.rng.uniform(0, MAX_PAUSE_SECONDS))
            await self.rng.choice(actions)()
            while len(self.bookings) > KEPT_BOOKINGS:
                booking, _ = self.bookings.pop(self.rng.randrange(len(self.bookings)))
                await self._end(booking)

    async def _book(self) -> None:
        expert, slot = self._any_slot()
        wanted = {"slotId": slot, "contact": CONTACT}
        if booking := await self._make(BOOK, wanted):
            self.bookings.append((booking, expert))

    async def _fill_basket(self) -> None:
        choices = [self._any_slot() for _ in range(SLOTS_PER_BASKET)]
        experts = {slot: expert for expert, slot in choices}
        key = uuid4().hex
        wanted = {"slotIds": list(experts), "contact": CONTACT, "idempotencyKey": key}
        answer, _ = await self._send_until_answered(BASKET, input=wanted)
        if answer["__typename"] == "SlotTaken":
            return
        made = [booking["id"] for booking in answer["bookings"]]
        self.journal.bookings_by_key[key] = made
        for booking in answer["bookings"]:
            self.journal.record(booking)
        self.bookings.extend(zip(made, experts.values(), strict=True))

    async def _hold(self) -> None:
        """Hold a slot, sometimes replace it with another one, then book or release it."""
        expert, slot = self._any_slot()
        held = await self._make(HOLD, {"slotId": slot})
        if not held:
            return
        other = self.rng.choice(self.slots_by_expert[expert])
        if self.rng.random() < 1 / 2 and (instead := await self._make(HOLD, {"slotId": other})):
            self.journal.record_cancelled(held)
            held, slot = instead, other
        if self.rng.random() < 1 / 2:
            booked = await self._make(BOOK, {"slotId": slot, "contact": CONTACT})
            assert booked == held
            self.bookings.append((held, expert))
        else:
            await self._end(held)

    async def _move(self) -> None:
        if not self.bookings:
            return
        booking, expert = self.rng.choice(self.bookings)
        wanted = {"bookingId": booking, "slotId": self.rng.choice(self.slots_by_expert[expert])}
        answer, _ = await self._send_until_answered(MOVE, input=wanted)
        if answer["__typename"] == "SlotTaken":
            return
        moved = datetime.fromisoformat(answer["startsAt"])
        if moved != self.journal.histories[booking][-1].starts_at:
            self.journal.record(answer)

    async def _end(self, booking: str) -> None:
        answer, was_repeated = await self._send_until_answered(CANCEL, input={"bookingId": booking})
        if answer["__typename"] == "Booking":
            self.journal.record(answer)
        else:
            # The answer to the first request was lost, so the repeated one is refused.
            assert (answer["code"], was_repeated) == ("NOT_ALLOWED", True), answer
            self.journal.record_cancelled(booking)

    async def _make(self, query: str, wanted: dict[str, Any]) -> str | None:
        """Send a request with a new idempotency key; return the booking's id, or None if taken."""
        key = uuid4().hex
        answer, _ = await self._send_until_answered(query, input={**wanted, "idempotencyKey": key})
        if answer["__typename"] == "SlotTaken":
            return None
        self.journal.record(answer)
        booking: str = answer["id"]
        self.journal.bookings_by_key[key] = [booking]
        return booking

    async def _send_until_answered(
        self, query: str, /, **variables: Any
    ) -> tuple[dict[str, Any], bool]:
        since = monotonic()
        answer, was_repeated = await super()._send_until_answered(query, **variables)
        self.journal.record_answer(since, was_repeated=was_repeated)
        return answer, was_repeated

    def _any_slot(self) -> tuple[str, str]:
        expert = self.rng.choice(list(self.slots_by_expert))
        return expert, self.rng.choice(self.slots_by_expert[expert])


async def create_journaling_clients(
    fleet: Fleet, rng: random.Random, http: httpx.AsyncClient, count: int, recorded: Path
) -> list[JournalingClient]:
    """Create clients that book the first five plain experts and share one journal.

    The beginning of what they do is recorded in the file `recorded`.
    """
    api = Api(http, fleet.addresses[0])
    found = (await api.ask(EXPERTS))["experts"]["nodes"]
    today = utc_now()
    days = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=40)).isoformat(),
    }
    slots_by_expert = {}
    experts = [expert for expert in found if expert["availability"] == PLAIN][:5]
    for expert in experts:
        slots = (await api.ask(SLOTS, id=expert["id"], **days))["expert"]["slots"]
        slots_by_expert[expert["id"]] = [slot["id"] for slot in slots if slot["status"] == "OPEN"]
    history = History(
        recorded,
        experts,
        HOLD_SECONDS,
        [slot for slots in slots_by_expert.values() for slot in slots],
        MAX_RECORDED,
    )
    journal = Journal(history=history)
    journaling_clients = []
    for _ in range(count):
        client = await api.new_client()
        viewer = (await client.ask("{ viewer { id } }"))["viewer"]
        journal.clients.add(object_id(viewer["id"], "User", "id"))
        token = client.token or ""
        journaling_clients.append(
            JournalingClient(
                *(fleet, rng, http, token, []),
                history=history,
                slots_by_expert=slots_by_expert,
                journal=journal,
            )
        )
    return journaling_clients
