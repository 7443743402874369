"""Turns: database locks that make certain requests of an account run one at a time."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pymongo.errors import PyMongoError

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
    until, may_hold = utc_now(), False
    try:
        while not may_hold:
            now = utc_now()
            until = now + TURN
            free = {"_id": user_id, "$or": [{"busy_until": None}, {"busy_until": {"$lte": now}}]}
            may_hold = True  # also if the update fails, since it may take effect in spite of that
            with or_unavailable():
                taken = await users.update_one(free, {"$set": {"busy_until": until}})
            may_hold = taken.modified_count > 0
            if not may_hold:
                await asyncio.sleep(PAUSE_SECONDS)
        yield
    finally:
        if may_hold:
            # If the turn cannot be ended, it ends by itself; the request's result stays the same.
            with suppress(PyMongoError):
                own = {"_id": user_id, "busy_until": until}
                await users.update_one(own, {"$set": {"busy_until": utc_now()}})
