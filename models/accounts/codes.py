"""Six-digit codes that verify an e-mail address; only a keyed hash of each code is stored."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from beanie import Document
from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.accounts import attempts
from models.accounts.emails import email_pseudonym
from models.accounts.links import Link
from models.accounts.sessions import Session
from models.accounts.users import VERIFIED, User
from models.errors import EmailTaken, Unavailable, WrongCode
from models.store.documents import or_unavailable
from models.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.ids import Id

LIFETIME: Final = timedelta(minutes=10)
MAX_ATTEMPTS: Final = 5
"""Limit on attempts at a code from one network address. `auth/throttle.py` limits the attempts from
all network addresses together."""
MAX_RACES: Final = 20


class Code(Document):
    """The latest code sent to an e-mail address; the id is the address's pseudonym.

    `requested_at` is the time at which the code was requested. If two e-mails with codes are sent
    at the same time, only the code that was requested later is kept.
    """

    id: str  # type: ignore[assignment]
    digest: str
    requested_at: datetime
    expires_at: datetime

    class Settings:
        """Codes are read by `_id`; an e-mail address has one code, and a newer code replaces it."""

        name = "codes"
        indexes = (
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt to enter a code; the attempt has already been counted.

    Attributes:
        code_id: the id of the code.
        digest: the code's keyed hash.
        left: number of further attempts at this code that the network address may make.
    """

    code_id: str
    digest: str
    left: int


async def store_code(email: str, digest: str, requested_at: datetime, now: datetime) -> bool:
    """Store the code of an e-mail address in place of any earlier code.

    Returns:
        False if the e-mail address already has a code that was requested later; otherwise True.

    Raises:
        Unavailable: if the database does not respond.
    """
    id_ = email_pseudonym(email)
    code = {
        "digest": digest,
        "requested_at": requested_at,
        "expires_at": now + LIFETIME,
    }
    older = {"_id": id_, "requested_at": {"$lte": requested_at}}
    with or_unavailable():
        for _ in range(2):  # two workers may insert the first code concurrently
            with suppress(DuplicateKeyError):
                await Code.get_pymongo_collection().update_one(older, {"$set": code}, upsert=True)
                return True
    return False


async def spend_attempt(email: str, address: str, now: datetime) -> Attempt | None:
    """Count an attempt at the code of an e-mail address, before the caller compares the code.

    The attempts are counted per network address, so a stranger cannot use up the attempts of the
    e-mail address's owner.

    Args:
        email: the e-mail address.
        address: the client's network address.
        now: the current time.

    Returns:
        The attempt; None if there is no valid code, or if no attempt is left.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        code = await Code.get(email_pseudonym(email))
    if code is None or code.expires_at <= now:
        return None
    # The key identifies this code, so that attempts at a newer code are counted separately.
    key = f"code/{code.id}/{code.requested_at.isoformat()}/{address}"
    tries = await attempts.count(key, int(LIFETIME.total_seconds()), 1)
    return Attempt(code.id, code.digest, MAX_ATTEMPTS - tries) if tries <= MAX_ATTEMPTS else None


async def sign_in(attempt: Attempt, draft: User, session_owner: Id | None) -> tuple[User, bool]:
    """Use a code; return the e-mail address's account, or insert `draft` if there is none.

    If the account's e-mail address is unverified, a stranger may have registered the account.
    Therefore, verifying the address revokes the account's password, sessions and links, unless the
    code is used in a session of that account.

    Args:
        attempt: the counted attempt; the caller has already checked that the code is correct.
        draft: a new account with the e-mail address, for the case that none exists.
        session_owner: the account in whose session the code is used, if any.

    Returns:
        The account, and whether its earlier sessions have been ended.

    Raises:
        WrongCode: if the code has meanwhile been used or replaced, or the account is disabled.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> tuple[User, bool]:
        await _use(attempt, session)
        user = await User.find_one({"email_key": draft.email_key}, session=session)
        if user is None:
            await draft.update_search_fields().insert(session=session)
            return draft, False
        if user.disabled:
            raise WrongCode(attempt.left)
        if user.email_verified:
            return user, False
        is_stranger = user.id != session_owner
        fields = {**VERIFIED, **({"password_hash": ""} if is_stranger else {})}
        await _set(user.id, fields, session)
        if is_stranger:
            for model in (Session, Link):
                owned = model.get_pymongo_collection()
                await owned.delete_many({"user_id": user.id}, session=session)
        return user.model_copy(update=fields), is_stranger

    with or_unavailable():
        for _ in range(MAX_RACES):
            try:
                return await run_in_transaction(User, write)
            except DuplicateKeyError:  # a concurrent request registered the account
                continue
    raise Unavailable("The account is being changed. Please try again.")


async def change_email(attempt: Attempt, user: User, email: str, email_key: str) -> User:
    """Use a code: give the account the code's e-mail address, and revoke the account's links.

    Raises:
        WrongCode: if the code has meanwhile been used or replaced, or the account is deleted or
            disabled.
        EmailTaken: if another account has the e-mail address; the code then stays valid.
        Unavailable: if the database does not respond.
    """

    async def write(session: AsyncClientSession) -> User:
        await _use(attempt, session)
        current = await User.get(user.id, session=session)
        if current is None or current.disabled:
            raise WrongCode(attempt.left)
        changed: User = current.model_copy(
            update={"email": email, "email_key": email_key, **VERIFIED}
        ).update_search_fields()
        names = {"email", "email_key", "terms", "by_name", *VERIFIED}
        await _set(user.id, changed.model_dump(include=names), session)
        links = Link.get_pymongo_collection()
        await links.delete_many({"user_id": user.id}, session=session)
        return changed

    with or_unavailable():
        try:
            return await run_in_transaction(User, write)
        except DuplicateKeyError as error:
            raise EmailTaken from error


async def use(attempt: Attempt) -> None:
    """Use a code, so that it cannot be used again.

    Raises:
        WrongCode: if the code has meanwhile been used or replaced.
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await _use(attempt)


async def _use(attempt: Attempt, session: AsyncClientSession | None = None) -> None:
    # Only one of several concurrent uses can delete the code.
    known = {"_id": attempt.code_id, "digest": attempt.digest}
    used = await Code.get_pymongo_collection().delete_one(known, session=session)
    if not used.deleted_count:
        raise WrongCode(0)


async def _set(user_id: Id, fields: Mapping[str, Any], session: AsyncClientSession) -> None:
    users = User.get_pymongo_collection()
    await users.update_one({"_id": user_id}, {"$set": dict(fields)}, session=session)
