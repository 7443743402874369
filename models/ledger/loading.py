"""Agendas that commands work on, taken from memory or loaded from the database.

The calendar is read before its bookings, so it may be older than the bookings but never newer. The
commit requires that the calendar's counter is unchanged, and therefore fails if the calendar has
changed since it was read.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from pymongo.errors import OperationFailure

from models.bookings.agenda import Agenda
from models.bookings.booking import (
    MAX_OCCUPIED_CELLS,
    Booking,
    BookingStatus,
    active_in,
    occupant_of,
)
from models.bookings.command import Agendas
from models.bookings.events import Event
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.surroundings import surroundings, surroundings_of_window
from models.bookings.wait import Wait
from models.caching.cache import Cache
from models.calendar.rules import Calendar
from models.calendar.times import CELL_MINUTES, DAY_MINUTES, instant_of, utc_now
from models.directory.experts import Expert
from models.errors import InvalidInput, Problem
from models.ids import Id
from models.store.transactions import may_be_read_again

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from beanie import Document

    from models.bookings.command import Command
    from models.calendar.slots import SlotKey

Row = dict[str, Any]
Spans = list[tuple[int, int]]
"""Half-open ranges of 15-minute cells."""

Window: TypeAlias = "tuple[datetime, datetime]"
"""Half-open span of time, `[since, until)`."""

MAX_CALENDARS = 500
MAX_BYTES = 16 * 1024 * 1024
"""Limit on the memory of all cached calendars together, in bytes."""
BOOKING_BYTES = 800
RANGE_BYTES = 400
WAIT_BYTES = 2_000
"""Estimated bytes: BOOKING_BYTES for a booking's occupied time, RANGE_BYTES for a range of
hours with its weekday or date, and WAIT_BYTES for an entry of a waiting list."""
MAX_BOOKINGS_PER_CALENDAR = 1_000
"""Maximum number of bookings in a cached calendar; undoing a command copies all of them."""
CELLS_PER_DAY = DAY_MINUTES // CELL_MINUTES
MAX_GAP_CELLS = CELLS_PER_DAY
"""Maximum gap, in cells, across which ranges are merged so that one query reads both."""
READ_AHEAD_CELLS = 14 * CELLS_PER_DAY
MAX_SPAN_CELLS = 60 * CELLS_PER_DAY
MAX_ATTEMPTS = 5
PAUSE_SECONDS = 0.02
"""A read that fails with an error that passes is attempted `MAX_ATTEMPTS` times, with pauses."""


class CalendarCache(Cache[Id, Agenda]):
    """Bounded cache of agendas, each as the last batch left it."""

    def __init__(self, *, is_enabled: bool) -> None:
        super().__init__("agendas", MAX_CALENDARS if is_enabled else 0, MAX_BYTES)

    def find(self, command: Command, changed: Agendas) -> Agendas | None:
        """Return the agendas on which to decide a command, or None if they must be loaded.

        Args:
            command: the command.
            changed: agendas that the open batch has changed, which are newer than cached ones.
        """
        if not command.needs_only_slots:
            return None
        found = [changed.get(id_) or self.get(id_) for id_ in command.expert_ids]
        agendas = Agendas(agenda for agenda in found if agenda)
        for key in command.slots:
            agenda = agendas.get(key.expert_id)
            if agenda is None or not agenda.covers(key):
                return None
        now = utc_now()
        for agenda in agendas.values():
            agenda.advance_clock(now)
        return agendas

    def keep(self, agenda: Agenda) -> None:
        """Cache the agenda as its changes left it, unless it is large or its rules are new."""
        if agenda.has_new_rules or agenda.size > MAX_BOOKINGS_PER_CALENDAR:
            self.remove(agenda.calendar.id)
        else:
            rules = agenda.calendar.rules
            ranges = len(rules.weekly) + sum(1 + len(day.ranges) for day in rules.overrides)
            size = BOOKING_BYTES * agenda.size + RANGE_BYTES * ranges
            size += WAIT_BYTES * len(agenda.waitlist)
            self.put(agenda.calendar.id, agenda.successor(), size)


@dataclass
class Loaded:
    """The stored state on which commands are decided.

    Attributes:
        agendas: the calendars, and the bookings that the commands refer to by id.
        records: the stored idempotency records of the commands, keyed by id.
        earlier: the bookings that these idempotency records refer to, keyed by id.
        event_ids: ids of the requested events that exist.
    """

    agendas: Agendas
    records: dict[str, IdempotencyRecord]
    earlier: dict[Id, Booking]
    event_ids: set[Id]

    def replay(self, command: Command) -> list[Booking] | InvalidInput | None:
        """Return the result recorded under a command's idempotency key, or None if there is none.

        The result is InvalidInput if the key was recorded for a request with other input.
        """
        wanted = command.idempotency
        if wanted is None or (record := self.records.get(wanted.id)) is None:
            return None
        if record.digest != wanted.digest:
            return InvalidInput([Problem("idempotencyKey", "was used before, with other input")])
        return [self.earlier[id_] for id_ in record.booking_ids]


async def load(
    commands: Sequence[Command], busy: Collection[Id] = (), event_ids: Collection[Id] = ()
) -> Loaded:
    """Read the stored state on which commands are decided.

    Args:
        commands: the commands.
        busy: experts for whom more commands are likely; for them, the two weeks after the needed
            time are read as well.
        event_ids: ids of events to look up. Events are looked up last, so that every event that the
            loaded calendars reflect is found.

    Raises:
        PyMongoError: if the database does not respond.
    """
    slots: dict[Id, set[SlotKey]] = defaultdict(set)
    demand: Counter[Id] = Counter()
    for command in commands:
        demand.update(command.expert_ids)
        for key in command.slots:
            slots[Id(key.expert_id)].add(key)
    calendars = [Calendar.model_validate(row) for row in await _by_ids(Calendar, demand)]
    waits = await _waits(calendars)
    named = await _named_bookings(commands)
    for booking in named:
        slots[booking.expert_id].add(booking.key)
    described = {id_ for command in commands if command.describes for id_ in command.expert_ids}
    experts = {row["_id"]: Expert.model_validate(row) for row in await _by_ids(Expert, described)}
    now = utc_now()
    agendas = []
    for calendar in calendars:
        is_wide = demand[calendar.id] > 1 or calendar.id in busy
        waiting = waits[calendar.id]
        windows = [(wait.terms.since, wait.terms.until) for wait in waiting]
        windows += [
            command.window
            for command in commands
            if command.window and calendar.id in command.expert_ids
        ]
        spans = _spans(slots[calendar.id], windows, is_wide=is_wide)
        queries = [active_in(calendar.id, *map(instant_of, span)) for span in spans]
        rows = [row for query in queries for row in await _rows(Booking, query)]
        holds = [Booking.model_validate(row) for row in rows if _is_hold(row)]
        others = [occupant_of(row) for row in rows if not _is_hold(row)]
        expert = experts.get(calendar.id)
        agendas.append(Agenda(calendar, holds, now, expert, others, spans, waiting))
    record_ids = {command.idempotency.id for command in commands if command.idempotency}
    records = await _by_ids(IdempotencyRecord, record_ids)
    earlier = await _by_ids(Booking, {id_ for row in records for id_ in row["booking_ids"]})
    return Loaded(
        agendas=Agendas(agendas, named),
        records={row["_id"]: IdempotencyRecord.model_validate(row) for row in records},
        earlier={row["_id"]: Booking.model_validate(row) for row in earlier},
        event_ids={row["_id"] for row in await _by_ids(Event, event_ids)},
    )


async def _waits(calendars: Iterable[Calendar]) -> defaultdict[Id, list[Wait]]:
    """Read the waiting lists of the calendars that have one."""
    found: defaultdict[Id, list[Wait]] = defaultdict(list)
    if ids := [calendar.id for calendar in calendars if calendar.waiting]:
        for row in await _rows(Wait, {"expert_id": _one_of(ids)}):
            found[row["expert_id"]].append(Wait.model_validate(row))
    return found


async def _named_bookings(commands: Sequence[Command]) -> list[Booking]:
    """Read the bookings that commands refer to by id, and the holds of the commands' clients."""
    rows = await _by_ids(Booking, {id_ for command in commands for id_ in command.booking_ids})
    if holding := [command for command in commands if command.holder_id]:
        experts = {id_ for command in holding for id_ in command.expert_ids}
        clients = {command.holder_id for command in holding}
        held = {"status": BookingStatus.HELD.value, "client_id": _one_of(clients)}
        rows += await _rows(Booking, {"expert_id": _one_of(experts), **held})
    return [Booking.model_validate(row) for row in rows]


def _spans(keys: Iterable[SlotKey], windows: Sequence[Window], *, is_wide: bool) -> Spans:
    """Return the ranges of cells to load around slots and windows, with close ranges merged.

    Several windows become one range, which includes the time between them, so that one query reads
    all of them.

    Releasing a hold that blocks one of the slots may free time beyond that slot. The ranges
    therefore contain the surroundings of every hold that may block one of the slots.
    """
    spans: Spans = []
    around = list(map(surroundings, keys))
    if windows:
        since, until = min(each[0] for each in windows), max(each[1] for each in windows)
        around.append(surroundings_of_window(since, until))
    for first, stop in sorted(around):
        start, end = first - MAX_OCCUPIED_CELLS, stop + MAX_OCCUPIED_CELLS
        if spans and start - spans[-1][1] <= MAX_GAP_CELLS:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    if is_wide and spans and spans[-1][1] - spans[0][0] <= MAX_SPAN_CELLS:
        return [(spans[0][0], spans[-1][1] + READ_AHEAD_CELLS)]
    return spans


async def _by_ids(of: type[Document], ids: Collection[object]) -> list[Row]:
    return await _rows(of, {"_id": _one_of(ids)}) if ids else []


async def _rows(of: type[Document], query: Row) -> list[Row]:
    """Read documents; repeat the read after errors that pass, more often than the driver does."""
    found = of.get_pymongo_collection().find(query)
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            return await found.clone().to_list()
        except OperationFailure as error:
            if not may_be_read_again(error):
                raise
        await asyncio.sleep(PAUSE_SECONDS)
    return await found.to_list()


def _one_of(values: Collection[object]) -> object:
    """Return the query condition that a field has one of the given values."""
    return {"$in": list(values)} if len(values) > 1 else next(iter(values))


def _is_hold(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == BookingStatus.HELD.value)
