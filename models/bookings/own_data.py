"""Reading and erasing the bookings and e-mails of one account."""

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
"""Time after an account is closed during which a request already under way may make a booking."""

LOOKS_AGAIN_AFTER: Final = timedelta(hours=1)
IN_LOG: Final = timedelta(seconds=RETENTION_SECONDS) + LOOKS_AGAIN_AFTER
"""Longest time that an event stays in the log: its retention, and a margin for its deletion."""


async def coming_bookings_of(user: User, now: datetime) -> list[Booking]:
    """Return the user's holds and upcoming bookings, including those with the user as an expert.

    Raises:
        Unavailable: if the database does not respond.
    """
    wanted = UPCOMING | {BookingStatus.HELD}
    found: list[Booking] = []
    with or_unavailable():
        for query in _scopes(user):
            rows = await Booking.find({**query, "order_key": {"$gte": order_key(now)}}).to_list()
            found += [row for row in rows if row.status in wanted]
    return found


async def bookings_of(user: User) -> AsyncIterator[Booking]:
    """Yield the user's bookings as a client, then those as an expert; each group earliest first.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        for query in _scopes(user):
            async for booking in Booking.find(query, batch_size=ROWS_AT_ONCE).sort("+order_key"):
                if "expert_id" not in query or booking.client_id != user.id:
                    yield booking


async def has_bookings(user: User) -> bool:
    """Return whether the user has any booking, as a client or as an expert.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        return any([await Booking.find_one(query) for query in _scopes(user)])


async def number_of_bookings(user: User) -> int:
    """Return the approximate number of bookings that `bookings_of` yields, without reading them.

    Raises:
        Unavailable: if the database does not respond.
    """
    bookings = Booking.get_pymongo_collection()
    with or_unavailable():
        return sum([await bookings.count_documents(query) for query in _scopes(user)])


async def mails_to(user: User) -> AsyncIterator[Mail]:
    """Yield the stored e-mails that are addressed to a user rather than to a booking's parties.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        own = {"$or": [_to_address(user), {"account_id": user.id}]}
        async for mail in Mail.find(own, batch_size=ROWS_AT_ONCE):
            yield mail


async def erase(user: User, now: datetime) -> bool:
    """Erase the personal data of a closed account's owner, but keep the times of bookings.

    An account without bookings is deleted. The account of a guest with holds is deleted later, by
    `forget_guest`. Any other account is kept without personal data, because bookings with other
    people refer to it; an expert's name stays in the directory entry. Reviews are kept without
    their author's name.

    Reminders and review requests that wait to be sent to the user as a client are deleted.

    Returns:
        Whether the erasure is complete. If not, call the function again later. The erasure must
        wait while any other e-mail that is still to be sent needs the user's name or e-mail
        address, while the user is on a waiting list, and while a booking may still be made or
        changed. A call that has erased data of bookings or reviews also returns False, because
        another call must check that no such data were added meanwhile.

    Raises:
        Unavailable: if the database does not respond.
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
            # The next call checks again, in case a concurrent change has added personal data.
            return False
        # A new account may use the e-mail address by now, so delete only e-mails that were created
        # before this account was closed.
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
    """Delete a guest's account and ended holds; postpone this while logged events refer to them.

    Raises:
        Unavailable: if the database does not respond.
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
    """Return the booking's fields that hold the user's personal data, with replacement values.

    Each history entry has its own key in the update, so that an entry added concurrently is kept.
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
    """Return whether e-mails that wait to be sent need the user's name or e-mail address."""
    # Skip the reminder lane, because reminders to an expert's clients do not use the expert's
    # account.
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
    """Return a query for e-mails to the user's e-mail address, except those to its former owner."""
    return {"address": email_key(user.email), "account_id": {"$in": [None, user.id]}}


def _waiting_about(bookings: Sequence[Booking]) -> dict[str, Any]:
    ids = [booking.id for booking in bookings]
    return {"state": MailState.WAITING.value, "occasion.booking_id": {"$in": ids}}


def _only(booking: Booking) -> dict[str, Any]:
    return {"_id": booking.id, "expert_id": booking.expert_id}


def _scopes(user: User) -> list[dict[str, Any]]:
    scopes: list[dict[str, Any]] = [{"client_id": user.id}]
    return scopes + ([{"expert_id": user.expert_id}] if user.expert_id else [])
