"""Reading and erasing the bookings and mails of one account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pymongo import UpdateOne

from models.accounts.emails import email_key
from models.accounts.users import ERASED_DOMAIN, ERASED_NAME, User
from models.bookings.booking import UPCOMING, Booking, BookingStatus, order_key, search_words_of
from models.bookings.events import RETENTION_SECONDS, Event
from models.bookings.idempotency import forget_requests
from models.bookings.outbox import Lane, Mail, MailKind, MailState
from models.bookings.reviews import anonymize_reviews
from models.bookings.wait import waits_of
from models.store.documents import or_unavailable
from models.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession

ROWS_AT_ONCE: Final = 200
SETTLING: Final = timedelta(minutes=1)
"""Time after the closing of an account during which a pending request may still make a booking."""

LOOKS_AGAIN_AFTER: Final = timedelta(hours=1)
IN_LOG: Final = timedelta(seconds=RETENTION_SECONDS) + LOOKS_AGAIN_AFTER
"""Time for which events stay in the log, with a margin for the database to delete them."""


async def coming_bookings_of(user: User, now: datetime) -> list[Booking]:
    """Return the holds and upcoming bookings of a client and, for an expert, of the calendar.

    Raises:
        Unavailable: if the database does not answer.
    """
    wanted = UPCOMING | {BookingStatus.HELD}
    found: list[Booking] = []
    with or_unavailable():
        for query in _scopes(user):
            rows = await Booking.find({**query, "order_key": {"$gte": order_key(now)}}).to_list()
            found += [row for row in rows if row.status in wanted]
    return found


async def bookings_of(user: User) -> AsyncIterator[Booking]:
    """Yield all bookings of a client, earliest first, then those of an expert's calendar.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        for query in _scopes(user):
            async for booking in Booking.find(query, batch_size=ROWS_AT_ONCE).sort("+order_key"):
                if "expert_id" not in query or booking.client_id != user.id:
                    yield booking


async def has_bookings(user: User) -> bool:
    """Return whether a client, or an expert's calendar, has any booking.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        return any([await Booking.find_one(query) for query in _scopes(user)])


async def number_of_bookings(user: User) -> int:
    """Return the approximate number of bookings that `bookings_of` yields, without reading them.

    Raises:
        Unavailable: if the database does not answer.
    """
    bookings = Booking.get_pymongo_collection()
    with or_unavailable():
        return sum([await bookings.count_documents(query) for query in _scopes(user)])


async def mails_to(user: User) -> AsyncIterator[Mail]:
    """Yield the stored mails to an account's addresses that are not about bookings.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        own = {"$or": [_to_address(user), {"account_id": user.id}]}
        async for mail in Mail.find(own, batch_size=ROWS_AT_ONCE):
            yield mail


async def erase(user: User, now: datetime) -> bool:
    """Erase personal data of the owner of a closed account; the times of bookings stay.

    An account without bookings is removed, and a guest with holds is forgotten later. Otherwise the
    account stays without personal data, because the bookings of other parties refer to it; an
    expert's name stays in the directory entry. Reviews stay without their author's name.

    Waiting reminders and requests for a review to the client are deleted.

    Returns:
        False if it must be called again: while other mails about bookings need the person's name
        and address, or the notice to a former address waits; while the account is in a waiting
        list; or while a booking may still be made or changed.

    Raises:
        Unavailable: if the database does not answer.
    """
    users, mails = User.get_pymongo_collection(), Mail.get_pymongo_collection()
    is_settled = user.closed_at is not None and user.closed_at + SETTLING <= now
    with or_unavailable():
        bookings = [booking async for booking in bookings_of(user)]
        own = [booking for booking in bookings if booking.client_id == user.id]
        await mails.delete_many({"lane": Lane.REMINDER.value, **_waiting_about(own)})
        if await waits_of(user.id) or await _has_waiting_mails(user, bookings):
            return False
        writes = [
            UpdateOne(_only(booking), {"$set": personal})
            for booking in bookings
            if (personal := _personal(booking, user))
        ]
        if writes:
            await Booking.get_pymongo_collection().bulk_write(writes)
        if await anonymize_reviews(user) or writes:
            # The next round checks again, in case a change was under way.
            return False
        # A new account may have the address by now, so only earlier mails are deleted.
        earlier = {**_to_address(user), "created_at": {"$lte": user.closed_at}}
        await mails.delete_many({"$or": [earlier, {"account_id": user.id}]})
        await forget_requests(user.id)
        if not own and user.expert_id is None:
            if is_settled:
                await users.delete_one({"_id": user.id})
            return is_settled
        if user.guest:
            if is_settled:
                done = {"closed_at": None, "erased_at": now, "unverified_until": now + IN_LOG}
                await users.update_one({"_id": user.id}, {"$set": done})
            return is_settled
        erased = user.model_copy(
            update={
                "name": ERASED_NAME,
                "email": f"{user.id}{ERASED_DOMAIN}",
                "time_zone": "UTC",
                "phone": None,
            }
        ).update_search_fields()
        fields = erased.model_dump(
            include={"name", "email", "time_zone", "phone", "terms", "by_name"}
        )
        done = {"closed_at": None, "erased_at": now} if is_settled else {}
        await users.update_one(
            {"_id": user.id}, {"$set": {**fields, "email_verified": False, **done}}
        )
    return is_settled


async def forget_guest(guest: User, now: datetime) -> None:
    """Remove a guest and its ended holds, once no event in the log refers to them.

    Raises:
        Unavailable: if the database does not answer.
    """
    users, bookings = User.get_pymongo_collection(), Booking.get_pymongo_collection()
    holds = [hold async for hold in bookings_of(guest)]
    last = [{"expert_id": hold.expert_id, "sequence": hold.sequence} for hold in holds]

    async def write(session: AsyncClientSession) -> None:
        for hold in holds:
            await bookings.delete_one(_only(hold), session=session)
        await users.delete_one({"_id": guest.id}, session=session)

    with or_unavailable():
        if any([await Event.find_one(event) for event in last]):
            later = {"$set": {"unverified_until": now + LOOKS_AGAIN_AFTER}}
            await users.update_one({"_id": guest.id}, later)
        else:
            await run_in_transaction(User, write)


def _personal(booking: Booking, user: User) -> dict[str, Any]:
    """Return the fields of a booking that hold data of a party, with the values that replace them.

    Each change in the history is updated by its own path, so a change added meanwhile stays.
    """
    fields: dict[str, Any] = {
        f"history.{number}.reason": None
        for number, change in enumerate(booking.history)
        if change.reason and change.actor_id == user.id
    }
    if booking.client_id == user.id and (booking.contact or booking.note or booking.expert_note):
        words = search_words_of(booking.id, contact=None)
        fields |= {"contact": None, "contact_key": None, "search_words": words}
        fields |= {"note": "", "expert_note": ""}
    if booking.expert_id == user.expert_id:
        fields |= {"place.details": None} if booking.place.details else {}
        fields |= {"expert_note": ""} if booking.expert_note else {}
    return fields


async def _has_waiting_mails(user: User, bookings: Sequence[Booking]) -> bool:
    """Return whether waiting mails go to the person, or need their name and address."""
    # Reminders to an expert's clients do not use the expert's account.
    others = [lane.value for lane in Lane if lane is not Lane.REMINDER]
    notice = {"kind": MailKind.EMAIL_CHANGED.value, "account_id": user.id}
    waiting = {"state": MailState.WAITING.value, **notice}
    return any(
        [
            await Mail.find_one(query)
            for query in ({"lane": {"$in": others}, **_waiting_about(bookings)}, waiting)
        ]
    )


def _to_address(user: User) -> dict[str, Any]:
    """Return the query for mails to an account's address, except mails to its former owner."""
    return {"address": email_key(user.email), "account_id": {"$in": [None, user.id]}}


def _waiting_about(bookings: Sequence[Booking]) -> dict[str, Any]:
    ids = [booking.id for booking in bookings]
    return {"state": MailState.WAITING.value, "occasion.booking_id": {"$in": ids}}


def _only(booking: Booking) -> dict[str, Any]:
    return {"_id": booking.id, "expert_id": booking.expert_id}


def _scopes(user: User) -> list[dict[str, Any]]:
    scopes: list[dict[str, Any]] = [{"client_id": user.id}]
    return scopes + ([{"expert_id": user.expert_id}] if user.expert_id else [])
