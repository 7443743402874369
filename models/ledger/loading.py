"""Load the agendas that commands are decided on, and the bookings that commands name.

The calendar is read before its bookings, so it may be older than they are but never newer. Its
counter is a condition of the commit, which therefore fails if anything changed in between.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.bookings.agenda import Agenda, surroundings
from models.bookings.booking import Booking, BookingStatus, Span, active_rows, occupant_of
from models.bookings.command import Agendas
from models.bookings.idempotency import IdempotencyRecord
from models.calendar.rules import Calendar
from models.calendar.times import CELL_MINUTES, DAY_MINUTES, instant_of, utc_now
from models.directory.experts import Expert
from models.ids import Id
from models.store.transactions import MAJORITY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from beanie import Document

    from models.bookings.command import Command
    from models.calendar.slots import SlotKey

Row = dict[str, Any]
Spans = list[tuple[int, int]]
"""Half-open ranges of cells."""

CELLS_PER_DAY = DAY_MINUTES // CELL_MINUTES
MAX_GAP_CELLS = CELLS_PER_DAY
"""Slots that are further apart are read by queries of their own."""
READ_AHEAD_CELLS = 14 * CELLS_PER_DAY
MAX_SPAN_CELLS = 60 * CELLS_PER_DAY


@dataclass
class Loaded:
    """The state that commands are decided on.

    `records` are the idempotency records that exist, by id, and `earlier` the bookings of these
    records, by id.
    """

    agendas: Agendas
    records: dict[str, IdempotencyRecord] = field(default_factory=dict)
    earlier: dict[Id, Booking] = field(default_factory=dict)


async def load(commands: Sequence[Command], is_busy: Callable[[Id], bool]) -> Loaded:
    """Read what commands need.

    Args:
        commands: the commands.
        is_busy: whether more commands of an expert are to be expected: then the following weeks
            are read as well.

    Raises:
        PyMongoError: if the database does not answer.
    """
    slots: dict[Id, set[SlotKey]] = defaultdict(set)
    demand: Counter[Id] = Counter()
    for command in commands:
        demand.update(command.expert_ids)
        for key in command.slots:
            slots[Id(key.expert_id)].add(key)
    calendars = [Calendar.model_validate(row) for row in await _by_ids(Calendar, demand)]
    named = {row["_id"]: Booking.model_validate(row) for row in await _named_rows(commands)}
    for booking in named.values():
        slots[booking.expert_id].add(booking.key)
    described = {id_ for command in commands if command.describes for id_ in command.expert_ids}
    experts = {row["_id"]: Expert.model_validate(row) for row in await _by_ids(Expert, described)}
    now = utc_now()
    agendas = []
    for calendar in calendars:
        is_wide = demand[calendar.id] > 1 or is_busy(calendar.id)
        spans, rows = await _around(calendar, slots[calendar.id], is_wide=is_wide)
        holds = [Booking.model_validate(row) for row in rows if _is_hold(row)]
        others = [occupant_of(row) for row in rows if not _is_hold(row)]
        agendas.append(Agenda(calendar, holds, now, experts.get(calendar.id), others, spans))
    return Loaded(Agendas(agendas, named.values()), *await _records(commands))


async def _named_rows(commands: Iterable[Command]) -> list[Row]:
    """Read the bookings that commands name, and the holds of their holders."""
    rows = await _by_ids(Booking, {id_ for command in commands for id_ in command.booking_ids})
    holders: dict[Id, set[Id]] = defaultdict(set)
    for command in commands:
        if command.holder_id:
            for expert_id in command.expert_ids:
                holders[expert_id].add(command.holder_id)
    for expert_id, clients in holders.items():
        held = {"status": BookingStatus.HELD.value, "client_id": _one_of(clients)}
        rows += await _rows(Booking, {"expert_id": expert_id, **held})
    return rows


async def _records(
    commands: Iterable[Command],
) -> tuple[dict[str, IdempotencyRecord], dict[Id, Booking]]:
    ids = {command.idempotency.id for command in commands if command.idempotency}
    rows = await _by_ids(IdempotencyRecord, ids)
    records = {row["_id"]: IdempotencyRecord.model_validate(row) for row in rows}
    earlier = {id_ for record in records.values() for id_ in record.booking_ids}
    bookings = [Booking.model_validate(row) for row in await _by_ids(Booking, earlier)]
    return records, {booking.id: booking for booking in bookings}


async def _around(
    calendar: Calendar, keys: Collection[SlotKey], *, is_wide: bool
) -> tuple[Spans, list[Row]]:
    """Read the active bookings around slots, and around the holds that block them.

    Such a hold may be released, which frees time beyond the slot.
    """
    spans = _spans(keys, is_wide=is_wide)
    found = await _active(calendar.id, spans)
    if holds := [Booking.model_validate(row) for row in found.values() if _is_hold(row)]:
        wanted = {cell for key in keys for cell in key.occupies(calendar.rules)}
        blockers = [hold.key for hold in holds if not wanted.isdisjoint(hold.occupant().cells)]
        wider = _spans([*keys, *blockers], is_wide=is_wide)
        if wider != spans:
            spans = wider
            found |= await _active(calendar.id, wider)
    return spans, list(found.values())


async def _active(expert_id: Id, spans: Spans) -> dict[Id, Row]:
    """Read the active bookings of spans: whole documents of holds, else the cells alone."""
    found = {
        row["_id"]: row
        for since, until in spans
        for row in await active_rows(Span(expert_id, instant_of(since), instant_of(until)))
    }
    holds = [row["_id"] for row in found.values() if _is_hold(row)]
    return found | {row["_id"]: row for row in await _by_ids(Booking, holds)}


def _spans(keys: Iterable[SlotKey], *, is_wide: bool) -> Spans:
    """Return the ranges of cells around slots; ranges that are close together are one."""
    spans: Spans = []
    for since, until in sorted(map(surroundings, keys)):
        if spans and since - spans[-1][1] <= MAX_GAP_CELLS:
            spans[-1] = spans[-1][0], max(until, spans[-1][1])
        else:
            spans.append((since, until))
    if is_wide and spans and spans[-1][1] - spans[0][0] <= MAX_SPAN_CELLS:
        return [(spans[0][0], spans[-1][1] + READ_AHEAD_CELLS)]
    return spans


async def _by_ids(of: type[Document], ids: Collection[object]) -> list[Row]:
    return await _rows(of, {"_id": _one_of(ids)}) if ids else []


async def _rows(of: type[Document], query: Row) -> list[Row]:
    collection = of.get_pymongo_collection().with_options(read_concern=MAJORITY)
    return await collection.find(query).to_list()


def _one_of(values: Collection[object]) -> object:
    """Return the condition that a field has one of the values."""
    return {"$in": list(values)} if len(values) > 1 else next(iter(values))


def _is_hold(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == BookingStatus.HELD.value)
