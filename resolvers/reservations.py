"""Reservations, which is holding and booking: from what a client types to the committed change."""

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
from resolvers.checks import LONGEST_NAME, Checks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auth.viewers import Viewer
    from models.bookings.agenda import Agenda
    from models.calendar.slots import Slot, SlotKey
    from models.ledger.changes import Agendas
    from models.ledger.ledger import Ledger

LONGEST_NOTE = 2_000
LONGEST_KEY = 128
MOST_SLOTS = 10


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a client sends to book some slots; `slot_ids` are as they came.

    `field` is the name of the input's field that has them.
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
    """Book all of the slots or none.

    Raises:
        InvalidInput: every field's problem at once.
        SlotNotOffered: an expert does not offer one of them at this moment.
        SlotTaken: one of them is somebody's.
        Unavailable: when the database does not answer; with a key it is safe to ask again.
    """
    checks = Checks()
    keys = _slot_keys(checks, wanted.field, wanted.slot_ids)
    contact = Contact(
        name=checks.text("contact.name", wanted.name, LONGEST_NAME, "Name"),
        email=checks.email("contact.email", wanted.email),
        phone=checks.phone("contact.phone", wanted.phone, phone_region),
        time_zone=checks.time_zone("contact.timeZone", wanted.time_zone),
    )
    note = checks.note("note", wanted.note, LONGEST_NOTE)
    _check_key(checks, wanted.idempotency_key)
    checks.done()
    ids = [new_id() for _ in keys]

    def decide(agendas: Agendas) -> list[Booking]:
        made = []
        for id_, key in zip(ids, keys, strict=True):
            agenda, slot = offered(agendas, key)
            hold = clear(agenda, slot, viewer.id)
            if hold:
                fields = _time(agenda, slot) | _terms(agenda, contact, note)
                made.append(agenda.fulfil(hold, hold.model_copy(update=fields)))
            else:
                booking = _new(id_, viewer, agenda, slot, **_terms(agenda, contact, note))
                made.append(agenda.book(booking))
        return made

    request = _request(viewer, wanted.field, wanted.idempotency_key, wanted)
    return await ledger.post(Change(decide, slots=keys, request=request))


async def hold(
    ledger: Ledger, viewer: Viewer, opaque: str, idempotency_key: str | None, lasts: timedelta
) -> Booking:
    """Keep a slot for a while; another hold on the same expert is given up for it in one step.

    Raises:
        InvalidInput: for what is no id of a slot.
        SlotNotOffered: the expert does not offer it at this moment.
        SlotTaken: it is somebody's. The earlier hold stands.
    """
    checks = Checks()
    keys = _slot_keys(checks, "slotId", [opaque])
    _check_key(checks, idempotency_key)
    checks.done()
    id_ = new_id()

    def decide(agendas: Agendas) -> list[Booking]:
        agenda, slot = offered(agendas, keys[0])
        clear(agenda, slot, viewer.id)
        for earlier in agenda.holds_of(viewer.id):
            agenda.release(earlier, BookingStatus.CANCELLED, viewer.id)
        held = {"status": BookingStatus.HELD, "held_until": agenda.now + lasts}
        return [agenda.book(_new(id_, viewer, agenda, slot, **held))]

    request = _request(viewer, "hold", idempotency_key, opaque)
    change = Change(decide, slots=keys, holder_id=viewer.id, request=request)
    [booking] = await ledger.post(change)
    return booking


def offered(agendas: Agendas, key: SlotKey) -> tuple[Agenda, Slot]:
    """The agenda and the slot of a key.

    Raises:
        SlotNotOffered: when there is no such expert, or the slot is not listed at this moment.
    """
    agenda = agendas.get(key.expert_id)
    slot = agenda.slot(key) if agenda else None
    if agenda is None or slot is None:
        raise SlotNotOffered(slot_id(key))
    return agenda, slot


def clear(
    agenda: Agenda, slot: Slot, client_id: Id, moving: Booking | None = None
) -> Booking | None:
    """Make way for a client: holds past their end go; the client's own hold is the answer.

    Raises:
        SlotTaken: when somebody has some of its time, or the client has booked it; `moving` is
            not counted.
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


def _slot_keys(checks: Checks, field: str, slot_ids: Sequence[str]) -> list[SlotKey]:
    keys: list[SlotKey] = []
    for index, opaque in enumerate(slot_ids):
        path = field if field == "slotId" else f"{field}.{index}"
        try:
            key = slot_key(opaque)
        except ValueError:
            checks.refuse(path, "This is not the id of a slot")
            continue
        if key in keys:
            checks.refuse(path, "This slot is there twice")
        keys.append(key)
    if not 1 <= len(slot_ids) <= MOST_SLOTS:
        checks.refuse(field, f"1 to {MOST_SLOTS} slots")
    return keys


def _check_key(checks: Checks, key: str | None) -> None:
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        checks.refuse("idempotencyKey", f"1 to {LONGEST_KEY} printable characters")


def _time(agenda: Agenda, slot: Slot) -> dict[str, Any]:
    """What a booking has of its slot, under the rules of this moment."""
    notice = timedelta(minutes=agenda.rules.cancellation_notice_minutes)
    return {
        "starts_at": slot.key.starts_at,
        "minutes": slot.key.minutes,
        "cells": [instant_of(cell) for cell in slot.key.occupies(agenda.rules)],
        "price": slot.price,
        "cancellable_until": slot.key.starts_at - notice,
    }


def _terms(agenda: Agenda, contact: Contact, note: str) -> dict[str, Any]:
    """What makes a booking of a hold."""
    confirmed = agenda.rules.confirms_automatically
    return {
        "status": BookingStatus.CONFIRMED if confirmed else BookingStatus.PENDING,
        "held_until": None,
        "contact": contact,
        "contact_key": contact_key(contact.email),
        "note": note,
    }


def _new(id_: Id, viewer: Viewer, agenda: Agenda, slot: Slot, **more: Any) -> Booking:
    return construct_unchecked(
        Booking,
        id=id_,
        expert_id=slot.key.expert_id,
        client_id=viewer.id,
        active=True,
        created_at=agenda.now,
        updated_at=agenda.now,
        **_time(agenda, slot),
        **more,
    )


def _request(
    viewer: Viewer, operation: str, key: str | None, wanted: object
) -> IdempotencyRecord | None:
    """The idempotency record, if the client gave a key."""
    if key is None:
        return None
    return IdempotencyRecord(
        id=record_id(viewer.id, operation, key),
        digest=digest_of([wanted]),
        booking_ids=[],
        at=utc_now(),
    )


def moved(booking: Booking, agenda: Agenda, slot: Slot) -> Booking:
    """A booking at other time of the same expert."""
    found: Booking = booking.model_copy(update=_time(agenda, slot))
    return found
