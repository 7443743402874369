"""The one writer of a process: every change of a calendar goes through it, in batches.

Everything that waits is decided on in one transaction (group commit: 78 µs of CPU a booking where
one transaction each costs 690, and an expert's own changes never race each other). Within the
transaction the order is: requests, bookings, calendars, events, mails, experts.

The index on `(expert_id, cells)` and the calendar's counter judge the races with other processes.
Who loses one reads again and decides again, so every answer is true of what was committed.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from beanie.odm.utils.dump import get_dict
from pymongo import InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import PyMongoError

from models.agendas import Agenda
from models.bookings import Booking, BookingStatus, Span, active_bookings
from models.calendars import LONGEST_PAUSE, Calendar
from models.changes import Agendas
from models.errors import ExpertBookError, InvalidInput, Problem, Unavailable
from models.events import Event
from models.experts import Expert
from models.ids import Id
from models.meters import count_events, observed_batch
from models.outbox import Mail
from models.requests import Request
from models.times import utc_now
from models.transactions import READ, WRITE, is_passing
from models.writers import WriterSession

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence

    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.changes import Change
    from models.slots import SlotKey

log = logging.getLogger(__name__)

LARGEST_BATCH = 64
PATIENCE_SECONDS = 8.0
MOST_ROUNDS = 40


class _RulesChanged(Exception):
    """The rules are not those that were decided on: decide again."""


@dataclass(eq=False)
class _Entry:
    """A change that waits, where its answer goes, and the context of the request for it."""

    change: Change
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)


@dataclass
class _Outcome:
    """What a transaction decided: answers and refusals, and the events that it wrote."""

    answers: dict[_Entry, list[Booking] | ExpertBookError]
    events: list[Event]


class Ledger:
    """The queue of changes and the task that works it off."""

    def __init__(
        self,
        client: AsyncMongoClient[dict[str, Any]],
        announce: Callable[[Sequence[Event]], Awaitable[None]],
    ) -> None:
        self._session = WriterSession(client)
        self._announce = announce
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
            while len(batch) < LARGEST_BATCH and not self._waiting.empty():
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
        if outcome.events:
            count_events(event.kind for event in outcome.events)
            await self._announce(outcome.events)
        for entry, answer in outcome.answers.items():
            _give(entry, answer)

    async def _commit(self, batch: list[_Entry]) -> _Outcome:
        """Try until the batch is committed as it was decided.

        Raises:
            Unavailable: when that took too long.
            PyMongoError: for what a retry cannot mend.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE_SECONDS
        attempts: list[_Outcome] = []
        for round_ in range(1, MOST_ROUNDS + 1):
            try:
                return await self._transact(batch, attempts)
            except (PyMongoError, TimeoutError, _RulesChanged) as error:
                lost = isinstance(error, _RulesChanged) or is_passing(error)
                if not lost or round_ == MOST_ROUNDS:
                    raise
                if loop.time() > deadline:
                    raise Unavailable("The database did not answer in time.") from error
            await asyncio.sleep(random.uniform(0, min(0.002 * 2**round_, 0.5)))  # noqa: S311
        raise AssertionError("unreachable")

    async def _transact(self, batch: list[_Entry], attempts: list[_Outcome]) -> _Outcome:
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
            agendas = await _load(batch, session)
            outcome, requests = await _decide(batch, agendas, session)
            if not outcome.events and not any(agenda.is_described for agenda in agendas.values()):
                await session.abort_transaction()
                return outcome
            await _write(agendas, requests, session)
            # Without an event it does no harm to make the change again.
            if outcome.events:
                attempts.append(outcome)
        return outcome


async def _load(batch: list[_Entry], session: AsyncClientSession) -> Agendas:
    """Read the calendars and bookings that the changes of a batch are about."""
    ids = {id_ for entry in batch for id_ in entry.change.booking_ids}
    named = (
        await Booking.find({"_id": {"$in": list(ids)}}, session=session).to_list() if ids else []
    )
    named += await _holds(batch, session)
    keys: dict[Id, list[SlotKey]] = defaultdict(list)
    for key in [key for entry in batch for key in entry.change.slots] + [b.key for b in named]:
        keys[Id(key.expert_id)].append(key)
    experts = {id_ for entry in batch for id_ in entry.change.expert_ids}
    involved = {"_id": {"$in": list(experts | set(keys))}}
    calendars = await Calendar.find(involved, session=session).to_list()
    described = {}
    if experts:
        found = await Expert.find({"_id": {"$in": list(experts)}}, session=session).to_list()
        described = {expert.id: expert for expert in found}
    now = utc_now()
    agendas = []
    for calendar in calendars:
        bookings: list[Booking] = []
        if times := keys.get(calendar.id):
            since = min(key.starts_at for key in times)
            until = max(key.ends_at for key in times) + LONGEST_PAUSE
            bookings = await active_bookings([Span(calendar.id, since, until)], session)
        agendas.append(Agenda(calendar, bookings, now, described.get(calendar.id)))
    return Agendas(agendas, named)


async def _holds(batch: list[_Entry], session: AsyncClientSession) -> list[Booking]:
    """The holds of those who hold or book in this batch, on the experts with whom they do."""
    wanted = [
        {"client_id": holder, "expert_id": expert, "status": BookingStatus.HELD.value}
        for entry in batch
        if (holder := entry.change.holder_id)
        for expert in {key.expert_id for key in entry.change.slots}
    ]
    found = [await Booking.find(query, session=session).to_list() for query in wanted]
    return list({hold.id: hold for holds in found for hold in holds}.values())


async def _decide(
    batch: list[_Entry], agendas: Agendas, session: AsyncClientSession
) -> tuple[_Outcome, dict[str, Request]]:
    """Decide on each change in turn, each on what those before it left."""
    outcome = _Outcome({}, [])
    requests = await _known_requests(batch, session)
    known = set(requests)
    for entry in batch:
        request = entry.change.request
        twin = requests.get(request.id) if request else None
        undo = agendas.undo(entry.change)
        try:
            if request and twin:
                outcome.answers[entry] = await _recall(request, twin, agendas, session)
                continue
            made = entry.change.decide(agendas)
        except ExpertBookError as refusal:
            undo()
            outcome.answers[entry] = refusal
            continue
        outcome.answers[entry] = made
        if request:
            requests[request.id] = request.model_copy(
                update={"booking_ids": [booking.id for booking in made]}
            )
    outcome.events = [event for agenda in agendas.values() for event in agenda.events]
    return outcome, {id_: request for id_, request in requests.items() if id_ not in known}


async def _known_requests(batch: list[_Entry], session: AsyncClientSession) -> dict[str, Request]:
    ids = [entry.change.request.id for entry in batch if entry.change.request]
    if not ids:
        return {}
    found = await Request.find({"_id": {"$in": ids}}, session=session).to_list()
    return {request.id: request for request in found}


async def _recall(
    request: Request, twin: Request, agendas: Agendas, session: AsyncClientSession
) -> list[Booking]:
    """The answer that the same request got before.

    Raises:
        InvalidInput: when it was another request under the same key.
    """
    if request.digest != twin.digest:
        raise InvalidInput([Problem("idempotencyKey", "was used before, with other input")])
    written = {
        id_: booking for agenda in agendas.values() for id_, booking in agenda.written.items()
    }
    stored = await Booking.find({"_id": {"$in": twin.booking_ids}}, session=session).to_list()
    found = {booking.id: booking for booking in stored} | written
    return [found[id_] for id_ in twin.booking_ids]


async def _write(
    agendas: Agendas, requests: dict[str, Request], session: AsyncClientSession
) -> None:
    """Write what was decided, in the order that the module names."""
    if requests:
        await Request.insert_many(list(requests.values()), session=session)
    changed = [agenda for agenda in agendas.values() if agenda.events]
    bookings = [write for agenda in changed for write in _booking_writes(agenda)]
    if bookings:
        await Booking.get_pymongo_collection().bulk_write(bookings, session=session)
    if changed:
        counted = await Calendar.get_pymongo_collection().bulk_write(
            [_counted(agenda) for agenda in changed], session=session
        )
        if counted.modified_count != len(changed):
            raise _RulesChanged
        events = [event for agenda in changed for event in agenda.events]
        await Event.insert_many(events, session=session)
    if mails := [mail for agenda in changed for mail in agenda.mails]:
        await Mail.insert_many(mails, session=session)
    for agenda in agendas.values():
        if agenda.is_described and agenda.expert:
            await agenda.expert.replace(session=session)


def _booking_writes(agenda: Agenda) -> Iterator[InsertOne[Any] | ReplaceOne[Any]]:
    missing = set(agenda.is_new)
    for booking in agenda.writes:
        stored = get_dict(booking, to_db=True)
        if booking.id in missing:
            missing.remove(booking.id)
            yield InsertOne(stored)
        else:
            yield ReplaceOne({"_id": booking.id}, stored)


def _counted(agenda: Agenda) -> UpdateOne:
    """The update of a calendar: its counter, and the rules where they are new."""
    update: dict[str, dict[str, Any]] = {
        "$inc": {"sequence": len(agenda.events)},
        "$set": {"last_event_at": agenda.events[-1].at},
    }
    if agenda.has_new_rules:
        renewed = agenda.calendar.model_copy(update={"rules": agenda.rules})
        update["$set"]["rules"] = get_dict(renewed, to_db=True)["rules"]
        update["$inc"]["rules_version"] = 1
    known = {"_id": agenda.calendar.id, "rules_version": agenda.calendar.rules_version}
    return UpdateOne(known, update)


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
