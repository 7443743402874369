"""Commands that hold and book slots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.accounts.emails import email_key
from models.bookings.booking import Booking, BookingStatus, Contact, search_words_of
from models.bookings.command import Command
from models.calendar.errors import PriceChanged, SlotNotOffered, SlotTaken
from models.calendar.places import Place
from models.calendar.slots import slot_id
from models.calendar.times import instant_of
from models.errors import InvalidInput, Problem
from models.money import MAX_AMOUNT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from models.bookings.agenda import Agenda
    from models.bookings.command import Agendas
    from models.calendar.slots import Slot, SlotKey
    from models.ids import Id


@dataclass(eq=False, kw_only=True)
class BookSlots(Command):
    """Book all of the slots or none; holds that the client has on them become the bookings.

    Args:
        client_id: the account that books.
        contact: the client's contact details, stored with the bookings.
        note: the client's note to the expert.
        new_ids: one id per slot for its new booking; not used if a hold becomes the booking.
        rooms: for each slot, the URL of its video room, or None to use the expert's own link.
        expected_price: the total price that the client has seen, in minor currency units; None
            accepts any price.
    """

    client_id: Id
    contact: Contact
    note: str
    new_ids: Sequence[Id]
    rooms: Sequence[str | None]
    expected_price: int | None = None

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Book each slot; a hold that has not ended keeps its terms even if the rules have changed.

        Raises:
            InvalidInput: if slots overlap each other, or if their total price differs from the
                expected price and exceeds the largest amount that the API can return.
            SlotNotOffered: if the expert does not offer one of the slots now.
            SlotTaken: if one of the slots is taken.
            PriceChanged: if the total price differs from the expected price.
        """
        self._check_overlaps(agendas)
        wanted = zip(self.new_ids, self.slots, self.rooms, strict=True)
        booked = [self._book(id_, key, room, agendas) for id_, key, room in wanted]
        check_price(sum(booking.price for booking in booked), self.expected_price)
        return booked

    def _check_overlaps(self, agendas: Agendas) -> None:
        """Check that the slots, including the breaks after their sessions, do not overlap."""
        taken: set[tuple[Id, int]] = set()
        problems: list[Problem] = []
        for index, key in enumerate(self.slots):
            if agenda := agendas.get(key.expert_id):
                hold = standing_hold(agendas, key, self.client_id)
                occupied = hold.occupant().cells if hold else key.occupies(agenda.rules)
                cells = {(key.expert_id, cell) for cell in occupied}
                if taken & cells:
                    why = "This slot overlaps another slot in the list, or the break after it"
                    problems.append(Problem(f"slotIds.{index}", why))
                taken |= cells
        if problems:
            raise InvalidInput(problems)

    def _book(self, id_: Id, key: SlotKey, room: str | None, agendas: Agendas) -> Booking:
        if standing := standing_hold(agendas, key, self.client_id):
            agenda = agendas[key.expert_id]
            changed: Booking = standing.model_copy(update=self._fields(standing.id, agenda))
            return agenda.fulfil(standing, changed)
        agenda, slot = find_offered_slot(agendas, key)
        if hold := clear_slot(agenda, slot, self.client_id):
            fields = terms_of_slot(agenda, slot, room) | self._fields(hold.id, agenda)
            return agenda.fulfil(hold, hold.model_copy(update=fields))
        fields, terms = self._fields(id_, agenda), terms_of_slot(agenda, slot, room)
        return agenda.book(new_booking(id_, self.client_id, agenda, terms, **fields))

    def _fields(self, id_: Id, agenda: Agenda) -> dict[str, Any]:
        confirmed = agenda.rules.confirms_automatically
        return {
            "status": BookingStatus.CONFIRMED if confirmed else BookingStatus.PENDING,
            "held_until": None,
            "contact": self.contact,
            "contact_key": email_key(self.contact.email),
            "search_words": search_words_of(id_, self.contact),
            "note": self.note,
        }


@dataclass(eq=False, kw_only=True)
class HoldSlot(Command):
    """Hold the slot, and release the client's other holds with the same expert.

    Offers that the client has from the waiting list are not released. If the client has an offer of
    this very slot, the command returns the offer and makes no new hold. A hold of this very slot is
    renewed on its own terms, even if the slot is no longer listed. The renewed hold gets a new id,
    because `Caps` counts holds.

    Args:
        holder_id: the account that holds the slot.
        new_id: the id of the hold.
        room: the URL of the slot's video room; None to use the expert's own link.
        duration: how long the hold lasts from the moment of the decision; it ends earlier if the
            session starts.
    """

    holder_id: Id
    new_id: Id
    room: str | None
    duration: timedelta

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Hold the slot, or renew the client's hold of it.

        Raises:
            SlotNotOffered: if the client does not hold the slot, and it is not offered now.
            SlotTaken: if the slot is taken.
        """
        key = self.slots[0]
        standing = standing_hold(agendas, key, self.holder_id)
        if standing and standing.wait_id:
            return [standing]
        if standing:
            agenda, terms = agendas[key.expert_id], terms_of_hold(standing)
        else:
            agenda, slot = find_offered_slot(agendas, key)
            clear_slot(agenda, slot, self.holder_id)
            terms = terms_of_slot(agenda, slot, self.room)
        end = hold_end(agenda, key, self.duration)
        if standing and standing.held_until:  # it may have been prolonged
            end = max(end, standing.held_until)
        for earlier in agenda.holds_of(self.holder_id):
            agenda.release(earlier, BookingStatus.CANCELLED, self.holder_id)
        held = {"status": BookingStatus.HELD, "held_until": end}
        return [agenda.book(new_booking(self.new_id, self.holder_id, agenda, terms, **held))]


def hold_end(agenda: Agenda, key: SlotKey, duration: timedelta) -> datetime:
    """Return when a hold ends: after its duration, but no later than the session starts."""
    return min(agenda.now + duration, key.starts_at)


def standing_hold(agendas: Agendas, key: SlotKey, client_id: Id) -> Booking | None:
    """Return the client's unexpired hold or offer of exactly this slot, or None."""
    agenda = agendas.get(key.expert_id)
    if agenda is None:
        return None
    for other in agenda.blockers(key):
        if other.held_until and other.client_id == client_id and other.occupies_at(agenda.now):
            hold = agenda.booking(other.booking_id)
            if hold.key == key:
                return hold
    return None


def find_offered_slot(agendas: Agendas, key: SlotKey) -> tuple[Agenda, Slot]:
    """Return the agenda of the slot's expert, and the slot with the given key.

    Raises:
        SlotNotOffered: if the expert does not exist, or the slot is not listed now.
    """
    agenda = agendas.get(key.expert_id)
    slot = agenda.slot(key) if agenda else None
    if agenda is None or slot is None:
        raise SlotNotOffered(slot_id(key))
    return agenda, slot


def clear_slot(
    agenda: Agenda, slot: Slot, client_id: Id, moving: Booking | None = None
) -> Booking | None:
    """Release expired holds that block a slot; return the client's own hold that blocks it, if any.

    An offer from the waiting list blocks the slot even for the client who received the offer,
    until that client books the offered slot or gives the offer back.

    Args:
        agenda: the agenda of the slot's expert.
        slot: the slot to clear.
        client_id: the client who wants the slot.
        moving: the client's booking that is being moved to the slot; it does not block the slot.

    Raises:
        SlotTaken: if a booking, another client's hold or an offer blocks the slot.
    """
    own = None
    blockers = agenda.blockers(slot.key)
    if moving:
        blockers = [other for other in blockers if other.booking_id != moving.id]
    for other in blockers:
        if other.occupies_at(agenda.now):
            is_own = other.held_until is not None and other.client_id == client_id
            if not is_own or agenda.booking(other.booking_id).wait_id:
                raise SlotTaken([slot], agenda.next_sequence - 1)
            own = other
    for other in blockers:
        if other is not own:
            agenda.release(agenda.booking(other.booking_id), BookingStatus.EXPIRED, actor_id=None)
    return agenda.booking(own.booking_id) if own else None


def check_price(price: int, expected: int | None) -> None:
    """Check that a price equals the expected price; any price passes if `expected` is None.

    Raises:
        PriceChanged: if the price differs from the expected price.
        InvalidInput: if the price differs and exceeds the largest amount that the API can return.
    """
    if expected in {None, price}:
        return
    if price > MAX_AMOUNT:
        message = f"The prices add up to more than {MAX_AMOUNT:,}; book fewer slots together"
        raise InvalidInput([Problem("expectedPrice", message)])
    raise PriceChanged(price)


def at_slot(booking: Booking, agenda: Agenda, slot: Slot, room: str | None) -> Booking:
    """Return a booking moved to another slot of the same expert.

    The booking keeps its agreed price and place, unless the new slot has another length.
    """
    fields = terms_of_slot(agenda, slot, room)
    if slot.key.minutes == booking.minutes:
        fields |= {"price": booking.price, "place": booking.place}
    moved: Booking = booking.model_copy(update=fields)
    return moved


def at_hold(booking: Booking, hold: Booking) -> Booking:
    """Return a booking moved to a held slot, with the hold's price, place and deadline."""
    moved: Booking = booking.model_copy(update=terms_of_hold(hold))
    return moved


def terms_of_hold(hold: Booking) -> dict[str, Any]:
    """Return the fields of `terms_of_slot` as they were when a slot was held."""
    names = ("starts_at", "minutes", "cells", "price", "place", "cancellable_until")
    return {name: getattr(hold, name) for name in names}


def terms_of_slot(agenda: Agenda, slot: Slot, room: str | None) -> dict[str, Any]:
    """Return the fields of a booking that its slot and the current rules determine."""
    notice = timedelta(minutes=agenda.rules.cancellation_notice_minutes)
    offer = agenda.rules.offer(slot.key.minutes)
    return {
        "starts_at": slot.key.starts_at,
        "minutes": slot.key.minutes,
        "cells": [instant_of(cell) for cell in slot.key.occupies(agenda.rules)],
        "price": slot.price,
        "place": (offer.place if offer else Place()).agreed(room),
        "cancellable_until": slot.key.starts_at - notice,
    }


def new_booking(
    id_: Id, client_id: Id, agenda: Agenda, terms: dict[str, Any], **fields: Any
) -> Booking:
    """Return a new booking or hold, with the terms of a slot or of an earlier hold."""
    return Booking(
        id=id_,
        expert_id=agenda.calendar.id,
        client_id=client_id,
        active=True,
        created_at=agenda.now,
        updated_at=agenda.now,
        **terms,
        **fields,
    )
