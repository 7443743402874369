"""State that all processes share through the database, such as the secret and migrations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from beanie import Document
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError

from models.store.documents import Part, or_unavailable
from models.store.transactions import DUPLICATE_KEY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.documents import Record

SECRET = "secret"  # noqa: S105 - the name of a secret
SAMPLE_DATA = "sample data"
MIGRATIONS = "migrations"
ADMINISTRATORS = "administrators"


class Seeding(Part):
    """Progress of filling the database with sample data, and the process that fills it.

    The data depend only on `experts` and `moment`, so another process can continue after a crash.
    `done` is the number of experts written so far; while it grows, the owner is alive.
    """

    experts: int
    moment: datetime
    owner: str | None
    done: int = 0
    finished: bool = False


class SharedState(Document):
    """One entry of the shared state."""

    id: str  # type: ignore[assignment]
    secret: str | None = None
    seeding: Seeding | None = None
    applied: list[str] = []

    class Settings:
        """The unique index on `_id` decides which of several processes inserts an entry.

        Entries of ledgers expire two days after their last change
        (models/bookings/changed_calendars.py); other entries never expire.
        """

        name = "settings"
        indexes = (
            IndexModel(
                [("changed_at", ASCENDING)],
                expireAfterSeconds=2 * 24 * 60 * 60,
                name="kept_two_days",
            ),
        )


async def shared_secret(proposed: str) -> str:
    """Return the secret shared by all processes; store `proposed` if there is none yet.

    Raises:
        Unavailable: if the database does not respond.
    """
    agreed = await _agreed(SharedState(id=SECRET, secret=proposed))
    return agreed.secret or proposed


async def seeding() -> Seeding | None:
    """Return the progress of writing the sample data, or None if it has not begun.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        setting = await SharedState.get(SAMPLE_DATA)
    return setting.seeding if setting else None


async def begin_seeding(proposed: Seeding) -> Seeding:
    """Record that the writing of sample data has begun, and return the stored progress.

    Returns:
        `proposed`, or the progress of another process that began earlier.

    Raises:
        Unavailable: if the database does not respond.
    """
    agreed = await _agreed(SharedState(id=SAMPLE_DATA, seeding=proposed))
    return agreed.seeding or proposed


async def advance_seeding(before: Seeding, after: Seeding) -> bool:
    """Replace the stored progress; return False if it no longer equals `before`.

    Raises:
        Unavailable: if the database does not respond.
    """
    expected = {"_id": SAMPLE_DATA, "seeding.owner": before.owner, "seeding.done": before.done}
    with or_unavailable():
        result = await SharedState.get_pymongo_collection().update_one(
            {**expected, "seeding.finished": before.finished}, {"$set": {"seeding": dict(after)}}
        )
    return result.matched_count == 1


async def applied_migrations() -> set[str]:
    """Return the names of the migrations that have been applied to this database."""
    entry = await SharedState.get(MIGRATIONS)
    return set(entry.applied) if entry else set()


async def record_migration(name: str) -> None:
    """Record that a migration has been applied."""
    await SharedState.get_pymongo_collection().update_one(
        {"_id": MIGRATIONS}, {"$addToSet": {"applied": name}}, upsert=True
    )


async def force_write_conflict(name: str, session: AsyncClientSession) -> None:
    """Force concurrent transactions with the same name to conflict, so that they run in turn."""
    await SharedState.get_pymongo_collection().update_one(
        {"_id": name}, {"$inc": {"changes": 1}}, upsert=True, session=session
    )


async def insert_missing(records: Sequence[Record]) -> None:
    """Insert records of one class; skip those that violate a unique index.

    Raises:
        Unavailable: if the database does not respond or rejects a record for another reason.
    """
    if not records:
        return
    with or_unavailable():
        try:
            await type(records[0]).insert_many(records, ordered=False)
        except BulkWriteError as error:
            if not _is_only_duplicates(error):
                raise


def _is_only_duplicates(error: BulkWriteError) -> bool:
    details = error.details
    return not details["writeConcernErrors"] and all(
        failure["code"] == DUPLICATE_KEY for failure in details["writeErrors"]
    )


async def _agreed(proposed: SharedState) -> SharedState:
    """Insert the entry, or return the one that is already stored under its id."""
    with or_unavailable():
        try:
            return await proposed.insert()
        except DuplicateKeyError:
            return await SharedState.get(proposed.id) or proposed
