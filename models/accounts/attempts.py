"""Attempt counters for throttling, shared by all processes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from beanie import Document
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.store.documents import or_unavailable


class Attempts(Document):
    """Counter of attempts in a time window; its id is the `key` that is passed to `count`."""

    id: str  # type: ignore[assignment]
    tries: int
    expires_at: datetime

    class Settings:
        """Counters are read by `_id`, and deleted by a TTL index when their time window ends."""

        name = "attempts"
        indexes = (
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_for_window"),
        )


async def count(key: str, seconds: int, amount: int) -> int:
    """Increase a counter and return its new value; concurrent calls return different values.

    Args:
        key: id of the counter.
        seconds: lifetime of the counter if it does not exist yet.
        amount: number to add to the counter.

    Raises:
        Unavailable: if the database does not respond.
    """
    collection = Attempts.get_pymongo_collection()
    expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
    # `findOneAndUpdate` is not used, because the embedded database scans the collection for it.
    with or_unavailable():
        while True:
            found = await Attempts.get(key)
            if found:
                known = {"_id": key, "tries": found.tries}
                counted = await collection.update_one(known, {"$inc": {"tries": amount}})
                if counted.matched_count:
                    return found.tries + amount
            else:
                with suppress(DuplicateKeyError):
                    await Attempts(id=key, tries=amount, expires_at=expires_at).insert()
                    return amount


async def counter(key: str) -> Attempts | None:
    """Return the counter with the given id, or None if it does not exist or has expired."""
    with or_unavailable():
        found = await Attempts.get(key)
    return found if found and found.expires_at > datetime.now(UTC) else None


async def reset(key: str) -> None:
    """Delete a counter."""
    with or_unavailable():
        await Attempts.find({"_id": key}).delete()
