"""Fixtures for the model tests: a calendar, ledgers, and a database behind a wire proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.calendar.rules import Calendar
from models.ids import new_id
from models.ledger.ledger import Ledger
from tests.support.databases import renamed
from tests.support.ledgers import EVERY_HOUR, ignore_events
from tests.support.samples import ADA, rules
from tests.support.waitlists import Desk, key
from tests.support.wire_clients import connect
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from pymongo.asynchronous.collection import AsyncCollection

    from models.store.connection import Client


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """A stored calendar that is open around the clock and has no expert's directory entry."""
    assert database is not None
    calendar = await Calendar(id=new_id(), rules=rules(weekly=EVERY_HOUR)).insert()
    yield calendar
    await Booking.find({"expert_id": calendar.id}).delete()
    await Event.find({"expert_id": calendar.id}).delete()
    await calendar.delete()


@pytest.fixture(params=[True, False], ids=["cached", "uncached"])
async def ledgers(
    database: Client, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Two ledgers, as in two processes; each test runs once with and once without their caches."""
    async with (
        Ledger(database, ignore_events, use_cache=request.param).open() as first,
        Ledger(database, ignore_events, use_cache=request.param).open() as second,
    ):
        yield first, second


@pytest.fixture
def desk(database: Client) -> Desk:
    """A calendar in memory; its only three hours, on a Monday, are all booked by Ada."""
    assert database is not None
    desk = Desk(rules())
    desk.book(ADA, key(9), key(10), key(11))
    return desk


@pytest.fixture
async def ledger(database: Client) -> AsyncIterator[Ledger]:
    """An open ledger that caches calendars."""
    async with Ledger(database, ignore_events).open() as ledger:
        yield ledger


@pytest.fixture
def proxy(database_url: str) -> Iterator[WireProxy]:
    """A wire proxy in front of an empty database."""
    with WireProxy(renamed(database_url, f"wire-{ObjectId()}")) as proxy:
        yield proxy


@pytest.fixture
async def driver(proxy: WireProxy) -> AsyncIterator[Client]:
    """A database client that is connected through the wire proxy.

    It checks the server twice a second, so that it soon finds the primary again after an injected
    error has marked the primary as unknown.
    """
    async with connect(proxy, heartbeatFrequencyMS=500) as driver:
        yield driver


@pytest.fixture
async def things(driver: Client) -> AsyncCollection[dict[str, Any]]:
    """An empty collection behind the wire proxy."""
    things = driver.get_default_database()["things"]
    await things.database.create_collection("things")
    return things
