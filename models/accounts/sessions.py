"""Sessions: a sign-in that lasts, and the refresh tokens that carry it on.

A refresh token is good for one use, which yields the next one. Only its hash is stored. Whoever
uses one again has a copy, or is robbed of one, so that ends the whole session (RFC 9700, 4.14.2).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from beanie import Document
from pymongo import ASCENDING, IndexModel

from models.errors import SessionEnded
from models.ids import Id, new_id
from models.store.documents import Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 128


class Session(Record):
    """A sign-in of an account; it lives for as long as its document does."""

    user_id: Id
    created_at: datetime
    expires_at: datetime

    class Settings:
        """Found by `_id`; by account, to end all of them; removed when they expire."""

        name = "sessions"
        indexes = (
            IndexModel([("user_id", ASCENDING)], name="sessions_of_user"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


class RefreshToken(Document):
    """One token that was handed out; the id is its SHA-256."""

    id: str  # type: ignore[assignment]
    session_id: Id
    expires_at: datetime
    is_used: bool = False

    class Settings:
        """A used one is kept until it would have expired, to be known again."""

        name = "refresh_tokens"
        indexes = (
            IndexModel([("session_id", ASCENDING)], name="tokens_of_session"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


async def begin(user_id: Id, now: datetime, lifetime: timedelta) -> tuple[Session, str]:
    """Begin a session; the answer has its first refresh token.

    Raises:
        Unavailable: when the database does not answer.
    """
    session = Session(id=new_id(), user_id=user_id, created_at=now, expires_at=now + lifetime)
    with or_unavailable():
        await session.insert()
        return session, await _issue(session)


async def renew(token: str, now: datetime, lifetime: timedelta) -> tuple[Session, str]:
    """Use a refresh token, and get the session and the next one.

    Raises:
        SessionEnded: for a token that is unknown, too old or used before; the latter ends the
            session and all its tokens.
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        found = await RefreshToken.get(_hash(token))
        if found is None or found.expires_at <= now:
            raise SessionEnded
        # One conditional update: of two that use it at once, one has used it before the other.
        used = await RefreshToken.get_pymongo_collection().update_one(
            {"_id": found.id, "is_used": False}, {"$set": {"is_used": True}}
        )
        if used.modified_count == 0:
            await end(found.session_id)
            raise SessionEnded
        session = await Session.get(found.session_id)
        if session is None:
            raise SessionEnded
        session.expires_at = now + lifetime
        await Session.get_pymongo_collection().update_one(
            {"_id": session.id}, {"$set": {"expires_at": session.expires_at}}
        )
        return session, await _issue(session)


async def session_of(token: str) -> Id | None:
    """The session that a refresh token belongs to, used or not."""
    with or_unavailable():
        found = await RefreshToken.get(_hash(token))
    return found.session_id if found else None


async def end(session_id: Id) -> None:
    """End a session: neither its refresh tokens nor its access tokens count any more.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        await Session.find({"_id": session_id}).delete()


async def end_all(user_id: Id) -> None:
    """End every session of an account.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        await Session.find({"user_id": user_id}).delete()


async def active_sessions(session_ids: Iterable[Id]) -> set[Id]:
    """Which of some sessions have not ended.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        found = Session.get_pymongo_collection().find({"_id": {"$in": list(session_ids)}})
        return {Id(row["_id"]) for row in await found.to_list()}


async def _issue(session: Session) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    await RefreshToken(
        id=_hash(token), session_id=session.id, expires_at=session.expires_at
    ).insert()
    return token


def _hash(token: str) -> str:
    # A fast hash will do: nobody guesses 32 random bytes.
    return hashlib.sha256(token[:MAX_TOKEN_LENGTH].encode()).hexdigest()
