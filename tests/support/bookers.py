"""Clients that book and cancel, and repeat each request until the server responds."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from tests.support.clients import CONTACT, Api
from tests.support.histories import History

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tests.support.fleet import Fleet

BOOK = """mutation ($input: BookSlotInput!) { answer: bookSlot(input: $input) {
  __typename ... on Booking { id status sequence startsAt } ... on Refusal { code } } }"""
CANCEL_BOOKING = """mutation ($id: ID!) { answer: cancelBooking(input: {bookingId: $id}) {
  __typename ... on Booking { id status sequence startsAt } ... on Refusal { code } } }"""
RETRYABLE = {"UNAVAILABLE", "TIMED_OUT"}
"""Error codes after which a request is repeated; TIMED_OUT occurs on a busy machine."""
KEPT_BOOKINGS = 4


@dataclass(eq=False)
class Booker:
    """A client that books and cancels without pause, and records the last state of each booking."""

    fleet: Fleet
    rng: random.Random
    http: httpx.AsyncClient
    token: str
    slots: Sequence[str]
    states: dict[str, str] = field(default_factory=dict)
    retries: Counter[str] = field(default_factory=Counter)
    is_done: bool = False
    history: History = field(default_factory=History)

    async def run(self) -> None:
        """Book and cancel until `is_done` is set; finish the current request first."""
        bookings: list[str] = []
        while not self.is_done:
            if booking := await self.book(self.rng.choice(self.slots)):
                bookings.append(booking)
            if len(bookings) > KEPT_BOOKINGS:
                await self._cancel(bookings.pop(self.rng.randrange(len(bookings))))

    async def book(self, slot_id: str) -> str | None:
        """Book a slot; return the booking's id, or None if the slot is taken."""
        wanted = {"slotId": slot_id, "contact": CONTACT, "idempotencyKey": uuid4().hex}
        answer, _ = await self._send_until_answered(BOOK, input=wanted)
        if answer["__typename"] == "Booking":
            self.states[answer["id"]] = answer["status"]
            booking: str = answer["id"]
            return booking
        assert answer["__typename"] == "SlotTaken", answer
        return None

    async def _cancel(self, booking: str) -> None:
        answer, was_repeated = await self._send_until_answered(CANCEL_BOOKING, id=booking)
        # If the response to the first request was lost, the repeated request is refused.
        assert answer["__typename"] == "Booking" or was_repeated, answer
        self.states[booking] = "CANCELLED"

    async def _send_until_answered(
        self, query: str, /, *, token: str | None = None, **variables: Any
    ) -> tuple[dict[str, Any], bool]:
        """Send a request until it succeeds; return its result, and whether it was repeated.

        If `token` is given, the request is sent as the account that the token belongs to.
        """
        token = token or self.token
        was_repeated = False
        while True:
            try:
                api = Api(self.http, self.rng.choice(self.fleet.addresses or [""]), token)
                with self.history.record(token[-12:], query, variables) as operation:
                    answer = operation.answer = await api.post(query, **variables)
            except (httpx.HTTPError, ValueError) as error:
                why = type(error).__name__
            else:
                if "errors" not in answer:
                    return next(iter(answer["data"].values())), was_repeated
                why = answer["errors"][0]["extensions"]["code"]
                assert why in RETRYABLE, answer
            self.retries[why] += 1
            was_repeated = True
            await asyncio.sleep(self.rng.uniform(0, 0.5))
