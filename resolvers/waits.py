"""The waiting lists: joining and leaving, and the viewer's entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from models.accounts.turns import turn_of
from models.bookings.booking import Booking
from models.bookings.wait import (
    MAX_WAITS_PER_CLIENT,
    MAX_WINDOW,
    Wait,
    WaitTerms,
    experts_with_due_waits,
    lines_of,
    waits_of,
)
from models.bookings.waits import JoinWaitlist, LeaveWaitlist, ReviewWaitlist
from models.calendar.errors import SlotNotOffered
from models.calendar.rules import MAX_SESSION_MINUTES, MIN_SESSION_MINUTES
from models.calendar.slots import SlotKey, slot_id
from models.calendar.times import cell_of, utc_now
from models.errors import BadUserInput, NotAllowed, TooMany
from models.ids import Id, new_id, object_id
from models.store.documents import or_unavailable
from resolvers.calendars import MAX_HORIZON_DAYS
from resolvers.checks import InputValidator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from auth.viewers import Viewer
    from models.ledger.ledger import Ledger
    from resolvers.reservations import ReservationServices

FURTHEST = timedelta(days=MAX_HORIZON_DAYS + 1)
"""Upper bound on how far ahead any calendar can be booked."""


@dataclass(frozen=True, slots=True)
class WaitRequest:
    """Unvalidated input for joining a waiting list for slots that start in `[since, until)`."""

    expert_id: str
    since: datetime
    until: datetime
    minutes: int


async def join(services: ReservationServices, viewer: Viewer, wanted: WaitRequest) -> Wait:
    """Append the viewer to an expert's waiting list; return the new entry or an equal existing one.

    Raises:
        VerificationNeeded: if the client's e-mail address must be verified first.
        InvalidInput: if any field is invalid, or if the viewer is the expert.
        SlotNotOffered: if no slot in the time window can be booked, now or later.
        TimeOpen: if a slot in the time window can be booked now.
        TooMany: if the client has the maximum number of entries, or the waiting list is full.
        Unavailable: if the database does not respond.
    """
    await services.checks.require_verified(viewer)
    now = utc_now()
    expert_id, terms = _validated(viewer, wanted, now)
    key = SlotKey(expert_id, cell_of(terms.since), terms.minutes)
    if terms.since > now + FURTHEST:
        raise SlotNotOffered(slot_id(key))
    async with turn_of(viewer.id):
        own = await waits_of(viewer.id)
        if found := _entry(own, expert_id, terms):
            return found
        if len(own) >= MAX_WAITS_PER_CLIENT:
            raise TooMany(MAX_WAITS_PER_CLIENT)
        window = (terms.since, terms.until)
        await services.ledger.post(
            JoinWaitlist(expert_ids=[expert_id], window=window, terms=terms, new_id=new_id())
        )
        if found := _entry(await waits_of(viewer.id), expert_id, terms):
            return found
    # The entry has ended already: the expert was disabled, or the time window has passed.
    raise SlotNotOffered(slot_id(key))


async def leave(ledger: Ledger, viewer: Viewer, wait_id: str) -> bool:
    """Remove one of the viewer's waiting-list entries; return False if there is no such entry.

    Raises:
        Unavailable: if the database does not respond.
    """
    try:
        wait = await find_wait(viewer, wait_id)
    except BadUserInput:
        return False
    return wait is not None and await _leave(ledger, wait)


async def leave_all(ledger: Ledger, client_id: Id) -> None:
    """Remove all waiting-list entries of a client.

    Raises:
        Unavailable: if the database does not respond.
    """
    for wait in await waits_of(client_id):
        await _leave(ledger, wait)


async def find_wait(viewer: Viewer | None, wait_id: str) -> Wait | None:
    """Return one of the viewer's own waiting-list entries, or None if there is no such entry.

    Raises:
        BadUserInput: if the id is not a global id of a waiting-list entry.
        Unavailable: if the database does not respond.
    """
    key = object_id(wait_id, "Wait", "id")
    own = await waits_of(viewer.id) if viewer else []
    return next((wait for wait in own if wait.id == key), None)


async def review(ledger: Ledger) -> None:
    """Update waiting lists in which an entry's time has passed or another day has become bookable.

    Every process runs this function; the ledger lets only the first process make and announce a
    change.
    """
    for expert_id in await experts_with_due_waits(utc_now()):
        await ledger.post(ReviewWaitlist(expert_ids=[expert_id]))


async def numbers_ahead(waits: Sequence[Wait]) -> list[int]:
    """Return, for each entry, the number of earlier entries that compete for the same time."""
    lines = await lines_of({wait.expert_id for wait in waits})
    return [
        sum(
            other.number < wait.number and other.terms.may_compete_with(wait.terms)
            for other in lines.get(wait.expert_id, ())
        )
        for wait in waits
    ]


async def offers(waits: Sequence[Wait]) -> list[Booking | None]:
    """Return the standing offer of each entry, or None for an entry without an offer."""
    offered = [wait for wait in waits if wait.offer_id]
    query = {
        "_id": {"$in": [wait.offer_id for wait in offered]},
        "expert_id": {"$in": [wait.expert_id for wait in offered]},
    }
    with or_unavailable():
        found = await Booking.find(query).to_list() if offered else []
    now = utc_now()
    standing = {offer.id: offer for offer in found if offer.held_until and offer.occupies_at(now)}
    return [standing.get(wait.offer_id) if wait.offer_id else None for wait in waits]


def _validated(viewer: Viewer, wanted: WaitRequest, now: datetime) -> tuple[Id, WaitTerms]:
    validator = InputValidator()
    try:
        expert_id = object_id(wanted.expert_id, "Expert", "expertId")
    except BadUserInput:
        expert_id = new_id()
        validator.add_problem("expertId", "This is not the id of an expert")
    if viewer.expert_id == expert_id:
        validator.add_problem("expertId", "This is your own time; nobody can book themselves")
    if wanted.until <= wanted.since:
        validator.add_problem("to", "The end must be later than the beginning")
    elif wanted.until - wanted.since > MAX_WINDOW:
        validator.add_problem("to", f"Wait for at most {MAX_WINDOW.days} days")
    elif wanted.until <= now:
        validator.add_problem("to", "This time has passed")
    minutes = validator.quarter_hours(
        "minutes", wanted.minutes, MIN_SESSION_MINUTES, MAX_SESSION_MINUTES, "A length"
    )
    validator.raise_problems()
    return expert_id, WaitTerms(
        client_id=viewer.id,
        since=_milliseconds(wanted.since),
        until=_milliseconds(wanted.until),
        minutes=minutes,
    )


def _milliseconds(at: datetime) -> datetime:
    """Return a time truncated to milliseconds, the precision of the database."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _entry(waits: Sequence[Wait], expert_id: Id, terms: WaitTerms) -> Wait | None:
    return next((w for w in waits if w.expert_id == expert_id and w.terms == terms), None)


async def _leave(ledger: Ledger, wait: Wait) -> bool:
    try:
        await ledger.post(LeaveWaitlist(expert_ids=[wait.expert_id], wait_id=wait.id))
    except NotAllowed:
        return False
    return True
