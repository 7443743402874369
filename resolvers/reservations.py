"""Holding and booking slots: validates the input and posts the change to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.bookings.booking import Booking, BookingStatus, Contact, contact_key
from models.bookings.idempotency import IdempotencyRecord, digest_of, record_id
from models.calendar.errors import SlotNotOffered, SlotTaken
from models.calendar.slot_ids import slot_id, slot_key
from models.calendar.times import instant_of, utc_now
from models.ids import Id, new_id
from models.ledger.changes import Change
from models.store.unchecked import construct_unchecked
from resolvers.checks import MAX_NAME_CHARS, InputValidator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.bookings.agenda import Agenda
    from models.calendar.slots import Slot, SlotKey
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger

MAX_NOTE_CHARS = 2_000
MAX_IDEMPOTENCY_KEY_CHARS = 128
MAX_SLOTS_PER_BOOKING = 10


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """Input for booking some slots, not yet validated.

    `field` is the name of the input field that holds the slot ids.
    """

    field: str
    slot_ids: Sequence[str]
    name: str
    email: str
    phone: str
    time_zone: str | None
    note: str | None
    idempotency_key: str | None


async def book(
    ledger: Ledger, viewer: Viewer, wanted: BookingRequest, phone_region: str | None
) -> list[Booking]:
    """Book all of the slots, or none of them.

    Raises:
        InvalidInput: with the problems of all fields.
        SlotNotOffered: if a slot is not offered now.
        SlotTaken: if a slot is taken.
        Unavailable: if the database does not answer. Retrying is safe with an idempotency key.
    """
    validator = InputValidator()
    keys = _slot_keys(validator, wanted.field, wanted.slot_ids)
    contact = Contact(
        name=validator.text("contact.name", wanted.name, MAX_NAME_CHARS, "Name"),
        email=validator.email("contact.email", wanted.email),
        phone=validator.phone("contact.phone", wanted.phone, phone_region),
        time_zone=validator.time_zone("contact.timeZone", wanted.time_zone),
    )
    note = validator.note("note", wanted.note, MAX_NOTE_CHARS)
    _check_key(validator, wanted.idempotency_key)
    validator.raise_problems()
    ids = [new_id() for _ in keys]

    def decide(agendas: Agendas) -> list[Booking]:
        bookings = []
        for id_, key in zip(ids, keys, strict=True):
            agenda, slot = find_offered_slot(agendas, key)
            hold = clear_slot(agenda, slot, viewer.id)
            if hold:
                fields = _slot_fields(agenda, slot) | _booking_fields(agenda, contact, note)
                bookings.append(agenda.fulfil(hold, hold.model_copy(update=fields)))
            else:
                booking = _new_booking(
                    id_, viewer, agenda, slot, **_booking_fields(agenda, contact, note)
                )
                bookings.append(agenda.book(booking))
        return bookings

    request = _idempotency_record(viewer, wanted.field, wanted.idempotency_key, wanted)
    return await ledger.post(Change(decide, slots=keys, request=request))


async def hold(
    ledger: Ledger,
    viewer: Viewer,
    opaque_id: str,
    idempotency_key: str | None,
    duration: timedelta,
) -> Booking:
    """Hold a slot, and release the viewer's other holds with the same expert atomically.

    Raises:
        InvalidInput: if the slot id or the idempotency key is invalid.
        SlotNotOffered: if the slot is not offered now.
        SlotTaken: if the slot is taken. The viewer's other holds remain.
    """
    validator = InputValidator()
    keys = _slot_keys(validator, "slotId", [opaque_id])
    _check_key(validator, idempotency_key)
    validator.raise_problems()
    id_ = new_id()

    def decide(agendas: Agendas) -> list[Booking]:
        agenda, slot = find_offered_slot(agendas, keys[0])
        clear_slot(agenda, slot, viewer.id)
        for earlier in agenda.holds_of(viewer.id):
            agenda.release(earlier, BookingStatus.CANCELLED, viewer.id)
        held = {"status": BookingStatus.HELD, "held_until": agenda.now + duration}
        return [agenda.book(_new_booking(id_, viewer, agenda, slot, **held))]

    request = _idempotency_record(viewer, "hold", idempotency_key, opaque_id)
    change = Change(decide, slots=keys, holder_id=viewer.id, request=request)
    [booking] = await ledger.post(change)
    return booking


def find_offered_slot(agendas: Agendas, key: SlotKey) -> tuple[Agenda, Slot]:
    """Return the agenda and the slot of a key.

    Raises:
        SlotNotOffered: if there is no such expert, or the slot is not listed now.
    """
    agenda = agendas.get(key.expert_id)
    slot = agenda.slot(key) if agenda else None
    if agenda is None or slot is None:
        raise SlotNotOffered(slot_id(key))
    return agenda, slot


def clear_slot(
    agenda: Agenda, slot: Slot, client_id: Id, moving: Booking | None = None
) -> Booking | None:
    """Expire the lapsed holds that block a slot, and return the client's own hold on it, if any.

    Args:
        agenda: the agenda of the slot's expert.
        slot: the slot to clear.
        client_id: the client who wants the slot.
        moving: a booking of the client that gives up its time for the slot; it does not block.

    Raises:
        SlotTaken: if a booking or another client's hold blocks the slot.
    """
    own = None
    blockers = agenda.blockers(slot.key)
    if moving:
        blockers = [other for other in blockers if other.booking_id != moving.id]
    for other in blockers:
        if other.occupies_at(agenda.now):
            if other.held_until is None or other.client_id != client_id:
                raise SlotTaken(slot, agenda.next_sequence - 1)
            own = other
    for other in blockers:
        if other is not own:
            agenda.release(agenda.booking(other.booking_id), BookingStatus.EXPIRED, actor_id=None)
    return agenda.booking(own.booking_id) if own else None


def _slot_keys(validator: InputValidator, field: str, slot_ids: Sequence[str]) -> list[SlotKey]:
    keys: list[SlotKey] = []
    for index, opaque_id in enumerate(slot_ids):
        path = field if field == "slotId" else f"{field}.{index}"
        try:
            key = slot_key(opaque_id)
        except ValueError:
            validator.add_problem(path, "This is not the id of a slot")
            continue
        if key in keys:
            validator.add_problem(path, "This slot is listed twice")
        keys.append(key)
    if not 1 <= len(slot_ids) <= MAX_SLOTS_PER_BOOKING:
        validator.add_problem(field, f"Choose 1 to {MAX_SLOTS_PER_BOOKING} slots")
    return keys


def _check_key(validator: InputValidator, key: str | None) -> None:
    if key is not None and not (0 < len(key) <= MAX_IDEMPOTENCY_KEY_CHARS and key.isprintable()):
        validator.add_problem(
            "idempotencyKey", f"Use 1 to {MAX_IDEMPOTENCY_KEY_CHARS} printable characters"
        )


def _slot_fields(agenda: Agenda, slot: Slot) -> dict[str, Any]:
    """Return the fields of a booking that follow from its slot and the current rules."""
    notice = timedelta(minutes=agenda.rules.cancellation_notice_minutes)
    return {
        "starts_at": slot.key.starts_at,
        "minutes": slot.key.minutes,
        "cells": [instant_of(cell) for cell in slot.key.occupies(agenda.rules)],
        "price": slot.price,
        "cancellable_until": slot.key.starts_at - notice,
    }


def _booking_fields(agenda: Agenda, contact: Contact, note: str) -> dict[str, Any]:
    """Return the fields that turn a hold into a booking."""
    confirmed = agenda.rules.confirms_automatically
    return {
        "status": BookingStatus.CONFIRMED if confirmed else BookingStatus.PENDING,
        "held_until": None,
        "contact": contact,
        "contact_key": contact_key(contact.email),
        "note": note,
    }


def _new_booking(id_: Id, viewer: Viewer, agenda: Agenda, slot: Slot, **more: Any) -> Booking:
    return construct_unchecked(
        Booking,
        id=id_,
        expert_id=slot.key.expert_id,
        client_id=viewer.id,
        active=True,
        created_at=agenda.now,
        updated_at=agenda.now,
        **_slot_fields(agenda, slot),
        **more,
    )


def _idempotency_record(
    viewer: Viewer, operation: str, key: str | None, wanted: object
) -> IdempotencyRecord | None:
    """Return the idempotency record, or None if the client sent no key."""
    if key is None:
        return None
    return IdempotencyRecord(
        id=record_id(viewer.id, operation, key),
        digest=digest_of([wanted]),
        booking_ids=[],
        at=utc_now(),
    )


def at_slot(booking: Booking, agenda: Agenda, slot: Slot) -> Booking:
    """Return a booking moved to another slot of the same expert."""
    found: Booking = booking.model_copy(update=_slot_fields(agenda, slot))
    return found
