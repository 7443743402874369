"""Export and erasure of the data that is stored about an account."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from auth.policies import relations_of, require
from auth.viewers import require_viewer
from models.accounts.sessions import Session
from models.accounts.users import Role, User, closed_accounts, unverified_accounts
from models.bookings import own_data
from models.bookings.calendars import DescribeExpert
from models.bookings.idempotency import requests_of
from models.bookings.reviews import reviews_about
from models.bookings.wait import waits_of
from models.calendar.rules import Calendar
from models.calendar.times import utc_now
from models.directory import administration as directory
from models.directory.experts import Expert
from models.directory.photos import photo_content, set_photo
from models.errors import NotAllowed
from models.ids import global_id
from models.store.documents import or_unavailable
from resolvers.codes import check_proof
from resolvers.waits import leave_all
from resolvers.withdrawals import SETTLING_SECONDS, cancel
from subscriptions.sessions import SessionEnd

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Mapping

    from auth.viewers import Viewer
    from models.bookings.booking import Booking
    from models.ids import Id
    from models.ledger.ledger import Ledger
    from models.store.documents import Record
    from resolvers.sessions import SessionServices

PRECEDENCE: Final = timedelta(seconds=5)
"""After an account is closed, other processes wait this long before they cancel its bookings."""

CANCELLED_AT_ONCE: Final = 16


async def delete_account(
    services: SessionServices, ledger: Ledger, viewer: Viewer | None, proof: str, address: str
) -> list[Id]:
    """Delete the viewer's account: close it, and cancel its holds and upcoming bookings.

    `finish_deletions` erases the remaining data, once the e-mails about the cancellations have been
    sent.

    Args:
        services: the sign-in services.
        ledger: posts the cancellations.
        viewer: the account's owner.
        proof: the account's password, or a code that was sent to its e-mail address.
        address: the client's network address.

    Returns:
        The ids of the cancelled bookings and holds.

    Raises:
        NotAllowed: for guests.
        WrongCode: if the proof is wrong.
        TooManyAttempts: if too many wrong proofs were given.
        LastAdministrator: if the deletion would leave no administrator who can sign in.
        Unavailable: if the database does not respond; a deletion that has begun is finished later.
    """
    user = require_viewer(viewer).user
    require("Mutation.deleteMyAccount", relations_of(viewer))
    await check_proof(services, user, proof, "deletion", address)
    closed = await directory.close_account(user.id, utc_now())
    await services.ends.announce(SessionEnd(user_id=user.id))
    cancelled = await _withdraw(ledger, closed)
    # Wait until other processes have stored the bookings in progress, then cancel those, too.
    await asyncio.sleep(SETTLING_SECONDS)
    return cancelled + await _withdraw(ledger, closed)


async def finish_deletions(ledger: Ledger) -> None:
    """Erase the data of closed accounts, and close accounts that were not verified in time.

    Unverified accounts stay if they have bookings or a role other than CLIENT. Guest accounts are
    closed after a day, and removed once no event in the log refers to their holds.

    Every process runs this function, which also finishes interrupted deletions.

    Raises:
        Unavailable: if the database does not respond.
    """
    for user in await unverified_accounts(utc_now()):
        if user.guest and user.erased_at:
            await own_data.forget_guest(user, utc_now())
            continue
        has_bookings = not user.guest and await own_data.has_bookings(user)
        if user.role is not Role.CLIENT or has_bookings:
            await user.keep_unverified()
            continue
        with suppress(NotAllowed):  # another process closed it first
            await directory.close_account(user.id, utc_now())
    for user in await closed_accounts(utc_now() - PRECEDENCE):
        await _withdraw(ledger, user)
        await own_data.erase(user, utc_now())


async def _withdraw(ledger: Ledger, user: User) -> list[Id]:
    """Withdraw a closed account from the service; return the ids of the cancelled bookings.

    The account's directory entry is disabled, its waiting-list entries are removed, and its holds
    and upcoming bookings are cancelled.
    """
    if user.expert_id:
        with or_unavailable():
            expert = await Expert.get(user.expert_id)
            calendar = await Calendar.get(user.expert_id)
        if expert and calendar:
            offers = tuple(offer.without_details() for offer in calendar.rules.offers)
            fields = {"disabled": True, "bio": "", "contact_email": None}
            rules = {"accepts_bookings": False, "offers": offers}
            if expert != expert.model_copy(update=fields) or offers != calendar.rules.offers:
                await ledger.post(
                    DescribeExpert(expert_ids=[expert.id], fields=fields, rules=rules)
                )
        if expert and expert.photo:
            await set_photo(expert.id, None)
    await leave_all(ledger, user.id)
    coming = await own_data.coming_bookings_of(user, utc_now())
    cancelled: list[Id] = []
    for first in range(0, len(coming), CANCELLED_AT_ONCE):
        batch = coming[first : first + CANCELLED_AT_ONCE]
        done = await asyncio.gather(*(cancel(ledger, booking, user.id) for booking in batch))
        cancelled += [id_ for ids in done for id_ in ids]
    return cancelled


async def exportable_account(user_id: Id) -> tuple[User, int] | None:
    """Return an account and the number of its bookings; None if its data cannot be exported.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        user = await User.get(user_id)
    if user is None or user.disabled:
        return None
    return user, await own_data.number_of_bookings(user)


async def collect(user: User) -> Export:
    """Return the data that is stored about an account, as JSON values.

    The names and e-mail addresses of other people are left out, and so are the password hash and
    values that are derived from other data, such as search keys.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        expert = await Expert.get(user.expert_id) if user.expert_id else None
        calendar = await Calendar.get(user.expert_id) if user.expert_id else None
    photo = await photo_content(expert.photo) if expert and expert.photo else None
    return Export(
        values={
            "account": user.model_dump(mode="json", exclude=HIDDEN_OF_ACCOUNT),
            "expert": expert and expert.model_dump(mode="json", exclude=HIDDEN_OF_EXPERT),
            "photo": photo and b64encode(photo).decode(),
            "availability": calendar and calendar.rules.model_dump(mode="json"),
        },
        lists={
            "sessions": _dumped(Session.find({"user_id": user.id}), exclude={"user_id"}),
            "bookings": _all_described(user),
            "reviews": _described_reviews(user),
            "waits": _waits(user),
            "mails": _dumped(own_data.mails_to(user), include=SHOWN_OF_MAIL),
            "requests": _requests(user),
        },
    )


@dataclass(frozen=True, slots=True)
class Export:
    """Data of an account: single values, and lists that are read row by row."""

    values: Mapping[str, Any]
    lists: Mapping[str, AsyncIterator[dict[str, Any]]]


HIDDEN_OF_ACCOUNT: Final = {"password_hash", "terms", "by_name", "email_key", "busy_until"}
HIDDEN_OF_EXPERT: Final = {
    *("words", "bio_words", "language_keys", "slug_keys"),
    *("by_rating", "by_experience", "by_rate", "by_name"),
}
HIDDEN_OF_BOOKING: Final = {
    "cells",
    "order_key",
    "contact_key",
    "search_words",
    "removed_by",
    "active",
}
HIDDEN_OF_REVIEW: Final = {"client_id", "by_newest", "by_best", "by_worst"}
SHOWN_OF_MAIL: Final = {"kind", "state", "created_at", "sent_at", "failed_at"}


async def _dumped(
    records: AsyncIterable[Record], **fields: set[str]
) -> AsyncIterator[dict[str, Any]]:
    with or_unavailable():
        async for record in records:
            yield record.model_dump(mode="json", **fields)


async def _waits(user: User) -> AsyncIterator[dict[str, Any]]:
    for wait in await waits_of(user.id):
        yield wait.model_dump(mode="json", exclude={"number": True, "terms": {"client_id"}})


async def _requests(user: User) -> AsyncIterator[dict[str, Any]]:
    with or_unavailable():
        records = await requests_of(user.id)
    for record in records:
        yield record.model_dump(mode="json", exclude={"digest"})


async def _all_described(user: User) -> AsyncIterator[dict[str, Any]]:
    async for booking in own_data.bookings_of(user):
        yield _described(booking, user.id)


async def _described_reviews(user: User) -> AsyncIterator[dict[str, Any]]:
    async for review in reviews_about(user):
        is_own = review.client_id == user.id
        hidden = HIDDEN_OF_REVIEW | (set() if is_own else {"author"})
        yield {"by_me": is_own, **review.model_dump(mode="json", exclude=hidden)}


def _described(booking: Booking, user_id: Id) -> dict[str, Any]:
    """Return a booking as JSON values, without the other party's data.

    The contact details, the note and the client's reasons belong to the client; the expert's note
    belongs to the expert.
    """
    is_own = booking.client_id == user_id
    of_other = {"expert_note"} if is_own else {"contact", "note", "client_id"}
    hidden = HIDDEN_OF_BOOKING | of_other
    if booking.contact is None:
        booking = booking.model_copy(update={"place": booking.place.without_details()})
    found: dict[str, Any] = booking.model_dump(mode="json", exclude=hidden)
    for change in found["history"]:
        change["by_me"] = change.pop("actor_id") == str(user_id)
        if not (is_own or change["by_me"]):
            change["reason"] = None
    return {"reference": booking.reference, "globalId": global_id("Booking", booking.id), **found}
