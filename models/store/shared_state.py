"""What the programs that share a database agree on: a secret, and which of them fills it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from beanie import Document
from pymongo.errors import BulkWriteError, DuplicateKeyError

from models.store.documents import Part, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.documents import Record

SECRET = "secret"  # noqa: S105 - the name of one
SAMPLE_DATA = "sample data"
ADMINISTRATORS = "administrators"
DUPLICATE_KEY = 11000


class Seeding(Part):
    """How far the filling with sample data has come, and which program is at it.

    What is written follows from `experts` and `moment` alone, so whoever goes on with it writes
    the same. `done` counts the experts that are there; as long as it grows, the owner lives.
    """

    experts: int
    moment: datetime
    owner: str | None
    done: int = 0
    finished: bool = False


class SharedState(Document):
    """One thing that was agreed on."""

    id: str  # type: ignore[assignment]
    secret: str | None = None
    seeding: Seeding | None = None

    class Settings:
        """The index of `_id` judges who was first."""

        name = "settings"


async def shared_secret(proposed: str) -> str:
    """The secret of all programs on this database: the one that was proposed first.

    Raises:
        Unavailable: when the database does not answer.
    """
    agreed = await _agreed(SharedState(id=SECRET, secret=proposed))
    return agreed.secret or proposed


async def seeding() -> Seeding | None:
    """The filling with sample data, if it has begun.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        setting = await SharedState.get(SAMPLE_DATA)
    return setting.seeding if setting else None


async def begin_seeding(proposed: Seeding) -> Seeding:
    """Begin to fill the database, unless that has begun; the answer is what stands.

    Raises:
        Unavailable: when the database does not answer.
    """
    agreed = await _agreed(SharedState(id=SAMPLE_DATA, seeding=proposed))
    return agreed.seeding or proposed


async def advance_seeding(before: Seeding, after: Seeding) -> bool:
    """Go from one step of the filling to the next; False where it is no longer at the first.

    Raises:
        Unavailable: when the database does not answer.
    """
    stands = {"_id": SAMPLE_DATA, "seeding.owner": before.owner, "seeding.done": before.done}
    with or_unavailable():
        result = await SharedState.get_pymongo_collection().update_one(
            {**stands, "seeding.finished": before.finished}, {"$set": {"seeding": dict(after)}}
        )
    return result.matched_count == 1


async def force_write_conflict(what: str, session: AsyncClientSession) -> None:
    """Have two transactions on the same thing conflict, whatever else they read and write."""
    await SharedState.get_pymongo_collection().update_one(
        {"_id": what}, {"$inc": {"changes": 1}}, upsert=True, session=session
    )


async def insert_missing(records: Sequence[Record]) -> None:
    """Store new records of one kind; those that are there, or whose place is taken, are left.

    Raises:
        Unavailable: when the database does not take them.
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
    """The setting of that id: this one if there was none."""
    with or_unavailable():
        try:
            return await proposed.insert()
        except DuplicateKeyError:
            return await SharedState.get(proposed.id) or proposed
