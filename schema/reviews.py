"""Reviews of experts by the clients of completed bookings."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from auth.viewers import require_viewer
from auth.visibility import may_see_hidden_reason
from models.directory import reviews as model
from models.directory.reviews import ReviewOrder
from models.ids import global_id
from schema.context import Context, Info
from schema.enums import describe_enum
from schema.errors import InvalidInput, NotAllowed, TooLate
from schema.inputs import plain
from schema.nodes import Node
from schema.pages import Connection

describe_enum(
    ReviewOrder,
    "Order of an expert's reviews. Among equal ratings, the newest review is first.",
    NEWEST="Newest review first, by the time at which it was first written.",
    BEST="Most stars first.",
    WORST="Fewest stars first.",
)


@strawberry.type(description="A client's review of a completed booking.")
class Review(Node):
    """A review, with the expert's answer."""

    rating: int = strawberry.field(description="Rating in stars, 1 to 5.")
    text: str = strawberry.field(description="The client's text; 10 to 2,000 characters.")
    author: str = strawberry.field(
        description="The client's first name, and the initial of the last name."
    )
    created_at: datetime = strawberry.field(
        description="Time at which the review was first written."
    )
    edited_at: datetime | None = strawberry.field(
        description="Time of the last edit; null if the review was never edited."
    )
    answer: str | None = strawberry.field(description="The expert's answer; null if there is none.")
    answered_at: datetime | None = strawberry.field(
        description="Time at which the answer was written or last changed; null if there is none."
    )
    hidden: bool = strawberry.field(
        description="Whether an administrator has hidden the review. A hidden review does not "
        "affect the expert's rating, and only its author, its expert and administrators can see "
        "the review."
    )
    hidden_reason: str | None = strawberry.field(
        description="Reason for which the review is hidden; null for everybody except its author, "
        "its expert and administrators."
    )

    @classmethod
    def of(cls, review: model.Review, context: Context) -> Review:
        """Convert a stored review to the GraphQL type, as the viewer may see it."""
        shows_reason = may_see_hidden_reason(context.viewer, review)
        return cls(
            id=strawberry.ID(global_id("Review", review.id)),
            rating=review.rating,
            text=review.text,
            author=review.author,
            created_at=review.created_at,
            edited_at=review.edited_at,
            answer=review.answer,
            answered_at=review.answered_at,
            hidden=review.hidden,
            hidden_reason=review.hidden_reason if shows_reason else None,
        )


ReviewConnection = Connection[Review]


@plain
@strawberry.input(description="The client's review of a completed booking.")
class WriteReviewInput:
    """Input of `writeReview`."""

    booking_id: strawberry.ID = strawberry.field(description="Id of the booking.")
    rating: int = strawberry.field(description="Rating in stars, 1 to 5.")
    text: str = strawberry.field(
        description="Text of the review: 10 to 2,000 characters, without links and e-mail "
        "addresses. Everybody can read the text."
    )


@plain
@strawberry.input(description="The expert's answer to a review.")
class AnswerReviewInput:
    """Input of `answerReview`."""

    review_id: strawberry.ID = strawberry.field(description="Id of the review.")
    text: str = strawberry.field(
        description="Text of the answer: up to 2,000 characters, without links and e-mail "
        "addresses. Everybody can read the text."
    )


@plain
@strawberry.input(description="Whether to hide a review.")
class HideReviewInput:
    """Input of `hideReview`."""

    review_id: strawberry.ID = strawberry.field(description="Id of the review.")
    hidden: bool = strawberry.field(description="True to hide the review, false to show it again.")
    reason: str = strawberry.field(
        description="Reason for hiding the review, which both parties can read; at most 500 "
        "characters. The reason is ignored if the review is shown again."
    )


@plain
@strawberry.input(description="The review to remove.")
class RemoveReviewInput:
    """Input of `removeReview`."""

    review_id: strawberry.ID = strawberry.field(description="Id of the review.")


ReviewResult = Annotated[
    Review | InvalidInput | NotAllowed | TooLate,
    strawberry.union("ReviewResult", description="The review, or a refusal."),
]
RemoveReviewResult = Annotated[
    Review | NotAllowed,
    strawberry.union(
        "RemoveReviewResult", description="The review that was removed, or a refusal."
    ),
]
WriteReviewArgument = Annotated[
    WriteReviewInput, strawberry.argument(description="The booking and the review.")
]
AnswerReviewArgument = Annotated[
    AnswerReviewInput, strawberry.argument(description="The review and the answer.")
]
HideReviewArgument = Annotated[
    HideReviewInput, strawberry.argument(description="The review and the reason.")
]
RemoveReviewArgument = Annotated[RemoveReviewInput, strawberry.argument(description="The review.")]


@strawberry.type
class ReviewMutation:
    """Mutations of reviews."""

    @strawberry.mutation(
        description="Write or edit the review of a completed booking, until the time in the "
        "booking's `reviewableUntil`. The expert receives an e-mail about a new review. Allowed "
        "only for the booking's client."
    )
    async def write_review(self, info: Info, input: WriteReviewArgument) -> ReviewResult:
        """Write or edit a review."""
        context = info.context
        review = await context.services.reviews.write(
            require_viewer(context.viewer), input.booking_id, input.rating, input.text
        )
        return _reloaded(review, context)

    @strawberry.mutation(
        description="Answer a review, which can have only one answer. The answer can be changed "
        "for 30 days after the review was written. Allowed only for the reviewed expert."
    )
    async def answer_review(self, info: Info, input: AnswerReviewArgument) -> ReviewResult:
        """Answer a review."""
        context = info.context
        review = await context.services.reviews.answer(
            require_viewer(context.viewer), input.review_id, input.text
        )
        return _reloaded(review, context)

    @strawberry.mutation(
        description="Hide a review, or show it again. Both parties receive an e-mail when a review "
        "is hidden, with the reason. Administrators only."
    )
    async def hide_review(self, info: Info, input: HideReviewArgument) -> ReviewResult:
        """Hide a review, or show it again."""
        context = info.context
        review = await context.services.reviews.hide(
            require_viewer(context.viewer), input.review_id, input.reason, hidden=input.hidden
        )
        return _reloaded(review, context)

    @strawberry.mutation(
        description="Remove a review and its answer. The client can write a new review until the "
        "booking's `reviewableUntil`. A hidden review cannot be removed. Allowed only for the "
        "author."
    )
    async def remove_review(self, info: Info, input: RemoveReviewArgument) -> RemoveReviewResult:
        """Remove a review."""
        context = info.context
        review = await context.services.reviews.remove(
            require_viewer(context.viewer), input.review_id
        )
        return _reloaded(review, context)


def _reloaded(review: model.Review, context: Context) -> Review:
    """Return a changed review as the GraphQL type, after discarding stale loaded data."""
    context.reset_loaders()
    return Review.of(review, context)
