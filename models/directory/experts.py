"""The directory: who can be booked, and how it is ordered and searched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.errors import BadUserInput
from models.ids import Id
from models.store.documents import Record
from models.store.pages import Filter, Order, Page, PageArguments, count, fold, page
from models.store.search import name_key, search_filter, terms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.store.pages import Count

MAX_LANGUAGES = 50
"""To filter by: each is another place in the index, or another comparison for every expert."""


HIDDEN_FIELDS = ("terms", "language_keys", "user_id")


class Category(StrEnum):
    """A field of expertise."""

    TECHNOLOGY = "TECHNOLOGY"
    FINANCE = "FINANCE"
    HEALTH = "HEALTH"
    BUSINESS = "BUSINESS"
    LEGAL = "LEGAL"
    DESIGN = "DESIGN"
    MARKETING = "MARKETING"
    EDUCATION = "EDUCATION"


class ExpertOrderField(StrEnum):
    """What the directory can be ordered by."""

    RATING = "RATING"
    EXPERIENCE = "EXPERIENCE"
    RATE = "RATE"
    NAME = "NAME"


class Expert(Record):
    """A person whose time can be booked."""

    user_id: Id
    slug: str
    name: str
    title: str
    category: Category
    bio: str
    experience_years: int
    languages: list[str]
    hourly_rate: int
    rating: float | None = None
    review_count: int = 0
    disabled: bool = False

    # Derived by `with_search_fields` from the fields above.
    listed: bool = True
    terms: list[str] = []
    language_keys: list[str] = []
    by_rating: str = ""
    by_experience: str = ""
    by_rate: str = ""
    by_name: str = ""

    class Settings:
        """For each order, one index over the directory and one over each category.

        `search_by_rating` finds a word, or the beginning of one, by equality: `terms` holds every
        prefix of every word. In the directory's usual order a page of what is found reads no more
        than its rows: of 1,000 experts the embedded database finds 55 in 4 ms rather than 80.
        """

        name = "experts"
        indexes = (
            IndexModel([("slug", ASCENDING)], unique=True, name="one_expert_per_slug"),
            IndexModel([("user_id", ASCENDING)], unique=True, name="one_expert_per_user"),
            IndexModel(
                [("terms", ASCENDING), ("listed", ASCENDING), ("by_rating", ASCENDING)],
                name="search_by_rating",
            ),
            *(
                IndexModel(
                    [*prefix, (f"by_{order.lower()}", ASCENDING)],
                    name=f"{label}_by_{order}".lower(),
                )
                for order in ExpertOrderField
                for label, prefix in (
                    ("listed", [("listed", ASCENDING)]),
                    ("category", [("listed", ASCENDING), ("category", ASCENDING)]),
                )
            ),
        )

    def with_search_fields(self) -> Expert:
        """The same with the derived fields made anew; call it before every write."""
        self.listed = not self.disabled
        self.language_keys = sorted({fold(language) for language in self.languages})
        self.terms = terms_of(self.name, self.title, *self.languages)
        stars = round((self.rating or 0) * 100)
        self.by_rating = f"{stars:04}{self.review_count:08}{self.id}"
        self.by_experience = f"{self.experience_years:04}{self.id}"
        self.by_rate = f"{self.hourly_rate:012}{self.id}"
        self.by_name = name_key(self.name, str(self.id))
        return self


class DirectoryEntry(NamedTuple):
    """An expert as the directory shows it.

    Made of a stored one in 3 µs, where an `Expert`, validated once more, takes 11; and the database
    sends half as much.
    """

    id: Id
    slug: str
    name: str
    title: str
    category: Category
    bio: str
    experience_years: int
    languages: list[str]
    hourly_rate: int
    rating: float | None
    review_count: int
    by_rating: str
    by_experience: str
    by_rate: str
    by_name: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> DirectoryEntry:
        """The entry that is stored."""
        return cls(
            Id(row["_id"]),
            row["slug"],
            row["name"],
            row["title"],
            Category(row["category"]),
            row["bio"],
            row["experience_years"],
            row["languages"],
            row["hourly_rate"],
            row.get("rating"),
            row.get("review_count", 0),
            row["by_rating"],
            row["by_experience"],
            row["by_rate"],
            row["by_name"],
        )


@dataclass(frozen=True, slots=True)
class ExpertFilter:
    """What narrows the directory; all of it must hold, and an empty list narrows nothing.

    `max_hourly_rate` is in minor units.
    """

    search: str | None = None
    categories: tuple[Category, ...] | None = None
    min_rating: float | None = None
    max_hourly_rate: int | None = None
    languages: tuple[str, ...] | None = None

    def query(self) -> Filter:
        """The filter as the database takes it.

        Raises:
            BadUserInput: for a search or a list that is too long; names the argument.
        """
        found: Filter = {"listed": True, **search_filter(self.search, "filter.search")}
        if self.categories:
            only = sorted(set(self.categories))
            found["category"] = (
                only[0].value if len(only) == 1 else {"$in": [c.value for c in only]}
            )
        if self.min_rating is not None:
            found["rating"] = {"$gte": self.min_rating}
        if self.max_hourly_rate is not None:
            found["hourly_rate"] = {"$lte": self.max_hourly_rate}
        if self.languages:
            keys = sorted({fold(language) for language in self.languages})
            if len(keys) > MAX_LANGUAGES:
                raise BadUserInput(f"filter.languages: at most {MAX_LANGUAGES}")
            found["language_keys"] = {"$in": keys}
        return found


def directory_order(field: ExpertOrderField, *, descending: bool) -> Order:
    """An order of the directory."""
    name = f"{field}-{'desc' if descending else 'asc'}"
    return Order(name, f"by_{field.lower()}", descending)


async def directory(
    filter_: ExpertFilter, order: Order, arguments: PageArguments, count: Count = count
) -> Page[DirectoryEntry]:
    """A page of the listed experts, whose whole list is counted by `count`.

    Raises:
        BadUserInput: for a filter, a size or a cursor that makes no sense.
    """
    return await page(
        Expert, [filter_.query()], order, arguments, DirectoryEntry.of, HIDDEN_FIELDS, count
    )


async def category_counts() -> dict[Category, int]:
    """How many listed experts each category has."""
    pipeline = [
        {"$match": {"listed": True}},
        {"$group": {"_id": "$category", "count": {"$sum": 1}}},
    ]
    counted = {row["_id"]: row["count"] for row in await Expert.aggregate(pipeline).to_list()}
    return {category: counted.get(category.value, 0) for category in Category}
