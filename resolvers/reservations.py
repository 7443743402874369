"""Holding and booking slots: validates the input and posts the change to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.booking import Contact
from models.bookings.idempotency import IdempotencyRecord, digest_of, record_id
from models.bookings.reservations import BookSlots, HoldSlot
from models.calendar.places import new_room
from models.calendar.slots import slot_key
from models.calendar.times import utc_now
from models.ids import Id, new_id
from resolvers.availability import validate_price
from resolvers.checks import InputValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.calendar.slots import SlotKey
    from models.ledger.ledger import Ledger
    from resolvers.availability import Price
    from resolvers.caps import BookingChecks

MAX_NOTE_CHARS = 2_000
MAX_IDEMPOTENCY_KEY_CHARS = 128
MAX_SLOTS_PER_BOOKING = 10


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """Input for booking one or more slots, not yet validated.

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
    expected_price: Price | None = None


@dataclass(frozen=True, slots=True)
class ReservationServices:
    """Services for holding and booking slots.

    Attributes:
        video_url: the template for the URLs of video rooms; None to use the experts' own links.
        accepts_address: returns whether the mail server can deliver to an e-mail address.
    """

    ledger: Ledger
    checks: BookingChecks
    currency: str
    phone_region: str | None
    hold_lifetime: timedelta
    video_url: str | None = None
    accepts_address: Callable[[str], bool] | None = None


async def book(
    services: ReservationServices, viewer: Viewer, wanted: BookingRequest
) -> list[Booking]:
    """Book either all of the requested slots or none of them.

    Raises:
        VerificationNeeded: if the client's e-mail address must be verified first.
        TooMany: if the client has reached a cap.
        PriceChanged: if the sum of the prices differs from the expected price.
        InvalidInput: if any field is invalid, if experts book their own time, or if the slots
            overlap each other.
        SlotNotOffered: if a slot is not offered now.
        SlotTaken: if a slot is taken.
        Unavailable: if the database does not respond. Retrying is safe with an idempotency key.
    """
    validator = InputValidator()
    keys = _slot_keys(validator, viewer, wanted.field, wanted.slot_ids)
    contact = Contact(
        name=validator.name("contact.name", wanted.name),
        email=validator.email("contact.email", wanted.email, services.accepts_address),
        phone=validator.phone("contact.phone", wanted.phone, services.phone_region),
        time_zone=validator.time_zone("contact.timeZone", wanted.time_zone),
    )
    note = validator.note("note", wanted.note, MAX_NOTE_CHARS)
    price, currency = wanted.expected_price, services.currency
    expected_price = validate_price(validator, "expectedPrice", price, currency) if price else None
    _check_key(validator, wanted.idempotency_key)
    validator.raise_problems()
    record = _idempotency_record(viewer, wanted.field, wanted.idempotency_key, wanted)
    command = BookSlots(
        expert_ids=unique_experts(keys),
        slots=keys,
        client_id=viewer.id,
        contact=contact,
        note=note,
        new_ids=[new_id() for _ in keys],
        rooms=[new_room(services.video_url) for _ in keys],
        expected_price=expected_price,
        idempotency=record,
    )
    async with services.checks.booking(viewer, keys, record):
        return await services.ledger.post(command)


async def hold(
    services: ReservationServices, viewer: Viewer, opaque_id: str, idempotency_key: str | None
) -> Booking:
    """Hold a slot and release the viewer's other holds with the same expert, in one atomic step.

    Raises:
        TooMany: if the client has reached a cap.
        InvalidInput: if the slot id or the idempotency key is invalid.
        SlotNotOffered: if the slot is not offered now.
        SlotTaken: if the slot is taken; the viewer's other holds then remain.
    """
    validator = InputValidator()
    keys = _slot_keys(validator, viewer, "slotId", [opaque_id])
    _check_key(validator, idempotency_key)
    validator.raise_problems()
    record = _idempotency_record(viewer, "hold", idempotency_key, opaque_id)
    command = HoldSlot(
        expert_ids=unique_experts(keys),
        slots=keys,
        holder_id=viewer.id,
        new_id=new_id(),
        room=new_room(services.video_url),
        duration=services.hold_lifetime,
        idempotency=record,
    )
    async with services.checks.hold(viewer, keys[0], record):
        [booking] = await services.ledger.post(command)
    return booking


def unique_experts(keys: Sequence[SlotKey]) -> list[Id]:
    """Return the ids of the slots' experts, without duplicates."""
    return list(dict.fromkeys(Id(key.expert_id) for key in keys))


def _slot_keys(
    validator: InputValidator, viewer: Viewer, field: str, slot_ids: Sequence[str]
) -> list[SlotKey]:
    if not 1 <= len(slot_ids) <= MAX_SLOTS_PER_BOOKING:
        validator.add_problem(field, f"Choose 1 to {MAX_SLOTS_PER_BOOKING} slots")
        return []
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
        if key.expert_id == viewer.expert_id:
            validator.add_problem(path, "This is your own time; nobody can book themselves")
        keys.append(key)
    return keys


def _check_key(validator: InputValidator, key: str | None) -> None:
    if key is not None and not (0 < len(key) <= MAX_IDEMPOTENCY_KEY_CHARS and key.isprintable()):
        validator.add_problem(
            "idempotencyKey", f"Use 1 to {MAX_IDEMPOTENCY_KEY_CHARS} printable characters"
        )


def _idempotency_record(
    viewer: Viewer, operation: str, key: str | None, wanted: object
) -> IdempotencyRecord | None:
    """Return the idempotency record of a request, or None if the client sent no idempotency key."""
    if key is None:
        return None
    return IdempotencyRecord(
        id=record_id(viewer.id, operation, key),
        digest=digest_of([wanted]),
        booking_ids=[],
        at=utc_now(),
    )
