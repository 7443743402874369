"""Booking: the whole story of one, from what a client types to the committed change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from auth.policies import is_admin, is_self, keeps_calendar, may_see_booking, own_calendar
from models.base import or_unavailable
from models.bookings import Booking, BookingStatus, Contact, booking_page, contact_key, place
from models.changes import Change
from models.errors import BadUserInput, NotAllowed, SlotNotOffered, SlotTaken, TooLate
from models.ids import Id, new_id, object_id, slot_key
from models.requests import Request, digest_of, request_id
from models.slots import SlotStatus
from models.times import instant_of, utc_now
from resolvers.checks import LONGEST_NAME, Checks
from resolvers.slots import with_alternatives

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from auth.viewers import Viewer
    from models.agendas import Agenda
    from models.changes import Agendas
    from models.ledger import Ledger
    from models.pages import Filter, Page, PageArguments
    from models.slots import SlotKey

LONGEST_NOTE = 2_000
LONGEST_KEY = 128


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a client sends to book some slots; `slot_ids` are as they came."""

    operation: str
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
        SlotTaken: one of them is somebody's; with alternatives.
        Unavailable: when the database does not answer; with a key it is safe to ask again.
    """
    keys, contact, note = _checked(wanted, phone_region)
    ids = [new_id() for _ in keys]

    def decide(agendas: Agendas) -> list[Booking]:
        made = []
        for id_, key in zip(ids, keys, strict=True):
            agenda = agendas.get(key.expert_id)
            slot = agenda.slot(key) if agenda else None
            if agenda is None or slot is None:
                raise SlotNotOffered(key)
            if slot.status is not SlotStatus.OPEN:
                raise SlotTaken(slot, ())
            for hold in agenda.in_the_way(key):
                agenda.release(hold, BookingStatus.EXPIRED, actor_id=None)
            made.append(agenda.book(_booking(id_, key, viewer, contact, note, slot.price, agenda)))
        return made

    change = Change(decide, slots=keys, request=_request(viewer, wanted, ids))
    try:
        return await ledger.post(change)
    except SlotTaken as taken:
        raise await with_alternatives(taken, utc_now()) from None


def _checked(
    wanted: BookingRequest, phone_region: str | None
) -> tuple[list[SlotKey], Contact, str]:
    """What is wanted, in the form in which it is kept."""
    checks = Checks()
    keys = []
    for slot_id in wanted.slot_ids:
        try:
            keys.append(slot_key(slot_id))
        except ValueError:
            checks.refuse("slotId", "This is not the id of a slot")
    contact = Contact(
        name=checks.text("contact.name", wanted.name, LONGEST_NAME, "Name"),
        email=checks.email("contact.email", wanted.email),
        phone=checks.phone("contact.phone", wanted.phone, phone_region),
        time_zone=checks.time_zone("contact.timeZone", wanted.time_zone),
    )
    note = checks.note("note", wanted.note, LONGEST_NOTE)
    key = wanted.idempotency_key
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        checks.refuse("idempotencyKey", f"1 to {LONGEST_KEY} printable characters")
    checks.done()
    return keys, contact, note


def _booking(
    id_: Id, key: SlotKey, viewer: Viewer, contact: Contact, note: str, price: int, agenda: Agenda
) -> Booking:
    rules = agenda.rules
    confirmed = rules.confirms_automatically
    notice = timedelta(minutes=rules.cancellation_notice_minutes)
    return Booking(
        id=id_,
        expert_id=key.expert_id,
        client_id=viewer.id,
        status=BookingStatus.CONFIRMED if confirmed else BookingStatus.PENDING,
        active=True,
        starts_at=key.starts_at,
        minutes=key.minutes,
        cells=[instant_of(cell) for cell in key.occupies(rules)],
        price=price,
        contact=contact,
        contact_key=contact_key(contact.email),
        note=note,
        created_at=agenda.now,
        updated_at=agenda.now,
        cancellable_until=key.starts_at - notice,
    )


def _request(viewer: Viewer, wanted: BookingRequest, ids: list[Id]) -> Request | None:
    """The idempotency record, if the client gave a key."""
    if wanted.idempotency_key is None:
        return None
    same = [wanted.slot_ids, wanted.name, wanted.email, wanted.phone, wanted.time_zone, wanted.note]
    return Request(
        id=request_id(viewer.id, wanted.operation, wanted.idempotency_key),
        digest=digest_of(same),
        booking_ids=ids,
        at=utc_now(),
    )


async def cancel(ledger: Ledger, viewer: Viewer, booking_id: str) -> Booking:
    """Cancel a booking that is still ahead, and free its time.

    Raises:
        NotAllowed: there is none of the viewer's, or it can no longer be cancelled by anyone.
        TooLate: the client's deadline has passed; the expert and administrators have none.
    """
    booking = await visible(viewer, booking_id)
    if booking is None:
        raise NotAllowed

    def decide(agendas: Agendas) -> list[Booking]:
        found = agendas.booking(booking.id)
        agenda = agendas[found.expert_id]
        if found.status not in CANCELLABLE:
            raise NotAllowed
        is_keeper = keeps_calendar(viewer, found.expert_id)
        if not is_keeper and agenda.now > found.cancellable_until:
            raise TooLate(found.cancellable_until)
        return [agenda.release(found, BookingStatus.CANCELLED, viewer.id)]

    [cancelled] = await ledger.post(Change(decide, booking_ids=[booking.id]))
    return cancelled


CANCELLABLE = frozenset({BookingStatus.HELD, BookingStatus.PENDING, BookingStatus.CONFIRMED})


def may_cancel(viewer: Viewer | None, booking: Booking, now: datetime) -> bool:
    """Whether `cancel` would do it now."""
    if booking.status not in CANCELLABLE:
        return False
    if keeps_calendar(viewer, booking.expert_id):
        return True
    return is_self(viewer, booking.client_id) and now <= booking.cancellable_until


async def visible(viewer: Viewer | None, booking_id: str) -> Booking | None:
    """The booking of that global id if the viewer may see it, else None: which is not told."""
    try:
        key = object_id(booking_id, "Booking", "id")
    except BadUserInput:
        return None
    with or_unavailable():
        booking = await Booking.get(key)
    return booking if booking and may_see_booking(viewer, booking) else None


@dataclass(frozen=True, slots=True)
class BookingFilter:
    """What narrows a list of bookings; it never widens it."""

    email: str | None = None
    expert_id: str | None = None
    statuses: Sequence[BookingStatus] = ()
    since: datetime | None = None
    until: datetime | None = None


async def listed(viewer: Viewer, wanted: BookingFilter, arguments: PageArguments) -> Page[Booking]:
    """The viewer's bookings, the latest start first.

    A client's own; an expert's own and those of their calendar; anyone's for an administrator.

    Raises:
        BadUserInput: for a filter, a size or a cursor that makes no sense.
    """
    narrow: Filter = {"removed_by": {"$ne": viewer.id}}
    if wanted.email is not None:
        narrow["contact_key"] = contact_key(wanted.email)
    if wanted.statuses:
        narrow["status"] = {"$in": [status.value for status in wanted.statuses]}
    bounds = {}
    if wanted.since is not None:
        bounds["$gte"] = place(wanted.since)
    if wanted.until is not None:
        bounds["$lt"] = place(wanted.until)
    if bounds:
        narrow["place"] = bounds
    expert_id = (
        None
        if wanted.expert_id is None
        else object_id(wanted.expert_id, "Expert", "filter.expertId")
    )
    filters = [{**whose, **narrow} for whose in _whose(viewer, expert_id)]
    with or_unavailable():
        return await booking_page(filters, arguments)


def _whose(viewer: Viewer, expert_id: Id | None) -> list[Filter]:
    """Disjoint filters that together are what the viewer may list."""
    only: Filter = {} if expert_id is None else {"expert_id": expert_id}
    if is_admin(viewer):
        return [only]
    own: Filter = {"client_id": viewer.id, **only}
    kept = own_calendar(viewer)
    calendar: Filter = {"expert_id": kept, "client_id": {"$ne": viewer.id}}
    keeps = kept is not None and expert_id in {None, kept}
    return [own, calendar] if keeps else [own]
