"""Commit a batch in one transaction, on the condition that its calendars are unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.directory.versions import increment_directory_version
from models.ledger.writers import WriterSession
from models.store.transactions import MAJORITY, READ, TRANSIENT, WRITE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractAsyncContextManager

    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.bookings.agenda import Agenda
    from models.ledger.batch import Batch


class Outdated(PyMongoError):
    """The calendars that a batch was decided on have changed in the meantime."""

    def __init__(self) -> None:
        super().__init__("The calendar has changed.", [TRANSIENT])


class Committer:
    """Commits batches, one after the other."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._session = WriterSession(client)

    def open(self) -> AbstractAsyncContextManager[None]:
        """Keep a session open for as long as the context lasts."""
        return self._session.open()

    async def commit(self, batch: Batch) -> None:
        """Commit the changes of a batch and check what its refusals are based on.

        Raises:
            Outdated: if a calendar or a directory entry has changed.
            PyMongoError: if the database refuses or does not answer.
        """
        unchanged, described = batch.unchanged, batch.described
        if not batch.events and not described:
            await _check_versions(unchanged)
            return
        # A transaction that reads nothing needs no snapshot: its writes are conditional.
        concern = READ if unchanged or described else None
        async with (
            self._session.writing() as session,
            await session.start_transaction(concern, WRITE),
        ):
            await _check_versions(unchanged, session)
            await _check_entries(described, session)
            if not await batch.writes().send(session):
                raise Outdated
            for agenda in described:
                if agenda.expert:
                    await agenda.expert.replace(session=session)
                    await increment_directory_version(session)


async def _check_versions(
    agendas: Sequence[Agenda], session: AsyncClientSession | None = None
) -> None:
    if not agendas:
        return
    calendars = Calendar.get_pymongo_collection()
    if session is None:
        calendars = calendars.with_options(read_concern=MAJORITY)
    ids = [agenda.calendar.id for agenda in agendas]
    rows = await calendars.find({"_id": {"$in": ids}}, {"sequence": 1}, session=session).to_list()
    found = {row["_id"]: row["sequence"] for row in rows}
    if any(found.get(agenda.calendar.id) != agenda.calendar.sequence for agenda in agendas):
        raise Outdated


async def _check_entries(agendas: Sequence[Agenda], session: AsyncClientSession) -> None:
    """Compare directory entries, which have no counter, with those that were decided on."""
    for agenda in agendas:
        if await Expert.get(agenda.calendar.id, session=session) != agenda.loaded_expert:
            raise Outdated
