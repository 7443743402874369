"""Version numbers of calendars and of the directory, used to validate caches.

A calendar's version is the number of its last event; the directory's version increases with every
change of an expert. A value cached with the version that was read before it is valid while that
version is current.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.calendar.rules import Calendar
from models.store.documents import or_unavailable
from models.store.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.ids import Id

DIRECTORY = "directory"
MAX_CALENDARS_PER_QUERY = 500
"""Keeps the decoding of one reply from blocking the event loop for more than a millisecond."""


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


async def calendar_versions(expert_ids: Sequence[Id]) -> dict[Id, int]:
    """Return the number of the last event per expert; unknown experts are left out.

    Raises:
        Unavailable: if the database does not answer.
    """
    calendars = Calendar.get_pymongo_collection()
    found: dict[Id, int] = {}
    for first in range(0, len(expert_ids), MAX_CALENDARS_PER_QUERY):
        query = {"_id": {"$in": list(expert_ids[first : first + MAX_CALENDARS_PER_QUERY])}}
        rows = calendars.find(query, {"sequence": 1}, batch_size=MAX_CALENDARS_PER_QUERY)
        with or_unavailable():
            batch = await rows.to_list()
        found.update((row["_id"], row["sequence"]) for row in batch)
    return found
