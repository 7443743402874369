"""An in-memory calendar with a waiting list, which decides commands as the ledger does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from models.bookings.agenda import Agenda
from models.bookings.booking import Booking, BookingStatus, Contact
from models.bookings.calendars import ChangeRules
from models.bookings.command import Agendas
from models.bookings.life import Action
from models.bookings.moves import ChangeStatus, ExpireBooking, MoveBooking, RemoveBooking
from models.bookings.offers import OfferTerms, decide
from models.bookings.reservations import BookSlots, HoldSlot
from models.bookings.wait import Wait, WaitTerms
from models.bookings.waits import JoinWaitlist, LeaveWaitlist, ReviewWaitlist
from models.calendar.errors import SlotRefusal
from models.calendar.rules import Calendar
from models.calendar.slots import SlotKey
from models.calendar.times import cell_of
from models.errors import Refused
from models.ids import Id, new_id
from tests.support.samples import EXPERT, MONDAY, NOW, at, listing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from models.bookings.command import Command
    from models.bookings.events import Event
    from models.calendar.rules import Rules
    from models.calendar.slots import Slot, SlotStatus

HOLD = timedelta(minutes=5)
OFFER = timedelta(minutes=30)
CONTACT = Contact(name="Ada Lovelace", email="ada@example.com", phone="+442079460018")
EVERYTHING = [(0, 2**30)]


MORNING = at(9), at(12)
TUESDAY, SUNDAY = date(2027, 3, 2), date(2027, 3, 7)
SECOND = timedelta(seconds=1)


def client(number: int) -> Id:
    """Return the id of the client with the given number."""
    return Id(f"{number:024x}")


BEA, CLEO, DORA = map(client, range(2, 5))


def key(hour: int, minute: int = 0, minutes: int = 60, day: date = MONDAY) -> SlotKey:
    """Return the slot that starts at the given time, on Monday by default."""
    return SlotKey(EXPERT, cell_of(at(hour, minute, day)), minutes)


@dataclass
class Desk:
    """A calendar with its bookings, events and waiting list, to which commands are posted."""

    rules: Rules
    now: datetime = NOW
    bookings: dict[Id, Booking] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    agenda: Agenda | None = None
    """The agenda that results from the last change, cached as the ledger caches it."""

    def load(self) -> Agenda:
        """Return a new agenda with the current bookings and waiting list."""
        last = self.log[-1] if self.log else None
        calendar = Calendar(
            id=EXPERT,
            rules=self.rules,
            sequence=len(self.log),
            last_event_id=last and last.id,
            waiting=len(self.waits),
        )
        active = [booking for booking in self.bookings.values() if booking.active]
        holds = [booking for booking in active if booking.status is BookingStatus.HELD]
        others = [booking.occupant() for booking in active if booking not in holds]
        return Agenda(calendar, holds, self.now, None, others, EVERYTHING, self.waits)

    def post(self, command: Command, *, is_cached: bool = False) -> list[Event]:
        """Decide a command, and return its events.

        Raises:
            Refused: if the command is refused, in which case nothing changes.
        """
        agenda = self.agenda if is_cached and self.agenda else self.load()
        agenda.advance_clock(self.now)
        agendas = Agendas([agenda], self.bookings.values())
        before = self._state_of(agenda)
        try:
            decide(command, agendas, OfferTerms(OFFER))
        except Refused as refusal:
            assert self._state_of(agenda) == before
            self._check_shown(refusal, agenda)
            raise
        self.bookings |= agenda.changed_bookings
        self.waits = list(agenda.waitlist)
        self.log += agenda.events
        has_new_rules, self.rules = agenda.has_new_rules, agenda.rules
        self.agenda = None if has_new_rules else agenda.successor()
        assert [event.sequence for event in self.log] == list(range(1, len(self.log) + 1))
        return agenda.events

    def _check_shown(self, refusal: Refused, agenda: Agenda) -> None:
        if isinstance(refusal, SlotRefusal):
            stored = [agenda.slot(slot.key) for slot in refusal.slots]
            assert (refusal.sequence, refusal.slots) == (len(self.log), stored)

    def _state_of(self, agenda: Agenda) -> object:
        slots = [agenda.slot(slot.key) for slot in self.slots()]
        return agenda.events[:], list(agenda.waitlist), agenda.rules, slots

    def slots(self) -> list[Slot]:
        """Return the slots of every length that are listed at the current time."""
        agenda = self.load()
        until = self.now + timedelta(days=60)
        found = [
            slot
            for offer in self.rules.offers
            for slot in listing(self.rules, offer.minutes, self.now, until, now=self.now)
        ]
        return [slot for each in found if (slot := agenda.slot(each.key))]

    def book(self, who: Id, *keys: SlotKey, **more: Any) -> list[Event]:
        """Book slots."""
        ids = [new_id() for _ in keys]
        rooms = [None] * len(keys)
        booked: dict[str, Any] = {"contact": CONTACT, "note": "", "new_ids": ids, "rooms": rooms}
        return self.post(
            BookSlots(expert_ids=[EXPERT], slots=keys, client_id=who, **booked), **more
        )

    def hold(self, who: Id, key: SlotKey, **more: Any) -> list[Event]:
        """Hold a slot."""
        held: dict[str, Any] = {"new_id": new_id(), "room": None, "duration": HOLD}
        command = HoldSlot(expert_ids=[EXPERT], slots=[key], holder_id=who, **held)
        return self.post(command, **more)

    def cancel(self, booking: Booking, **more: Any) -> list[Event]:
        """Cancel a booking, or give up a hold or an offer."""
        command = ChangeStatus(
            expert_ids=[EXPERT],
            booking_ids=[booking.id],
            action=Action.CANCEL,
            actor_id=booking.client_id,
            is_manager=True,
        )
        return self.post(command, **more)

    def move(self, booking: Booking, key: SlotKey, **more: Any) -> list[Event]:
        """Move a booking."""
        command = MoveBooking(
            expert_ids=[EXPERT],
            booking_ids=[booking.id],
            slots=[key],
            actor_id=booking.client_id,
            is_manager=True,
            is_client=False,
        )
        return self.post(command, **more)

    def remove(self, booking: Booking, **more: Any) -> list[Event]:
        """Remove a finished booking from its client's list."""
        removed: dict[str, Any] = {"booking_ids": [booking.id], "viewer_id": booking.client_id}
        return self.post(RemoveBooking(expert_ids=[EXPERT], **removed), **more)

    def change_rules(self, **fields: Any) -> list[Event]:
        """Change the given fields of the calendar's rules."""
        return self.post(ChangeRules(expert_ids=[EXPERT], fields=fields))

    def join(
        self, who: Id, since: datetime, until: datetime, minutes: int = 60, **more: Any
    ) -> list[Event]:
        """Join the waiting list."""
        terms = WaitTerms(client_id=who, since=since, until=until, minutes=minutes)
        return self.post(JoinWaitlist(expert_ids=[EXPERT], terms=terms, new_id=new_id()), **more)

    def leave(self, wait: Wait, **more: Any) -> list[Event]:
        """Leave the waiting list."""
        return self.post(LeaveWaitlist(expert_ids=[EXPERT], wait_id=wait.id), **more)

    def review(self, **more: Any) -> list[Event]:
        """Apply the effects of elapsed time to the waiting list."""
        return self.post(ReviewWaitlist(expert_ids=[EXPERT]), **more)

    def sweep(self) -> None:
        """Release the holds that have ended, as the server does once a second."""
        for hold in self.active(BookingStatus.HELD):
            self.post(ExpireBooking(expert_ids=[EXPERT], booking_ids=[hold.id]))

    def active(self, *statuses: BookingStatus) -> list[Booking]:
        """Return the active bookings that have one of the given statuses."""
        return [b for b in self.bookings.values() if b.active and b.status in statuses]

    def offers(self) -> dict[Id, Booking]:
        """Return the current offers, keyed by client; assert that they match the waiting list."""
        offers = [b for b in self.active(BookingStatus.HELD) if b.wait_id]
        assert {(b.wait_id, b.id) for b in offers} == {
            (wait.id, wait.offer_id) for wait in self.waits if wait.offer_id
        }
        return {booking.client_id: booking for booking in offers}

    def offered(self) -> dict[Id, str]:
        """Return the start time of the slot that each client is offered, such as "09:30"."""
        return {who: offer.starts_at.strftime("%H:%M") for who, offer in self.offers().items()}

    def only_offer(self) -> Booking:
        """Return the only current offer; assert that it has just been made."""
        [offer] = self.offers().values()
        assert offer.created_at == self.now
        return offer

    def booked(self, hour: int) -> Booking:
        """Return the active booking or hold that starts at an hour on Monday."""
        return next(b for b in self.bookings.values() if b.active and b.starts_at == at(hour))

    def status(self, key: SlotKey) -> SlotStatus:
        """Return the status of a slot, which must be listed."""
        slot = self.load().slot(key)
        assert slot
        return slot.status

    def clients(self) -> list[Id]:
        """Return the ids of the waiting clients, in the order of the line."""
        return [wait.terms.client_id for wait in self.waits]


def kinds(events: Iterable[Event]) -> list[str]:
    """Return the kinds of the given events."""
    return [event.kind.value for event in events]
