"""The version number of the directory, used to validate caches.

It increases with every change of an expert. A value cached with the version that was read before it
is valid while that version is current.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.store.documents import or_unavailable
from models.store.shared_state import SharedState

if TYPE_CHECKING:
    from pymongo.asynchronous.client_session import AsyncClientSession


DIRECTORY = "directory"


async def increment_directory_version(session: AsyncClientSession | None = None) -> None:
    """Increment the directory's version, in the transaction of the change or after it."""
    await SharedState.get_pymongo_collection().update_one(
        {"_id": DIRECTORY}, {"$inc": {"changes": 1}}, upsert=True, session=session
    )


async def directory_version() -> int:
    """Return the directory's version; 0 before the first change.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        found = await SharedState.get_pymongo_collection().find_one({"_id": DIRECTORY})
    return int(found["changes"]) if found else 0
