"""Sample reviews, written with the sample data to a real embedded database."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from models.accounts.users import User
from models.bookings.booking import Booking, BookingStatus
from models.bookings.reviews import reviewable_until
from models.directory.experts import Expert
from models.directory.reviews import Review
from models.ids import is_sample
from models.store.shared_state import seeding
from models.text import public_name
from resolvers.checks import InputValidator
from web.samples.demo import DEMO_CLIENT, DEMO_EXPERT
from web.samples.reviews import HIDDEN_REASON

if TYPE_CHECKING:
    from datetime import datetime

    from models.ids import Id
    from models.store.connection import Client


@pytest.fixture(scope="module")
async def moment(database: Client) -> datetime:
    """The time to which the dates in the sample data are relative."""
    assert database is not None
    claim = await seeding()
    assert claim
    return claim.moment


@pytest.fixture(scope="module")
async def reviews(moment: datetime) -> list[Review]:
    """The sample reviews, the earliest first."""
    assert moment is not None
    found = await Review.find_all().sort("+created_at").to_list()
    return [review for review in found if is_sample(review.id)]


async def test_sample_reviews_follow_the_rules_for_reviews(
    reviews: list[Review], moment: datetime
) -> None:
    """Each review was written in time, in valid text, by the client of a completed booking."""
    bookings = {booking.id: booking async for booking in Booking.find_all()}
    users = {user.id: user async for user in User.find_all()}
    for review in reviews:
        booking = bookings.pop(review.booking_id)
        assert booking.status is BookingStatus.COMPLETED
        assert (review.expert_id, review.client_id) == (booking.expert_id, booking.client_id)
        assert booking.history[-1].at < review.created_at < moment
        assert review.created_at < (reviewable_until(booking) or moment)
        assert review.answered_at is None or review.created_at < review.answered_at < moment
        assert review.author == public_name(users[review.client_id].name)
        validator = InputValidator()
        assert validator.sentences("text", review.text, 10, 2_000) == review.text
        validator.sentences("answer", review.answer or "None.", 1, 2_000)
        assert validator.problems == []
        assert not re.search(r"[{}]|  ", review.text + (review.answer or ""))
    assert len({review.text for review in reviews}) > 0.8 * len(reviews)
    assert {review.rating for review in reviews} == {1, 2, 3, 4, 5}


async def test_sample_ratings_match_the_reviews(reviews: list[Review]) -> None:
    """A few experts have no reviews, and none has so many that the first start takes long."""
    stars: dict[Id, list[int]] = defaultdict(list)
    for review in reviews:
        if not review.hidden:
            stars[review.expert_id].append(review.rating)
    experts = [expert async for expert in Expert.find_all() if is_sample(expert.id)]
    for expert in experts:
        given = stars[expert.id]
        assert expert.rating_counts == [given.count(number) for number in range(1, 6)]
        assert expert.rating == (sum(given) / len(given) if given else None)
        assert expert.review_count == len(given) < 40
    assert sum(not given for given in stars.values()) < 0.2 * len(experts)


async def test_demo_accounts_have_reviews(reviews: list[Review], moment: datetime) -> None:
    """The demo expert has many reviews, one of them hidden.

    The demo client has written a few reviews, and can write more.
    """
    client, keeper = await User.by_email(DEMO_CLIENT), await User.by_email(DEMO_EXPERT)
    assert client
    assert keeper
    received = [review for review in reviews if review.expert_id == keeper.expert_id]
    assert len(received) > 20
    assert [review.hidden_reason for review in received if review.hidden] == [HIDDEN_REASON]
    written = {review.booking_id for review in reviews if review.client_id == client.id}
    mine = await Booking.find({"client_id": client.id}).to_list()
    due = {booking.id for booking in mine if (reviewable_until(booking) or moment) > moment}
    assert 0 < len(written & due) < len(due)
