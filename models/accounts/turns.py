"""Turns: database locks that make certain requests of an account run one at a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from models.accounts.users import User
from models.calendar.times import utc_now
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.ids import Id

TURN: Final = timedelta(seconds=10)
"""Time after which a turn ends by itself, in case its process was killed; requests are faster."""
PAUSE_SECONDS: Final = 0.05


@asynccontextmanager
async def turn_of(user_id: Id) -> AsyncIterator[None]:
    """Hold the account's turn while the context lasts; wait while another request holds it.

    Raises:
        Unavailable: if the database does not respond.
    """
    users = User.get_pymongo_collection()
    while True:
        now = utc_now()
        until = now + TURN
        free = {"_id": user_id, "$or": [{"busy_until": None}, {"busy_until": {"$lte": now}}]}
        with or_unavailable():
            taken = await users.update_one(free, {"$set": {"busy_until": until}})
        if taken.modified_count:
            break
        await asyncio.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        own = {"_id": user_id, "busy_until": until}
        with or_unavailable():
            await users.update_one(own, {"$set": {"busy_until": utc_now()}})
