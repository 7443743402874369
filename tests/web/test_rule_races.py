"""Rules that change while others book, over two programs on one database."""

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
from models.calendar.slot_ids import slot_id
from models.calendar.slots import SlotKey
from models.calendar.times import cell_of, utc_now
from models.ids import Id, new_id, object_id
from models.ledger.changes import Change
from models.ledger.ledger import Ledger
from tests.clients import Api
from tests.models.samples import booking, rules
from tests.offices import WEEKDAYS, Office, hours, offer
from tests.practices import LONDON, Practice, day_ahead
from tests.servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

    from models.ledger.changes import Agendas
    from models.store.connection import Client

pytestmark = pytest.mark.usefixtures("database")

SETS, BOOKERS, SECONDS = 40, 60, 0.6
ANSWERS = ("AvailabilitySet", "Booking", "SlotTaken", "SlotNotOffered")


@pytest.fixture(scope="module")
def addresses(
    database_url: str, database: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[str]]:
    """Where two programs are that share this process's database."""
    assert database is not None  # it is filled before they start
    settings = {"mongodb_url": database_url, "throttle": "off"}
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    with running(one, **settings) as first, running(two, **settings) as second:
        yield [first, second]


@dataclass(frozen=True)
class Terms:
    """The rules of a number, each of which a booking shows: no two have the same price."""

    number: int

    @property
    def opens(self) -> int:
        """The first hour of every day; the third after it is the last."""
        return 13 if self.number % 2 else 8

    def wanted(self) -> dict[str, Any]:
        """What sets them."""
        span = (f"{self.opens:02}:00", f"{self.opens + 4}:00")
        return {
            "weekly": [hours(day, *span) for day in WEEKDAYS],
            "offers": [offer(60, self.number)],
            "breakMinutes": self.number % 3 * 15,
            "stepMinutes": 60,
            "cancellationNoticeMinutes": self.number,
            "confirmsAutomatically": self.number % 5 > 0,
        }

    def has(self, booking: Booking) -> bool:
        """Whether they offer its time."""
        at = booking.starts_at.astimezone(LONDON)
        return self.opens <= at.hour < self.opens + 4

    def made(self, booking: Booking) -> bool:
        """Whether a booking was made under them, in every respect."""
        notice = booking.starts_at - booking.cancellable_until
        return (
            self.has(booking)
            and booking.price == self.number
            and len(booking.cells) == 4 + self.number % 3
            and notice == timedelta(minutes=self.number)
            and booking.history[0].after == ("CONFIRMED" if self.number % 5 else "PENDING")
        )


def keys(expert_id: Id) -> list[str]:
    """Slots of mornings and afternoons, half of which are offered at any time."""
    return [
        slot_id(SlotKey(expert_id, cell_of(at), 60))
        for days in range(7, 17)
        for hour in (*range(8, 12), *range(13, 17))
        for at in (datetime.combine(day_ahead(days), time(hour), LONDON),)
    ]


async def test_each_booking_was_offered_under_the_rules_of_its_place_among_the_events(
    addresses: list[str], http: httpx.AsyncClient
) -> None:
    """Bookings between two resets are of one set of rules, and `outside` is true to its moment."""
    known_before = set(await verify(utc_now(), lambda *_: None))
    practice = await Practice.opened(await Office.of(Api(http, addresses[0])))
    expert_id = object_id(practice.id, "Expert", "id")
    client = (await practice.office.person()).api
    start = (await practice.set(**Terms(1_000).wanted()))["expert"]["sequence"]
    terms = {(await practice.rules())["sequence"]: Terms(1_000)}

    def of(api: Api, number: int) -> Api:
        return Api(http, addresses[number % 2], api.token)

    async def change(number: int) -> dict[str, Any]:
        await asyncio.sleep(random.uniform(0, SECONDS))
        wanted = Terms(1_000 + number).wanted()
        return await practice.set(of(practice.expert.api, number), **wanted)

    async def book(number: int, slot: str) -> dict[str, Any]:
        await asyncio.sleep(random.uniform(0, SECONDS))
        return await of(client, number).book(slot)

    slots = random.sample(keys(expert_id), BOOKERS)
    answers = await asyncio.gather(
        *(change(number) for number in range(1, SETS + 1)),
        *(book(number, slot) for number, slot in enumerate(slots)),
    )
    assert {answer["__typename"] for answer in answers} <= set(ANSWERS)
    sets = [answer for answer in answers if answer["__typename"] == "AvailabilitySet"]
    booked = {a["id"]: a["sequence"] for a in answers if a["__typename"] == "Booking"}
    assert len(sets) == SETS
    assert booked

    stored = await Booking.find({"expert_id": expert_id}).to_list()
    assert len(stored) == len(booked)
    events = await Event.find({"expert_id": expert_id}).sort("+sequence").to_list()
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    resets = [event.sequence for event in events if event.kind is EventKind.RESET]
    assert len(resets) == SETS + 1
    assert resets[0] == start

    for answer in sets:
        expert = answer["expert"]
        of_answer = Terms(expert["offers"][0]["price"]["amount"])
        reset = max(number for number in resets if number <= expert["sequence"])
        assert terms.setdefault(reset, of_answer) == of_answer
        known = [booking for booking in stored if booking.sequence <= expert["sequence"]]
        outside = {booking.sequence for booking in known if not of_answer.has(booking)}
        assert {found["sequence"] for found in answer["outside"]} == outside
    for since, until in pairwise([*resets, len(events) + 1]):
        made = [booking for booking in stored if since < booking.sequence < until]
        for each in made:
            found = terms.setdefault(since, Terms(each.price))
            assert found.made(each), (since, found, each)
    calendar = await Calendar.get(expert_id)
    assert calendar
    last = Terms(calendar.rules.offers[0].price)
    assert terms.setdefault(resets[-1], last) == last
    assert len({found.number for found in terms.values()}) == len(terms)
    assert set(await verify(utc_now(), lambda *_: None)) <= known_before


async def test_rules_that_change_between_decision_and_commit_are_decided_on_again(
    database: Client, database_url: str
) -> None:
    """What was offered when it was decided and is not when it is committed is not booked."""
    calendar = Calendar(id=new_id(), rules=rules())
    await calendar.insert()
    seen: list[bool] = []

    def elsewhere() -> None:
        """Another process closes the calendar and has committed it."""
        closed = {"$set": {"rules.accepts_bookings": False}, "$inc": {"rules_version": 1}}
        with MongoClient[dict[str, Any]](database_url) as other:
            calendars = other.get_default_database()["calendars"]
            assert calendars.update_one({"_id": calendar.id}, closed).modified_count == 1

    def decide(agendas: Agendas) -> list[Booking]:
        agenda = agendas[calendar.id]
        slot = agenda.slot(SlotKey(calendar.id, cell_of(offered), 60))
        seen.append(slot is not None)
        if slot is None:
            raise SlotNotOffered("it")
        elsewhere()
        booked = booking(slot.key.cell).model_copy(update={"expert_id": calendar.id})
        return [agenda.book(booked)]

    async def unheard(_: Sequence[Event]) -> None:
        """Nobody listens."""

    offered = datetime.combine(day_ahead(7), time(10), UTC)
    offered += timedelta(days=-offered.weekday() % 7)
    change = Change(decide, slots=[SlotKey(calendar.id, cell_of(offered), 60)])
    async with Ledger(database, unheard).open() as ledger:
        with pytest.raises(SlotNotOffered):
            await ledger.post(change)
    assert seen == [True, False]
    after = await Calendar.get(calendar.id)
    assert after
    assert (after.sequence, after.rules_version) == (0, 2)
    assert await Booking.find({"expert_id": calendar.id}).to_list() == []
    await calendar.delete()
