"""The base class of commands that change calendars, and the agendas that commands work on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.agenda import Agenda
from models.errors import NotAllowed
from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.bookings.idempotency import IdempotencyRecord
    from models.calendar.slots import SlotKey


class Agendas(dict[Id, Agenda]):
    """Agendas, keyed by expert id, and the bookings that commands refer to by booking id."""

    def __init__(self, agendas: Iterable[Agenda] = (), bookings: Iterable[Booking] = ()) -> None:
        super().__init__((agenda.calendar.id, agenda) for agenda in agendas)
        self._named = {booking.id: booking for booking in bookings}

    def of(self, expert_ids: Iterable[Id]) -> Agendas:
        """Return only the agendas of the given experts, together with all referenced bookings."""
        found = Agendas(self[id_] for id_ in expert_ids if id_ in self)
        found._named = self._named
        return found

    def booking(self, id_: Id) -> Booking:
        """Return the booking with the given id, with the changes made to it so far.

        Raises:
            NotAllowed: if the booking does not exist.
        """
        found = self._named.get(id_)
        if found is None:
            raise NotAllowed
        return self[found.expert_id].changed_bookings.get(id_, found)

    def events(self) -> list[Event]:
        """Return the events of all changes that have been made to the agendas so far."""
        return [event for agenda in self.values() for event in agenda.events]

    def savepoint(self) -> Callable[[], None]:
        """Return a function that undoes all changes made to the agendas after this call."""
        restores = [agenda.savepoint() for agenda in self.values()]

        def restore() -> None:
            for undo in restores:
                undo()

        return restore


@dataclass(eq=False, kw_only=True)
class Command(ABC):
    """A change of one or several calendars, which is made completely or not at all.

    Args:
        expert_ids: the experts whose calendars the command reads or changes.
        slots: the slots that the command needs, together with the bookings in and around them.
        booking_ids: the ids of stored bookings that the command needs.
        window: the time span `[since, until)` whose slots the command needs; None for no span.
        holder_id: a client whose holds with all these experts the command needs; None for no
            client.
        describes: whether the command needs the experts' directory entries.
        idempotency: the idempotency record of the request; None if the request has no idempotency
            key.
    """

    expert_ids: Sequence[Id]
    slots: Sequence[SlotKey] = ()
    window: tuple[datetime, datetime] | None = None
    booking_ids: Sequence[Id] = ()
    holder_id: Id | None = None
    describes: bool = False
    idempotency: IdempotencyRecord | None = None

    @abstractmethod
    def decide(self, agendas: Agendas) -> list[Booking]:
        """Change the agendas, and return the bookings that were made or changed.

        The ledger may call the method again with newer agendas, so it must have no other effects.

        Raises:
            ExpertBookError: if the command is refused; the caller then undoes its changes.
        """

    @property
    def needs_only_slots(self) -> bool:
        """Whether the command needs only the bookings in and around its slots."""
        return bool(self.slots) and not (self.booking_ids or self.holder_id or self.describes)
