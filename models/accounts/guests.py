"""Guests: accounts without an address, for visitors who hold a slot before they sign in."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from models.accounts.users import Language, User
from models.calendar.times import utc_now
from models.errors import Unavailable
from models.ids import Id, new_id
from models.store.documents import or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LIFETIME: Final = timedelta(days=1)
NAME: Final = "Guest"
TURN: Final = timedelta(seconds=10)
"""Maximum length of a turn, if its process is killed; requests for holds take less."""
PAUSE_SECONDS: Final = 0.05


async def create_guest(now: datetime, language: Language) -> User:
    """Store a new guest, who is removed after a day.

    Raises:
        Unavailable: if the database does not answer.
    """
    id_ = new_id()
    guest = User(
        id=id_,
        name=NAME,
        email="",
        email_key=f"guest {id_}",
        password_hash="",
        guest=True,
        language=language,
        created_at=now,
        unverified_until=now + LIFETIME,
        busy_until=now,
    )
    with or_unavailable():
        await guest.insert()
    return guest


async def is_current(guest_id: Id, now: datetime) -> bool:
    """Return whether a guest can still act: its day has not passed and it has not signed in.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        guest = await User.get(guest_id)
    return guest is not None and guest.unverified_until is not None and guest.unverified_until > now


async def retire(guest_id: Id, now: datetime) -> None:
    """Mark a guest that has signed in for removal.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        await User.get_pymongo_collection().update_one(
            {"_id": guest_id, "guest": True}, {"$set": {"unverified_until": now}}
        )


@asynccontextmanager
async def turn_of(guest_id: Id) -> AsyncIterator[None]:
    """Serialize the requests of a guest across all processes; the others wait.

    Raises:
        Unavailable: if another request does not end in time.
    """
    users = User.get_pymongo_collection()
    deadline = utc_now() + TURN
    while True:
        now = utc_now()
        until = now + TURN
        free = {"_id": guest_id, "busy_until": {"$lte": now}}
        with or_unavailable():
            taken = await users.update_one(free, {"$set": {"busy_until": until}})
        if taken.modified_count:
            break
        if now > deadline:
            raise Unavailable("Another request of this guest takes too long. Please try again.")
        await asyncio.sleep(PAUSE_SECONDS)
    try:
        yield
    finally:
        own = {"_id": guest_id, "busy_until": until}
        with or_unavailable():
            await users.update_one(own, {"$set": {"busy_until": utc_now()}})
