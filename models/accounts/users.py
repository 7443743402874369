"""Accounts: whoever signs in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from models.errors import EmailTaken
from models.ids import Id
from models.store.documents import Record, or_unavailable
from models.store.pages import Filter, Order, Page, PageArguments, page
from models.store.search import name_key, search_filter, terms_of
from models.store.transactions import run_in_transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.asynchronous.client_session import AsyncClientSession


class Role(StrEnum):
    """What an account is for."""

    CLIENT = "CLIENT"
    EXPERT = "EXPERT"
    ADMIN = "ADMIN"


def email_key(email: str) -> str:
    """The form in which addresses are compared: regardless of case."""
    return email.strip().casefold()


class User(Record):
    """An account."""

    name: str
    email: str
    email_key: str
    password_hash: str
    role: Role = Role.CLIENT
    time_zone: str = "UTC"
    email_verified: bool = False
    disabled: bool = False
    expert_id: Id | None = None
    created_at: datetime

    # Derived by `with_search_fields` from the fields above.
    terms: list[str] = []
    by_name: str = ""

    class Settings:
        """`one_account_per_email` makes an address unique regardless of case.

        The others serve the administrators' list, whose order key is `by_name`.
        """

        name = "users"
        indexes = (
            IndexModel([("email_key", ASCENDING)], unique=True, name="one_account_per_email"),
            IndexModel([("terms", ASCENDING), ("by_name", ASCENDING)], name="search"),
            IndexModel([("role", ASCENDING), ("by_name", ASCENDING)], name="role_by_name"),
            IndexModel([("by_name", ASCENDING)], name="all_by_name"),
        )

    @property
    def is_active_admin(self) -> bool:
        """Whether it is an administrator's who can sign in."""
        return self.role is Role.ADMIN and not self.disabled

    def with_search_fields(self) -> User:
        """The same with the derived fields made anew; call it before every write of a name."""
        self.terms = terms_of(self.name, self.email)
        self.by_name = name_key(self.name, str(self.id))
        return self

    @classmethod
    async def by_email(cls, email: str) -> User | None:
        """The account with that address, whatever its case."""
        return await cls.find_one(cls.email_key == email_key(email))

    async def set_password_hash(self, encoded: str) -> None:
        """Store another hash, of the same or a new password."""
        self.password_hash = encoded
        with or_unavailable():
            await self.get_pymongo_collection().update_one(
                {"_id": self.id}, {"$set": {"password_hash": encoded}}
            )

    async def register(self, *others: Record) -> User:
        """Store a new account and what comes with it, all or nothing.

        Raises:
            EmailTaken: when the index says that the address has one.
        """

        async def write(session: AsyncClientSession) -> None:
            for record in (self.with_search_fields(), *others):
                await record.insert(session=session)

        try:
            await run_in_transaction(User, write)
        except DuplicateKeyError as error:
            raise EmailTaken from error
        return self


async def users_by_id(ids: Iterable[Id]) -> dict[Id, User]:
    """Some accounts by id, in one command.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        found = User.get_pymongo_collection().find({"_id": {"$in": list(ids)}})
        users = [User.model_validate(row) for row in await found.to_list()]
    return {user.id: user for user in users}


async def user_page(search: str | None, role: Role | None, arguments: PageArguments) -> Page[User]:
    """A page of the accounts by name: of a role, and with all words of a search.

    Raises:
        BadUserInput: for a search, a size or a cursor that makes no sense.
    """
    filter_: Filter = search_filter(search, "search")
    if role is not None:
        filter_["role"] = role.value
    order = Order("name-asc", "by_name", descending=False)
    return await page(User, [filter_], order, arguments, User.model_validate)
