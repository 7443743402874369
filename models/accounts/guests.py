"""Guests: accounts without an e-mail address, for visitors who hold a slot without signing in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from models.accounts.users import Language, User
from models.ids import Id, new_id
from models.store.documents import or_unavailable

LIFETIME: Final = timedelta(days=1)
NAME: Final = "Guest"


async def create_guest(now: datetime, language: Language) -> User:
    """Store and return a new guest account, which is removed after a day.

    Raises:
        Unavailable: if the database does not respond.
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
    """Return whether a guest can still act, being less than a day old and not yet signed in.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        guest = await User.get(guest_id)
    return guest is not None and guest.unverified_until is not None and guest.unverified_until > now


async def retire(guest_id: Id, now: datetime) -> None:
    """Mark a guest's account as due for removal, because the guest has signed in.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await User.get_pymongo_collection().update_one(
            {"_id": guest_id, "guest": True}, {"$set": {"unverified_until": now}}
        )
