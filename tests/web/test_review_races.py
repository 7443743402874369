"""Ratings stay exact while reviews are concurrently written, edited, answered and removed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

from models.directory.experts import Expert
from models.directory.reviews import Review
from models.ids import object_id
from tests.support.paired_servers import findings
from tests.support.reviewing import answer, complete, hide, remove, write

if TYPE_CHECKING:
    import pytest

    from models.store.connection import Client
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers
    from tests.support.spans import Time

AT_ONCE = 64
CLIENTS = 4
BOOKINGS = 40
OUTCOMES = {"Review", "NotAllowed"}
RATINGS = "query ($id: ID!) { expert(id: $id) { rating reviewCount ratingCounts } }"


async def test_concurrent_changes_of_reviews_leave_exact_ratings(
    here: TwoServers, database: Client, time: Time, request: pytest.FixtureRequest
) -> None:
    """With two experts and two servers, all ratings equal a recount of the visible reviews."""
    changes = request.config.getoption("reviews")
    rng = random.Random(changes)
    stored = database.get_default_database()
    experts = [await here.expert() for _ in range(2)]
    clients = [(await here.new_account())[0] for _ in range(CLIENTS)]
    bookings: list[tuple[Api, Api, str]] = []
    for expert in experts:
        for number, slot in enumerate((await here.slots_of(expert, time))[: BOOKINGS // 2]):
            client = clients[number % CLIENTS]
            booking = await complete(stored, str((await client.book(slot))["id"]))
            bookings.append((client, expert.api, booking))
    reviews: dict[str, str] = {}
    outcomes: Counter[str] = Counter()
    limit = asyncio.Semaphore(AT_ONCE)

    async def change() -> None:
        client, keeper, booking = rng.choice(bookings)
        at, seed = rng.choice((lambda api: api, here.there)), rng.random()
        async with limit:
            review = reviews.get(booking)
            found: dict[str, Any]
            if review is None or seed < 0.5:
                found = await write(at(client), booking, rng.randint(1, 5), f"Number {seed}.")
            elif seed < 0.6:
                found = await answer(at(keeper), review, f"Thanks for {seed}.")
            elif seed < 0.85:
                found = await hide(at(here.admin), review, "Because.", hidden=seed < 0.72)
            else:
                found = await remove(at(client), review)
            outcomes[found["__typename"]] += 1
            if "id" in found:
                reviews[booking] = found["id"]

    await asyncio.gather(*(change() for _ in range(changes)))
    assert outcomes.keys() <= OUTCOMES
    assert outcomes["Review"] > changes / 2
    for expert in experts:
        assert expert.expert_id
        key = object_id(expert.expert_id, "Expert", "id")
        kept = await Review.find({"expert_id": key}).to_list()
        stars = [review.rating for review in kept if not review.hidden]
        expected = [stars.count(number) for number in range(1, 6)]
        entry = await Expert.get(key)
        assert entry
        assert (entry.rating_counts, entry.review_count) == (expected, len(stars))
        assert entry.rating == (sum(stars) / len(stars) if stars else None)
        assert len({review.booking_id for review in kept}) == len(kept)
        shown = (await clients[0].ask(RATINGS, id=expert.expert_id))["expert"]
        assert shown["ratingCounts"] == expected
    assert await findings() <= here.found_before
