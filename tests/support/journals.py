"""Test clients that change bookings at random, and record every response in a journal."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from models.calendar.times import utc_now
from models.ids import object_id
from tests.support.bookers import KEPT_BOOKINGS, Booker
from tests.support.chaos import EXPERTS, SLOTS, without_breaks
from tests.support.clients import CONTACT, Api
from tests.support.histories import READ_TWO, History
from web.samples.demo import DEMO_PASSWORD

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    import httpx

    from models.ids import Id
    from tests.support.fleet import Fleet

BOOKING = """__typename ... on Booking { id status sequence startsAt } ... on Refusal { code }"""


def mutation(field_: str, type_: str) -> str:
    """Return a GraphQL mutation whose result is a booking or a refusal."""
    return f"mutation ($input: {type_}!) {{ answer: {field_}(input: $input) {{ {BOOKING} }} }}"


HOLD = mutation("holdSlot", "HoldSlotInput")
BOOK = mutation("bookSlot", "BookSlotInput")
MOVE = mutation("rescheduleBooking", "RescheduleBookingInput")
CANCEL = mutation("cancelBooking", "BookingInput")
CONFIRM = mutation("confirmBooking", "BookingInput")
BASKET = """mutation ($input: BookSlotsInput!) { answer: bookSlots(input: $input) { __typename
  ... on BookingList { bookings { id status sequence startsAt } } ... on Refusal { code } } }"""
LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { ... on SignedIn { accessToken } } }"""
CLIENTS_PER_GROUP, EXPERTS_PER_GROUP = 5, 2
"""Each group of clients books only its own experts. Since few clients compete for a slot, and each
request involves few calendars, the checker needs only seconds to check a history."""
SLOTS_PER_EXPERT = 20
SLOTS_PER_BASKET = 3
HOLD_SECONDS = 3_600
"""Lifetime of holds on the servers, so long that no hold expires during a test."""

MAX_RECORDED, MAX_UNKNOWN = 1_000, 40
"""Maximum numbers of operations, and of attempts without a response, in a recorded history. The
limits are so low that the checker decides within seconds whether the history is linearizable."""

MAX_PAUSE_SECONDS = 0.3
"""Maximum pause between a client's actions. The pauses give killed processes time to restart."""


class Step(NamedTuple):
    """A booking's state after a change, and the event's sequence number (None if not received)."""

    status: str
    starts_at: datetime
    sequence: int | None


@dataclass(eq=False)
class Sent:
    """The times, in seconds, at which a request was first sent and its response arrived."""

    at: float
    answered_at: float = inf

    @property
    def is_answered(self) -> bool:
        """Whether the response has arrived."""
        return self.answered_at < inf

    @property
    def seconds(self) -> float:
        """Seconds from the first attempt until the response, including all retries."""
        return self.answered_at - self.at


@dataclass(eq=False)
class Journal:
    """The responses that all clients received, and the bookings that result from them."""

    experts: Sequence[dict[str, Any]] = ()
    clients: set[Id] = field(default_factory=set)
    histories: defaultdict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    """The steps of each booking in chronological order, keyed by the booking's id."""
    bookings_by_key: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the bookings that each request created, keyed by the request's idempotency key."""
    sent: list[Sent] = field(default_factory=list)
    """All requests, in the order in which they were first sent."""
    answers: int = 0
    repeated: int = 0
    """Number of requests that were sent more than once."""
    history: History = field(default_factory=History)
    longest_gap: float = 0
    """Longest time, in seconds, during which no client received a response."""
    _answered_at: float = field(default_factory=monotonic)

    def record(self, booking: dict[str, Any]) -> None:
        """Record the state of a booking that a response contains."""
        starts_at = datetime.fromisoformat(booking["startsAt"])
        step = Step(booking["status"], starts_at, booking["sequence"])
        self.histories[booking["id"]].append(step)

    def record_status(self, booking_id: str, status: str) -> None:
        """Record a booking's new status, which a response implied but did not contain."""
        history = self.histories[booking_id]
        history.append(Step(status, history[-1].starts_at, None))

    def record_answer(self, request: Sent, *, was_repeated: bool) -> None:
        """Record that the response to a request has arrived."""
        request.answered_at = monotonic()
        self.answers += 1
        self.repeated += was_repeated
        self.longest_gap = max(self.longest_gap, request.answered_at - self._answered_at)
        self._answered_at = request.answered_at

    @property
    def changes(self) -> int:
        """Number of changes to bookings that the servers have acknowledged."""
        return sum(map(len, self.histories.values()))

    def summary(self) -> str:
        """Return a one-line summary of the journal, which a long test run prints."""
        longest_wait = max(request.seconds for request in self.sent)
        return (
            f"{self.answers} answers with {self.changes} changes, {self.repeated} after retries; "
            f"longest wait for an answer {longest_wait:.1f} s; longest time without any answer "
            f"{self.longest_gap:.1f} s"
        )


@dataclass(eq=False)
class JournalingClient(Booker):
    """A client that retries each request, with the same idempotency key, until it gets a response.

    `admin` is an administrator's access token, with which the client confirms bookings.
    """

    slots_by_expert: dict[str, list[str]] = field(default_factory=dict)
    """The ids of the slots that the client's group books, keyed by the expert's id."""
    days: dict[str, str] = field(default_factory=dict)
    """The period that contains the slots, as the GraphQL variables `from` and `to`."""
    journal: Journal = field(default_factory=Journal)
    admin: str = ""
    bookings: list[tuple[str, str]] = field(default_factory=list)
    """The client's active bookings, as pairs of the booking's id and the expert's id."""

    async def run(self) -> None:
        """Perform random actions until `is_done` is set, then cancel the remaining bookings."""
        actions = [self._book, self._fill_basket, self._hold, self._move, self._read]
        while not self.is_done:
            await asyncio.sleep(self.rng.uniform(0, MAX_PAUSE_SECONDS))
            await self.rng.choice(actions)()
            while len(self.bookings) > KEPT_BOOKINGS:
                await self._end_any()
        while self.bookings:
            await self._end_any()

    async def _book(self) -> None:
        expert, slot = self._any_slot()
        wanted = {"slotId": slot, "contact": CONTACT}
        if booking := await self._make(BOOK, wanted):
            self.bookings.append((booking, expert))
            await self._confirm(booking)

    async def _fill_basket(self) -> None:
        choices = [self._any_slot() for _ in range(SLOTS_PER_BASKET)]
        by_slot = {slot: expert for expert, slot in choices}
        key = uuid4().hex
        wanted = {"slotIds": list(by_slot), "contact": CONTACT, "idempotencyKey": key}
        answer, _ = await self._send_until_answered(BASKET, input=wanted)
        if answer["__typename"] == "SlotTaken":
            return
        made = [booking["id"] for booking in answer["bookings"]]
        self.journal.bookings_by_key[key] = made
        for booking in answer["bookings"]:
            self.journal.record(booking)
        self.bookings.extend(zip(made, by_slot.values(), strict=True))
        for booking in made:
            await self._confirm(booking)

    async def _hold(self) -> None:
        """Hold a slot, sometimes exchange it for another, and then book or release the hold."""
        expert, slot = self._any_slot()
        held = await self._make(HOLD, {"slotId": slot})
        if not held:
            return
        other = self.rng.choice(self.slots_by_expert[expert])
        if self.rng.random() < 1 / 2 and (instead := await self._make(HOLD, {"slotId": other})):
            self.journal.record_status(held, "CANCELLED")
            held, slot = instead, other
        if self.rng.random() < 1 / 2:
            booked = await self._make(BOOK, {"slotId": slot, "contact": CONTACT})
            assert booked == held
            self.bookings.append((held, expert))
            await self._confirm(held)
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
            await self._confirm(booking)

    async def _read(self) -> None:
        one, two = self.slots_by_expert
        await self._send_until_answered(READ_TWO, one=one, two=two, **self.days)

    async def _confirm(self, booking: str) -> None:
        """Confirm a booking if it is pending, but leave a random third of such bookings pending."""
        if self.journal.histories[booking][-1].status != "PENDING" or self.rng.random() < 1 / 3:
            return
        wanted = {"bookingId": booking}
        await self._advance(CONFIRM, booking, "CONFIRMED", token=self.admin, input=wanted)

    async def _end_any(self) -> None:
        booking, _ = self.bookings.pop(self.rng.randrange(len(self.bookings)))
        await self._end(booking)

    async def _end(self, booking: str) -> None:
        await self._advance(CANCEL, booking, "CANCELLED", input={"bookingId": booking})

    async def _advance(
        self, query: str, booking: str, status: str, *, token: str | None = None, **variables: Any
    ) -> None:
        """Send a request that changes a booking's status, and record the new status."""
        answer, was_repeated = await self._send_until_answered(query, token=token, **variables)
        if answer["__typename"] == "Booking":
            self.journal.record(answer)
        else:
            # The first attempt succeeded, but its response was lost, so the repetition is refused.
            assert (answer["code"], was_repeated) == ("NOT_ALLOWED", True), answer
            self.journal.record_status(booking, status)

    async def _make(self, query: str, wanted: dict[str, Any]) -> str | None:
        """Request a slot with a new idempotency key, and return the id of the new booking.

        Return None if the slot is taken.
        """
        key = uuid4().hex
        answer, _ = await self._send_until_answered(query, input={**wanted, "idempotencyKey": key})
        if answer["__typename"] == "SlotTaken":
            return None
        self.journal.record(answer)
        booking: str = answer["id"]
        self.journal.bookings_by_key[key] = [booking]
        return booking

    async def _send_until_answered(
        self, query: str, /, *, token: str | None = None, **variables: Any
    ) -> tuple[dict[str, Any], bool]:
        request = Sent(monotonic())
        self.journal.sent.append(request)
        answer, was_repeated = await super()._send_until_answered(query, token=token, **variables)
        self.journal.record_answer(request, was_repeated=was_repeated)
        return answer, was_repeated

    def _any_slot(self) -> tuple[str, str]:
        expert = self.rng.choice(list(self.slots_by_expert))
        return expert, self.rng.choice(self.slots_by_expert[expert])


async def create_journaling_clients(
    fleet: Fleet, rng: random.Random, http: httpx.AsyncClient, count: int, recorded: Path
) -> list[JournalingClient]:
    """Create clients that book a few experts and share one journal.

    The first operations of these clients are recorded in the file `recorded`.
    """
    api = Api(http, fleet.addresses[0])
    groups = max(1, count // CLIENTS_PER_GROUP)
    experts = without_breaks((await api.ask(EXPERTS))["experts"]["nodes"])
    experts = experts[: groups * EXPERTS_PER_GROUP]
    login = {"email": "admin@example.com", "password": DEMO_PASSWORD}
    admin = (await api.ask(LOGIN, input=login))["login"]["accessToken"]
    today = utc_now()
    days = {
        "from": (today + timedelta(days=10)).isoformat(),
        "to": (today + timedelta(days=15)).isoformat(),
    }
    slots_by_expert = {}
    for expert in experts:
        slots = (await api.ask(SLOTS, id=expert["id"], **days))["expert"]["slots"]
        open_slots = [slot["id"] for slot in slots if slot["status"] == "OPEN"]
        slots_by_expert[expert["id"]] = open_slots[:SLOTS_PER_EXPERT]
    ids = list(slots_by_expert)
    journaling_clients = []
    journal = Journal(experts=experts)
    for number in range(count):
        client = await api.new_client()
        viewer = (await client.ask("{ viewer { id } }"))["viewer"]
        journal.clients.add(object_id(viewer["id"], "User", "id"))
        journaling_clients.append(
            JournalingClient(
                *(fleet, rng, http, client.token or "", []),
                slots_by_expert={
                    id_: slots_by_expert[id_] for id_ in ids[number % groups :: groups]
                },
                days=days,
                journal=journal,
                admin=admin,
            )
        )
    record_history(journaling_clients, recorded)
    return journaling_clients


def record_history(clients: Sequence[JournalingClient], path: Path) -> History:
    """Start a new history of the clients, which must not have any bookings, and return it."""
    journal = clients[0].journal
    slots = (slots for client in clients for slots in client.slots_by_expert.values())
    open_slots = {slot for of_expert in slots for slot in of_expert}
    history = History(path, journal.experts, HOLD_SECONDS, open_slots, MAX_RECORDED, MAX_UNKNOWN)
    journal.history = history
    for client in clients:
        client.history = history
    return history
