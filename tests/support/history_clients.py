"""Clients that race for a few slots with every kind of operation, and record their history."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import httpx

from models.calendar.times import utc_now
from tests.support.bookers import RETRYABLE
from tests.support.clients import CONTACT, Api
from tests.support.histories import LOOK, READ, READ_TWO, History
from web.samples.demo import DEMO_PASSWORD

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    from tests.support.fleet import Fleet

BOOKING = """__typename
  ... on Booking { id status sequence startsAt heldUntil } ... on Refusal { code }"""
HOLD = f"mutation ($input: HoldSlotInput!) {{ holdSlot(input: $input) {{ {BOOKING} }} }}"
BOOK = f"mutation ($input: BookSlotInput!) {{ bookSlot(input: $input) {{ {BOOKING} }} }}"
BASKET = """mutation ($input: BookSlotsInput!) { bookSlots(input: $input) { __typename
  ... on BookingList { bookings { id status sequence startsAt } } ... on Refusal { code } } }"""
MOVE = f"""mutation ($input: RescheduleBookingInput!) {{
  rescheduleBooking(input: $input) {{ {BOOKING} }} }}"""
CANCEL = f"mutation ($input: BookingInput!) {{ cancelBooking(input: $input) {{ {BOOKING} }} }}"
CONFIRM = f"mutation ($input: BookingInput!) {{ confirmBooking(input: $input) {{ {BOOKING} }} }}"
EXPERTS = """{ experts(first: 100, orderBy: {field: NAME}) { nodes {
  id offers { minutes } availability { breakMinutes confirmsAutomatically } } } }"""
LOGIN = """mutation ($input: LoginInput!) {
  login(input: $input) { ... on SignedIn { accessToken } } }"""
FIRST_DAY, LAST_DAY = 12, 19
"""The contested slots start between these numbers of days from now."""
MAX_KEPT = 2
"""If a client has more bookings than this number, its next action is to cancel one of them."""
GIVE_UP_SHARE = 0.5
"""Probability with which a client gives up after a failed request."""


class Contested(NamedTuple):
    """The slots of one expert that clients race for."""

    expert: dict[str, Any]
    slots: list[str]
    span: dict[str, str]

    @property
    def id(self) -> str:
        """The expert's id."""
        found: str = self.expert["id"]
        return found


@dataclass(eq=False)
class HistoryClient:
    """A client that performs random actions, one after another."""

    fleet: Fleet
    rng: random.Random
    http: httpx.AsyncClient
    name: str
    token: str
    contested: Sequence[Contested]
    history: History
    admin: HistoryClient | None = None
    bookings: dict[str, Contested] = field(default_factory=dict)
    """The client's possibly active holds and bookings, each with the slots of its expert."""

    async def run(self, actions: int) -> None:
        """Perform the given number of random actions."""
        choices = [self._hold, self._book, self._book_basket, self._move, self._read, self._look]
        for _ in range(actions):
            if len(self.bookings) > MAX_KEPT:
                await self._cancel()
            await self.rng.choice(choices)()

    async def cancel_all(self) -> None:
        """Cancel the client's holds and bookings."""
        while self.bookings:
            await self._cancel()

    async def book_first(self) -> None:
        """Book the first slot of the first expert."""
        contested = self.contested[0]
        await self._book_slot(contested, contested.slots[0])

    async def read_all(self) -> None:
        """Read the slots of every expert, and the client's bookings that may be active."""
        for contested in self.contested:
            for offer in contested.expert["offers"]:
                wanted = {"id": contested.id, "minutes": offer["minutes"]}
                await self.send(READ, **wanted, **contested.span)
        for booking in self.bookings:
            await self.send(LOOK, id=booking)

    async def send(self, query: str, /, **variables: Any) -> dict[str, Any] | None:
        """Send a request, and repeat it if it fails; return its result, or None after giving up."""
        while True:
            try:
                with self.history.record(self.name, query, variables) as operation:
                    address = self.rng.choice(self.fleet.addresses or [""])
                    api = Api(self.http, address, self.token)
                    answer = operation.answer = await api.post(query, **variables)
            except (httpx.HTTPError, ValueError):
                # The server was killed before it responded to the request.
                await asyncio.sleep(self.rng.uniform(0, 0.2))
            else:
                if "errors" not in answer:
                    result: dict[str, Any] = next(iter(answer["data"].values()))
                    return result
                assert answer["errors"][0]["extensions"]["code"] in RETRYABLE, answer
            if self.rng.random() < GIVE_UP_SHARE:
                return None

    async def _hold(self) -> None:
        contested, slot = self._any_slot()
        key = uuid4().hex
        answer = await self.send(HOLD, input={"slotId": slot, "idempotencyKey": key})
        if not self._keep(answer, contested):
            return
        if self.rng.random() < 1 / 2:
            await self._book_slot(contested, slot)
        elif self.rng.random() < 1 / 2:
            await self._hold()

    async def _book(self) -> None:
        await self._book_slot(*self._any_slot())

    async def _book_slot(self, contested: Contested, slot: str) -> None:
        wanted = {"slotId": slot, "contact": CONTACT, "idempotencyKey": uuid4().hex}
        answer = await self.send(BOOK, input=wanted)
        booking = self._keep(answer, contested)
        if booking and answer and answer["status"] == "PENDING" and self.admin:
            await self.admin.send(CONFIRM, input={"bookingId": booking})

    async def _book_basket(self) -> None:
        chosen = {slot: contested for contested, slot in (self._any_slot(), self._any_slot())}
        wanted = {"slotIds": list(chosen), "contact": CONTACT, "idempotencyKey": uuid4().hex}
        answer = await self.send(BASKET, input=wanted)
        if answer and "bookings" in answer:
            made = (booking["id"] for booking in answer["bookings"])
            self.bookings.update(zip(made, chosen.values(), strict=True))

    async def _move(self) -> None:
        if self.bookings:
            booking, contested = self.rng.choice(list(self.bookings.items()))
            slot = self.rng.choice(contested.slots)
            await self.send(MOVE, input={"bookingId": booking, "slotId": slot})

    async def _cancel(self) -> None:
        booking = self.rng.choice(list(self.bookings))
        if await self.send(CANCEL, input={"bookingId": booking}):
            del self.bookings[booking]

    async def _read(self) -> None:
        one = self.rng.choice(self.contested)
        two = self.rng.choice(self.contested)
        if one is two:
            minutes = self.rng.choice(one.expert["offers"])["minutes"]
            await self.send(READ, id=one.id, minutes=minutes, **one.span)
        else:
            await self.send(READ_TWO, one=one.id, two=two.id, **one.span)

    async def _look(self) -> None:
        if self.bookings:
            await self.send(LOOK, id=self.rng.choice(list(self.bookings)))

    def _any_slot(self) -> tuple[Contested, str]:
        contested = self.rng.choice(self.contested)
        return contested, self.rng.choice(contested.slots)

    def _keep(self, answer: dict[str, Any] | None, contested: Contested) -> str | None:
        """Remember the booking in a result; return its id, or None if the result has no booking."""
        if answer is None or "id" not in answer:
            return None
        booking: str = answer["id"]
        self.bookings[booking] = contested
        return booking


async def create_history_clients(
    fleet: Fleet,
    rng: random.Random,
    http: httpx.AsyncClient,
    path: Path,
    *,
    count: int,
    slots: int,
    hold_seconds: int,
) -> list[HistoryClient]:
    """Create clients that race for a few slots of each of three experts.

    The first expert has no breaks and confirms automatically, the second has breaks, and for the
    third, an administrator confirms the bookings.
    """
    api = Api(http, fleet.addresses[0])
    admin_login = {"email": "admin@example.com", "password": DEMO_PASSWORD}
    admin_token = (await api.ask(LOGIN, input=admin_login))["login"]["accessToken"]
    contested = await find_contested_slots(api.signed_in(admin_token), slots)
    experts = [found.expert for found in contested]
    open_slots = [slot for found in contested for slot in found.slots]
    history = History(path, experts, hold_seconds, open_slots)

    def new_client(name: str, token: str, admin: HistoryClient | None = None) -> HistoryClient:
        return HistoryClient(fleet, rng, http, name, token, contested, history, admin)

    admin = new_client("admin", admin_token)
    tokens = [(await api.new_client()).token or "" for _ in range(count)]
    return [new_client(f"client {n}", token, admin) for n, token in enumerate(tokens, 1)]


async def find_contested_slots(api: Api, count: int) -> list[Contested]:
    """Return slots of three experts: without breaks, with breaks, and with manual confirmation.

    Each expert's slots are the first open slots of two session lengths, so that some overlap.
    """
    since, until = (utc_now() + timedelta(days=days) for days in (FIRST_DAY, LAST_DAY))
    span = {"from": since.isoformat(), "to": until.isoformat()}
    found: dict[tuple[bool, bool], Contested] = {}
    for expert in (await api.ask(EXPERTS))["experts"]["nodes"]:
        rules = expert["availability"]
        kind = (rules["breakMinutes"] > 0, rules["confirmsAutomatically"])
        lengths = [offer["minutes"] for offer in expert["offers"][:2]]
        if kind in found or len(lengths) < 2:
            continue
        slots = []
        for minutes in lengths:
            listed = await api.slots(expert["id"], span["from"], span["to"], minutes)
            slots += [slot["id"] for slot in listed if slot["status"] == "OPEN"][: count // 2]
        if len(slots) == count:
            found[kind] = Contested(expert, slots, span)
    return [found[False, True], found[True, True], found[False, False]]
