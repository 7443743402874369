"""Reviews on two servers: permissions, time limits, visibility, ratings and e-mails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from models.bookings.booking import Booking
from models.bookings.outbox import Mail, Party
from models.bookings.reviews import remove_review, write_review
from models.calendar.times import utc_now
from models.directory.experts import Expert
from models.ids import object_id
from tests.support.reviewing import FIELDS, RATED, TEXT, answer, complete, hide, remove, write

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.paired_servers import TwoServers
    from tests.support.reviewing import ReviewedExpert

LIST = """query ($id: ID!, $order: ReviewOrder!, $first: Int, $after: String, $last: Int,
    $before: String, $hidden: Boolean!) {
  expert(id: $id) { reviews(orderBy: $order, first: $first, after: $after, last: $last,
      before: $before, hidden: $hidden) {
    totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
BOOKING = f"query ($id: ID!) {{ booking(id: $id) {{ reviewableUntil review {{ {FIELDS} }} }} }}"
NODE = f"query ($id: ID!) {{ node(id: $id) {{ ... on Review {{ {FIELDS} }} }} }}"
NOTHING = {"totalCount": 0, "nodes": []}


async def test_a_review_is_written_edited_and_shown_at_once(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    """A new review changes the rating on both servers at once, and so does an edit."""
    assert await reviewed.shown() == {
        "rating": None,
        "reviewCount": 0,
        "ratingCounts": [0] * 5,
        "reviews": NOTHING,
    }
    booking, other = await reviewed.completed(reviewer), await reviewed.completed(reviewer)
    written = await write(reviewer, booking, 4, f"  {TEXT}\r\n\nAnd kind. ")
    assert written["__typename"] == "Review"
    assert (written["rating"], written["author"]) == (4, "Ada L.")
    assert written["text"] == f"{TEXT}\r\n\nAnd kind."
    assert (written["editedAt"], written["answer"], written["hidden"]) == (None, None, False)
    elsewhere = here.there(here.anonymous)
    for api in (here.anonymous, elsewhere, reviewer):
        found = (await api.ask(RATED, id=reviewed.id))["expert"]
        assert (found["rating"], found["reviewCount"]) == (4, 1)
        assert found["ratingCounts"] == [0, 0, 0, 1, 0]
        assert found["reviews"]["totalCount"] == 1
        assert found["reviews"]["nodes"][0]["text"] == written["text"]
    assert (await write(reviewer, other, 5))["id"] != written["id"]
    assert (await reviewed.shown())["rating"] == 4.5
    again = await write(reviewer, booking, 1, "Not so good after all.")
    assert (again["id"], again["createdAt"]) == (written["id"], written["createdAt"])
    assert again["editedAt"]
    assert (await write(here.there(reviewer), booking, 1, "Not so good after all.")) == again
    found = await reviewed.shown(elsewhere=True)
    assert (found["rating"], found["ratingCounts"]) == (3, [1, 0, 0, 0, 1])
    assert [node["rating"] for node in found["reviews"]["nodes"]] == [5, 1]
    shown = (await reviewer.ask(BOOKING, id=booking))["booking"]
    assert shown["review"] == {name: again[name] for name in FIELDS.split()}
    entry = await Expert.get(object_id(reviewed.id, "Expert", "id"))
    assert entry
    assert entry.by_rating.startswith("3000000000000" + "00000002")


async def test_only_completed_bookings_can_be_reviewed_and_only_within_thirty_days(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    coming = await reviewed.booking(reviewer)
    for wrong in (coming, reviewed.id, "nonsense"):
        assert (await write(reviewer, wrong))["code"] == "NOT_ALLOWED"
    unseen = (await reviewer.ask(BOOKING, id=coming))["booking"]
    assert unseen == {"reviewableUntil": None, "review": None}
    late = await reviewed.completed(reviewer, 30.001)
    until = (await reviewer.ask(BOOKING, id=late))["booking"]["reviewableUntil"]
    refused = await write(reviewer, late)
    assert (refused["__typename"], refused["deadline"]) == ("TooLate", until)
    just = await reviewed.completed(reviewer, 29.99)
    assert (await write(reviewer, just, 3))["__typename"] == "Review"
    await complete(reviewed.stored, just, utc_now() - timedelta(days=61))
    assert (await write(reviewer, just, 2))["__typename"] == "TooLate"
    assert (await reviewed.shown())["ratingCounts"] == [0, 0, 1, 0, 0]
    stranger, _ = await here.new_account()
    for other in (stranger, reviewed.expert.api, here.admin):
        assert (await write(other, just))["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("rating", "text", "fields"),
    [
        (0, TEXT, ["rating"]),
        (6, TEXT, ["rating"]),
        (5, "Too short", ["text"]),
        (5, " " * 20 + "\u200b" * 20, ["text"]),
        (5, "x" * 2_001, ["text"]),
        (5, "x" * 5_000, ["text"]),
        (5, "See https://evil.example now", ["text"]),
        (-1, "Visit evil.com, please.", ["rating", "text"]),
        (5, "A bell \a rings here.", ["text"]),
    ],
)
async def test_invalid_reviews_are_refused_and_change_nothing(
    reviewed: ReviewedExpert, reviewer: Api, rating: int, text: str, fields: list[str]
) -> None:
    booking = await reviewed.completed(reviewer)
    refused = await write(reviewer, booking, rating, text)
    assert refused["__typename"] == "InvalidInput"
    assert [problem["field"] for problem in refused["fields"]] == fields
    assert (await reviewed.shown())["reviews"] == NOTHING


async def test_expert_can_reword_an_answer_for_thirty_days_after_the_review(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    booking = await reviewed.completed(reviewer)
    review = (await write(reviewer, booking))["id"]
    for other in (reviewer, here.admin, (await here.expert()).api):
        assert (await answer(other, review))["code"] == "NOT_ALLOWED"
    expert = reviewed.expert.api
    assert (await answer(expert, review, "See www.evil.example"))["code"] == "INVALID_INPUT"
    assert (await answer(expert, review, " "))["code"] == "INVALID_INPUT"
    first = await answer(expert, review, "Thanks!")
    assert (first["answer"], first["editedAt"]) == ("Thanks!", None)
    assert (await reviewed.shown())["reviews"]["nodes"][0]["answer"] == "Thanks!"
    assert (await answer(expert, review, "Thank you!"))["answer"] == "Thank you!"
    await complete(reviewed.stored, booking, utc_now() - timedelta(days=31))
    assert (await answer(expert, review, "Thanks a lot!"))["answer"] == "Thanks a lot!"
    written = await reviewed.backdate(review, 31)
    refused = await answer(expert, review, "Thanks again!")
    assert refused["__typename"] == "TooLate"
    assert datetime.fromisoformat(refused["deadline"]) == written + timedelta(days=30)
    assert (await answer(expert, review, "Thanks a lot!"))["__typename"] == "Review"
    late = await reviewed.completed(reviewer, 29)
    unanswered = (await write(reviewer, late))["id"]
    await reviewed.backdate(unanswered, 40)
    assert (await answer(expert, unanswered))["__typename"] == "Review"
    shown = (await reviewed.shown())["reviews"]["nodes"]
    assert [each["answer"] for each in shown] == ["Thanks a lot!", "Thank you!"]


async def test_hidden_review_is_not_public_and_does_not_count_in_the_rating(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    first, second = await reviewed.completed(reviewer), await reviewed.completed(reviewer)
    review = (await write(reviewer, first, 1, "A terrible person, really."))["id"]
    await write(reviewer, second, 5)
    for other in (reviewer, reviewed.expert.api):
        assert (await hide(other, review))["code"] == "NOT_ALLOWED"
    assert (await hide(here.admin, review, " "))["code"] == "INVALID_INPUT"
    assert (await hide(here.admin, review, "x" * 501))["code"] == "INVALID_INPUT"
    assert (await reviewed.shown())["rating"] == 3
    hidden = await hide(here.admin, review, "It insults the expert.")
    assert (hidden["hidden"], hidden["hiddenReason"]) == (True, "It insults the expert.")
    found = await reviewed.shown()
    assert (found["rating"], found["ratingCounts"]) == (5, [0, 0, 0, 0, 1])
    assert [node["rating"] for node in found["reviews"]["nodes"]] == [5]
    stranger, _ = await here.new_account()
    for api in (here.anonymous, stranger):
        assert (await here.there(api).ask(NODE, id=review))["node"] is None
    shown = {name: hidden[name] for name in FIELDS.split()}
    for api in (reviewer, reviewed.expert.api, here.admin):
        assert (await api.ask(NODE, id=review))["node"] == shown
        assert (await api.ask(BOOKING, id=first))["booking"]["review"] == shown
    assert (await answer(reviewed.expert.api, review))["code"] == "NOT_ALLOWED"
    edited = await write(reviewer, first, 4, "A little harsh, really.")
    assert (edited["hidden"], edited["rating"]) == (True, 4)
    assert (await remove(reviewer, review))["code"] == "NOT_ALLOWED"
    assert (await reviewed.shown())["ratingCounts"] == [0, 0, 0, 0, 1]
    again = await hide(here.there(here.admin), review, "ignored", hidden=False)
    assert (again["hidden"], again["hiddenReason"]) == (False, None)
    assert (await reviewed.shown(elsewhere=True))["rating"] == 4.5


async def test_removed_review_is_gone_and_another_can_be_written(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    booking = await reviewed.completed(reviewer)
    review = (await write(reviewer, booking, 2))["id"]
    await answer(reviewed.expert.api, review)
    for other in (reviewed.expert.api, here.admin):
        assert (await remove(other, review))["code"] == "NOT_ALLOWED"
    assert (await remove(here.there(reviewer), review))["id"] == review
    assert (await reviewed.shown(elsewhere=True))["reviews"] == NOTHING
    assert (await reviewer.ask(BOOKING, id=booking))["booking"]["review"] is None
    for refused in (await remove(reviewer, review), await answer(reviewed.expert.api, review)):
        assert refused["code"] == "NOT_ALLOWED"
    anew = await write(reviewer, booking, 5)
    shown = await reviewed.shown()
    assert (anew["answer"], shown["rating"], shown["ratingCounts"]) == (None, 5, [0, 0, 0, 0, 1])


async def test_reviews_of_a_disabled_expert_are_visible_to_the_parties_only(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    booking = await reviewed.completed(reviewer)
    review = (await write(reviewer, booking))["id"]
    await here.update(reviewed.id, disabled=True)
    assert (await here.anonymous.ask(NODE, id=review))["node"] is None
    assert (await reviewer.ask(NODE, id=review))["node"]["id"] == review


async def announcements(reviewed: ReviewedExpert, booking: str) -> list[dict[str, Any]]:
    """Return the stored e-mails about the reviews of a booking."""
    about = {"occasion.booking_id": object_id(booking, "Booking", "id"), "kind": "REVIEWED"}
    return await reviewed.stored["outbox"].find(about).to_list()


async def test_rewritten_reviews_of_a_booking_send_one_email(
    reviewed: ReviewedExpert, reviewer: Api
) -> None:
    """Removing a review withdraws its e-mail; once an e-mail has been sent, no other follows.

    The reviews are dated a week ahead, so that the servers' mail workers do not send their e-mails.
    """
    id_ = await reviewed.completed(reviewer)
    booking = await Booking.get(object_id(id_, "Booking", "id"))
    assert booking
    now = utc_now() + timedelta(days=7)
    for _ in range(3):
        review = await write_review(booking, "Ada L.", 5, TEXT, now)
        [mail] = await announcements(reviewed, id_)
        assert (mail["to"], mail["lane"], mail["state"]) == (["EXPERT"], "REVIEW", "WAITING")
        review = await write_review(booking, "Ada L.", 2, "Not so good after all.", now)
        assert len(await announcements(reviewed, id_)) == 1
        await remove_review(review, booking)
        assert await announcements(reviewed, id_) == []
    await write_review(booking, "Ada L.", 5, TEXT, now)
    [mail] = await announcements(reviewed, id_)
    stored = Mail.model_validate(mail)
    assert await stored.claim(now)
    assert await stored.mark_delivered(Party.EXPERT, now)
    for _ in range(3):
        review = await write_review(booking, "Ada L.", 4, TEXT, now)
        await remove_review(review, booking)
        [mail] = await announcements(reviewed, id_)
        assert (mail["_id"], mail["state"]) == (stored.id, "SENT")


async def test_reviews_are_paged_in_three_orders_in_both_directions(
    here: TwoServers, reviewed: ReviewedExpert, reviewer: Api
) -> None:
    """Reviews with equal ratings are listed newest first; hidden reviews have their own list."""
    ratings = [3, 5, 3, 1, 5, 4, 2, 5, 3]
    reviews = [
        (await write(reviewer, await reviewed.completed(reviewer), n))["id"] for n in ratings
    ]
    for index in (8, 4):
        await hide(here.admin, reviews[index])
    shown = {False: [0, 1, 2, 3, 5, 6, 7], True: [4, 8]}
    keys = {
        "NEWEST": lambda index: -index,
        "BEST": lambda index: (-ratings[index], -index),
        "WORST": lambda index: (ratings[index], -index),
    }
    admin = here.admin
    for hidden, indexes in shown.items():
        for order, key in keys.items():
            expected = [reviews[index] for index in sorted(indexes, key=key)]
            wanted = {"id": reviewed.id, "order": order, "hidden": hidden}
            for forward in (True, False):
                size, cursor = ("first", "after") if forward else ("last", "before")
                found: list[str] = []
                page: dict[str, Any] = {}
                for _ in range(4):
                    at = page.get("pageInfo", {}).get("endCursor" if forward else "startCursor")
                    page = (await admin.ask(LIST, **wanted, **{size: 3, cursor: at}))["expert"][
                        "reviews"
                    ]
                    ids = [node["id"] for node in page["nodes"]]
                    found = [*found, *ids] if forward else [*ids, *found]
                    assert page["totalCount"] == len(expected)
                    if not page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]:
                        break
                assert found == expected, (order, forward)
    wrong = {"id": reviewed.id, "order": "BEST", "hidden": False}
    newest = await admin.ask(LIST, **wanted | {"order": "NEWEST", "hidden": False}, first=1)
    cursor = newest["expert"]["reviews"]["pageInfo"]["endCursor"]
    refused = await admin.post(LIST, **wrong, after=cursor)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
