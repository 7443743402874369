"""Changes to reviews of completed bookings: writing, answering, hiding and removing them.

Each change is made in one transaction, together with the update of the expert's ratings
(models/directory/reviews.py) and the e-mails about the review.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from models.accounts.users import ERASED_NAME, User
from models.bookings.booking import Booking, BookingStatus
from models.bookings.outbox import Mail, MailKind, MailState, Party, snapshot
from models.directory.reviews import Review
from models.directory.versions import increment_directory_version
from models.errors import NotAllowed, TooLate
from models.ids import Id
from models.store.documents import or_unavailable
from models.store.transactions import run_in_transaction, run_racing_transaction

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from datetime import datetime

    from pymongo.asynchronous.client_session import AsyncClientSession

REVIEWABLE: Final = timedelta(days=30)
"""Time limit for reviewing a booking, counted from its completion; also the time limit for changing
the expert's answer, counted from the review."""


def reviewable_until(booking: Booking) -> datetime | None:
    """Return the deadline for writing or editing a review; None if the booking is not completed."""
    if booking.status is not BookingStatus.COMPLETED:
        return None
    return booking.history[-1].at + REVIEWABLE


async def write_review(
    booking: Booking, author: str, rating: int, text: str, now: datetime
) -> Review:
    """Write the review of a booking, or edit it.

    The expert gets an e-mail only about the first review of a booking, not about an edited review
    or a review that replaces a removed one. Editing a hidden review does not make it visible again.

    Raises:
        NotAllowed: if the booking is not completed.
        TooLate: if the deadline for the review has passed.
        Unavailable: if the database does not respond.
    """
    check_reviewable(booking, now)

    async def write(session: AsyncClientSession) -> Review:
        before = await _review_of(booking, session)
        wanted: dict[str, Any] = {"author": author, "rating": rating, "text": text}
        if before is None:
            review = Review(
                expert_id=booking.expert_id,
                booking_id=booking.id,
                client_id=booking.client_id,
                created_at=now,
                **wanted,
            )
            await _announce(booking, now, session)
        elif before.model_copy(update=wanted) == before:
            return before
        else:
            review = before.model_copy(update=wanted | {"edited_at": now})
        await review.write(before, session)
        return review

    return await _in_transaction(write)


async def answer_review(review: Review, booking: Booking, text: str, now: datetime) -> Review:
    """Set the expert's answer to a review, or change it within 30 days of the review.

    Raises:
        NotAllowed: if the review is hidden or removed.
        TooLate: if the review has an answer that can no longer be changed.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> Review:
        before = await _require_review(booking, review, session)
        if before.hidden:
            raise NotAllowed
        if before.answer == text:
            return before
        until = before.created_at + REVIEWABLE
        if before.answer is not None and now > until:
            raise TooLate(until)
        answered: Review = before.model_copy(update={"answer": text, "answered_at": now})
        await answered.write(before, session)
        return answered

    return await _in_transaction(write)


async def hide_review(
    review: Review, booking: Booking, reason: str | None, now: datetime
) -> Review:
    """Hide a review and notify both parties by e-mail, or show it again if `reason` is None.

    Raises:
        NotAllowed: if the review has been removed.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> Review:
        before = await _require_review(booking, review, session)
        if before.hidden_reason == reason:
            return before
        changed: Review = before.model_copy(
            update={"hidden": reason is not None, "hidden_reason": reason}
        )
        if changed.hidden and not before.hidden:
            parties = [Party.CLIENT, Party.EXPERT] if booking.contact else [Party.EXPERT]
            await _mail(MailKind.REVIEW_HIDDEN, parties, booking, now).insert(session=session)
        await changed.write(before, session)
        return changed

    return await _in_transaction(write)


async def remove_review(review: Review, booking: Booking) -> Review:
    """Remove a review and its answer on behalf of its author; return the removed review.

    Also withdraw the e-mail about the review to the expert, unless a worker has claimed it already.

    Raises:
        NotAllowed: if the review has already been removed, or if it is hidden. Otherwise, the
            author of a hidden review could remove it and write it again to make it visible.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> Review:
        before = await _require_review(booking, review, session)
        if before.hidden:
            raise NotAllowed
        await before.remove(session)
        untouched = {"state": MailState.WAITING.value, "attempts": 0}
        mails = Mail.get_pymongo_collection()
        await mails.delete_one({"_id": _announcement_id(booking), **untouched}, session=session)
        return before

    return await _in_transaction(write)


async def anonymize_reviews(user: User) -> bool:
    """Erase a user's name from the user's reviews, and the answers that the user gave as expert.

    Returns:
        Whether any review was changed.

    Raises:
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> bool:
        reviews = Review.get_pymongo_collection()
        own = {"client_id": user.id, "author": {"$ne": ERASED_NAME}}
        written = await Review.find(own, session=session).to_list()
        for review in written:
            only = {"_id": review.id, "expert_id": review.expert_id}
            await reviews.update_one(only, {"$set": {"author": ERASED_NAME}}, session=session)
        experts = {review.expert_id for review in written}
        if user.expert_id:
            answered = {"expert_id": user.expert_id, "answer": {"$ne": None}}
            nothing = {"$set": {"answer": None, "answered_at": None}}
            erased = await reviews.update_many(answered, nothing, session=session)
            experts |= {user.expert_id} if erased.modified_count else set()
        for expert_id in experts:
            await increment_directory_version(session, changed=expert_id)
        return bool(experts)

    with or_unavailable():
        return await run_in_transaction(Review, write)


async def reviews_about(user: User) -> AsyncIterator[Review]:
    """Yield the reviews that a user has written, then those about the user as an expert.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        async for review in Review.find({"client_id": user.id}):
            yield review
        if user.expert_id:
            async for review in Review.find({"expert_id": user.expert_id}):
                yield review


async def reviews_of(bookings: Sequence[Booking]) -> dict[Id, Review]:
    """Return the reviews of the given bookings, hidden reviews included, keyed by booking id."""
    query = {
        "expert_id": {"$in": sorted({booking.expert_id for booking in bookings})},
        "booking_id": {"$in": [booking.id for booking in bookings]},
    }
    return {review.booking_id: review for review in await Review.find(query).to_list()}


def check_reviewable(booking: Booking, now: datetime) -> None:
    """Check that the client may write or edit a review now.

    Raises:
        NotAllowed: if the booking is not completed.
        TooLate: if the deadline for the review has passed.
    """
    until = reviewable_until(booking)
    if until is None:
        raise NotAllowed
    if now > until:
        raise TooLate(until)


async def _announce(booking: Booking, now: datetime, session: AsyncClientSession) -> None:
    """Queue the e-mail about a new review, unless an earlier review of the booking was announced.

    Sent e-mails are kept for as long as a review can be written, so an earlier one is always found.
    """
    id_ = _announcement_id(booking)
    if await Mail.get(id_, session=session) is None:
        mail = _mail(MailKind.REVIEWED, [Party.EXPERT], booking, now)
        await mail.model_copy(update={"id": id_}).insert(session=session)


def _announcement_id(booking: Booking) -> Id:
    """Return the id of the one e-mail that announces a review of a booking."""
    return Id(blake2b(b"reviewed" + booking.id.binary, digest_size=12).digest())


def _mail(kind: MailKind, to: list[Party], booking: Booking, now: datetime) -> Mail:
    return Mail(kind=kind, to=to, occasion=snapshot(booking), due_at=now, created_at=now)


async def _review_of(booking: Booking, session: AsyncClientSession) -> Review | None:
    query = {"expert_id": booking.expert_id, "booking_id": booking.id}
    return await Review.find_one(query, session=session)


async def _require_review(booking: Booking, review: Review, session: AsyncClientSession) -> Review:
    """Return a review in its present state, or raise NotAllowed if it was removed."""
    found = await _review_of(booking, session)
    if found is None or found.id != review.id:
        raise NotAllowed
    return found


async def _in_transaction(write: Callable[[AsyncClientSession], Awaitable[Review]]) -> Review:
    with or_unavailable():
        return await run_racing_transaction(Review, write)
