"""What a killed ledger leaves behind, and how soon the others can go on."""

from __future__ import annotations

import asyncio
import signal
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from bson import Binary
from pymongo import MongoClient, monitoring

from models.bookings.events import Event
from models.calendar.rules import Calendar
from models.ids import new_id
from models.ledger.changes import Change
from models.ledger.ledger import Ledger
from models.ledger.writers import SILENCE_SECONDS, Writer, WriterSession
from models.store.transactions import READ, WRITE
from tests.models.samples import rules
from tests.models.victims import die_at_commit, longer_horizon, unheard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.bookings.booking import Booking
    from models.ledger.changes import Agendas
    from models.store.connection import Client

PATIENCE_SECONDS = 120
LIFETIME_SECONDS = 60
"""After this time the database itself gives up a transaction."""


class Kills(monitoring.CommandListener):
    """Records the sessions that the database has ended on request."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self._asked: dict[int, set[str]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Remember which sessions a command is about."""
        if event.command_name == "killSessions":
            sessions = event.command["killSessions"]
            self._asked[event.request_id] = {str(each["id"].as_uuid()) for each in sessions}

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Record the sessions of a command that the database has carried out."""
        self.ended |= self._asked.pop(event.request_id, set())

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Forget a command that the database has refused."""
        self._asked.pop(event.request_id, None)


KILLS = Kills()
monitoring.register(KILLS)


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """A calendar of nobody, gone after the test."""
    assert database is not None
    calendar = await Calendar(id=new_id(), rules=rules()).insert()
    yield calendar
    await Event.find({"expert_id": calendar.id}).delete()
    await calendar.delete()


async def horizon_and_events(calendar: Calendar) -> tuple[int, int]:
    """How much further it reaches than at first, and how many events it has had."""
    after = await Calendar.get(calendar.id)
    assert after
    events = await Event.find({"expert_id": calendar.id}).to_list()
    assert after.sequence == len(events)
    return after.rules.horizon_days - calendar.rules.horizon_days, len(events)


async def known_writers() -> set[str]:
    """The sessions that are looked after."""
    return {writer.id for writer in await Writer.find_all().to_list()}


async def beats(id_: str) -> int:
    """How often one of them has said that it lives."""
    writer = await Writer.get(id_)
    return writer.beats if writer else 0


async def test_a_calendar_is_free_soon_after_the_death_of_who_was_writing_to_it(
    database: Client, database_url: str, calendar: Calendar
) -> None:
    """The killed writer's transaction is ended, leaves nothing behind, and its row is removed.

    A ledger retries for some ten seconds, less than the database keeps the transaction by itself.
    So the change succeeds only if ending the session has freed the calendar.
    """
    assert 2 * SILENCE_SECONDS < LIFETIME_SECONDS / 2
    before = await known_writers()
    victim = get_context("spawn").Process(target=die_at_commit, args=(database_url, calendar.id))
    victim.start()
    await asyncio.to_thread(victim.join)
    assert victim.exitcode == -signal.SIGKILL
    [dead] = await known_writers() - before
    async with Ledger(database, unheard).open() as ledger, asyncio.timeout(PATIENCE_SECONDS):
        while dead not in KILLS.ended:  # noqa: ASYNC110 - another task brings it about
            await asyncio.sleep(0.1)
        await ledger.post(longer_horizon(calendar.id))
        while dead in await known_writers():  # noqa: ASYNC110 - another task brings it about
            await asyncio.sleep(0.1)
    assert await horizon_and_events(calendar) == (1, 1)


async def test_a_ledger_whose_session_was_ended_decides_anew(
    database: Client, database_url: str, calendar: Calendar
) -> None:
    """It was taken for dead and was only slow: its change is made all the same, once."""
    wanted = longer_horizon(calendar.id)
    tries: list[int] = []

    def decide(agendas: Agendas) -> list[Booking]:
        tries.append(1)
        if len(tries) == 1:
            with MongoClient[dict[str, Any]](database_url) as other:
                known = other.get_default_database()["writers"].find()
                ids = [{"id": Binary.from_uuid(UUID(writer["_id"]))} for writer in known]
                other.admin.command({"killSessions": ids})
        return wanted.decide(agendas)

    async with Ledger(database, unheard).open() as ledger:
        await ledger.post(Change(decide, expert_ids=[calendar.id]))
    assert len(tries) == 2
    assert await horizon_and_events(calendar) == (1, 1)


async def test_who_writes_says_so_for_as_long_as_the_transaction_is_open(
    database: Client, calendar: Calendar
) -> None:
    """So it is not taken for dead, however long it takes."""
    writer = WriterSession(database)
    async with (
        writer.open(),
        writer.writing() as session,
        await session.start_transaction(READ, WRITE),
    ):
        id_ = str(session.session_id["id"].as_uuid())
        await Calendar.find_one({"_id": calendar.id}, session=session)
        before = await beats(id_)
        assert before > 0
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await beats(id_) < before + 2:  # noqa: ASYNC110 - another task brings it about
                await asyncio.sleep(0.05)
