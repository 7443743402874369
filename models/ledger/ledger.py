"""The only writer of calendars in a process: decides on commands and commits them in batches.

A command is *queued* until the calendars that it needs are in memory, *decided* on them together
with others (models/ledger/batch.py), *written* in one transaction with those (group commit), and
*answered*. Decisions are optimistic: the transaction is conditional on the counters of the
calendars. Where another process was faster, the decisions are dropped and the commands queued
again. If the outcome of a commit is *unknown*, its commands are queued again, too; if the batch
turns out to be stored before they are decided anew, they are *settled* with its answers.

While one batch is written, the next is decided on the state that the first one leaves.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.errors import Unavailable
from models.ledger.batch import Batch, replay
from models.ledger.commit import Committer, Outdated, is_transient, is_uncertain, was_committed
from models.ledger.known_calendars import KnownCalendars
from models.ledger.loading import load
from models.telemetry.metrics import count_events, observe_batch
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from pymongo import AsyncMongoClient

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas, Command
    from models.bookings.events import Event
    from models.ids import Id
    from models.ledger.batch import Answer
    from models.ledger.loading import Loaded

log = logging.getLogger(__name__)

MAX_BATCH = 16
"""With larger batches commands and database wait for each other in turn."""
PATIENCE_SECONDS = 8.0
MAX_BACKOFF_SECONDS = 0.5


@dataclass(eq=False)
class _Entry:
    """A command that has no answer yet.

    `must_load` is set once a decision in memory turned out to be outdated; `attempts` are batches
    that may have been committed without an answer.
    """

    command: Command
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)
    must_load: bool = False
    rounds: int = 0
    deadline: float | None = None
    attempts: list[Batch] = field(default_factory=list)


class Ledger:
    """Accepts commands, and runs the tasks that load and write for them.

    Args:
        client: the database.
        announce: called with the events of each commit.
        directory_changed: called after a directory entry changed.
        max_batch: how many granted commands a transaction has.
        use_cache: whether calendars stay in memory after they were written.
        single_command: whether a transaction writes in one command, where the server can.
    """

    def __init__(
        self,
        client: AsyncMongoClient[dict[str, Any]],
        announce: Callable[[Sequence[Event]], Awaitable[None]],
        directory_changed: Callable[[], None] = lambda: None,
        *,
        max_batch: int = MAX_BATCH,
        use_cache: bool = True,
        single_command: bool = True,
    ) -> None:
        self._committer = Committer(client, single_command=single_command)
        self._announce = announce
        self._directory_changed = directory_changed
        self._max_batch = max_batch
        self._entries: dict[Command, _Entry] = {}
        self._unloaded: list[_Entry] = []
        self._unloaded_experts: set[Id] = set()
        self._loading: set[Id] = set()
        self._ready: deque[_Entry] = deque()
        self._open = Batch()
        self._writing = Batch()
        self._single_commits_left = 0
        self._known = KnownCalendars(is_enabled=use_cache)
        self._to_load = asyncio.Event()
        self._to_write = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ledger]:
        """Work as long as the context lasts, and at its end until every command is answered."""
        async with self._committer.open(), asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._load_loop(), name="ledger loader"),
                group.create_task(self._write_loop(), name="ledger writer"),
            ]
            try:
                yield self
            finally:
                while self._entries:
                    await asyncio.wait([entry.answer for entry in self._entries.values()])
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()

    async def post(self, command: Command) -> list[Booking]:
        """Return the command's bookings once they are committed.

        Raises:
            ExpertBookError: what `decide` raised; nothing has changed.
            InvalidInput: if the idempotency key was used with other input.
            Unavailable: if the database does not answer; the change may still have been made.
        """
        entry = _Entry(command, asyncio.get_running_loop().create_future())
        self._entries[command] = entry
        self._take(entry)
        return await entry.answer

    def _take(self, entry: _Entry) -> None:
        """Decide on a command in memory if possible; else queue it."""
        agendas = self._agendas_in_memory(entry)
        if agendas is None:
            self._unloaded.append(entry)
            self._unloaded_experts.update(entry.command.expert_ids)
            self._to_load.set()
        elif self._has_room:
            self._decide(entry, agendas)
        else:
            self._ready.append(entry)

    def _agendas_in_memory(self, entry: _Entry) -> Agendas | None:
        """Return what a command is decided on, or None if that must be loaded."""
        command = entry.command
        queued = self._unloaded_experts | self._loading  # Commands of a calendar keep their order.
        if (
            entry.must_load
            or not command.needs_only_slots
            or not queued.isdisjoint(command.expert_ids)
            or self._is_repeated(command)
        ):
            return None
        return self._known.agendas_for(command.expert_ids, command.slots, self._open.agendas)

    def _is_repeated(self, command: Command) -> bool:
        """Return whether the same request was granted but its record is not stored yet."""
        record = command.idempotency
        return record is not None and (
            record.id in self._open.records or record.id in self._writing.records
        )

    @property
    def _has_room(self) -> bool:
        return self._open.granted < (1 if self._single_commits_left else self._max_batch)

    def _decide(self, entry: _Entry, agendas: Agendas, *, knows_records: bool = False) -> None:
        # A refused request may have been granted before, which only its record can tell.
        is_final = knows_records or entry.command.idempotency is None
        if self._open.decide(entry.command, agendas, keeps_refusal=is_final):
            self._to_write.set()
        else:
            entry.must_load = True
            self._take(entry)

    async def _load_loop(self) -> None:
        while True:
            await self._to_load.wait()
            self._to_load.clear()
            await asyncio.sleep(0)  # Commands that arrive together are loaded together.
            while entries := self._loadable():
                await self._load(entries)

    def _loadable(self) -> list[_Entry]:
        """Take queued commands whose calendars no batch is changing."""
        busy = {*self._open.agendas, *self._writing.agendas}
        taken: list[_Entry] = []
        left: list[_Entry] = []
        for entry in self._unloaded:
            if entry.command not in self._entries:  # It was settled with others.
                continue
            is_free = busy.isdisjoint(entry.command.expert_ids)
            if is_free and len(taken) < self._max_batch and not self._is_repeated(entry.command):
                taken.append(entry)
            else:
                left.append(entry)
                busy.update(entry.command.expert_ids)
        self._unloaded = left
        self._unloaded_experts = {id_ for entry in left for id_ in entry.command.expert_ids}
        self._loading = {id_ for entry in taken for id_ in entry.command.expert_ids}
        return taken

    async def _load(self, entries: list[_Entry]) -> None:
        """Load what commands need, and decide them or answer them from a committed attempt."""
        if rounds := max(entry.rounds for entry in entries):
            backoff = min(0.002 * 2**rounds, MAX_BACKOFF_SECONDS)
            await asyncio.sleep(random.uniform(0, backoff))  # noqa: S311
        commands = [entry.command for entry in entries]
        known = set(self._known)
        attempts = {batch for entry in entries for batch in entry.attempts}
        try:
            with tracer().span("ledger read", contexts=[entry.context for entry in entries]):
                loaded = await load(commands, known.__contains__)
                settled = [batch for batch in attempts if await was_committed(batch)]
        except Exception as error:  # noqa: BLE001 - the commands' callers get it
            self._loading = set()
            self._retry(entries, error)
        else:
            self._loading = set()
            for entry in entries:
                if not any(batch in settled for batch in entry.attempts):
                    self._decide_loaded(entry, loaded)
            for batch in settled:
                await self._answer(batch)
        waiting, self._unloaded, self._unloaded_experts = self._unloaded, [], set()
        for entry in waiting:
            self._take(entry)

    def _decide_loaded(self, entry: _Entry, loaded: Loaded) -> None:
        command = entry.command
        answer = replay(command, loaded)
        if answer is not None:
            self._give(command, answer)
        elif self._is_repeated(command) or (self._single_commits_left and not self._has_room):
            self._take(entry)
        else:
            self._decide(entry, loaded.agendas.of(command.expert_ids), knows_records=True)

    async def _write_loop(self) -> None:
        while True:
            await self._to_write.wait()
            self._to_write.clear()
            while self._open.answers:
                batch, self._open = self._open, Batch()
                self._writing = batch
                for agenda in batch.agendas.values():
                    self._known.remember(agenda)
                self._take_ready()
                await self._write(batch)
                self._take_ready()
                self._to_load.set()

    def _take_ready(self) -> None:
        while self._ready and self._has_room:
            self._take(self._ready.popleft())

    async def _write(self, batch: Batch) -> None:
        """Commit a batch and answer its commands, or queue them again."""
        try:
            with observe_batch([entry.context for entry in self._unanswered(batch)]):
                await self._committer.commit(batch)
        except Exception as error:  # noqa: BLE001 - the commands' callers get it
            self._writing = Batch()
            self._drop(batch, error)
        else:
            self._writing = Batch()
            self._single_commits_left = max(0, self._single_commits_left - len(batch.answers))
            await self._answer(batch)

    def _drop(self, batch: Batch, error: Exception) -> None:
        """Queue the commands of a batch again, and those that were decided on its result."""
        self._known.clear()
        entries, dependent = self._unanswered(batch), self._unanswered(self._open)
        self._open = Batch()
        if is_uncertain(error) and batch.events:
            for entry in entries:
                entry.attempts.append(batch)
        if not is_transient(error) and len(entries) > 1:
            # Committed one by one, only the command that the database refuses fails.
            self._single_commits_left = len(entries)
            error = Outdated()
        self._retry(entries, error)
        for entry in dependent:
            self._take(entry)

    def _unanswered(self, batch: Batch) -> list[_Entry]:
        found = (self._entries.get(command) for command in batch.answers)
        return [entry for entry in found if entry]

    def _retry(self, entries: Iterable[_Entry], error: Exception) -> None:
        """Queue commands again, or answer them where that cannot help."""
        now = asyncio.get_running_loop().time()
        for entry in entries:
            entry.must_load = True
            entry.rounds += 1
            entry.deadline = entry.deadline or now + PATIENCE_SECONDS
            if is_transient(error) and now < entry.deadline:
                self._take(entry)
            else:
                self._give(entry.command, entry.context.run(_explained, error))

    async def _answer(self, batch: Batch) -> None:
        """Announce what was committed and answer the commands."""
        if batch.changes_directory:
            self._directory_changed()
        if events := batch.events:
            count_events(event.kind for event in events)
            await self._announce(events)
        for command, answer in batch.answers.items():
            self._give(command, answer)

    def _give(self, command: Command, answer: Answer) -> None:
        entry = self._entries.pop(command, None)
        if entry is None or entry.answer.done():
            return
        if isinstance(answer, Exception):
            entry.answer.set_exception(answer)
        else:
            entry.answer.set_result(answer)


def _explained(error: Exception) -> Exception:
    if isinstance(error, (PyMongoError, TimeoutError, Outdated)):
        log.error("a change could not be written", exc_info=error)
        return Unavailable("The database did not take the change. Please try again.")
    return error
