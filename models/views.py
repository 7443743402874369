"""What changes are decided on: the calendars and bookings around them, read in one snapshot.

Rows are read without Beanie, and of a booking that only stands in the way no more is made than
what it occupies: 3 µs each in place of 25.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.agendas import Agenda
from models.bookings import Booking, BookingStatus, Span, active_rows, occupant_of
from models.calendars import LONGEST_PAUSE, Calendar
from models.changes import Agendas
from models.experts import Expert
from models.ids import Id
from models.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.changes import Change
    from models.slots import SlotKey

Row = dict[str, Any]

FAR = timedelta(days=1)
"""Of slots further apart than this the bookings are asked for in commands of their own."""


async def load(changes: Sequence[Change], session: AsyncClientSession) -> Agendas:
    """Read the calendars and bookings that some changes are about."""
    ids = {id_ for change in changes for id_ in change.booking_ids}
    rows = await _rows({"_id": _one_of(ids)}, session) if ids else []
    rows += await _holds(changes, session)
    named = {row["_id"]: Booking.model_validate(row) for row in rows}
    keys: dict[Id, set[SlotKey]] = defaultdict(set)
    for change in changes:
        for key in change.slots:
            keys[Id(key.expert_id)].add(key)
    for booking in named.values():
        keys[booking.expert_id].add(booking.key)
    experts = {id_ for change in changes for id_ in change.expert_ids}
    described: dict[Id, Expert] = {}
    if experts:
        found = await Expert.find({"_id": {"$in": list(experts)}}, session=session).to_list()
        described = {expert.id: expert for expert in found}
    now = utc_now()
    agendas = []
    for calendar in await _calendars(experts | set(keys), session):
        around = await _around(calendar, keys[calendar.id], session)
        holds = [Booking.model_validate(row) for row in around if _is_hold(row)]
        others = [occupant_of(row) for row in around if not _is_hold(row)]
        agendas.append(Agenda(calendar, holds, now, described.get(calendar.id), others))
    return Agendas(agendas, named.values())


async def _holds(changes: Iterable[Change], session: AsyncClientSession) -> list[Row]:
    """The holds that those who hold have already, on the experts on whom they do."""
    holders: dict[Id, set[Id]] = defaultdict(set)
    for change in changes:
        if change.holder_id:
            for key in change.slots:
                holders[Id(key.expert_id)].add(change.holder_id)
    return [
        row
        for expert_id, clients in holders.items()
        for row in await _rows(
            {
                "expert_id": expert_id,
                "client_id": _one_of(clients),
                "status": BookingStatus.HELD.value,
            },
            session,
        )
    ]


async def _calendars(ids: Collection[Id], session: AsyncClientSession) -> list[Calendar]:
    if not ids:
        return []
    found = Calendar.get_pymongo_collection().find({"_id": _one_of(ids)}, session=session)
    return [Calendar.model_validate(row) for row in await found.to_list()]


async def _around(
    calendar: Calendar, keys: Iterable[SlotKey], session: AsyncClientSession
) -> list[Row]:
    """The active bookings around some slots, and around the holds that stand in their way.

    Those may be given up, which frees time beyond what was asked for.
    """
    spans = _spans(keys)
    found = await _active(calendar.id, spans, session)
    if holds := [Booking.model_validate(row) for row in found.values() if _is_hold(row)]:
        wanted = {cell for key in keys for cell in key.occupies(calendar.rules)}
        in_the_way = [hold.key for hold in holds if not wanted.isdisjoint(hold.occupant().cells)]
        wider = _spans([*keys, *in_the_way])
        if wider != spans:
            found |= await _active(calendar.id, wider, session)
    return list(found.values())


async def _active(
    expert_id: Id, spans: Iterable[tuple[datetime, datetime]], session: AsyncClientSession
) -> dict[Id, Row]:
    return {
        row["_id"]: row
        for since, until in spans
        for row in await active_rows(Span(expert_id, since, until), session)
    }


def _spans(keys: Iterable[SlotKey]) -> list[tuple[datetime, datetime]]:
    """The time from the first to the last of slots that are near each other, breaks included."""
    spans: list[tuple[datetime, datetime]] = []
    for since, until in sorted((key.starts_at, key.ends_at + LONGEST_PAUSE) for key in keys):
        if spans and since - spans[-1][1] <= FAR:
            spans[-1] = spans[-1][0], max(until, spans[-1][1])
        else:
            spans.append((since, until))
    return spans


async def _rows(query: Row, session: AsyncClientSession) -> list[Row]:
    return await Booking.get_pymongo_collection().find(query, session=session).to_list()


def _one_of(ids: Collection[Id]) -> object:
    """The condition that an id is one of these; of one alone it is cheaper without a list."""
    return {"$in": list(ids)} if len(ids) > 1 else next(iter(ids))


def _is_hold(row: Mapping[str, Any]) -> bool:
    return bool(row["status"] == BookingStatus.HELD.value)
