"""The only writer of calendars in a process: decides on commands and commits them in batches.

docs/architecture.md shows the states of a command. Decisions are optimistic: they are made on
calendars in memory, and the transaction commits only if the counters of the stored calendars have
not changed. While one batch is being written, the next batch is decided on the calendars as they
will be after that write.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.bookings.offers import OfferTerms
from models.errors import Unavailable
from models.ledger.batch import Batch, Entry, OutcomeUnknown, Outdated
from models.ledger.claims import Claims
from models.ledger.loading import CalendarCache, load
from models.store.transactions import PATIENCE_SECONDS, is_retryable
from models.store.writers import WriterSession
from models.telemetry.metrics import count_events, observe_batch
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
    from datetime import timedelta

    from pymongo import AsyncMongoClient

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas, Command
    from models.bookings.events import Event
    from models.ids import Id
    from models.ledger.batch import Answer
    from models.ledger.loading import Loaded

log = logging.getLogger(__name__)

MAX_BATCH = 16
"""Maximum number of granted commands per transaction. In larger batches, deciding and writing would
overlap less."""
MAX_BACKOFF_SECONDS = 0.1


class Ledger:
    """Accepts commands, and runs the tasks that load the commands' calendars and write changes.

    Args:
        client: the database client.
        announce: called with the events of each commit.
        directory_changed: called after a directory entry changed.
        use_cache: whether calendars stay in memory after a commit, for later commands.
        offers: how free time is offered to waiting clients.
        lead_times: times before a session at which its client is reminded.
        patience_seconds: time for which a command that lost a race is retried; None for
            `PATIENCE_SECONDS`.
    """

    def __init__(
        self,
        client: AsyncMongoClient[dict[str, Any]],
        announce: Callable[[Sequence[Event]], Awaitable[None]],
        directory_changed: Callable[[], None] = lambda: None,
        *,
        use_cache: bool = True,
        offers: OfferTerms | None = None,
        lead_times: Sequence[timedelta] = (),
        patience_seconds: float | None = None,
    ) -> None:
        self._patience_seconds = patience_seconds or PATIENCE_SECONDS
        self._session = WriterSession(client)
        self._new_batch = partial(Batch, offers or OfferTerms(), lead_times)
        self._claims = Claims(self._session)
        self._announce = announce
        self._directory_changed = directory_changed
        self._cache = CalendarCache(is_enabled=use_cache)
        self._unanswered: set[Entry] = set()
        self._to_load: list[Entry] = []
        self._to_load_experts: set[Id] = set()
        self._to_decide: deque[Entry] = deque()
        self._open = self._new_batch()
        self._writing = self._new_batch()
        self._single_commits_left = 0
        self._has_loads = asyncio.Event()
        self._has_answers = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ledger]:
        """Run the ledger's tasks within the context; on exit, wait for unanswered commands."""
        async with self._session.open(), asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._load_loop(), name="ledger loader"),
                group.create_task(self._write_loop(), name="ledger writer"),
            ]
            try:
                yield self
            finally:
                while self._unanswered:
                    await asyncio.wait([entry.answer for entry in self._unanswered])
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()

    async def post(self, command: Command) -> list[Booking]:
        """Queue a command, and return its bookings once they are committed.

        Raises:
            ExpertBookError: if the command is refused; nothing has changed.
            InvalidInput: if the idempotency key was used with other input.
            Unavailable: if the database does not respond; the change may still have been made.
        """
        entry = Entry(command, asyncio.get_running_loop().create_future())
        self._unanswered.add(entry)
        self._queue(entry)
        return await entry.answer

    def _queue(self, entry: Entry) -> None:
        """Queue a command, or decide it at once if that is possible in memory."""
        agendas = self._in_memory(entry)
        if agendas is None:
            self._to_load.append(entry)
            self._to_load_experts.update(entry.command.expert_ids)
            self._has_loads.set()
        elif self._has_room:
            self._decide(entry, agendas)
        else:
            self._to_decide.append(entry)

    def _in_memory(self, entry: Entry) -> Agendas | None:
        """Return the agendas on which to decide a command, or None if they must be loaded."""
        # A command waits for earlier commands on the same calendar, to keep their order.
        is_first = self._to_load_experts.isdisjoint(entry.command.expert_ids)
        if entry.must_load or not is_first or self._is_repeated(entry):
            return None
        return self._cache.find(entry.command, self._open.agendas)

    def _is_repeated(self, entry: Entry) -> bool:
        """Return whether this request was granted before, but its record is not stored yet."""
        record = entry.command.idempotency
        return record is not None and (
            record.id in self._open.records or record.id in self._writing.records
        )

    @property
    def _has_room(self) -> bool:
        return self._open.granted < (1 if self._single_commits_left else MAX_BATCH)

    def _decide(self, entry: Entry, agendas: Agendas, *, knows_records: bool = False) -> None:
        # A command refused here may repeat a request that was granted earlier; only the stored
        # idempotency record can tell.
        is_final = knows_records or entry.command.idempotency is None
        if self._open.decide(entry, agendas, keeps_refusal=is_final):
            self._has_answers.set()
        else:
            entry.must_load = True
            self._queue(entry)

    def _decide_waiting(self) -> None:
        while self._to_decide and self._has_room:
            self._queue(self._to_decide.popleft())

    async def _load_loop(self) -> None:
        while True:
            await self._has_loads.wait()
            self._has_loads.clear()
            await asyncio.sleep(0)  # Commands that arrive together are loaded together.
            while entries := self._loadable():
                await self._load(entries)

    def _loadable(self) -> list[Entry]:
        """Return queued commands whose calendars no batch is changing."""
        busy = {*self._open.agendas, *self._writing.agendas}
        found: list[Entry] = []
        for entry in filter(self._unanswered.__contains__, self._to_load):
            is_free = busy.isdisjoint(entry.command.expert_ids)
            if is_free and len(found) < MAX_BATCH and not self._is_repeated(entry):
                found.append(entry)
            else:
                busy.update(entry.command.expert_ids)
        return found

    async def _load(self, entries: list[Entry]) -> None:
        """Load calendars and decide commands; answer commands that an earlier batch committed."""
        if rounds := max(entry.rounds for entry in entries):
            backoff = min(0.002 * 2**rounds, MAX_BACKOFF_SECONDS)
            await asyncio.sleep(random.uniform(0, backoff))  # noqa: S311
        commands = [entry.command for entry in entries]
        attempts = {batch.events[0].id: batch for entry in entries for batch in entry.attempts}
        loaded: Loaded | Exception
        try:
            with tracer().span("ledger read", contexts=[entry.context for entry in entries]):
                loaded = await load(commands, set(self._cache), attempts.keys())
        except Exception as error:  # noqa: BLE001 - the commands' callers get the error
            loaded = error
        waiting = [entry for entry in self._to_load if entry not in entries]
        self._to_load, self._to_load_experts = [], set()
        settled: set[Batch] = set()
        if isinstance(loaded, Exception):
            self._retry(entries, loaded)
        else:
            settled = {attempts[id_] for id_ in loaded.event_ids}
            blocked = self._claims.blocked(loaded.agendas)
            claimed = self._claims.own(loaded.agendas)
            for entry in entries:
                if settled.isdisjoint(entry.attempts):
                    self._decide_loaded(entry, loaded, blocked, claimed)
        for entry in filter(self._unanswered.__contains__, waiting):
            self._queue(entry)
        if not isinstance(loaded, Exception):
            await self._claims.release(loaded.agendas, needed=set(self._open.agendas))
        for batch in settled:
            await self._answer(batch)

    def _decide_loaded(
        self, entry: Entry, loaded: Loaded, blocked: set[Id], claimed: set[Id]
    ) -> None:
        experts = entry.command.expert_ids
        answer = loaded.replay(entry.command)
        if answer is not None:
            self._give(entry, answer)
        elif not blocked.isdisjoint(experts):
            self._retry([entry], Outdated())
        elif self._is_repeated(entry) or (self._single_commits_left and not self._has_room):
            self._queue(entry)
        elif claimed and claimed.isdisjoint(experts):
            # Commit claimed calendars first, without others, whose conflicts would delay them.
            self._queue(entry)
        else:
            self._decide(entry, loaded.agendas.of(experts), knows_records=True)

    async def _write_loop(self) -> None:
        while True:
            await self._has_answers.wait()
            self._has_answers.clear()
            while self._open.answers:
                batch = self._writing = self._open
                self._open = self._new_batch()
                for agenda in batch.agendas.values():
                    self._cache.keep(agenda)
                self._decide_waiting()
                await self._write(batch)
                self._decide_waiting()
                self._has_loads.set()

    async def _write(self, batch: Batch) -> None:
        """Commit a batch and answer its commands; if the commit fails, queue them again."""
        try:
            with observe_batch([entry.context for entry in batch.answers]):
                await batch.commit(self._session)
        except Exception as error:  # noqa: BLE001 - the commands' callers get the error
            if is_retryable(error):
                await self._claims.take(batch.agendas)
            self._drop(batch, error)
        else:
            self._writing = self._new_batch()
            self._single_commits_left = max(0, self._single_commits_left - len(batch.answers))
            await self._answer(batch)

    def _drop(self, batch: Batch, error: Exception) -> None:
        """Queue again the commands of a failed batch, and the commands decided on its result."""
        self._cache.clear()
        unanswered = self._unanswered.__contains__
        entries = list(filter(unanswered, batch.answers))
        dependent = list(filter(unanswered, self._open.answers))
        self._open, self._writing = self._new_batch(), self._new_batch()
        if isinstance(error, OutcomeUnknown) and batch.events:
            for entry in entries:
                entry.attempts.append(batch)
        if len(entries) > 1 and not is_retryable(error):
            # Commit each command by itself, so that only the one that the database refuses fails.
            self._single_commits_left = len(entries)
            error = Outdated()
        self._retry(entries, error)
        for entry in dependent:
            self._queue(entry)

    def _retry(self, entries: Iterable[Entry], error: Exception) -> None:
        """Queue commands again, or answer them with the error if a retry is useless or too late."""
        now = asyncio.get_running_loop().time()
        for entry in entries:
            entry.must_load = True
            entry.rounds += 1
            entry.deadline = entry.deadline or now + self._patience_seconds
            if is_retryable(error) and now < entry.deadline:
                self._queue(entry)
            else:
                self._give(entry, entry.context.run(_explained, error))

    async def _answer(self, batch: Batch) -> None:
        """Announce the events of a committed batch and answer its commands."""
        if batch.described:
            self._directory_changed()
        if events := batch.events:
            count_events(event.kind for event in events)
            await self._announce(events)
        for entry, answer in batch.answers.items():
            self._give(entry, answer)

    def _give(self, entry: Entry, answer: Answer) -> None:
        self._unanswered.discard(entry)
        if entry.answer.done():
            return
        if isinstance(answer, Exception):
            entry.answer.set_exception(answer)
        else:
            entry.answer.set_result(answer)


def _explained(error: Exception) -> Exception:
    if isinstance(error, (PyMongoError, TimeoutError)):
        log.error("a change could not be written", exc_info=error)
        return Unavailable("The database did not take the change. Please try again.")
    return error
