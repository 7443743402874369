"""What is asked of the ledger: a change, and the calendars that it is decided on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.agenda import Agenda
from models.errors import NotAllowed
from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from models.bookings.booking import Booking
    from models.bookings.events import Event
    from models.bookings.idempotency import IdempotencyRecord
    from models.calendar.slots import SlotKey


class Agendas(dict[Id, Agenda]):
    """The agendas of a batch by expert, and the bookings that its changes named, by id."""

    def __init__(self, agendas: Iterable[Agenda], bookings: Iterable[Booking]) -> None:
        super().__init__((agenda.calendar.id, agenda) for agenda in agendas)
        self._named = {booking.id: booking for booking in bookings}

    def booking(self, id_: Id) -> Booking:
        """A booking that the change names, as it now stands.

        Raises:
            NotAllowed: when there is none.
        """
        found = self._named.get(id_)
        if found is None:
            raise NotAllowed
        return self[found.expert_id].written.get(id_, found)

    def events(self) -> list[Event]:
        """What has happened in all of them."""
        return [event for agenda in self.values() for event in agenda.events]

    def undo(self, change: Change) -> Callable[[], None]:
        """Remember the agendas that a change is about; calling the result goes back to that."""
        experts = change.experts_of_slots | set(change.expert_ids)
        named = [self._named[id_] for id_ in change.booking_ids if id_ in self._named]
        experts.update(booking.expert_id for booking in named)
        restores = [self[expert].savepoint() for expert in experts if expert in self]

        def restore() -> None:
            for agenda in restores:
                agenda()

        return restore


@dataclass(eq=False)
class Change:
    """A change of one or several calendars, all or nothing.

    `decide` gets the agendas of every expert who is named, or whose slot or booking is, as they
    are at the moment of the change. It raises a refusal, or changes them and answers with the
    bookings that it made or moved. It may be called again on a fresh view, so it does nothing else.
    The agendas show every hold that `holder_id` has on these experts.
    """

    decide: Callable[[Agendas], list[Booking]]
    slots: Sequence[SlotKey] = ()
    booking_ids: Sequence[Id] = ()
    expert_ids: Sequence[Id] = ()
    holder_id: Id | None = None
    request: IdempotencyRecord | None = None

    @property
    def experts_of_slots(self) -> set[Id]:
        """The experts whose slots are named."""
        return {Id(key.expert_id) for key in self.slots}

    @property
    def is_plain(self) -> bool:
        """Whether it is about nothing but slots."""
        return not (self.booking_ids or self.expert_ids or self.holder_id)
