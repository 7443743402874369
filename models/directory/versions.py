"""How the state of the directory and of calendars is told from an earlier one, by numbers.

A calendar's number is its counter of events. The directory has one of its own, counted up by every
change of any expert's entry. Whoever keeps what was read together with the number that stood
before the reading knows that it is right as long as the number still stands.
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
"""Calendars that are asked for in one command: decoding them holds up others for a millisecond."""


async def increment_directory_version(session: AsyncClientSession | None = None) -> None:
    """Count a change of the directory: in its transaction, or after it."""
    await SharedState.get_pymongo_collection().update_one(
        {"_id": DIRECTORY}, {"$inc": {"changes": 1}}, upsert=True, session=session
    )


async def directory_version() -> int:
    """How often the directory has changed.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        found = await SharedState.get_pymongo_collection().find_one({"_id": DIRECTORY})
    return int(found["changes"]) if found else 0


async def calendar_versions(
    expert_ids: Sequence[Id], session: AsyncClientSession | None = None
) -> dict[Id, int]:
    """The number of the last event of each of some experts, who may be many.

    Raises:
        Unavailable: when the database does not answer.
    """
    calendars = Calendar.get_pymongo_collection()
    found: dict[Id, int] = {}
    for first in range(0, len(expert_ids), MAX_CALENDARS_PER_QUERY):
        asked = {"_id": {"$in": list(expert_ids[first : first + MAX_CALENDARS_PER_QUERY])}}
        rows = calendars.find(
            asked, {"sequence": 1}, batch_size=MAX_CALENDARS_PER_QUERY, session=session
        )
        with or_unavailable():
            known = await rows.to_list()
        found.update((row["_id"], row["sequence"]) for row in known)
    return found
