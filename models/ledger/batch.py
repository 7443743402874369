"""A batch of commands: decided one after the other, and committed in one transaction."""

from __future__ import annotations

from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from models.bookings.booking import Booking
from models.bookings.command import Agendas
from models.bookings.events import Event
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.outbox import Mail
from models.calendar.rules import Calendar
from models.store.bulk_writes import Writes
from models.store.documents import stored

if TYPE_CHECKING:
    import asyncio

    from models.bookings.agenda import Agenda
    from models.bookings.command import Command

Answer = list[Booking] | Exception


@dataclass(eq=False)
class Entry:
    """A posted command, and how far the ledger has come with it.

    Attributes:
        must_load: whether a decision in memory would be outdated.
        rounds: how often the command was queued again.
        deadline: when the ledger gives up, in the event loop's time; None in the first round.
        attempts: batches that may be stored although their commit failed.
    """

    command: Command
    answer: asyncio.Future[list[Booking]]
    context: Context = field(default_factory=copy_context)
    must_load: bool = False
    rounds: int = 0
    deadline: float | None = None
    attempts: list[Batch] = field(default_factory=list)


class Batch:
    """The decisions that one transaction commits: answers, and the agendas as they change.

    Each command is decided on the state that the commands before it left.
    """

    def __init__(self) -> None:
        self.agendas = Agendas()
        self.answers: dict[Entry, Answer] = {}
        self.records: dict[str, IdempotencyRecord] = {}
        self.granted = 0

    def decide(self, entry: Entry, agendas: Agendas, *, keeps_refusal: bool) -> bool:
        """Decide a command; a command that fails changes nothing.

        Args:
            entry: the command.
            agendas: the agendas of its experts; this batch may have some of them already.
            keeps_refusal: whether the command is answered if it fails.

        Returns:
            Whether the command has an answer now.
        """
        undo = agendas.savepoint()
        answer: Answer
        try:
            answer = entry.command.decide(agendas)
        except Exception as error:  # noqa: BLE001 - the command's caller gets it
            undo()
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
        """The events of its changes."""
        return self.agendas.events()

    @property
    def described(self) -> list[Agenda]:
        """The agendas whose directory entry changed."""
        return [agenda for agenda in self.agendas.values() if agenda.has_new_expert]

    @property
    def unchanged(self) -> list[Agenda]:
        """The agendas that were read but not changed: those that refusals are based on."""
        return [agenda for agenda in self.agendas.values() if not agenda.events]

    def writes(self) -> Writes:
        """Return the writes in the order in which they conflict least.

        Idempotency records come first, so that a repeated request fails before it reaches the
        slot. Directory entries are written by the commit.
        """
        changed = [agenda for agenda in self.agendas.values() if agenda.events]
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
                    writes.update(Booking, {"_id": booking.id}, stored(booking))
        for agenda in changed:
            writes.update(Calendar, *_calendar_update(agenda))
        for event in self.events:
            writes.insert(Event, stored(event))
        for agenda in changed:
            for mail in agenda.mails:
                writes.insert(Mail, stored(mail))
        return writes


def _calendar_update(agenda: Agenda) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a filter for the calendar that was decided on, and the update of its counter."""
    calendar = agenda.calendar
    counters = {"sequence": len(agenda.events)}
    values: dict[str, Any] = {"last_event_at": agenda.events[-1].at}
    if agenda.has_new_rules:
        values["rules"] = stored(agenda.rules)
        counters["rules_version"] = 1
    decided_on = {
        "_id": calendar.id,
        "sequence": calendar.sequence,
        "rules_version": calendar.rules_version,
    }
    return decided_on, {"$inc": counters, "$set": values}
