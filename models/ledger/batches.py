"""A batch of changes: decided on one after the other, and written together.

Within the transaction the order is: requests, bookings, calendars, events, mails, experts. All but
the last go in one command, encoded without Beanie.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from beanie.odm.utils.dump import get_dict

from models.bookings.booking import Booking
from models.bookings.events import Event
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.outbox import Mail
from models.calendar.rules import Calendar
from models.directory.versions import increment_directory_version
from models.errors import ExpertBookError, InvalidInput, Problem
from models.store.bulk_writes import Writes
from models.store.encoding import stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.bookings.agenda import Agenda
    from models.ledger.changes import Agendas, Change

AT_A_STRETCH = 32
"""Changes that are decided on before others of the process have their turn."""


class Outdated(Exception):
    """A calendar is not the one that was decided on: decide again."""


@dataclass
class Outcome:
    """What a transaction decided: answers and refusals, and what it writes."""

    answers: dict[Change, list[Booking] | ExpertBookError] = field(default_factory=dict)
    requests: list[IdempotencyRecord] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    changes_directory: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self.events and not self.changes_directory


async def decide(
    changes: Sequence[Change], agendas: Agendas, session: AsyncClientSession
) -> Outcome:
    """Decide on each change in turn, each on what those before it left."""
    outcome = Outcome()
    requests = await _known_requests(changes, session)
    known = set(requests)
    for number, change in enumerate(changes, 1):
        request = change.request
        twin = requests.get(request.id) if request else None
        undo = agendas.undo(change)
        try:
            if request and twin:
                outcome.answers[change] = await _recall(request, twin, agendas, session)
                continue
            made = change.decide(agendas)
        except ExpertBookError as refusal:
            undo()
            outcome.answers[change] = refusal
            continue
        outcome.answers[change] = made
        if request:
            requests[request.id] = request.with_bookings(made)
        if number % AT_A_STRETCH == 0:
            await asyncio.sleep(0)
    outcome.requests = [request for id_, request in requests.items() if id_ not in known]
    outcome.events = agendas.events()
    outcome.changes_directory = any(agenda.is_described for agenda in agendas.values())
    return outcome


async def _known_requests(
    changes: Sequence[Change], session: AsyncClientSession
) -> dict[str, IdempotencyRecord]:
    ids = [change.request.id for change in changes if change.request]
    if not ids:
        return {}
    query = {"_id": {"$in": ids}}
    found = await IdempotencyRecord.get_pymongo_collection().find(query, session=session).to_list()
    return {row["_id"]: IdempotencyRecord.model_validate(row) for row in found}


async def _recall(
    request: IdempotencyRecord,
    twin: IdempotencyRecord,
    agendas: Agendas,
    session: AsyncClientSession,
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
    known = await Booking.find({"_id": {"$in": twin.booking_ids}}, session=session).to_list()
    found = {booking.id: booking for booking in known} | written
    return [found[id_] for id_ in twin.booking_ids]


async def write(
    outcome: Outcome, agendas: Agendas, session: AsyncClientSession, *, single_command: bool
) -> None:
    """Write what was decided, in the order that the module names.

    Args:
        outcome: what was decided.
        agendas: on what.
        session: in whose transaction.
        single_command: as of `Writes`.

    Raises:
        Outdated: when that was on calendars which are no longer those.
    """
    changed = [agenda for agenda in agendas.values() if agenda.events]
    writes = Writes(single_command=single_command)
    for request in outcome.requests:
        writes.insert(IdempotencyRecord, stored(request))
    for agenda in changed:
        _write_bookings(agenda, writes)
    for agenda in changed:
        _count(agenda, writes)
    for event in outcome.events:
        writes.insert(Event, stored(event))
    for agenda in changed:
        for mail in agenda.mails:
            writes.insert(Mail, stored(mail))
    if not await writes.send(session):
        raise Outdated
    for agenda in agendas.values():
        if agenda.is_described and agenda.expert:
            await agenda.expert.replace(session=session)
            await increment_directory_version(session)


def _write_bookings(agenda: Agenda, writes: Writes) -> None:
    missing = set(agenda.is_new)
    for booking in agenda.writes:
        document = stored(booking)
        if booking.id in missing:
            missing.remove(booking.id)
            writes.insert(Booking, document)
        else:
            writes.update(Booking, {"_id": booking.id}, document)


def _count(agenda: Agenda, writes: Writes) -> None:
    """Update a calendar: its counter, and the rules where they are new."""
    update: dict[str, dict[str, Any]] = {
        "$inc": {"sequence": len(agenda.events)},
        "$set": {"last_event_at": agenda.events[-1].at},
    }
    if agenda.has_new_rules:
        renewed = agenda.calendar.model_copy(update={"rules": agenda.rules})
        update["$set"]["rules"] = get_dict(renewed, to_db=True)["rules"]
        update["$inc"]["rules_version"] = 1
    calendar = agenda.calendar
    known = {
        "_id": calendar.id,
        "sequence": calendar.sequence,
        "rules_version": calendar.rules_version,
    }
    writes.update(Calendar, known, update)
