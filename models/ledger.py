"""The one writer of a process: every change of a calendar goes through it, in batches.

Everything that waits is decided on in one transaction (group commit), and an expert's own changes
never race each other.

The index on `(expert_id, cells)` and the calendar's counter judge the races with other processes.
Who loses one reads again and decides again, so every answer is true of what was committed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.batches import Outcome, RulesChanged, decide, write
from models.errors import Unavailable
from models.events import Event
from models.meters import count_events, observed_batch
from models.transactions import READ, WRITE, is_passing
from models.views import load
from models.writers import WriterSession

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from pymongo import AsyncMongoClient

    from models.bookings import Booking
    from models.changes import Change

log = logging.getLogger(__name__)

LARGEST_BATCH = 64
PATIENCE_SECONDS = 8.0
MOST_ROUNDS = 40


@dataclass(eq=False)
class _Entry:
    """A change that waits, where its answer goes, and the context of the request for it."""

    change: Change
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)


class Ledger:
    """The queue of changes and the task that works it off."""

    def __init__(
        self,
        client: AsyncMongoClient[dict[str, Any]],
        announce: Callable[[Sequence[Event]], Awaitable[None]],
        directory_changed: Callable[[], None] = lambda: None,
        *,
        largest_batch: int = LARGEST_BATCH,
    ) -> None:
        self._session = WriterSession(client)
        self._announce = announce
        self._directory_changed = directory_changed
        self._largest_batch = largest_batch
        self._waiting: asyncio.Queue[_Entry] = asyncio.Queue()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ledger]:
        """Work off changes for as long as the context lasts, those that wait at its end too."""
        async with self._session.open(), asyncio.TaskGroup() as group:
            worker = group.create_task(self._work(), name="ledger")
            try:
                yield self
            finally:
                await self._waiting.join()
                worker.cancel()

    async def post(self, change: Change) -> list[Booking]:
        """Make a change, and answer once it is committed.

        Raises:
            ExpertBookError: what `decide` raised; nothing has changed.
            InvalidInput: when the request's key was used with other input.
            Unavailable: when the database does not answer; the change may still have been made.
        """
        entry = _Entry(change, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(entry)
        return await entry.answer

    async def _work(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < self._largest_batch and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            try:
                await self._settle(batch)
            finally:
                for _ in batch:
                    self._waiting.task_done()

    async def _settle(self, batch: list[_Entry]) -> None:
        """Commit a batch and give each entry its answer; one that fails alone fails alone."""
        try:
            with observed_batch([entry.context for entry in batch]):
                outcome = await self._commit(batch)
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the answer
            if len(batch) > 1 and not isinstance(error, Unavailable):
                for entry in batch:
                    await self._settle([entry])
            else:
                for entry in batch:
                    _give(entry, entry.context.run(_explained, error))
            return
        if outcome.changes_directory:
            self._directory_changed()
        if outcome.events:
            count_events(event.kind for event in outcome.events)
            await self._announce(outcome.events)
        for entry in batch:
            _give(entry, outcome.answers[entry.change])

    async def _commit(self, batch: list[_Entry]) -> Outcome:
        """Try until the batch is committed as it was decided.

        Raises:
            Unavailable: when that took too long.
            PyMongoError: for what a retry cannot mend.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        changes = [entry.change for entry in batch]
        attempts: list[Outcome] = []
        for round_ in range(1, MOST_ROUNDS + 1):
            try:
                return await self._transact(changes, attempts)
            except (PyMongoError, TimeoutError, RulesChanged) as error:
                lost = isinstance(error, RulesChanged) or is_passing(error)
                if not lost or round_ == MOST_ROUNDS:
                    raise
                if loop.time() > deadline:
                    raise Unavailable("The database did not answer in time.") from error
            await asyncio.sleep(random.uniform(0, min(0.002 * 2**round_, 0.5)))  # noqa: S311
        raise AssertionError("unreachable")

    async def _transact(self, changes: list[Change], attempts: list[Outcome]) -> Outcome:
        """Decide and write once.

        `attempts` are those before it in which the commit's result may have got lost: whichever
        of them this snapshot knows has happened, and is the answer.
        """
        async with (
            self._session.writing() as session,
            await session.start_transaction(READ, WRITE),
        ):
            for earlier in attempts:
                if await Event.find_one({"_id": earlier.events[0].id}, session=session):
                    return earlier
            agendas = await load(changes, session)
            outcome = await decide(changes, agendas, session)
            if outcome.is_empty:
                await session.abort_transaction()
                return outcome
            await write(outcome, agendas, session)
            # Without an event it does no harm to make the change again.
            if outcome.events:
                attempts.append(outcome)
        return outcome


def _explained(error: Exception) -> Exception:
    if isinstance(error, (PyMongoError, TimeoutError)):
        log.error("a change could not be written", exc_info=error)
        return Unavailable("The database did not take the change. Please try again.")
    return error


def _give(entry: _Entry, answer: list[Booking] | Exception) -> None:
    if entry.answer.done():
        return
    if isinstance(answer, Exception):
        entry.answer.set_exception(answer)
    else:
        entry.answer.set_result(answer)
