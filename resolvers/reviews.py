"""Reading, writing, answering, hiding and removing reviews, with permission checks."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from auth.policies import relations_to_booking, relations_to_expert, relations_to_review, require
from auth.visibility import may_see_review
from models.bookings import reviews as model
from models.bookings.booking import Booking
from models.calendar.times import utc_now
from models.directory.experts import Expert
from models.directory.ratings import MAX_STARS
from models.directory.reviews import Review, ReviewOrder, review_page
from models.errors import BadUserInput, NotAllowed
from models.ids import object_id
from models.store.documents import or_unavailable
from models.text import public_name
from resolvers.bookings import find_booking
from resolvers.checks import InputValidator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auth.viewers import Viewer
    from models.ids import Id
    from models.store.pages import Page, PageArguments

MIN_TEXT_CHARS: Final = 10
MAX_TEXT_CHARS: Final = 2_000
MAX_REASON_CHARS: Final = 500


class Reviews:
    """Changes reviews, one at a time.

    Concurrent changes would conflict, because each change increments the directory's version.

    Args:
        directory_changed: called after each change.
    """

    def __init__(self, directory_changed: Callable[[], None]) -> None:
        self._directory_changed = directory_changed
        self._lock = asyncio.Lock()

    async def write(self, viewer: Viewer, booking_id: str, rating: int, text: str) -> Review:
        """Write a review of a booked session, or edit the existing review.

        Raises:
            NotAllowed: if the viewer is not the booking's client, or the session is not completed.
            InvalidInput: if any field is invalid; `problems` lists all of them.
            TooLate: if the deadline for writing or editing a review has passed.
            Unavailable: if the database does not respond.
        """
        booking = await find_booking(viewer, booking_id)
        if booking is None:
            raise NotAllowed
        require("Mutation.writeReview", relations_to_booking(viewer, booking))
        model.check_reviewable(booking, utc_now())
        validator = InputValidator()
        validator.number("rating", rating, 1, MAX_STARS, "Rating")
        found = validator.sentences("text", text, MIN_TEXT_CHARS, MAX_TEXT_CHARS)
        validator.raise_problems()
        author = public_name(viewer.user.name)
        async with self._lock:
            review = await model.write_review(booking, author, rating, found, utc_now())
        self._directory_changed()
        return review

    async def answer(self, viewer: Viewer, review_id: str, text: str) -> Review:
        """Answer a review as the reviewed expert, or change the answer.

        The answer can be changed within 30 days of the review.

        Raises:
            NotAllowed: if the viewer is not the reviewed expert, or the review is hidden.
            InvalidInput: if any field is invalid; `problems` lists all of them.
            TooLate: if the review has an answer that can no longer be changed.
            Unavailable: if the database does not respond.
        """
        review, booking = await _require_review(viewer, review_id)
        require("Mutation.answerReview", relations_to_review(viewer, review))
        validator = InputValidator()
        found = validator.sentences("text", text, 1, MAX_TEXT_CHARS)
        validator.raise_problems()
        async with self._lock:
            answered = await model.answer_review(review, booking, found, utc_now())
        self._directory_changed()
        return answered

    async def hide(self, viewer: Viewer, review_id: str, reason: str, *, hidden: bool) -> Review:
        """Hide a review as an administrator, giving a reason, or show a hidden review again.

        Raises:
            NotAllowed: if the viewer is not an administrator, or there is no such review.
            InvalidInput: if the reason for hiding the review is missing or too long.
            Unavailable: if the database does not respond.
        """
        review, booking = await _require_review(viewer, review_id)
        require("Mutation.hideReview", relations_to_review(viewer, review))
        validator = InputValidator()
        found = validator.text("reason", reason, MAX_REASON_CHARS, "Reason") if hidden else None
        validator.raise_problems()
        async with self._lock:
            changed = await model.hide_review(review, booking, found, utc_now())
        self._directory_changed()
        return changed

    async def remove(self, viewer: Viewer, review_id: str) -> Review:
        """Remove a review as its author, and return the removed review.

        Raises:
            NotAllowed: if the viewer is not the review's author, or the review is hidden.
            Unavailable: if the database does not respond.
        """
        review, booking = await _require_review(viewer, review_id)
        require("Mutation.removeReview", relations_to_review(viewer, review))
        async with self._lock:
            removed = await model.remove_review(review, booking)
        self._directory_changed()
        return removed


async def find_review(viewer: Viewer | None, review_id: str) -> Review | None:
    """Return the review with the given id, or None if there is none that the viewer may see."""
    try:
        key = object_id(review_id, "Review", "id")
    except BadUserInput:
        return None
    with or_unavailable():
        review = await Review.get(key)
        expert = review and await Expert.get(review.expert_id)
    if not (review and expert):
        return None
    is_public = not (review.hidden or expert.disabled)
    return review if may_see_review(viewer, review, is_public=is_public) else None


async def hidden_reviews(
    viewer: Viewer | None, expert_id: Id, order: ReviewOrder, arguments: PageArguments
) -> Page[Review]:
    """Return a page of an expert's hidden reviews.

    Raises:
        Unauthenticated: if nobody is signed in.
        Forbidden: if the viewer is neither the expert nor an administrator.
        BadUserInput: if the page size or the cursor is invalid.
    """
    require("Expert.reviews(hidden:)", relations_to_expert(viewer, expert_id))
    with or_unavailable():
        return await review_page(expert_id, order, arguments, hidden=True)


async def reviews_of(bookings: Sequence[Booking]) -> list[Review | None]:
    """Return the reviews of the given bookings, in the same order, with one database command."""
    with or_unavailable():
        found = await model.reviews_of(bookings)
    return [found.get(booking.id) for booking in bookings]


async def _require_review(viewer: Viewer, review_id: str) -> tuple[Review, Booking]:
    """Return a review that the viewer may see, and its booking."""
    review = await find_review(viewer, review_id)
    if review is None:
        raise NotAllowed
    with or_unavailable():
        booking = await Booking.find_one({"_id": review.booking_id, "expert_id": review.expert_id})
    if booking is None:
        raise NotAllowed
    return review, booking
