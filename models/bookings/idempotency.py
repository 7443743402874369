"""Idempotency records: successful requests of the last day, by client and idempotency key."""

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

    It is the first write of its transaction, so a duplicate request conflicts on this record
    rather than on the slot.
    """

    id: str  # type: ignore[assignment]
    digest: str
    booking_ids: list[Id]
    at: datetime

    def with_bookings(self, bookings: Sequence[Booking]) -> IdempotencyRecord:
        """Return a copy with the bookings that the request made."""
        ids = {"booking_ids": [booking.id for booking in bookings]}
        record: IdempotencyRecord = self.model_copy(update=ids)
        return record

    class Settings:
        """The id contains client, operation and key, so `_id` rejects duplicate requests."""

        name = "requests"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_a_day"
            ),
        )


def record_id(client_id: Id, operation: str, key: str) -> str:
    """Return the record's id for a client's request."""
    return f"{client_id}:{operation}:{key}"


async def requests_of(client_id: Id) -> list[IdempotencyRecord]:
    """Return the records of a client's requests."""
    return await IdempotencyRecord.find(_made_by(client_id)).to_list()


async def forget_requests(client_id: Id) -> None:
    """Delete the records of a client's requests."""
    await IdempotencyRecord.get_pymongo_collection().delete_many(_made_by(client_id))


def _made_by(client_id: Id) -> dict[str, dict[str, str]]:
    # ";" sorts directly after ":".
    return {"_id": {"$gte": f"{client_id}:", "$lt": f"{client_id};"}}


def digest_of(values: Sequence[object]) -> str:
    """Return the SHA-256 of an input, to detect a key reused with different input."""
    return hashlib.sha256(repr(values).encode()).hexdigest()
