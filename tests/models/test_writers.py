"""Recovery from killed writers: their transactions are aborted, their registrations deleted."""

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
from models.ledger.ledger import Ledger
from models.store.transactions import READ, WRITE
from models.store.writers import HEARTBEAT_TIMEOUT_SECONDS, Writer, WriterSession
from tests.support.commands import FunctionCommand
from tests.support.killed_writer import die_at_commit, ignore_events, longer_horizon
from tests.support.samples import rules

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas
    from models.store.connection import Client

PATIENCE_SECONDS = 120
LIFETIME_SECONDS = 60
"""The database's own limit for the lifetime of a transaction."""


class EndedSessions(monitoring.CommandListener):
    """Records the sessions that `killSessions` commands have ended."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self._requested: dict[int, set[str]] = {}

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """Remember the sessions that a `killSessions` command is meant to end."""
        if event.command_name == "killSessions":
            sessions = event.command["killSessions"]
            self._requested[event.request_id] = {str(each["id"].as_uuid()) for each in sessions}

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Record the sessions that a `killSessions` command has ended."""
        self.ended |= self._requested.pop(event.request_id, set())

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Forget the sessions of a `killSessions` command that failed."""
        self._requested.pop(event.request_id, None)


ENDED_SESSIONS = EndedSessions()
monitoring.register(ENDED_SESSIONS)


@pytest.fixture
async def calendar(database: Client) -> AsyncIterator[Calendar]:
    """Insert a calendar without an expert; delete it after the test."""
    assert database is not None
    calendar = await Calendar(id=new_id(), rules=rules()).insert()
    yield calendar
    await Event.find({"expert_id": calendar.id}).delete()
    await calendar.delete()


async def added_days_and_events(calendar: Calendar) -> tuple[int, int]:
    """Return by how many days the booking horizon grew, and the number of the calendar's events."""
    after = await Calendar.get(calendar.id)
    assert after
    events = await Event.find({"expert_id": calendar.id}).to_list()
    assert after.sequence == len(events)
    return after.rules.horizon_days - calendar.rules.horizon_days, len(events)


async def registered_sessions() -> set[str]:
    """Return the ids of the sessions that writers have registered."""
    return {writer.id for writer in await Writer.find_all().to_list()}


async def beats(id_: str) -> int:
    """Return the number of heartbeats that a writer has recorded."""
    writer = await Writer.get(id_)
    return writer.beats if writer else 0


async def test_killed_writer_blocks_a_calendar_only_until_its_session_is_ended(
    database: Client, database_url: str, calendar: Calendar
) -> None:
    """The killed writer's transaction is rolled back, and its registration is deleted.

    Heartbeats time out long before the database's own limit for a transaction, so the calendar is
    released because another writer ends the session.
    """
    assert 2 * HEARTBEAT_TIMEOUT_SECONDS < LIFETIME_SECONDS / 2
    before = await registered_sessions()
    victim = get_context("spawn").Process(target=die_at_commit, args=(database_url, calendar.id))
    victim.start()
    await asyncio.to_thread(victim.join)
    assert victim.exitcode == -signal.SIGKILL
    [dead] = await registered_sessions() - before
    async with Ledger(database, ignore_events).open() as ledger, asyncio.timeout(PATIENCE_SECONDS):
        await ledger.post(longer_horizon(calendar.id))
        while dead in await registered_sessions():  # noqa: ASYNC110 - another task deletes the registration
            await asyncio.sleep(0.1)
    assert dead in ENDED_SESSIONS.ended
    assert await added_days_and_events(calendar) == (1, 1)


class EndsOwnSession(monitoring.CommandListener):
    """Ends every writer's session once, just before the next commit."""

    def __init__(self) -> None:
        self.url: str | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """End every writer's session before the first commit after `url` was set."""
        if event.command_name != "commitTransaction" or self.url is None:
            return
        url, self.url = self.url, None
        with MongoClient[dict[str, Any]](url) as other:
            known = other.get_default_database()["writers"].find()
            ids = [{"id": Binary.from_uuid(UUID(writer["_id"]))} for writer in known]
            other.admin.command({"killSessions": ids})

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""


ENDS_OWN_SESSION = EndsOwnSession()
monitoring.register(ENDS_OWN_SESSION)


async def test_ledger_whose_session_was_ended_repeats_its_decision(
    database: Client, database_url: str, calendar: Calendar
) -> None:
    """A slow writer that was considered dead still makes its change exactly once."""
    wanted = longer_horizon(calendar.id)
    decisions: list[int] = []

    def decide(agendas: Agendas) -> list[Booking]:
        decisions.append(1)
        return wanted.decide(agendas)

    async with Ledger(database, ignore_events).open() as ledger:
        ENDS_OWN_SESSION.url = database_url
        await ledger.post(FunctionCommand(function=decide, expert_ids=[calendar.id]))
    assert len(decisions) == 2
    assert await added_days_and_events(calendar) == (1, 1)


async def test_writer_sends_heartbeats_while_its_transaction_is_open(
    database: Client, calendar: Calendar
) -> None:
    """Without heartbeats, a slow writer would be considered dead."""
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
            while await beats(id_) < before + 2:  # noqa: ASYNC110 - another task sends the heartbeats
                await asyncio.sleep(0.05)
