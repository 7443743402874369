"""Tests of claims: a process that lost a race claims the calendar, and so commits next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.client_session_shared import _TxnState
from pymongo.errors import OperationFailure

from models.calendar.errors import SlotTaken
from models.calendar.rules import Calendar
from models.ids import new_id
from models.ledger.batch import Batch
from models.ledger.claims import Claims
from models.ledger.ledger import Ledger
from models.store.transactions import OUTCOME_UNKNOWN
from models.store.writers import WriterSession
from tests.support.ledgers import book_slot, cancel_command, ignore_events, slot, someone

if TYPE_CHECKING:
    from models.bookings.command import Agendas
    from models.ids import Id
    from models.store.connection import Client

PATIENCE_SECONDS = 600


@pytest.fixture(autouse=True)
def patient_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let claims be valid for ten minutes.

    On a busy machine, taking a claim and committing may take longer than claims usually last.
    """
    monkeypatch.setattr("models.ledger.claims.MAX_CLAIM_SECONDS", PATIENCE_SECONDS)


async def claim_on(calendar: Calendar) -> str | None:
    """Return the id of the session that has claimed the stored calendar, or None."""
    stored = await Calendar.get(calendar.id)
    assert stored
    return stored.claimed_by


@pytest.fixture
def blocked(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """An event that is set whenever a ledger finds a calendar claimed by another ledger."""
    is_blocked, event = Claims.blocked, asyncio.Event()

    def observed(claims: Claims, agendas: Agendas) -> set[Id]:
        found = is_blocked(claims, agendas)
        if found:
            event.set()
        return found

    monkeypatch.setattr(Claims, "blocked", observed)
    return event


async def test_ledger_that_lost_a_race_wins_the_next_one(
    ledgers: tuple[Ledger, Ledger],
    calendar: Calendar,
    blocked: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Before each commit of `here`, `elsewhere` commits a change, until a claim prevents that."""
    here, elsewhere = ledgers
    commit, attempts = Batch.commit, 0
    has_committed_or_waits = blocked

    async def commit_last(batch: Batch, writer: WriterSession) -> None:
        nonlocal attempts
        if writer is here._session:
            attempts += 1
            has_committed_or_waits.clear()
            await has_committed_or_waits.wait()
        await commit(batch, writer)
        has_committed_or_waits.set()

    async def change_without_pause() -> None:
        while True:
            await elsewhere.post(cancel_command(await book_slot(elsewhere, slot(calendar, 1))))

    monkeypatch.setattr(Batch, "commit", commit_last)
    rival = asyncio.create_task(change_without_pause())
    await book_slot(here, slot(calendar, 3))
    rival.cancel()
    assert attempts == 2
    await book_slot(elsewhere, slot(calendar, 5))
    assert await claim_on(calendar) is None


async def test_claim_of_a_killed_process_expires(
    database: Client,
    ledgers: tuple[Ledger, Ledger],
    calendar: Calendar,
    blocked: asyncio.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, _ = ledgers
    killed, now = WriterSession(database), 0.0
    monkeypatch.setattr("models.ledger.claims.monotonic", lambda: now)
    await Claims(killed).take([calendar.id])
    booking = asyncio.create_task(book_slot(here, slot(calendar, 1)))
    await blocked.wait()
    assert await claim_on(calendar) == killed.id
    now = PATIENCE_SECONDS
    await booking
    assert await claim_on(calendar) is None


async def test_claims_are_taken_in_order_up_to_one_that_another_process_holds(
    database: Client, calendar: Calendar
) -> None:
    """Because of the order, two processes that want the same calendars cannot deadlock."""
    three = [calendar, *[calendar.model_copy(update={"id": new_id()}) for _ in range(2)]]
    await Calendar.insert_many(three[1:])
    own, other = WriterSession(database), WriterSession(database)
    await Claims(other).take([three[1].id])
    await Claims(own).take([each.id for each in reversed(three)])
    assert [await claim_on(each) for each in three] == [own.id, other.id, None]
    for each in three[1:]:
        await each.delete()


async def test_claimed_calendars_are_committed_without_others(
    database: Client, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conflict on another calendar could otherwise make the claiming ledger lose once more."""
    other = await calendar.model_copy(update={"id": new_id()}).insert()
    commit, committed = Batch.commit, []

    async def noted(batch: Batch, writer: WriterSession) -> None:
        committed.append(set(batch.agendas))
        await commit(batch, writer)

    monkeypatch.setattr(Batch, "commit", noted)
    async with Ledger(database, ignore_events, use_cache=False).open() as ledger:
        await ledger._claims.take([calendar.id])
        await asyncio.gather(*(book_slot(ledger, slot(each, 1)) for each in (other, calendar)))
    assert committed == [{calendar.id}, {other.id}]
    await other.delete()


async def test_claim_ends_if_the_commands_for_the_calendar_change_nothing(
    database: Client, calendar: Calendar
) -> None:
    """Covers a command that is refused, and one that repeats an already answered request."""
    client = someone()
    async with Ledger(database, ignore_events, use_cache=False).open() as ledger:
        made = await book_slot(ledger, slot(calendar, 1), client, "key")
        await ledger._claims.take([calendar.id])
        with pytest.raises(SlotTaken):
            await book_slot(ledger, slot(calendar, 1))
        assert await claim_on(calendar) is None
        await ledger._claims.take([calendar.id])
        # The claim may outlast the first answer by a moment, but ends before the second answer.
        for _ in range(2):
            assert (await book_slot(ledger, slot(calendar, 1), client, "key")).id == made.id
    assert await claim_on(calendar) is None


async def test_calendar_stored_by_an_earlier_version_counts_as_unclaimed(
    ledger: Ledger, calendar: Calendar
) -> None:
    await Calendar.find_one({"_id": calendar.id}).update({"$unset": {"claimed_by": 1}})
    await book_slot(ledger, slot(calendar, 1))
    await ledger._claims.take([calendar.id])
    assert await claim_on(calendar) == ledger._session.id


async def test_taking_a_claim_ends_the_transaction_whose_commit_failed(
    ledger: Ledger, calendar: Calendar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the transaction stayed open, taking the claim would wait until the database aborts it."""
    commit, is_first = AsyncClientSession.commit_transaction, True

    async def fail_once(session: AsyncClientSession) -> None:
        nonlocal is_first
        if is_first:
            is_first = False
            session._transaction.state = _TxnState.COMMITTED
            raise OperationFailure("unknown", 50, {"errorLabels": [OUTCOME_UNKNOWN]})
        await commit(session)

    monkeypatch.setattr(AsyncClientSession, "commit_transaction", fail_once)
    async with asyncio.timeout(60):
        made = await book_slot(ledger, slot(calendar, 1))
    assert made.sequence == 1
    assert await claim_on(calendar) is None
