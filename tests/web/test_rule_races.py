"""Tests of availability rules that change while slots are booked through two servers."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from models.bookings.booking import Booking
from models.bookings.events import Event, EventKind
from models.bookings.verification import verify
from models.calendar.errors import SlotNotOffered
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey, slot_id
from models.calendar.times import cell_of, utc_now
from models.ids import Id, new_id, object_id
from models.ledger.ledger import Ledger
from tests.support.clients import Api
from tests.support.commands import FunctionCommand
from tests.support.deployments import WEEKDAYS, Deployment, hours, offer
from tests.support.practices import LONDON, Practice, london_date
from tests.support.samples import booking, rules
from tests.support.servers import run_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from models.bookings.command import Agendas
    from models.store.connection import Client

pytestmark = pytest.mark.usefixtures("database")

CHANGES, BOOKINGS, SECONDS = 40, 60, 0.6
ANSWERS = ("AvailabilitySet", "Booking", "SlotTaken", "SlotNotOffered")


@pytest.fixture(scope="module")
def addresses(
    database_url: str, database: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    """URLs of two servers that share this process's database."""
    assert database is not None  # seeded before the servers start
    settings = {"mongodb_url": database_url, "throttle": "off"}
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    with run_server(one, **settings) as first, run_server(two, **settings) as second:
        yield [first, second]


@dataclass(frozen=True)
class NumberedRules:
    """Availability rules derived from a number, which is also the price of their offer.

    The price of a booking therefore shows under which rules it was made.
    """

    number: int

    @property
    def opening_hour(self) -> int:
        """The hour at which the four open hours of each day begin."""
        return 13 if self.number % 2 else 8

    def as_input(self) -> dict[str, Any]:
        """Return these rules as the input of `setAvailability`."""
        span = (f"{self.opening_hour:02}:00", f"{self.opening_hour + 4}:00")
        return {
            "weekly": [hours(day, *span) for day in WEEKDAYS],
            "offers": [offer(60, self.number)],
            "breakMinutes": self.number % 3 * 15,
            "stepMinutes": 60,
            "cancellationNoticeMinutes": self.number,
            "confirmsAutomatically": self.number % 5 > 0,
        }

    def offers_time_of(self, booking: Booking) -> bool:
        """Return whether the booking's session begins within the open hours."""
        at = booking.starts_at.astimezone(LONDON)
        return self.opening_hour <= at.hour < self.opening_hour + 4

    def match(self, booking: Booking) -> bool:
        """Return whether a booking's time, price, break, deadline and status follow these rules."""
        notice = booking.starts_at - booking.cancellable_until
        return (
            self.offers_time_of(booking)
            and booking.price == self.number
            and len(booking.cells) == 4 + self.number % 3
            and notice == timedelta(minutes=self.number)
            and booking.history[0].after == ("CONFIRMED" if self.number % 5 else "PENDING")
        )


def slot_ids(expert_id: Id) -> list[str]:
    """Return ids of morning and afternoon slots, half of which are offered by any given rules."""
    return [
        slot_id(SlotKey(expert_id, cell_of(at), 60))
        for days in range(7, 17)
        for hour in (*range(8, 12), *range(13, 17))
        for at in (datetime.combine(london_date(days), time(hour), LONDON),)
    ]


async def test_each_booking_follows_the_rules_in_force_at_its_position_in_the_event_log(
    addresses: list[str], http: httpx.AsyncClient
) -> None:
    """All bookings between two rule changes follow the same rules.

    The response to each rule change lists exactly the bookings outside the new rules.
    """
    known_before = set(await verify(utc_now(), lambda *_: None))
    practice = await Practice.create(await Deployment.sign_in(Api(http, addresses[0])))
    expert_id = object_id(practice.id, "Expert", "id")
    client = (await practice.deployment.person()).api
    start = (await practice.set_availability(**NumberedRules(1_000).as_input()))["expert"][
        "sequence"
    ]
    rules_by_reset = {(await practice.rules())["sequence"]: NumberedRules(1_000)}

    def on_either_server(api: Api, number: int) -> Api:
        return Api(http, addresses[number % 2], api.token)

    async def change(number: int) -> dict[str, Any]:
        await asyncio.sleep(random.uniform(0, SECONDS))
        new_rules = NumberedRules(1_000 + number).as_input()
        return await practice.set_availability(
            on_either_server(practice.expert.api, number), **new_rules
        )

    async def book(number: int, slot: str) -> dict[str, Any]:
        await asyncio.sleep(random.uniform(0, SECONDS))
        return await on_either_server(client, number).book(slot)

    slots = random.sample(slot_ids(expert_id), BOOKINGS)
    answers = await asyncio.gather(
        *(change(number) for number in range(1, CHANGES + 1)),
        *(book(number, slot) for number, slot in enumerate(slots)),
    )
    assert {answer["__typename"] for answer in answers} <= set(ANSWERS)
    sets = [answer for answer in answers if answer["__typename"] == "AvailabilitySet"]
    booked = {a["id"]: a["sequence"] for a in answers if a["__typename"] == "Booking"}
    assert len(sets) == CHANGES
    assert booked

    stored = await Booking.find({"expert_id": expert_id}).to_list()
    assert len(stored) == len(booked)
    events = await Event.find({"expert_id": expert_id}).sort("+sequence").to_list()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    resets = [event.sequence for event in events if event.kind is EventKind.RESET]
    assert len(resets) == CHANGES + 1
    assert resets[0] == start

    for answer in sets:
        expert = answer["expert"]
        of_answer = NumberedRules(expert["offers"][0]["price"]["amount"])
        reset = max(number for number in resets if number <= expert["sequence"])
        assert rules_by_reset.setdefault(reset, of_answer) == of_answer
        known = [booking for booking in stored if booking.sequence <= expert["sequence"]]
        outside = {booking.sequence for booking in known if not of_answer.offers_time_of(booking)}
        assert {booking_["sequence"] for booking_ in answer["outside"]} == outside
    for since, until in pairwise([*resets, len(events) + 1]):
        for each in stored:
            if not since < each.sequence < until:
                continue
            rules_then = rules_by_reset.setdefault(since, NumberedRules(each.price))
            assert rules_then.match(each), (since, rules_then, each)
    calendar = await Calendar.get(expert_id)
    assert calendar
    last = NumberedRules(calendar.rules.offers[0].price)
    assert rules_by_reset.setdefault(resets[-1], last) == last
    assert len({each.number for each in rules_by_reset.values()}) == len(rules_by_reset)
    assert set(await verify(utc_now(), lambda *_: None)) <= known_before


async def test_a_change_of_rules_between_decision_and_commit_repeats_the_decision(
    database: Client, database_url: str
) -> None:
    """A slot that was offered at the decision, but not at the commit, is not booked."""
    calendar = Calendar(id=new_id(), rules=rules())
    await calendar.insert()
    offered_at_decision: list[bool] = []

    def close_calendar() -> None:
        """Stop the calendar from accepting bookings, as another process would."""
        closed = {"$set": {"rules.accepts_bookings": False}, "$inc": {"rules_version": 1}}
        with MongoClient[dict[str, Any]](database_url) as other:
            calendars = other.get_default_database()["calendars"]
            assert calendars.update_one({"_id": calendar.id}, closed).modified_count == 1

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        slot = agenda.slot(SlotKey(calendar.id, cell_of(offered), 60))
        offered_at_decision.append(slot is not None)
        if slot is None:
            raise SlotNotOffered("it")
        close_calendar()
        booked = booking(slot.key.cell).model_copy(update={"expert_id": calendar.id})
        return [agenda.book(booked)]

    async def ignore(_: Sequence[Event]) -> None:
        """Ignore events."""

    offered = datetime.combine(london_date(7), time(10), UTC)
    offered += timedelta(days=-offered.weekday() % 7)
    change = FunctionCommand(
        function=decide,
        expert_ids=[calendar.id],
        slots=[SlotKey(calendar.id, cell_of(offered), 60)],
    )
    async with Ledger(database, ignore).open() as ledger:
        with pytest.raises(SlotNotOffered):
            await ledger.post(change)
    assert offered_at_decision == [True, False]
    after = await Calendar.get(calendar.id)
    assert after
    assert (after.sequence, after.rules_version) == (0, 2)
    assert await Booking.find({"expert_id": calendar.id}).to_list() == []
    await calendar.delete()
