"""A batch of commands: decided one after another, and committed in one transaction."""

from __future__ import annotations

from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import PyMongoError

from models.bookings.booking import Booking
from models.bookings.changed_calendars import record_changes
from models.bookings.command import Agendas
from models.bookings.events import Event, position_of, read_positions
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.offers import OfferTerms, decide
from models.bookings.outbox import Mail
from models.bookings.reminders import Reminders
from models.bookings.wait import Wait
from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.directory.versions import increment_directory_version
from models.store.bulk_writes import Writes
from models.store.documents import stored
from models.store.transactions import OUTCOME_UNKNOWN, READ, TRANSIENT, WRITE, WRITE_ONLY

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Sequence
    from datetime import timedelta

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.bookings.agenda import Agenda
    from models.bookings.command import Command
    from models.ids import Id
    from models.store.writers import WriterSession

Answer = list[Booking] | Exception


class Outdated(PyMongoError):
    """The stored calendars on which a batch was decided have changed in the meantime."""

    def __init__(self) -> None:
        super().__init__("The calendar has changed.", [TRANSIENT])


class OutcomeUnknown(PyMongoError):
    """A commit failed, but may have taken effect.

    Only the database's next answer can tell, since even errors that usually mean that nothing was
    written may concern only the wait for a majority.
    """

    def __init__(self) -> None:
        super().__init__("The outcome of a commit is unknown.", [OUTCOME_UNKNOWN])


@dataclass(eq=False)
class Entry:
    """A posted command and its progress in the ledger.

    Attributes:
        must_load: whether the command must be decided on freshly loaded calendars.
        rounds: number of times that the command was queued again after a failure.
        deadline: event-loop time at which the ledger stops retrying; None in the first round.
        attempts: earlier batches with the command that may be stored although their commit failed.
    """

    command: Command
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)
    must_load: bool = False
    rounds: int = 0
    deadline: float | None = None
    attempts: list[Batch] = field(default_factory=list)


class Batch:
    """Decisions that one transaction commits: the commands' answers and the changed agendas.

    Each command is decided on the state that the commands before it have left.

    Args:
        offers: how free time is offered to waiting clients.
        lead_times: times before a session at which its client is reminded.
    """

    def __init__(self, offers: OfferTerms, lead_times: Sequence[timedelta]) -> None:
        self._offers = offers
        self._lead_times = lead_times
        self.agendas = Agendas()
        self.answers: dict[Entry, Answer] = {}
        self.records: dict[str, IdempotencyRecord] = {}
        self.granted = 0

    def decide(self, entry: Entry, agendas: Agendas, *, keeps_refusal: bool) -> bool:
        """Decide a command; a command that fails changes nothing.

        Args:
            entry: the command.
            agendas: the agendas of the command's experts; this batch may already contain them.
            keeps_refusal: whether a failure is the command's answer; if not, a failed command stays
                unanswered.

        Returns:
            Whether the command now has an answer.
        """
        answer: Answer
        try:
            answer = decide(entry.command, agendas, self._offers)
        except Exception as error:  # noqa: BLE001 - the command's caller gets it
            if not keeps_refusal:
                return False
            answer = error
        else:
            self.granted += 1
            if entry.command.idempotency:
                record = entry.command.idempotency.with_bookings(answer)
                self.records[record.id] = record
        self.agendas.update(agendas)
        self.answers[entry] = answer
        return True

    @property
    def events(self) -> list[Event]:
        """The events of the batch's changes."""
        return self.agendas.events()

    @property
    def described(self) -> list[Agenda]:
        """The agendas whose expert's directory entry has changed."""
        return [agenda for agenda in self.agendas.values() if agenda.has_new_expert]

    async def commit(self, writer: WriterSession) -> None:
        """Commit the changes, unless the stored state on which they were decided has changed.

        Raises:
            Outdated: if a calendar or a directory entry has changed.
            OutcomeUnknown: if the commit failed, but may have taken effect.
            PyMongoError: if the database refuses the writes or does not respond.
        """
        unchanged = [agenda for agenda in self.agendas.values() if not _is_written(agenda)]
        if len(unchanged) == len(self.agendas) and not self.described:
            await _check_positions(unchanged)
            return
        # A transaction that reads nothing needs no snapshot, because its writes are conditional.
        concern = READ if unchanged or self.described else WRITE_ONLY
        is_written = False
        try:
            async with writer.writing() as session, await session.start_transaction(concern, WRITE):
                await self._write(session, writer.id, unchanged)
                is_written = True
        except (PyMongoError, TimeoutError) as error:
            if is_written:
                raise OutcomeUnknown from error
            raise

    async def _write(
        self, session: AsyncClientSession, ledger_id: str, unchanged: Iterable[Agenda]
    ) -> None:
        """Check the stored state, and make all writes of the transaction."""
        await _check_positions(unchanged, session)
        # Directory entries have no change counter, so compare the entries themselves.
        for agenda in self.described:
            stored_expert = await Expert.get(agenda.calendar.id, session=session)
            if stored_expert != agenda.loaded_expert:
                raise Outdated
        writes, withdrawn = self._writes(ledger_id)
        if withdrawn:
            await Mail.get_pymongo_collection().delete_many(
                {"_id": {"$in": withdrawn}}, session=session
            )
        if not await writes.send(session):
            raise Outdated
        for agenda in self.described:
            if agenda.expert:
                await agenda.expert.replace(session=session)
                await increment_directory_version(session, changed=agenda.expert.id)

    def _writes(self, ledger_id: str) -> tuple[Writes, list[Id]]:
        """Return the writes, in an order that avoids conflicts, and the ids of withdrawn reminders.

        Idempotency records come first, so that a repeated request fails because of its record
        before it conflicts with its own earlier booking. Directory entries are left out, because
        `commit` writes them itself.
        """
        changed = list(filter(_is_written, self.agendas.values()))
        writes = Writes()
        for record in self.records.values():
            writes.insert(IdempotencyRecord, stored(record))
        for agenda in changed:
            missing = set(agenda.new_ids)
            for booking in agenda.writes:
                if booking.id in missing:
                    missing.remove(booking.id)
                    writes.insert(Booking, stored(booking))
                else:
                    writes.update(Booking, *_booking_update(booking))
        for agenda in changed:
            _write_waits(writes, agenda)
        for agenda in changed:
            writes.update(Calendar, *_calendar_update(agenda))
        for event in self.events:
            writes.insert(Event, stored(event))
        mails = [mail for agenda in changed for mail in agenda.mails]
        withdrawn = _write_mails(writes, mails, Reminders(self._lead_times))
        record_changes(writes, ledger_id, self.events)
        return writes, withdrawn


def _write_mails(writes: Writes, mails: Iterable[Mail], reminders: Reminders) -> list[Id]:
    """Add the writes of e-mails and their reminders; return the ids of withdrawn reminders."""
    for mail in mails:
        row = stored(mail)
        writes.insert(Mail, row)
        reminders.add(mail, row)
    for row in reminders.rows.values():
        writes.insert(Mail, row)
    return reminders.withdrawn


def _write_waits(writes: Writes, agenda: Agenda) -> None:
    """Add the writes that store a waiting list: deletions, then changes, then new entries."""
    waitlist = agenda.waitlist
    for wait in waitlist.removed:
        writes.delete(Wait, {"_id": wait.id, "expert_id": wait.expert_id})
    for wait in waitlist.changed:
        writes.update(Wait, {"_id": wait.id, "expert_id": wait.expert_id}, stored(wait))
    for wait in waitlist.added:
        writes.insert(Wait, stored(wait))


def _is_written(agenda: Agenda) -> bool:
    """Return whether the calendar must be written: it has changes, or a claim that must end.

    The waiting list is checked, too, because a change of its due times causes no event.
    """
    return bool(agenda.events or agenda.waitlist.is_changed or agenda.calendar.claimed_by)


def _booking_update(booking: Booking) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the filter and the update for a changed booking; the expert's note is left as is."""
    only = {"_id": booking.id, "expert_id": booking.expert_id}
    changed = {name: value for name, value in stored(booking).items() if name not in _NOT_CHANGED}
    return only, {"$set": changed}


_NOT_CHANGED: Final = frozenset({"_id", "expert_id", "expert_note"})


def _calendar_update(agenda: Agenda) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the filter and the update for a changed calendar; the update also ends any claim."""
    calendar = agenda.calendar
    counters: dict[str, int] = {}
    values: dict[str, Any] = {}
    if agenda.events:
        last = agenda.events[-1]
        counters["sequence"] = len(agenda.events)
        values |= {"last_event_at": last.at, "last_event_id": last.id}
    if agenda.has_new_rules:
        values["rules"] = stored(agenda.rules)
        counters["rules_version"] = 1
    if agenda.waitlist.is_changed:
        values["waiting"] = len(agenda.waitlist)
    if calendar.claimed_by:
        values["claimed_by"] = None
    decided_on = {
        "_id": calendar.id,
        "sequence": calendar.sequence,
        # After a backup is restored, another event may have the same number.
        "last_event_id": calendar.last_event_id,
        "rules_version": calendar.rules_version,
        "claimed_by": calendar.claimed_by,
    }
    update = {"$inc": counters, "$set": values}
    return decided_on, {operator: fields for operator, fields in update.items() if fields}


async def _check_positions(
    agendas: Iterable[Agenda], session: AsyncClientSession | None = None
) -> None:
    """Raise Outdated unless each stored calendar's last event is the one in its agenda."""
    expected = {agenda.calendar.id: position_of(agenda.calendar) for agenda in agendas}
    if not expected:
        return
    if await read_positions(expected, session) != expected:
        raise Outdated
