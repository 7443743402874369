"""The directory's version number, which validates caches, and the experts changed since a version.

The version increases with every change of an expert. A cache reads the version before it reads a
value, and the cached value stays valid while the version is unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.ids import Id
from models.store.documents import or_unavailable
from models.store.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.connection import Database

DIRECTORY = "directory"
MAX_RECENT = 200
"""Number of latest changes for which the changed experts are stored."""


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """A version of the directory, and the experts changed by the latest changes, latest last."""

    version: int
    expert_ids: Sequence[Id]

    def since(self, version: int) -> set[Id] | None:
        """Return the experts changed since a version; None if the record begins later."""
        missed = self.version - version
        if not 0 <= missed <= len(self.expert_ids):
            return None
        return set(self.expert_ids[len(self.expert_ids) - missed :])


async def increment_directory_version(
    session: AsyncClientSession | None = None, *, changed: Id | None
) -> None:
    """Increment the directory's version, in the transaction of the change or after it.

    Args:
        session: session of the change's transaction; None if the change is already stored.
        changed: the expert who has changed; None if several may have changed.
    """
    recent: dict[str, Any] = (
        {"$push": {"recent": {"$each": [changed], "$slice": -MAX_RECENT}}}
        if changed
        else {"$set": {"recent": []}}
    )
    await SharedState.get_pymongo_collection().update_one(
        {"_id": DIRECTORY}, {"$inc": {"changes": 1}, **recent}, upsert=True, session=session
    )


async def forget_directory(database: Database) -> None:
    """Make all processes reload their copies of the directory in memory, such as search indexes.

    Beanie's document classes need not be bound to the database.
    """
    await database[SharedState.Settings.name].update_one(
        {"_id": DIRECTORY}, {"$inc": {"changes": 1}, "$set": {"recent": []}}, upsert=True
    )


async def directory_version() -> int:
    """Return the directory's version; 0 before the first change.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = await SharedState.get_pymongo_collection().find_one(
            {"_id": DIRECTORY}, {"changes": 1}
        )
    return int(found["changes"]) if found else 0


async def recent_changes() -> RecentChanges:
    """Return the directory's version and its latest changes."""
    found = await SharedState.get_pymongo_collection().find_one({"_id": DIRECTORY})
    if found is None:
        return RecentChanges(0, ())
    return RecentChanges(int(found["changes"]), [Id(each) for each in found.get("recent", ())])
