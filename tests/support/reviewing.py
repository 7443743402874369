"""Functions that complete bookings, and that write and change reviews of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models.calendar.times import utc_now
from models.ids import object_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.database import AsyncDatabase
    from pymongo.database import Database

    from tests.support.clients import Api
    from tests.support.deployments import Person
    from tests.support.paired_servers import TwoServers

    Row = dict[str, Any]

SHIFT = timedelta(days=60)
"""How far tests move bookings into the past: all bookings equally far, so that none overlap."""
FIELDS = "id rating text author createdAt editedAt answer answeredAt hidden hiddenReason"
RESULT = f"""__typename ... on Review {{ {FIELDS} }} ... on Refusal {{ code message }}
  ... on InvalidInput {{ fields {{ field message }} }} ... on TooLate {{ deadline }}"""
WRITE = f"""mutation ($id: ID!, $rating: Int!, $text: String!) {{
  writeReview(input: {{bookingId: $id, rating: $rating, text: $text}}) {{ {RESULT} }} }}"""
ANSWER = f"""mutation ($id: ID!, $text: String!) {{
  answerReview(input: {{reviewId: $id, text: $text}}) {{ {RESULT} }} }}"""
HIDE = f"""mutation ($id: ID!, $hidden: Boolean!, $reason: String!) {{
  hideReview(input: {{reviewId: $id, hidden: $hidden, reason: $reason}}) {{ {RESULT} }} }}"""
REMOVE = f"""mutation ($id: ID!) {{ removeReview(input: {{reviewId: $id}}) {{
  __typename ... on Review {{ {FIELDS} }} ... on Refusal {{ code message }} }} }}"""
RATED = """query ($id: ID!) { expert(id: $id) { rating reviewCount ratingCounts
  reviews { totalCount nodes { text answer author hidden rating } } } }"""
TEXT = "Calm, clear and to the point."


def completion(row: Mapping[str, Any], at: datetime | None = None) -> Row:
    """Return the values of the fields that move a stored booking to the past and complete it."""
    done = at or utc_now() - timedelta(days=3)
    starts_at = row["starts_at"] - SHIFT
    step = {"starts_at": starts_at, "actor_id": row["client_id"]}
    booked = done - timedelta(days=5)
    return {
        "status": "COMPLETED",
        "starts_at": starts_at,
        "cells": [cell - SHIFT for cell in row["cells"]],
        "created_at": booked,
        "updated_at": done,
        "cancellable_until": starts_at,
        "history": [
            {**step, "at": booked, "before": None, "after": "CONFIRMED"},
            {**step, "at": done, "before": "CONFIRMED", "after": "COMPLETED"},
        ],
    }


async def complete(database: AsyncDatabase[Row], booking: str, at: datetime | None = None) -> str:
    """Move a stored booking to the past and complete it, and return its id."""
    only = {"_id": object_id(booking, "Booking", "id")}
    row = await database["bookings"].find_one(only)
    assert row
    only["expert_id"] = row["expert_id"]
    await database["bookings"].update_one(only, {"$set": completion(row, at)})
    return booking


def complete_now(database: Database[Row], booking: str) -> str:
    """Do the same as `complete`, but over a synchronous database connection."""
    only = {"_id": object_id(booking, "Booking", "id")}
    row = database["bookings"].find_one(only)
    assert row
    only["expert_id"] = row["expert_id"]
    database["bookings"].update_one(only, {"$set": completion(row)})
    return booking


class ReviewedExpert:
    """An expert with clients who have completed bookings."""

    def __init__(
        self, here: TwoServers, stored: AsyncDatabase[Row], expert: Person, slots: list[str]
    ) -> None:
        self.here, self.stored, self.expert, self.slots = here, stored, expert, slots

    @property
    def id(self) -> str:
        """The id of the expert."""
        assert self.expert.expert_id
        return self.expert.expert_id

    async def booking(self, client: Api) -> str:
        """Book a slot as a client and return the booking's id."""
        booked = await client.book(self.slots.pop(0))
        assert booked["__typename"] == "Booking", booked
        return str(booked["id"])

    async def completed(self, client: Api, days_ago: float = 3) -> str:
        """Return the id of a client's booking that was completed the given number of days ago."""
        at = utc_now() - timedelta(days=days_ago)
        return await complete(self.stored, await self.booking(client), at)

    async def backdate(self, review: str, days: int) -> datetime:
        """Set a stored review's creation time to `days` days ago, and return the new time."""
        at = utc_now() - timedelta(days=days)
        only = {
            "_id": object_id(review, "Review", "id"),
            "expert_id": object_id(self.id, "Expert", "id"),
        }
        changed = await self.stored["reviews"].update_one(only, {"$set": {"created_at": at}})
        assert changed.matched_count == 1
        return at

    async def shown(self, *, elsewhere: bool = False) -> dict[str, Any]:
        """Return the expert's public ratings and reviews, as the first or second server shows them.

        After a change on one server, the other server may show old values for up to a second.
        """
        api = self.here.anonymous
        api = self.here.there(api) if elsewhere else api
        return dict((await api.ask(RATED, id=self.id))["expert"])


async def write(api: Api, booking: str, rating: int = 5, text: str = TEXT) -> dict[str, Any]:
    """Call `writeReview` and return its result."""
    return dict((await api.ask(WRITE, id=booking, rating=rating, text=text))["writeReview"])


async def answer(api: Api, review: str, text: str = "Thank you!") -> dict[str, Any]:
    """Call `answerReview` and return its result."""
    return dict((await api.ask(ANSWER, id=review, text=text))["answerReview"])


async def hide(
    api: Api, review: str, reason: str = "It names somebody.", *, hidden: bool = True
) -> dict[str, Any]:
    """Call `hideReview` and return its result."""
    return dict((await api.ask(HIDE, id=review, hidden=hidden, reason=reason))["hideReview"])


async def remove(api: Api, review: str) -> dict[str, Any]:
    """Call `removeReview` and return its result."""
    return dict((await api.ask(REMOVE, id=review))["removeReview"])
