"""Ratings of experts: the mean number of stars in their reviews, and its order key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ids import Id

MAX_STARS: Final = 5


def mean_rating(counts: Sequence[int]) -> float | None:
    """Return the mean rating for the numbers of reviews with 1 to 5 stars; None without reviews."""
    stars = sum(star * count for star, count in enumerate(counts, 1))
    return stars / sum(counts) if any(counts) else None


def rating_key(rating: float | None, review_count: int, expert_id: Id) -> str:
    """Return the order key of a rating.

    The key contains twelve decimals, which distinguish any two different means of up to a million
    reviews.
    """
    return f"{round((rating or 0) * 10**12):013}{review_count:08}{expert_id}"
