"""Results of searches by time match the stored calendars, even while calendars change."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from models.bookings.booking import Booking
from models.bookings.calendars import DescribeExpert
from models.bookings.open_ranking import NO_SLOT
from models.bookings.open_search import OpenSearch
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey
from models.calendar.times import CELL, cell_of, utc_now
from models.directory.experts import (
    Category,
    DirectoryEntry,
    Expert,
    ExpertOrderField,
    default_order,
    directory_order,
)
from models.directory.filters import Available, ExpertFilter
from models.directory.search import DirectorySearch
from models.directory.versions import increment_directory_version
from models.errors import BadUserInput
from models.ids import new_id
from models.store.pages import PageArguments
from tests.support.ledgers import book_slot, cancel_command
from tests.support.open_directories import OpenDirectory, Stored

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from models.ids import Id
    from models.ledger.ledger import Ledger
    from models.store.connection import Client
    from models.store.pages import Order, Page

ROUNDS = 4
DAY = timedelta(days=1)
FOREVER = timedelta(days=100)
FILTERS = (
    ExpertFilter(),
    ExpertFilter(categories=(Category.LEGAL,)),
    ExpertFilter(languages=("welsh",), max_hourly_rate=7_000),
    ExpertFilter(min_rating=4.5),
    ExpertFilter(confirms_automatically=True, categories=(Category.LEGAL, Category.DESIGN)),
    ExpertFilter(search="bees"),
    ExpertFilter(search="ada beekeeper", categories=(Category.DESIGN,)),
)
SOONEST = ExpertOrderField.SOONEST


@pytest.fixture(autouse=True)
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, so that no slot becomes unbookable between a search and the check of it."""
    now = utc_now()
    for module in ("models.bookings.open_search", "models.ledger.loading", __name__):
        monkeypatch.setattr(f"{module}.utc_now", lambda: now)


@pytest.fixture
async def added(database: Client) -> AsyncIterator[OpenDirectory]:
    """A directory to which twelve experts have been added; they are deleted afterwards."""
    assert database is not None
    directory = OpenDirectory(Random(7))
    for _ in range(12):
        await directory.add()
    yield directory
    await directory.remove_all()


@pytest.fixture
async def searches() -> AsyncIterator[tuple[OpenSearch, OpenSearch]]:
    """Two independent search indexes, like those of two processes."""
    words = DirectorySearch()
    async with OpenSearch(words).open() as one, OpenSearch(words).open() as two:
        yield one, two


@pytest.fixture(params=[64, 0], ids=["one by one", "by bitmaps"])
def threshold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make searches examine calendars one by one, or use bitmaps of experts."""
    monkeypatch.setattr("models.bookings.open_index.MAX_SINGLE", request.param)


async def listed(
    search: OpenSearch, filter_: ExpertFilter, order: Order, size: int, *, backward: bool = False
) -> list[Id]:
    """Read all pages of a search's results, and return the ids of the experts in order."""
    found: list[Id] = []
    cursor: str | None = None
    while True:
        arguments = (
            PageArguments(last=size, before=cursor)
            if backward
            else PageArguments(first=size, after=cursor)
        )
        page: Page[DirectoryEntry] = await search.page(filter_, order, arguments)
        ids = [row.id for row in page.rows]
        found = ids + found if backward else found + ids
        assert await page.total() >= len(ids)
        if not (page.has_previous if backward else page.has_next):
            return found
        cursor = order.cursor(page.rows[0 if backward else -1])


def expected(
    stored: Stored, among: set[Id], filter_: ExpertFilter, order: Order, ranks: dict[Id, str]
) -> list[Id]:
    """Return the ids of the experts in `among` that a search should find, in the given order."""
    now = utc_now()
    available = filter_.available or Available(now, now + FOREVER, None)
    opens = stored.all_open(available, now)
    found = [id_ for id_ in among if filter_.available is None or id_ in opens]

    def key(id_: Id) -> Any:
        if order.field == "by_soonest":
            return opens.get(id_, NO_SLOT), str(id_)
        return (
            ranks[id_] if order.field == "by_match" else getattr(stored.experts[id_], order.field)
        )

    return sorted(found, key=key, reverse=order.descending)


def some_filter(rng: Random) -> ExpertFilter:
    """Return a random filter, which in most cases includes a time span."""
    base = rng.choice(FILTERS)
    if rng.random() < 0.2:
        return base
    since = utc_now() + timedelta(minutes=rng.randrange(-600, 5_000))
    until = since + timedelta(minutes=rng.choice((15, 60, 240, 2_000, 20_000)))
    available = Available(since, until, rng.choice((None, 30, 60, 90)))
    return ExpertFilter(**{**{f: getattr(base, f) for f in base.__slots__}, "available": available})


async def check(search: OpenSearch, rng: Random) -> None:
    """Compare the results of a random search with the stored calendars."""
    filter_ = some_filter(rng)
    field = rng.choice((SOONEST, SOONEST, *ExpertOrderField))
    order = directory_order(field, descending=rng.random() < 0.5)
    if filter_.search and rng.random() < 0.5:
        order = default_order(filter_)
    matches = await DirectorySearch().matches(None, filter_) if filter_.search else []
    stored = await Stored.read()
    among = {match.expert.id for match in matches}
    if not filter_.search:
        among = {each.id for each in await Expert.find(filter_.query()).to_list()}
    ranks = {match.expert.id: match.by_match for match in matches}
    wanted = expected(stored, among, filter_, order, ranks)
    size, backward = rng.choice((1, 3, 100)), rng.random() < 0.4
    if size == 1 and len(wanted) > 12:
        size = 7
    assert await listed(search, filter_, order, size, backward=backward) == wanted, (filter_, order)
    page = await search.page(filter_, order, PageArguments(first=1))
    assert await page.total() == len(wanted)
    for id_ in rng.sample(sorted(stored.experts), 3):
        now = utc_now()
        first = stored.first_open(id_, Available(now, now + FOREVER, 60), now)
        known = await search.next_open(id_, 60, 1, now)
        assert known
        assert known.cells == ([first.cell] if first else [])
        since = now + rng.uniform(-1, 20) * DAY
        span = since, since + rng.uniform(0.01, 5) * DAY
        within = stored.first_open(id_, Available(*span, 60), now)
        known = await search.next_open(id_, 60, 1, now, span)
        assert known
        assert known.cells == ([within.cell] if within else [])
    counted = await search.counts(filter_)
    categories = [stored.experts[id_].category for id_ in wanted]
    assert counted == {each: categories.count(each) for each in Category}


class Clients:
    """Clients and experts who change calendars at random, through two ledgers."""

    def __init__(self, ledgers: tuple[Ledger, Ledger], added: OpenDirectory) -> None:
        self.ledgers, self.added, self.rng = ledgers, added, added.rng
        self.booked: list[Booking] = []

    async def change(self, id_: Id) -> None:
        """Make a random change to an expert's bookings, disabled flag or availability rules."""
        ledger, stored = self.rng.choice(self.ledgers), await Stored.read()
        own = [booking for booking in self.booked if booking.expert_id == id_]
        of, chance = stored.calendars[id_].rules, self.rng.random()
        if own and chance < 0.3:
            self.booked.remove(own[0])
            await ledger.post(cancel_command(own[0]))
        elif chance < 0.4:
            closed = {"disabled": of.accepts_bookings}
            rules = {"accepts_bookings": not of.accepts_bookings}
            await ledger.post(DescribeExpert(expert_ids=[id_], fields=closed, rules=rules))
        elif chance < 0.5:
            changed = {"minimum_notice_minutes": self.rng.choice((0, 120)), "break_minutes": 15}
            await ledger.post(DescribeExpert(expert_ids=[id_], fields={}, rules=changed))
        elif id_ in stored.experts:
            since = utc_now() + self.rng.random() * 2 * DAY
            key = stored.first_open(id_, Available(since, since + 3 * DAY, None), utc_now())
            if key:
                self.booked.append(await book_slot(ledger, key))


@pytest.mark.usefixtures("threshold")
@pytest.mark.parametrize("ledgers", [True], indirect=True, ids=["cached"])
async def test_searches_agree_with_the_stored_calendars(
    added: OpenDirectory,
    searches: tuple[OpenSearch, OpenSearch],
    ledgers: tuple[Ledger, Ledger],
) -> None:
    """Changes calendars at random through both ledgers, and then compares random searches."""
    clients, rng = Clients(ledgers, added), added.rng
    for _ in range(ROUNDS):
        for id_ in rng.sample(added.ids, 4):
            await clients.change(id_)
        for _ in range(3):
            await check(rng.choice(searches), rng)


@pytest.mark.usefixtures("threshold")
@pytest.mark.parametrize("ledgers", [True], indirect=True, ids=["cached"])
async def test_searches_are_exact_while_calendars_change(
    added: OpenDirectory,
    searches: tuple[OpenSearch, OpenSearch],
    ledgers: tuple[Ledger, Ledger],
) -> None:
    """Each search shows a calendar as it was either before or after a concurrent change."""
    clients, rng = Clients(ledgers, added), added.rng
    order = directory_order(SOONEST, descending=False)
    for _ in range(ROUNDS):
        since = utc_now() + rng.random() * DAY
        available = Available(since, since + rng.choice((2, 5, 30)) * DAY / 10, None)
        filter_ = ExpertFilter(available=available)

        async def search(one: OpenSearch, wanted: ExpertFilter = filter_) -> dict[Id, int]:
            page = await one.page(wanted, order, PageArguments(first=100))
            return {row.id: int(row.by_soonest[:8]) for row in page.rows}

        before = (await Stored.read()).all_open(available, utc_now())
        changed = rng.sample(added.ids, 6)
        changes = [asyncio.create_task(clients.change(id_)) for id_ in changed]
        found = [await search(rng.choice(searches)) for _ in range(6)]
        await asyncio.gather(*changes)
        after = (await Stored.read()).all_open(available, utc_now())
        for each in found:
            for id_ in {*before, *after, *each}:
                assert each.get(id_) in {before.get(id_), after.get(id_)}, id_
        for one in searches:
            assert await search(one) == after


async def test_all_searches_reflect_a_change_at_once(
    added: OpenDirectory, searches: tuple[OpenSearch, OpenSearch], ledger: Ledger
) -> None:
    id_, order = added.ids[0], directory_order(SOONEST, descending=False)
    tomorrow = utc_now().replace(hour=9, minute=0, second=0, microsecond=0) + 2 * DAY
    filter_ = ExpertFilter(available=Available(tomorrow, tomorrow + DAY / 24, 60))

    async def is_found() -> list[bool]:
        pages = [await one.page(filter_, order, PageArguments(first=100)) for one in searches]
        return [id_ in {row.id for row in page.rows} for page in pages]

    assert await is_found() == [True, True]
    booking = await book_slot(ledger, SlotKey(id_, cell_of(tomorrow), 60))
    assert await is_found() == [False, False]
    await ledger.post(cancel_command(booking))
    assert await is_found() == [True, True]


async def test_missed_changes_are_detected_by_comparing_calendar_positions(
    added: OpenDirectory,
    searches: tuple[OpenSearch, OpenSearch],
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Covers more changes than a ledger's record holds, and a change that names no expert."""
    monkeypatch.setattr("models.bookings.changed_calendars.MAX_RECENT", 2)
    rng = added.rng
    await check(searches[0], rng)
    clients = Clients((ledger, ledger), added)
    for id_ in added.ids:
        await clients.change(id_)
    await check(searches[0], rng)
    await increment_directory_version(changed=None)
    await check(searches[0], rng)


async def test_experts_without_an_open_slot_are_listed_last(
    added: OpenDirectory, searches: tuple[OpenSearch, OpenSearch], ledger: Ledger
) -> None:
    id_ = added.ids[0]
    full = DescribeExpert(expert_ids=[id_], fields={}, rules={"weekly": ()})
    await ledger.post(full)
    order = directory_order(SOONEST, descending=False)
    page = await searches[0].page(ExpertFilter(), order, PageArguments(first=100))
    assert page.rows[-1].id == id_
    cursor = order.cursor(page.rows[-2])
    page = await searches[1].page(ExpertFilter(), order, PageArguments(first=2, after=cursor))
    assert [row.id for row in page.rows] == [id_]


@pytest.mark.usefixtures("added")
@pytest.mark.parametrize(
    "make", [lambda: PageArguments(first=0), lambda: PageArguments(after="nonsense")]
)
async def test_invalid_page_arguments_are_refused(
    searches: tuple[OpenSearch, OpenSearch], make: Callable[[], PageArguments]
) -> None:
    with pytest.raises(BadUserInput):
        await searches[0].page(ExpertFilter(), directory_order(SOONEST, descending=False), make())


@pytest.mark.parametrize("waiting", [0, 1])
async def test_end_of_a_hold_frees_no_time_while_somebody_waits_in_line(
    added: OpenDirectory, searches: tuple[OpenSearch, OpenSearch], waiting: int
) -> None:
    """If somebody waits, the time of an ended hold can only be offered to the first in line."""
    search, expert_id, now = searches[0], added.ids[0], utc_now()
    available = Available(now, now + FOREVER, 60)
    key = (await Stored.read()).first_open(expert_id, available, now)
    assert key
    hold = {
        "expert_id": expert_id,
        "client_id": new_id(),
        "status": "HELD",
        "active": True,
        "starts_at": key.starts_at,
        "minutes": 60,
        "held_until": now - timedelta(seconds=1),
        "cells": [key.starts_at + number * CELL for number in range(4)],
    }
    await Booking.get_pymongo_collection().insert_one(hold)
    line = {"$set": {"waiting": waiting}}
    await Calendar.get_pymongo_collection().update_one({"_id": expert_id}, line)
    await search.page(
        ExpertFilter(available=available),
        directory_order(SOONEST, descending=False),
        PageArguments(first=1),
    )
    found = await search.next_open(expert_id, 60, 1, now)
    assert found
    assert (found.cells == [key.cell]) == (waiting == 0)
