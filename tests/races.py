"""Races: requests that compete, fired at once over two programs on one database.

Each race is a function that runs one round on time that nobody has asked for yet, and checks that
every answer was true of what is stored then. Another race is another entry of `RACES`.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

from models.ids import object_id, slot_id
from models.slots import SlotKey
from models.times import CELL_MINUTES, cell_of
from tests.clients import CONTACT, Api
from tests.practices import LONDON, Practice, day_ahead

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from models.database import Database
    from models.ids import Id
    from tests.offices import Office, Person

Json = dict[str, Any]

CLIENTS = 6
TWINS = 20
HOLD_SECONDS = 2
SPREAD_SECONDS = 0.004
"""Requests leave within it, so that now the one comes first and now the other."""
REFUSAL = "... on Refusal { code message }"
TAKEN = f"{REFUSAL} ... on SlotTaken {{ slot {{ id status }} alternatives {{ id status }} }}"
BOOKING = "... on Booking { id status startsAt sequence slot { id } }"


def mutation(name: str, input_: str, answer: str) -> str:
    """A mutation of one input."""
    return f"mutation ($input: {input_}!) {{ {name}(input: $input) {{ __typename {answer} }} }}"


OPERATIONS = {
    "bookSlot": mutation("bookSlot", "BookSlotInput", f"{BOOKING} {TAKEN}"),
    "bookSlots": mutation(
        *("bookSlots", "BookSlotsInput"),
        f"... on BookingList {{ bookings {{ id status sequence slot {{ id }} }} }} {TAKEN}",
    ),
    "holdSlot": mutation("holdSlot", "HoldSlotInput", f"{BOOKING} {TAKEN}"),
    "rescheduleBooking": mutation(
        "rescheduleBooking", "RescheduleBookingInput", f"{BOOKING} {TAKEN}"
    ),
    "cancelBooking": mutation("cancelBooking", "BookingInput", f"{BOOKING} {REFUSAL}"),
    "confirmBooking": mutation("confirmBooking", "BookingInput", f"{BOOKING} {REFUSAL}"),
    "updateExpert": mutation(
        "updateExpert", "UpdateExpertInput", f"... on Expert {{ id sequence }} {REFUSAL}"
    ),
}


@dataclass(frozen=True)
class Hour:
    """An hour of an expert that nobody has asked for yet: whole, and in halves."""

    expert_id: Id
    cell: int

    def slot(self, minutes: int = 60, later: int = 0) -> str:
        """The slot of that length, some minutes later than the hour begins."""
        return slot_id(SlotKey(self.expert_id, self.cell + later // CELL_MINUTES, minutes))

    @property
    def halves(self) -> list[str]:
        """The slots of both halves."""
        return [self.slot(30), self.slot(30, 30)]


@dataclass
class Ring:
    """Where rounds are run: two experts and some clients of two programs, and the database."""

    addresses: list[str]
    database: Database
    office: Office
    clients: list[Person]
    practice: Practice
    hours: Iterator[Hour]
    others: Iterator[Hour]
    answers: Counter[str] = field(default_factory=Counter)

    def at(self, api: Api, side: int) -> Api:
        """The same client at one of the programs."""
        return Api(api.http, self.addresses[side % 2], api.token)

    def client(self, number: int, side: int | None = None) -> Api:
        """One of the clients, at the program of its number unless another is named."""
        return self.at(self.clients[number].api, number if side is None else side)

    async def ask(self, api: Api, name: str, /, **wanted: Any) -> Json:
        """What a mutation answers."""
        await asyncio.sleep(random.uniform(0, SPREAD_SECONDS))
        answer: Json = (await api.ask(OPERATIONS[name], input=wanted))[name]
        self.answers[answer["__typename"]] += 1
        return answer

    async def book(self, api: Api, slot: str, **more: Any) -> Json:
        """What `bookSlot` answers."""
        return await self.ask(api, "bookSlot", slotId=slot, contact=CONTACT, **more)

    async def booked(self, number: int, slot: str) -> Json:
        """A booking that a client has before the race."""
        booking = await self.book(self.client(number), slot)
        assert booking["__typename"] == "Booking", booking
        return booking

    async def stored(self, booking: Json) -> Json:
        """What is stored of a booking that was answered."""
        key = object_id(booking["id"], "Booking", "id")
        found = await self.database["bookings"].find_one({"_id": key})
        assert found
        return found

    async def standing(self, hour: Hour) -> list[Id]:
        """Who has some of an hour: the ids of the active bookings and holds."""
        query = {"expert_id": hour.expert_id, "active": True}
        cells = set(range(hour.cell, hour.cell + 4))
        return [
            row["_id"]
            async for row in self.database["bookings"].find(query)
            if not cells.isdisjoint(cell_of(cell) for cell in row["cells"])
        ]

    async def history(self, booking: Json) -> list[str]:
        """The statuses that a booking has had."""
        return [step["after"] for step in (await self.stored(booking))["history"]]


def hours_of(expert_id: Id) -> Iterator[Hour]:
    """The hours of a practice from the fourth day on."""
    for days in range(4, 85):
        for hour in range(8, 18):
            at = datetime.combine(day_ahead(days), time(hour), LONDON)
            yield Hour(expert_id, cell_of(at))


async def rings(
    addresses: list[str], database: Database, office: Office, number: int, **rules: Any
) -> list[Ring]:
    """Some rings, whose experts have rules of their own."""
    found = []
    clients = [await office.person() for _ in range(CLIENTS)]
    for _ in range(number):
        one, two = await Practice.opened(office), await Practice.opened(office)
        if rules:
            assert (await one.set(**rules))["__typename"] == "AvailabilitySet"
        hours, others = (hours_of(object_id(each.id, "Expert", "id")) for each in (one, two))
        found.append(Ring(addresses, database, office, clients, one, hours, others))
    return found


def won(answers: list[Json]) -> list[Json]:
    """Those of some answers that are bookings."""
    return [answer for answer in answers if answer["__typename"] == "Booking"]


def kinds(answers: list[Json]) -> Counter[str]:
    """How many answers there are of each type."""
    return Counter(answer["__typename"] for answer in answers)


def key_of(booking: Json) -> Id:
    """The stored id of a booking that was answered."""
    return object_id(booking["id"], "Booking", "id")


def check_alternatives(answers: list[Json]) -> None:
    """What is offered in place of a slot that is taken is free, and another."""
    for answer in answers:
        if answer["__typename"] == "SlotTaken":
            offered = answer["alternatives"]
            assert {slot["status"] for slot in offered} <= {"OPEN"}
            assert answer["slot"]["id"] not in {slot["id"] for slot in offered}


async def same_slot(ring: Ring) -> None:
    """One of many gets it; to the others it is booked."""
    hour = next(ring.hours)
    answers = await asyncio.gather(
        *(
            ring.book(ring.client(number, side), hour.slot())
            for number in range(CLIENTS)
            for side in (0, 1)
        )
    )
    assert kinds(answers) == {"Booking": 1, "SlotTaken": 2 * CLIENTS - 1}
    assert {a["slot"]["status"] for a in answers if a["__typename"] == "SlotTaken"} == {"BOOKED"}
    check_alternatives(answers)
    [booking] = won(answers)
    assert await ring.standing(hour) == [key_of(booking)]


async def overlapping_lengths(ring: Ring) -> None:
    """Either the hour is booked or some of its halves, and who lost lost to one of them."""
    hour = next(ring.hours)
    slots = [hour.slot(), *hour.halves] * 2
    random.shuffle(slots)
    answers = await asyncio.gather(
        *(ring.book(ring.client(number), slot) for number, slot in enumerate(slots))
    )
    bookings = won(answers)
    assert kinds(answers) == {"Booking": len(bookings), "SlotTaken": len(slots) - len(bookings)}
    check_alternatives(answers)
    booked = [booking["slot"]["id"] for booking in bookings]
    assert len(set(booked)) == len(booked)
    assert booked == [hour.slot()] or set(booked) == set(hour.halves)
    assert set(await ring.standing(hour)) == {key_of(booking) for booking in bookings}


async def cancel_against_book(ring: Ring) -> None:
    """The owner cancels; another gets the slot, or all came too early."""
    hour = next(ring.hours)
    first = await ring.booked(0, hour.slot())
    cancelled, *answers = await asyncio.gather(
        ring.ask(ring.client(0), "cancelBooking", bookingId=first["id"]),
        *(ring.book(ring.client(number), hour.slot()) for number in range(1, CLIENTS)),
    )
    assert (cancelled["__typename"], cancelled["status"]) == ("Booking", "CANCELLED")
    bookings = won(answers)
    assert len(bookings) <= 1
    assert kinds(answers)["SlotTaken"] == len(answers) - len(bookings)
    assert await ring.standing(hour) == [key_of(booking) for booking in bookings]
    assert all(booking["sequence"] > cancelled["sequence"] for booking in bookings)
    assert await ring.history(first) == ["CONFIRMED", "CANCELLED"]


async def cancel_against_cancel(ring: Ring) -> None:
    """One of them does it, and the history knows who."""
    hour = next(ring.hours)
    booking = await ring.booked(0, hour.slot())
    client, expert = ring.clients[0], ring.practice.expert
    answers = await asyncio.gather(
        *(
            ring.ask(ring.at(person.api, side), "cancelBooking", bookingId=booking["id"])
            for person in (client, expert)
            for side in (0, 1)
        )
    )
    assert kinds(answers) == {"Booking": 1, "NotAllowed": 3}
    winner = (client, client, expert, expert)[answers.index(won(answers)[0])]
    history = (await ring.stored(booking))["history"]
    assert [step["after"] for step in history] == ["CONFIRMED", "CANCELLED"]
    assert history[-1]["actor_id"] == object_id(winner.id, "User", "id")
    assert await ring.standing(hour) == []


async def idempotent_twins(ring: Ring) -> None:
    """The same key at once is one booking, and one answer."""
    hour = next(ring.hours)
    answers = await asyncio.gather(
        *(
            ring.book(ring.client(0, side), hour.slot(), idempotencyKey=f"key {hour.cell}")
            for side in range(TWINS)
        )
    )
    assert answers == [answers[0]] * TWINS
    assert await ring.standing(hour) == [key_of(answers[0])]
    assert await ring.history(answers[0]) == ["CONFIRMED"]


async def twins_that_differ(ring: Ring) -> None:
    """Of one key with two inputs, one is booked, and the other is told so."""
    hour = next(ring.hours)
    slots = [hour.halves[number // 2 % 2] for number in range(TWINS)]
    answers = await asyncio.gather(
        *(
            ring.book(ring.client(0, side), slot, idempotencyKey=f"differs {hour.cell}")
            for side, slot in enumerate(slots)
        )
    )
    assert kinds(answers) == {"Booking": TWINS / 2, "InvalidInput": TWINS / 2}
    bookings = won(answers)
    assert bookings == [bookings[0]] * len(bookings)
    assert await ring.standing(hour) == [key_of(bookings[0])]


async def rules_against_book(ring: Ring) -> None:
    """Who books before the expert is disabled has it; who comes after is told."""
    hour = next(ring.hours)
    admin, expert_id = ring.office.admin, ring.practice.id
    disabled, *answers = await asyncio.gather(
        ring.ask(ring.at(admin, 1), "updateExpert", expertId=expert_id, disabled=True),
        *(ring.book(ring.client(number), slot) for number, slot in enumerate(hour.halves * 2)),
    )
    bookings = won(answers)
    events = ring.database["events"]
    query = {
        "expert_id": hour.expert_id,
        "kind": "RESET",
        "sequence": {"$lte": disabled["sequence"]},
    }
    reset = max([row["sequence"] async for row in events.find(query)])
    assert all(booking["sequence"] < reset for booking in bookings)
    assert set(kinds(answers)) <= {"Booking", "SlotTaken", "SlotNotOffered"}
    taken = {a["slot"]["id"] for a in answers if a["__typename"] == "SlotTaken"}
    assert taken <= {booking["slot"]["id"] for booking in bookings}
    assert set(await ring.standing(hour)) == {key_of(booking) for booking in bookings}
    again = await ring.ask(ring.at(admin, 0), "updateExpert", expertId=expert_id, disabled=False)
    assert again["__typename"] == "Expert"
