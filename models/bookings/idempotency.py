"""Records of the last day's successful requests, identified by client and idempotency key."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from beanie import Document
from pymongo import ASCENDING, IndexModel

from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.bookings.booking import Booking

RETENTION_SECONDS = 24 * 60 * 60


class IdempotencyRecord(Document):
    """A successful request and the bookings that it made.

    The record is the first write of its transaction, so a duplicate request conflicts with this
    record rather than with the booked slot.
    """

    id: str  # type: ignore[assignment]
    digest: str
    booking_ids: list[Id]
    at: datetime

    def with_bookings(self, bookings: Sequence[Booking]) -> IdempotencyRecord:
        """Return a copy of the record with the ids of the bookings that the request made."""
        ids = {"booking_ids": [booking.id for booking in bookings]}
        record: IdempotencyRecord = self.model_copy(update=ids)
        return record

    class Settings:
        """The id combines client, operation and idempotency key, so duplicate requests conflict."""

        name = "requests"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_a_day"
            ),
        )


def record_id(client_id: Id, operation: str, key: str) -> str:
    """Return the id under which a client's request with an idempotency key is recorded."""
    return f"{client_id}:{operation}:{key}"


async def requests_of(client_id: Id) -> list[IdempotencyRecord]:
    """Return all idempotency records of a client."""
    return await IdempotencyRecord.find(_made_by(client_id)).to_list()


async def forget_requests(client_id: Id) -> None:
    """Delete all idempotency records of a client."""
    await IdempotencyRecord.get_pymongo_collection().delete_many(_made_by(client_id))


def _made_by(client_id: Id) -> dict[str, dict[str, str]]:
    # ";" sorts directly after ":", so the range contains all ids that begin with "<client id>:".
    return {"_id": {"$gte": f"{client_id}:", "$lt": f"{client_id};"}}


def digest_of(values: Sequence[object]) -> str:
    """Return the SHA-256 hash of a request's input, to detect a key reused with other input."""
    return hashlib.sha256(repr(values).encode()).hexdigest()
