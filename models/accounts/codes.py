"""Codes in e-mails: six digits that verify an address, stored only as a keyed hash."""

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
"""Attempts at a code from one network address; `auth/throttle.py` bounds the total."""
MAX_RACES: Final = 20


class Code(Document):
    """The latest code that was mailed to an address; the id is the address's pseudonym.

    `requested_at` is the time of the request; if mails are sent at the same time, the later request
    wins.
    """

    id: str  # type: ignore[assignment]
    digest: str
    requested_at: datetime
    expires_at: datetime

    class Settings:
        """Read by `_id`: an address has one code, so a newer one replaces it."""

        name = "codes"
        indexes = (
            IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0, name="kept_until_expiry"),
        )


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted attempt at a code.

    Attributes:
        code_id: the id of the code.
        digest: the code's keyed hash.
        left: attempts at this code that the network address has left.
    """

    code_id: str
    digest: str
    left: int


async def store_code(email: str, digest: str, requested_at: datetime, now: datetime) -> bool:
    """Store an address's code in place of an earlier one.

    Returns:
        False if the address has a code that was requested later.

    Raises:
        Unavailable: if the database does not answer.
    """
    id_ = email_pseudonym(email)
    code = {
        "digest": digest,
        "requested_at": requested_at,
        "expires_at": now + LIFETIME,
    }
    older = {"_id": id_, "requested_at": {"$lte": requested_at}}
    with or_unavailable():
        for _ in range(2):  # two workers may store the first code of an address concurrently
            with suppress(DuplicateKeyError):
                await Code.get_pymongo_collection().update_one(older, {"$set": code}, upsert=True)
                return True
    return False


async def spend_attempt(email: str, address: str, now: datetime) -> Attempt | None:
    """Count an attempt at an e-mail address's code, before the caller compares the code.

    Each network address has its own attempts, so a stranger cannot use up the owner's.

    Args:
        email: the e-mail address.
        address: the client's network address.
        now: the current time.

    Returns:
        The attempt; None if there is no valid code, or no attempt is left.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        code = await Code.get(email_pseudonym(email))
    if code is None or code.expires_at <= now:
        return None
    # The key names the code that is compared: a newer code has its own attempts.
    key = f"code/{code.id}/{code.requested_at.isoformat()}/{address}"
    tries = await attempts.count(key, int(LIFETIME.total_seconds()), 1)
    return Attempt(code.id, code.digest, MAX_ATTEMPTS - tries) if tries <= MAX_ATTEMPTS else None


async def sign_in(attempt: Attempt, draft: User, session_owner: Id | None) -> tuple[User, bool]:
    """Use a code: return the account of its address, or insert the draft as a new account.

    An account with an unverified address may have been registered by a stranger. Verifying the
    address therefore revokes the account's password, sessions and links, unless the code is used in
    a session of that account.

    Args:
        attempt: the attempt; the caller has compared the code.
        draft: a new account with the address.
        session_owner: the account in whose session the code is used, if any.

    Returns:
        The account, and whether its earlier sessions have ended.

    Raises:
        WrongCode: if the code was used or replaced meanwhile, or the account is disabled.
        Unavailable: if the database does not answer.
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
            except DuplicateKeyError:  # the address was registered meanwhile
                continue
    raise Unavailable("The account is being changed. Please try again.")


async def change_email(attempt: Attempt, user: User, email: str, email_key: str) -> User:
    """Use a code: set its address as the account's, and revoke links to the former address.

    Raises:
        WrongCode: if the code was used or replaced meanwhile, or the account is gone.
        EmailTaken: if the address has another account; the code stays valid.
        Unavailable: if the database does not answer.
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
    """Use a code, which then no longer works.

    Raises:
        WrongCode: if the code was used or replaced meanwhile.
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        await _use(attempt)


async def _use(attempt: Attempt, session: AsyncClientSession | None = None) -> None:
    # Deleting the code decides between concurrent uses.
    known = {"_id": attempt.code_id, "digest": attempt.digest}
    used = await Code.get_pymongo_collection().delete_one(known, session=session)
    if not used.deleted_count:
        raise WrongCode(0)


async def _set(user_id: Id, fields: Mapping[str, Any], session: AsyncClientSession) -> None:
    users = User.get_pymongo_collection()
    await users.update_one({"_id": user_id}, {"$set": dict(fields)}, session=session)
