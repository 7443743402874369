"""Reviews of experts, lists of reviews, and updates of the experts' ratings.

A review and its expert's ratings are written in one transaction, so the ratings are exact.
Hidden reviews do not count towards the ratings.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pymongo import ASCENDING, IndexModel

from models.directory.experts import Expert
from models.directory.ratings import MAX_STARS
from models.directory.versions import increment_directory_version
from models.errors import NotAllowed
from models.ids import Id
from models.store.documents import Record, stored
from models.store.pages import Order, Page, PageArguments, count, page

if TYPE_CHECKING:
    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.pages import Count

MILLISECOND: Final = timedelta(milliseconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
RATING_FIELDS: Final = {"rating_counts", "rating", "review_count", "by_rating"}


class ReviewOrder(StrEnum):
    """Sort order of an expert's reviews; of those with equal ratings, the newest comes first."""

    NEWEST = "NEWEST"
    BEST = "BEST"
    WORST = "WORST"


class Review(Record):
    """A client's review of a completed booking, with the expert's answer.

    `author` is the client's public name at the time of writing.
    """

    expert_id: Id
    booking_id: Id
    client_id: Id
    author: str
    rating: int
    text: str
    created_at: datetime
    edited_at: datetime | None = None
    answer: str | None = None
    answered_at: datetime | None = None
    hidden: bool = False
    hidden_reason: str | None = None

    # Computed by `update_order_keys` from the fields above.
    by_newest: str = ""
    by_best: str = ""
    by_worst: str = ""

    class Settings:
        """Each sort order has an index, which separates an expert's visible and hidden reviews."""

        name = "reviews"
        indexes = (
            IndexModel(
                [("expert_id", ASCENDING), ("booking_id", ASCENDING)],
                unique=True,
                name="one_review_per_booking",
            ),
            IndexModel([("client_id", ASCENDING)], name="reviews_by_client"),
            *(
                IndexModel(
                    [
                        ("expert_id", ASCENDING),
                        ("hidden", ASCENDING),
                        (f"by_{order.lower()}", ASCENDING),
                    ],
                    name=f"reviews_by_{order}".lower(),
                )
                for order in ReviewOrder
            ),
        )

    def update_order_keys(self) -> Review:
        """Compute the review's sort keys, all for descending order, and return the review."""
        self.by_newest = f"{(self.created_at - EPOCH) // MILLISECOND:014}{self.id}"
        self.by_best = f"{self.rating}{self.by_newest}"
        self.by_worst = f"{MAX_STARS - self.rating}{self.by_newest}"
        return self

    async def write(self, before: Review | None, session: AsyncClientSession) -> None:
        """Insert the review or replace the stored review, and update the expert's ratings.

        Args:
            before: the review as read in the session's transaction; None for a new review.
            session: the session of the transaction.

        Raises:
            DuplicateKeyError: if the booking already has a review.
        """
        document = stored(self.update_order_keys())
        reviews = Review.get_pymongo_collection()
        if before is None:
            await reviews.insert_one(document, session=session)
        else:
            only = {"_id": self.id, "expert_id": self.expert_id}
            await reviews.replace_one(only, document, session=session)
        await _count(self.expert_id, before, self, session)

    async def remove(self, session: AsyncClientSession) -> None:
        """Delete the review and subtract its rating from the expert's ratings.

        The review must have been read in the session's transaction.
        """
        only = {"_id": self.id, "expert_id": self.expert_id}
        await Review.get_pymongo_collection().delete_one(only, session=session)
        await _count(self.expert_id, self, None, session)


async def _count(
    expert_id: Id, before: Review | None, after: Review | None, session: AsyncClientSession
) -> None:
    """Update the expert's ratings and the directory's version after a review has changed."""
    former, new = (review and not review.hidden and review.rating for review in (before, after))
    if former != new:
        expert = await Expert.get(expert_id, session=session)
        if expert is None:
            raise NotAllowed
        counts = list(expert.rating_counts)
        for rating, step in ((former, -1), (new, 1)):
            if rating:
                counts[rating - 1] += step
        counted = expert.model_copy(update={"rating_counts": counts}).update_search_fields()
        fields = counted.model_dump(mode="json", include=RATING_FIELDS)
        experts = Expert.get_pymongo_collection()
        await experts.update_one({"_id": expert_id}, {"$set": fields}, session=session)
    await increment_directory_version(session, changed=expert_id)


async def review_page(
    expert_id: Id,
    order: ReviewOrder,
    arguments: PageArguments,
    count: Count = count,
    *,
    hidden: bool = False,
) -> Page[Review]:
    """Return a page of an expert's visible reviews, or of the hidden ones if `hidden` is set.

    Args:
        expert_id: id of the expert.
        order: order of the list.
        arguments: size and position of the page.
        count: function that counts all reviews in the list if the total is requested.
        hidden: whether to return the hidden reviews instead of the visible ones.

    Raises:
        BadUserInput: if the page size or a cursor is invalid.
    """
    filter_ = {"expert_id": expert_id, "hidden": hidden}
    by = Order(order.value, f"by_{order.lower()}", descending=True)
    return await page(Review, [filter_], by, arguments, Review.model_validate, count=count)
