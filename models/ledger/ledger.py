"""The only writer of calendars in a process. It commits changes in batches.

Changes of calendars in memory are decided on as they arrive (models/ledger/decision_cache.py);
other calendars are read first. All that was decided meanwhile is committed in one transaction
(group commit), so changes of one expert never race within a process. A change that needs more than
calendars, or that lost a race, is read, decided and committed in a transaction of its own
(models/ledger/commits.py).

Races with other processes are settled by the unique index on `(expert_id, cells)` and by the
calendar's counter. The loser reads and decides again, so every answer is true of what was
committed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.errors import Unavailable
from models.ledger.commits import Commits
from models.ledger.decision_cache import DecisionCache
from models.ledger.snapshots import load
from models.telemetry.metrics import count_events, observe_batch
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from pymongo import AsyncMongoClient

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.ledger.batches import Outcome
    from models.ledger.changes import Change
    from models.ledger.decision_cache import Draft

log = logging.getLogger(__name__)

LARGEST_BATCH = 16
"""Of 32 who book without a pause one half is written while the other half is worked on: with larger
batches all wait for the database and then it for them, which makes a sixth less of bookings."""


@dataclass(eq=False)
class _Entry:
    """A change that waits, where its answer goes, and the context of the request for it."""

    change: Change
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)


class Ledger:
    """The changes that wait, the task that reads for them and the one that writes them."""

    def __init__(
        self,
        client: AsyncMongoClient[dict[str, Any]],
        announce: Callable[[Sequence[Event]], Awaitable[None]],
        directory_changed: Callable[[], None] = lambda: None,
        *,
        largest_batch: int = LARGEST_BATCH,
        speculates: bool = True,
        single_command: bool = True,
    ) -> None:
        self._commits = Commits(client, single_command=single_command)
        self._speculation = DecisionCache(largest_batch, is_on=speculates)
        self._announce = announce
        self._directory_changed = directory_changed
        self._largest_batch = largest_batch
        self._entries: dict[Change, _Entry] = {}
        self._unread: list[Change] = []
        self._late: list[Change] = []
        self._next: deque[Change] = deque()
        self._to_read = asyncio.Event()
        self._to_write = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ledger]:
        """Work off changes for as long as the context lasts, those that wait at its end too."""
        async with self._commits.open(), asyncio.TaskGroup() as group:
            reader = group.create_task(self._read_on(), name="ledger's reader")
            writer = group.create_task(self._write_on(), name="ledger")
            try:
                yield self
            finally:
                while self._entries:
                    await asyncio.wait([entry.answer for entry in self._entries.values()])
                    await asyncio.sleep(0)
                reader.cancel()
                writer.cancel()

    async def post(self, change: Change) -> list[Booking]:
        """Make a change, and answer once it is committed.

        Raises:
            ExpertBookError: what `decide` raised; nothing has changed.
            InvalidInput: when the request's key was used with other input.
            Unavailable: when the database does not answer; the change may still have been made.
        """
        entry = _Entry(change, asyncio.get_running_loop().create_future())
        self._take(change)
        self._entries[change] = entry
        return await entry.answer

    def _take(self, change: Change) -> None:
        """Decide on a change if that is possible; else it waits for what must be read."""
        if self._is_taken(change):
            self._to_write.set()
        elif self._speculation.is_unknown(change):
            self._unread.append(change)
            self._to_read.set()
        else:
            self._late.append(change)
            self._to_write.set()

    async def _read_on(self) -> None:
        """Read the calendars that are not known, also while others are written."""
        while True:
            await self._to_read.wait()
            self._to_read.clear()
            await asyncio.sleep(0)  # what comes at the same time is read together
            waiting, self._unread = self._unread, []
            changes = [change for change in waiting if not self._is_taken(change)]
            if changes:
                await self._read(changes)
                self._late += [change for change in changes if not self._is_taken(change)]
            self._to_write.set()

    async def _read(self, changes: list[Change]) -> None:
        try:
            with tracer().span("ledger read", contexts=self._contexts(changes)):
                agendas = await load(changes, None, self._speculation.is_sought)
        except Exception:  # the writer meets it again, and has patience
            log.debug("calendars could not be read ahead", exc_info=True)
        else:
            self._speculation.learn(agendas.values(), is_news=False)

    async def _write_on(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            waiting, self._late = self._late, []
            late = [change for change in waiting if not self._is_taken(change)]
            batch, self._late = late[: self._largest_batch], late[self._largest_batch :]
            with self._speculation.leaving(batch):
                draft = self._speculation.close()
                while self._next and not self._speculation.is_full:
                    self._take(self._next.popleft())
                if draft:
                    await self._confirm(draft)
                if batch:
                    await self._settle(batch, [])
            if self._late or self._next:
                self._to_write.set()

    def _is_taken(self, change: Change) -> bool:
        """Whether a change is decided on, or has its place among those that will be."""
        if self._speculation.decide(change):
            return True
        has_place = self._speculation.has_no_room(change)
        if has_place:
            self._next.append(change)
        return has_place

    async def _confirm(self, draft: Draft) -> None:
        """Commit what was decided and give the answers, or have it decided again."""
        changes = list(draft.outcome.answers)
        try:
            with observe_batch(self._contexts(changes)):
                await self._commits.write(draft)
        except Exception:  # noqa: BLE001 - whatever it was, it is met again or has passed
            dropped = self._speculation.forget()
            await self._settle(changes, [draft.outcome])
            for change in dropped:
                self._take(change)
        else:
            self._speculation.written(draft)
            await self._tell(draft.outcome, changes)

    async def _settle(self, changes: list[Change], attempts: list[Outcome]) -> None:
        """Read, decide, write and give the answers; what fails alone fails alone.

        Args:
            changes: what is to be decided on.
            attempts: what may have been committed of all of it, without word of that.
        """
        try:
            with observe_batch(self._contexts(changes)):
                outcome, agendas = await self._commits.commit(
                    changes, attempts, self._speculation.is_sought
                )
        except Exception as error:  # noqa: BLE001 - it goes to whoever waits for the answer
            if len(changes) > 1 and not isinstance(error, Unavailable):
                for change in changes:
                    await self._settle([change], [])
            else:
                for change in changes:
                    self._give(change, self._entries[change].context.run(_explained, error))
        else:
            self._speculation.learn(agendas.values())
            await self._tell(outcome, changes)

    async def _tell(self, outcome: Outcome, changes: Iterable[Change]) -> None:
        """Tell everybody of what was committed."""
        if outcome.changes_directory:
            self._directory_changed()
        if outcome.events:
            count_events(event.kind for event in outcome.events)
            await self._announce(outcome.events)
        for change in changes:
            self._give(change, outcome.answers[change])

    def _contexts(self, changes: Iterable[Change]) -> list[Context]:
        return [self._entries[change].context for change in changes]

    def _give(self, change: Change, answer: list[Booking] | Exception) -> None:
        waiting = self._entries.pop(change).answer
        if waiting.done():
            return
        if isinstance(answer, Exception):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)


def _explained(error: Exception) -> Exception:
    if isinstance(error, (PyMongoError, TimeoutError)):
        log.error("a change could not be written", exc_info=error)
        return Unavailable("The database did not take the change. Please try again.")
    return error
