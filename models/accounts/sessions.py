"""Sessions and their refresh tokens.

A refresh token can be used only once; using it returns the next refresh token. Only the hash of a
token is stored. Reuse of a token indicates that it was stolen, so reuse ends the whole session (RFC
9700, section 4.14.2). However, for ten seconds after its use, a token returns the session's newest
token again, so that browser tabs can refresh concurrently, and a client that did not receive the
response can retry.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from beanie import Document
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.errors import SessionEnded
from models.ids import Id, new_id
from models.store.documents import Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SESSIONS = 100
"""Maximum number of sessions of an account; if there are more, the oldest ones are ended."""
TOKEN_BYTES = 32
MAX_TOKEN_LENGTH = 128
REPEATABLE_FOR = timedelta(seconds=10)
"""Time for which a used refresh token returns the session's newest token again."""
MAX_SUCCESSORS = 100
"""Maximum number of tokens that are followed from a used refresh token to the newest token."""


class Session(Record):
    """A session of an account or a guest; deleting the document ends the session."""

    user_id: Id
    created_at: datetime
    expires_at: datetime
    device: str = ""
    refreshed_at: datetime | None = None

    @property
    def last_used_at(self) -> datetime:
        """Time at which the latest access token, valid for a few minutes, was issued."""
        return self.refreshed_at or self.created_at

    class Settings:
        """Sessions are read by `_id` and by account; a TTL index deletes them when they expire."""

        name = "sessions"
        indexes = (
            IndexModel([("user_id", ASCENDING)], name="sessions_of_user"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


class RefreshToken(Document):
    """An issued refresh token; the id is its SHA-256 hash.

    The next token is derived from the random `nonce` and from this token, which itself is not
    stored.
    """

    id: str  # type: ignore[assignment]
    session_id: Id
    expires_at: datetime
    is_used: bool = False
    used_at: datetime | None = None
    nonce: str = ""

    class Settings:
        """Used tokens are kept until they expire, so that their reuse can be detected."""

        name = "refresh_tokens"
        indexes = (
            IndexModel([("session_id", ASCENDING)], name="tokens_of_session"),
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )

    def is_repeatable_at(self, now: datetime) -> bool:
        """Return whether the token was first used so recently that it may be used again."""
        return self.used_at is not None and now <= self.used_at + REPEATABLE_FOR


async def begin(
    user_id: Id, now: datetime, lifetime: timedelta, device: str = ""
) -> tuple[Session, str]:
    """Begin a session on a device; return the session and its first refresh token.

    Raises:
        Unavailable: if the database does not respond.
    """
    session = Session(
        id=new_id(), user_id=user_id, created_at=now, expires_at=now + lifetime, device=device
    )
    with or_unavailable():
        await session.insert()
        return session, await _issue(session, secrets.token_urlsafe(TOKEN_BYTES))


async def end_oldest(user_id: Id, now: datetime) -> frozenset[Id]:
    """End an account's oldest sessions if it has more than `MAX_SESSIONS`; return their ids.

    Raises:
        Unavailable: if the database does not respond.
    """
    excess = [session.id for session in (await _active(user_id, now))[MAX_SESSIONS:]]
    if excess:
        with or_unavailable():
            await Session.find({"_id": {"$in": excess}}).delete()
    return frozenset(excess)


async def renew(token: str, now: datetime, lifetime: timedelta) -> tuple[Session, str]:
    """Use a refresh token; return the session and the next refresh token.

    If the token was used before, the next token may have been used meanwhile, too. Its successors
    are then followed to the token that has not been used yet.

    Raises:
        SessionEnded: if the token is unknown or expired, or was first used more than
            `REPEATABLE_FOR` ago; such a late reuse also ends the session and all its tokens.
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = await RefreshToken.get(_hash(token))
        if found is None or found.expires_at <= now:
            raise SessionEnded
        # The update is conditional, so that only one of two concurrent uses modifies the token.
        nonce = secrets.token_urlsafe(TOKEN_BYTES)
        used = await RefreshToken.get_pymongo_collection().update_one(
            {"_id": found.id, "is_used": False},
            {"$set": {"is_used": True, "used_at": now, "nonce": nonce}},
        )
        is_first_use = used.modified_count > 0
        following = _successor(token, nonce) if is_first_use else await _unused(token, now)
        if following is None:
            await end(found.session_id)
            raise SessionEnded
        session = await Session.get(found.session_id)
        if session is None:
            raise SessionEnded
        session.expires_at = now + lifetime
        await Session.get_pymongo_collection().update_one(
            {"_id": session.id},
            {"$set": {"expires_at": session.expires_at, "refreshed_at": now}},
        )
        return session, await _issue(session, following)


async def session_of(token: str) -> Id | None:
    """Return the session id of a refresh token, used or not; None if the token is unknown."""
    with or_unavailable():
        found = await RefreshToken.get(_hash(token))
    return found.session_id if found else None


async def account_of(session_id: Id) -> Id | None:
    """Return the id of a session's account, or None if the session has ended."""
    with or_unavailable():
        found = await Session.get(session_id)
    return found.user_id if found else None


async def sessions_of(user_id: Id, now: datetime) -> list[Session]:
    """Return at most `MAX_SESSIONS` sessions of an account, the latest sign-in first.

    Raises:
        Unavailable: if the database does not respond.
    """
    return (await _active(user_id, now))[:MAX_SESSIONS]


async def _active(user_id: Id, now: datetime) -> list[Session]:
    with or_unavailable():
        found = await Session.find({"user_id": user_id}).to_list()
    active = [session for session in found if session.expires_at > now]
    return sorted(active, key=lambda session: session.created_at, reverse=True)


async def own_session(session_id: Id, user_id: Id, now: datetime) -> Session | None:
    """Return the session if it belongs to the account and has not expired, or None otherwise.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = await Session.get(session_id)
    is_own = found and found.user_id == user_id and found.expires_at > now
    return found if is_own else None


async def end(session_id: Id) -> None:
    """End a session, so that its refresh tokens and access tokens become invalid.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await Session.find({"_id": session_id}).delete()


async def end_all(user_id: Id) -> None:
    """End every session of an account.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await Session.find({"user_id": user_id}).delete()


async def active_sessions(session_ids: Iterable[Id]) -> set[Id]:
    """Return those of the given session ids whose sessions have not ended.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = Session.get_pymongo_collection().find({"_id": {"$in": list(session_ids)}})
        return {Id(row["_id"]) for row in await found.to_list()}


async def _issue(session: Session, token: str) -> str:
    """Store a refresh token of a session, unless it is already stored, and return the token."""
    issued = RefreshToken(id=_hash(token), session_id=session.id, expires_at=session.expires_at)
    with suppress(DuplicateKeyError):
        await issued.insert()
    return token


async def _unused(token: str, now: datetime) -> str | None:
    """Return the first unused successor of a used token; None if a token was used too long ago."""
    found = await RefreshToken.get(_hash(token))
    for _ in range(MAX_SUCCESSORS):
        if found is None or not found.is_repeatable_at(now):
            break
        token = _successor(token, found.nonce)
        found = await RefreshToken.get(_hash(token))
        if found is None or not found.is_used:  # a concurrent first use has not stored it yet
            return token
    return None


def _successor(token: str, nonce: str) -> str:
    """Return the next refresh token; computing it requires both the token and the stored nonce."""
    digest = hmac.digest(token[:MAX_TOKEN_LENGTH].encode(), nonce.encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _hash(token: str) -> str:
    # A fast hash suffices, because 32 random bytes cannot be guessed.
    return hashlib.sha256(token[:MAX_TOKEN_LENGTH].encode()).hexdigest()
