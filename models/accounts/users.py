"""User accounts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.accounts.emails import email_key
from models.errors import EmailTaken
from models.ids import Id
from models.store.documents import Record, or_unavailable
from models.store.pages import Filter, Order, Page, PageArguments, page
from models.store.search import name_key, search_filter, terms_of
from models.store.transactions import run_in_transaction
from models.translations import CATALOGUES, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.asynchronous.client_session import AsyncClientSession


MAX_DUE = 100
"""Maximum number of accounts due for removal that are read at a time."""


ERASED_NAME: Final = "Deleted account"
ERASED_DOMAIN = "@deleted.invalid"
"""Domain in the e-mail addresses of erased accounts, which receives no e-mail (RFC 2606)."""


VERIFIED: Final = {"email_verified": True, "unverified_until": None}
"""Fields that are set when an account's e-mail address is verified, with their values."""


class Role(StrEnum):
    """Role of an account."""

    CLIENT = "CLIENT"
    EXPERT = "EXPERT"
    ADMIN = "ADMIN"


class Language(StrEnum):
    """Language of an account's e-mails and calendar entries.

    It is English or a language that has a catalogue of translations.
    """

    EN = SOURCE
    vars().update({code: code for code in CATALOGUES})


class User(Record):
    """A user account.

    A guest has no e-mail address: `email` is empty, and `email_key` contains the account's id.
    """

    name: str
    email: str
    email_key: str
    password_hash: str
    role: Role = Role.CLIENT
    time_zone: str = "UTC"
    language: Language = Language.EN
    phone: str | None = None
    guest: bool = False
    busy_until: datetime | None = None
    """Time at which the latest lock of the account ends; see models/accounts/turns.py."""
    email_verified: bool = False
    disabled: bool = False
    expert_id: Id | None = None
    created_at: datetime
    unverified_until: datetime | None = None
    """Time at which the account is removed if its e-mail address is unverified; None for never.

    For a guest whose holds are still in the event log, the time of the next attempt to remove the
    account.
    """
    closed_at: datetime | None = None
    """Time at which the owner closed the account; reset to None once its data are erased."""
    erased_at: datetime | None = None

    # These fields are computed by `update_search_fields` from the fields above.
    terms: list[str] = []
    by_name: str = ""

    class Settings:
        """`one_account_per_email` makes e-mail addresses unique, ignoring case.

        The indexes `closed` and `unverified` find the accounts that must be erased. The other
        indexes serve the administrators' list of users, which is ordered by `by_name`.
        """

        name = "users"
        indexes = (
            IndexModel([("email_key", ASCENDING)], unique=True, name="one_account_per_email"),
            IndexModel([("terms", ASCENDING), ("by_name", ASCENDING)], name="search"),
            IndexModel([("role", ASCENDING), ("by_name", ASCENDING)], name="role_by_name"),
            IndexModel([("by_name", ASCENDING)], name="all_by_name"),
            IndexModel([("closed_at", ASCENDING)], name="closed"),
            IndexModel([("unverified_until", ASCENDING)], name="unverified"),
        )

    @property
    def is_active_admin(self) -> bool:
        """Whether the account belongs to an administrator and is not disabled."""
        return self.role is Role.ADMIN and not self.disabled

    @property
    def has_password(self) -> bool:
        """Whether the account has a password with which its owner can sign in."""
        return self.password_hash.startswith("$argon2")

    def update_search_fields(self) -> User:
        """Update the search fields and return the account; call this before storing a new name."""
        self.terms = terms_of(self.name, self.email)
        self.by_name = name_key(self.name, str(self.id))
        return self

    @classmethod
    async def by_email(cls, email: str) -> User | None:
        """Return the account with the e-mail address, ignoring case, or None if there is none."""
        return await cls.find_one(cls.email_key == email_key(email))

    async def set_password_hash(self, encoded: str) -> None:
        """Replace the stored password hash."""
        self.password_hash = encoded
        with or_unavailable():
            await self.get_pymongo_collection().update_one(
                {"_id": self.id}, {"$set": {"password_hash": encoded}}
            )

    async def keep_unverified(self) -> None:
        """Keep the account for good, although its e-mail address was not verified in time."""
        with or_unavailable():
            await self.get_pymongo_collection().update_one(
                {"_id": self.id}, {"$set": {"unverified_until": None}}
            )

    async def register(self, *others: Record) -> User:
        """Insert this new account and the given other records in one transaction.

        Raises:
            EmailTaken: if another account already has the e-mail address.
        """

        async def write(session: AsyncClientSession) -> None:
            for record in (self.update_search_fields(), *others):
                await record.insert(session=session)

        try:
            await run_in_transaction(User, write)
        except DuplicateKeyError as error:
            raise EmailTaken from error
        return self


async def users_by_id(ids: Iterable[Id]) -> dict[Id, User]:
    """Return a mapping from the given ids to their accounts, without unknown ids.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        found = User.get_pymongo_collection().find({"_id": {"$in": list(ids)}})
        users = [User.model_validate(row) for row in await found.to_list()]
    return {user.id: user for user in users}


async def closed_accounts(before: datetime) -> list[User]:
    """Return accounts that were closed before the given time and have not been erased yet.

    Raises:
        Unavailable: if the database does not respond.
    """
    return await _due("closed_at", before)


async def unverified_accounts(now: datetime) -> list[User]:
    """Return accounts whose e-mail address was not verified in time, up to `MAX_DUE`.

    Raises:
        Unavailable: if the database does not respond.
    """
    return await _due("unverified_until", now)


async def _due(field: str, now: datetime) -> list[User]:
    with or_unavailable():
        return await User.find({field: {"$lte": now}}).limit(MAX_DUE).to_list()


async def experts_found(search: Filter, limit: int) -> list[Id]:
    """Return up to `limit` ids of experts whose account matches a search, ordered by name.

    Raises:
        Unavailable: if the database does not respond.
    """
    query = {**search, "expert_id": {"$ne": None}}
    with or_unavailable():
        found = User.get_pymongo_collection().find(query, {"expert_id": 1})
        rows = await found.sort("by_name", ASCENDING).limit(limit).to_list()
    return [Id(row["expert_id"]) for row in rows]


async def user_page(search: str | None, role: Role | None, arguments: PageArguments) -> Page[User]:
    """Return a page of the matching accounts, without guests, ordered by name.

    Args:
        search: words, each of which must be the beginning of a word in the account's name or e-mail
            address; None for all accounts.
        role: role of the accounts; None for all roles.
        arguments: size and position of the page.

    Raises:
        BadUserInput: if the search, the page size or a cursor is invalid.
    """
    filter_: Filter = search_filter(search, "search")
    filter_["by_name"] = {"$gt": ""}
    if role is not None:
        filter_["role"] = role.value
    order = Order("name-asc", "by_name", descending=False)
    return await page(User, [filter_], order, arguments, User.model_validate)
