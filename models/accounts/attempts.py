"""Counters that several processes share, for throttling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from beanie import Document
from pymongo import ASCENDING, IndexModel

from models.store.documents import or_unavailable


class Attempts(Document):
    """How often something was tried within a window; the id says what and in which window."""

    id: str  # type: ignore[assignment]
    tries: int
    expires_at: datetime

    class Settings:
        """Counted by `_id`, removed when the window has passed."""

        name = "attempts"
        indexes = (
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_for_window"),
        )


async def count(key: str, seconds: int, amount: int) -> int:
    """Add to a counter that begins at zero and lasts so many seconds; answers with the sum.

    Raises:
        Unavailable: when the database does not answer.
    """
    collection = Attempts.get_pymongo_collection()
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    with or_unavailable():
        await collection.update_one(
            {"_id": key},
            {"$inc": {"tries": amount}, "$setOnInsert": {"expires_at": expires_at}},
            upsert=True,
        )
        found = await Attempts.get(key)
    return found.tries if found else amount


async def counter(key: str) -> Attempts | None:
    """A counter, if it has begun and not passed."""
    with or_unavailable():
        found = await Attempts.get(key)
    return found if found and found.expires_at > datetime.now(UTC) else None


async def reset(key: str) -> None:
    """Begin a counter anew."""
    with or_unavailable():
        await Attempts.find({"_id": key}).delete()
