"""A batch of commands: decided one after the other, and committed in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.bookings.booking import Booking
from models.bookings.command import Agendas
from models.bookings.events import Event
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.outbox import Mail
from models.calendar.rules import Calendar
from models.errors import InvalidInput, Problem
from models.store.bulk_writes import Writes
from models.store.documents import stored

if TYPE_CHECKING:
    from models.bookings.agenda import Agenda
    from models.bookings.command import Command
    from models.ledger.loading import Loaded

Answer = list[Booking] | Exception


class Batch:
    """The decisions that one transaction commits: answers, and the agendas as they change.

    Each command is decided on the state that the commands before it left.
    """

    def __init__(self) -> None:
        self.agendas = Agendas()
        self.answers: dict[Command, Answer] = {}
        self.records: dict[str, IdempotencyRecord] = {}
        self.granted = 0

    def decide(self, command: Command, agendas: Agendas, *, keeps_refusal: bool) -> bool:
        """Decide a command; a command that fails changes nothing.

        Args:
            command: the command.
            agendas: the agendas of its experts; this batch may have some of them already.
            keeps_refusal: whether the command is answered if it fails.

        Returns:
            Whether the command has an answer now.
        """
        undo = agendas.savepoint()
        answer: Answer
        try:
            answer = command.decide(agendas)
        except Exception as error:  # noqa: BLE001 - the command's caller gets it
            undo()
            if not keeps_refusal:
                return False
            answer = error
        else:
            self.granted += 1
            if command.idempotency:
                record = command.idempotency.with_bookings(answer)
                self.records[record.id] = record
        self.agendas.update(agendas)
        self.answers[command] = answer
        return True

    @property
    def events(self) -> list[Event]:
        """The events of its changes."""
        return self.agendas.events()

    @property
    def changes_directory(self) -> bool:
        """Whether a directory entry changed."""
        return any(agenda.has_new_expert for agenda in self.agendas.values())

    @property
    def unchanged(self) -> list[Agenda]:
        """The agendas that were read but not changed: those that refusals are based on."""
        return [agenda for agenda in self.agendas.values() if not agenda.events]

    def writes(self, *, single_command: bool) -> Writes:
        """Return the writes in the order in which they conflict least.

        Idempotency records come first, so that a repeated request fails before it reaches the
        slot. Directory entries are written by the commit.
        """
        changed = [agenda for agenda in self.agendas.values() if agenda.events]
        writes = Writes(single_command=single_command)
        for record in self.records.values():
            writes.insert(IdempotencyRecord, stored(record))
        for agenda in changed:
            _write_bookings(agenda, writes)
        for agenda in changed:
            _write_calendar(agenda, writes)
        for event in self.events:
            writes.insert(Event, stored(event))
        for agenda in changed:
            for mail in agenda.mails:
                writes.insert(Mail, stored(mail))
        return writes


def replay(command: Command, loaded: Loaded) -> Answer | None:
    """Return the answer that a command's idempotency record stands for; None without a record.

    A record of another input is answered with InvalidInput.
    """
    if command.idempotency is None:
        return None
    record = loaded.records.get(command.idempotency.id)
    if record is None:
        return None
    if record.digest != command.idempotency.digest:
        problem = Problem("idempotencyKey", "was used before, with other input")
        return InvalidInput([problem])
    return [loaded.earlier[id_] for id_ in record.booking_ids]


def _write_bookings(agenda: Agenda, writes: Writes) -> None:
    missing = set(agenda.new_ids)
    for booking in agenda.writes:
        document = stored(booking)
        if booking.id in missing:
            missing.remove(booking.id)
            writes.insert(Booking, document)
        else:
            writes.update(Booking, {"_id": booking.id}, document)


def _write_calendar(agenda: Agenda, writes: Writes) -> None:
    """Update the counter, and the rules if they are new, provided that nothing else did."""
    calendar = agenda.calendar
    update: dict[str, dict[str, Any]] = {
        "$inc": {"sequence": len(agenda.events)},
        "$set": {"last_event_at": agenda.events[-1].at},
    }
    if agenda.has_new_rules:
        update["$set"]["rules"] = stored(agenda.rules)
        update["$inc"]["rules_version"] = 1
    decided_on = {
        "_id": calendar.id,
        "sequence": calendar.sequence,
        "rules_version": calendar.rules_version,
    }
    writes.update(Calendar, decided_on, update)
