"""Links in mails: each works once and for a time, and is kept as a hash alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from beanie import Document
from pymongo import ASCENDING, IndexModel

from models.accounts.users import User
from models.errors import LinkExpired
from models.ids import Id
from models.store.documents import or_unavailable
from models.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pymongo.asynchronous.client_session import AsyncClientSession

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 100


class Purpose(StrEnum):
    """What following a link does."""

    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - the name of one
    VERIFICATION = "VERIFICATION"


LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(minutes=30),
    Purpose.VERIFICATION: timedelta(days=3),
}


class Link(Document):
    """A link that was handed out and not used; the id is the SHA-256 of its token."""

    id: str  # type: ignore[assignment]
    purpose: Purpose
    user_id: Id
    expires_at: datetime

    class Settings:
        """Found by `_id`; by account, to end the others when one is used."""

        name = "links"
        indexes = (
            IndexModel([("user_id", ASCENDING)], name="links_of_user"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


async def create_link(purpose: Purpose, user_id: Id, now: datetime) -> str:
    """The token of a new link: 32 random bytes that are nowhere kept.

    Raises:
        Unavailable: when the database does not answer.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = Link(
        id=_hash(token), purpose=purpose, user_id=user_id, expires_at=now + LIFETIMES[purpose]
    )
    with or_unavailable():
        await link.insert()
    return token


async def check_link(token: str, purpose: Purpose, now: datetime) -> None:
    """Look whether a link would work.

    Raises:
        LinkExpired: for one that is unknown, used, too old or for something else.
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        _working(await Link.get(_hash(token)), purpose, now)


async def use_link(token: str, purpose: Purpose, now: datetime, changed: Mapping[str, Any]) -> User:
    """Use a link: change its account, and end its other links of that purpose, all or nothing.

    Raises:
        LinkExpired: as `check`, and for an account that is gone or disabled.
        Unavailable: when the database does not answer.
    """

    async def write(session: AsyncClientSession) -> User:
        link = _working(await Link.get(_hash(token), session=session), purpose, now)
        links, users = Link.get_pymongo_collection(), User.get_pymongo_collection()
        # Of two that use it at once one deletes it, whatever both have read.
        used = await links.delete_one({"_id": link.id}, session=session)
        if not used.deleted_count:
            raise LinkExpired
        others = {"user_id": link.user_id, "purpose": purpose.value}
        await links.delete_many(others, session=session)
        await users.update_one({"_id": link.user_id}, {"$set": dict(changed)}, session=session)
        user = await User.get(link.user_id, session=session)
        if user is None or user.disabled:
            raise LinkExpired
        return user

    with or_unavailable():
        return await run_in_transaction(Link, write)


def _working(link: Link | None, purpose: Purpose, now: datetime) -> Link:
    if link is None or link.purpose is not purpose or link.expires_at <= now:
        raise LinkExpired
    return link


async def revoke_links(user_id: Id, purpose: Purpose) -> None:
    """End an account's links of that purpose.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        await Link.find({"user_id": user_id, "purpose": purpose.value}).delete()


def _hash(token: str) -> str:
    # A fast hash will do: nobody guesses 32 random bytes.
    return hashlib.sha256(token[:MAX_TOKEN_LENGTH].encode(errors="replace")).hexdigest()
