"""Idempotency: the successes of the last day by the key that the client gave them."""

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
    """A request that succeeded, and the bookings that it made.

    Written first in its transaction, so that a twin meets it before the slot.
    """

    id: str  # type: ignore[assignment]
    digest: str
    booking_ids: list[Id]
    at: datetime

    def with_bookings(self, bookings: Sequence[Booking]) -> IdempotencyRecord:
        """The same with the bookings that it made."""
        ids = {"booking_ids": [booking.id for booking in bookings]}
        found: IdempotencyRecord = self.model_copy(update=ids)
        return found

    class Settings:
        """The id is client, operation and key, so the index of `_id` refuses a twin."""

        name = "requests"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_a_day"
            ),
        )


def record_id(client_id: Id, operation: str, key: str) -> str:
    """The id of a client's request."""
    return f"{client_id}:{operation}:{key}"


def digest_of(values: Sequence[object]) -> str:
    """What tells the same input from another under the same key: SHA-256 of its fields."""
    return hashlib.sha256(repr(values).encode()).hexdigest()
