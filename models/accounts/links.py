"""Single-use links in e-mails, which expire; only a hash of a link's token is stored."""

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
    """The action that a user can perform with a link."""

    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - an enum value, not a password
    VERIFICATION = "VERIFICATION"


LIFETIMES = {
    Purpose.PASSWORD_RESET: timedelta(minutes=30),
    Purpose.VERIFICATION: timedelta(days=3),
}


class Link(Document):
    """An unused link; the id is the SHA-256 hash of its token."""

    id: str  # type: ignore[assignment]
    purpose: Purpose
    user_id: Id
    expires_at: datetime

    class Settings:
        """Links are read by `_id`, and found by account to revoke the links of an account."""

        name = "links"
        indexes = (
            IndexModel([("user_id", ASCENDING)], name="links_of_user"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


async def create_link(purpose: Purpose, user_id: Id, now: datetime) -> str:
    """Create a link and return its token, 32 random bytes that are not stored.

    Raises:
        Unavailable: if the database does not respond.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = Link(
        id=_hash(token), purpose=purpose, user_id=user_id, expires_at=now + LIFETIMES[purpose]
    )
    with or_unavailable():
        await link.insert()
    return token


async def check_link(token: str, purpose: Purpose, now: datetime) -> None:
    """Check that a link is valid, without using it up.

    Raises:
        LinkExpired: if the link is unknown, used, expired or for another purpose.
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        _require_valid(await Link.get(_hash(token)), purpose, now)


async def use_link(token: str, purpose: Purpose, now: datetime, changed: Mapping[str, Any]) -> User:
    """Use a link: atomically change its account and revoke the account's links with this purpose.

    Args:
        token: the link's token.
        purpose: the purpose for which the link must have been created.
        now: the current time.
        changed: the fields of the account to set, with their new values.

    Returns:
        The changed account.

    Raises:
        LinkExpired: if the link is not valid, or its account is deleted or disabled.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> User:
        link = _require_valid(await Link.get(_hash(token), session=session), purpose, now)
        links, users = Link.get_pymongo_collection(), User.get_pymongo_collection()
        # Only one of several concurrent uses can delete the link.
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


def _require_valid(link: Link | None, purpose: Purpose, now: datetime) -> Link:
    if link is None or link.purpose is not purpose or link.expires_at <= now:
        raise LinkExpired
    return link


async def revoke_links(user_id: Id, purpose: Purpose) -> None:
    """Revoke all links of an account that have the given purpose.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await Link.find({"user_id": user_id, "purpose": purpose.value}).delete()


def _hash(token: str) -> str:
    # A fast hash suffices, because 32 random bytes cannot be guessed.
    return hashlib.sha256(token[:MAX_TOKEN_LENGTH].encode(errors="replace")).hexdigest()
