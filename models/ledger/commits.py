"""Commits: one transaction for everything that is written together, tried until it holds."""

from __future__ import annotations

import asyncio
import random
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.bookings.events import Event
from models.directory.versions import calendar_versions
from models.errors import Unavailable
from models.ledger.batches import Outcome, Outdated, decide, write
from models.ledger.changes import Agendas
from models.ledger.snapshots import load
from models.ledger.writers import WriterSession
from models.store.transactions import READ, WRITE, is_retryable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.client_session import AsyncClientSession
    from pymongo.read_concern import ReadConcern

    from models.bookings.agenda import Agenda
    from models.ids import Id
    from models.ledger.changes import Change
    from models.ledger.decision_cache import Draft

PATIENCE_SECONDS = 8.0
MOST_ROUNDS = 40


class Commits:
    """Writes what is decided, one transaction after the other.

    Args:
        client: of the database.
        single_command: as of `Writes`.
    """

    def __init__(self, client: AsyncMongoClient[dict[str, Any]], *, single_command: bool) -> None:
        self._session = WriterSession(client)
        self._single_command = single_command

    def open(self) -> AbstractAsyncContextManager[None]:
        """Have a session to write with for as long as the context lasts."""
        return self._session.open()

    async def write(self, draft: Draft) -> None:
        """Write what was decided, if the calendars are as they were then.

        Raises:
            Outdated: when they are not.
            Unavailable: when the database does not answer.
            PyMongoError: when it does not take it.
        """
        unchanged = [agenda for agenda in draft.agendas.values() if not agenda.events]
        if draft.outcome.is_empty:
            await _check(unchanged)
            return
        # What reads nothing needs no snapshot: calendars are counted where they are as they were.
        async with self._transaction(READ if unchanged else None) as session:
            await _check(unchanged, session)
            await write(draft.outcome, draft.agendas, session, single_command=self._single_command)

    async def commit(
        self, changes: list[Change], attempts: list[Outcome], is_sought: Callable[[Id], bool]
    ) -> tuple[Outcome, Agendas]:
        """Read, decide and write, until it is committed as it was decided.

        Args:
            changes: what is to be decided on.
            attempts: what was decided before, of which the commit's result may have got lost.
            is_sought: whether of a calendar more is read than is asked for.

        Returns:
            What was committed, and the agendas after it, if that was decided now.

        Raises:
            Unavailable: when that took too long.
            PyMongoError: for what a retry cannot mend.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        for round_ in range(1, MOST_ROUNDS + 1):
            try:
                return await self._try(changes, attempts, is_sought)
            except (PyMongoError, TimeoutError, Outdated) as error:
                lost = isinstance(error, Outdated) or is_retryable(error)
                if not lost or round_ == MOST_ROUNDS:
                    raise
                if loop.time() > deadline:
                    raise Unavailable("The database did not answer in time.") from error
            await asyncio.sleep(random.uniform(0, min(0.002 * 2**round_, 0.5)))  # noqa: S311
        raise AssertionError("unreachable")

    async def _try(
        self, changes: list[Change], attempts: list[Outcome], is_sought: Callable[[Id], bool]
    ) -> tuple[Outcome, Agendas]:
        """Decide and write once.

        Whichever of the attempts this snapshot knows has happened, and is the answer.
        """
        async with self._transaction() as session:
            for earlier in attempts:
                if earlier.events and await _is_known(earlier.events[0], session):
                    return earlier, Agendas((), ())
            agendas = await load(changes, session, is_sought)
            outcome = await decide(changes, agendas, session)
            if outcome.is_empty:
                await session.abort_transaction()
            else:
                await write(outcome, agendas, session, single_command=self._single_command)
                # Without an event it does no harm to make the change again.
                attempts.append(outcome)
        return outcome, agendas

    @asynccontextmanager
    async def _transaction(
        self, read: ReadConcern | None = READ
    ) -> AsyncIterator[AsyncClientSession]:
        async with (
            self._session.writing() as session,
            await session.start_transaction(read, WRITE),
        ):
            yield session


async def _is_known(event: Event, session: AsyncClientSession) -> bool:
    found = Event.get_pymongo_collection().find({"_id": event.id}, {"_id": 1}, session=session)
    return bool(await found.to_list())


async def _check(agendas: Sequence[Agenda], session: AsyncClientSession | None = None) -> None:
    """See that some calendars are as they were when they were decided on.

    Raises:
        Outdated: when they are not.
        Unavailable: when the database does not answer.
    """
    if agendas:
        found = await calendar_versions([agenda.calendar.id for agenda in agendas], session)
        if any(found.get(agenda.calendar.id) != agenda.calendar.sequence for agenda in agendas):
            raise Outdated
