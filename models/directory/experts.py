"""Experts, and the order, filters and pages of the public directory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.errors import BadUserInput
from models.ids import Id
from models.store.documents import Record
from models.store.pages import Filter, Order, Page, PageArguments, count, page
from models.store.search import name_key, search_filter, terms_of
from models.text import fold, slug_key, with_digraphs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.store.pages import Count

MAX_LANGUAGES = 50
"""Languages in a filter; each adds a comparison per expert."""

MAX_NAMESAKES = 20
"""Experts among whom the owner of a slug is looked for."""

HIDDEN_FIELDS = ("terms", "language_keys", "user_id", "contact_email", "former_slugs", "slug_keys")


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
    """Order of the directory."""

    RATING = "RATING"
    EXPERIENCE = "EXPERIENCE"
    RATE = "RATE"
    NAME = "NAME"


class Expert(Record):
    """An expert whose time can be booked."""

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
    contact_email: str | None = None
    """The address that clients may write to; the address for signing in is never shown to them."""

    photo: str | None = None
    """Hash of the stored photo; see `models/directory/photos.py`."""

    former_slugs: list[str] = []

    # Computed by `update_search_fields` from the fields above.
    slug_keys: list[str] = []
    listed: bool = True
    terms: list[str] = []
    language_keys: list[str] = []
    by_rating: str = ""
    by_experience: str = ""
    by_rate: str = ""
    by_name: str = ""

    class Settings:
        """For each order, one index over the directory and one over each category.

        `search_by_rating` finds words by equality because `terms` holds every prefix of every word.
        In the default order, a page of search results therefore reads only its own rows.
        """

        name = "experts"
        indexes = (
            IndexModel([("slug", ASCENDING)], unique=True, name="one_expert_per_slug"),
            IndexModel([("slug_keys", ASCENDING)], name="experts_by_slug_key"),
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

    def update_search_fields(self) -> Expert:
        """Update the derived fields and return the expert; call it before every write."""
        slugs = (self.slug, *self.former_slugs, with_digraphs(self.name))
        self.slug_keys = sorted({slug_key(slug) for slug in slugs})
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
    """An expert in the directory: the public fields, read without validation."""

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
    photo: str | None
    by_rating: str
    by_experience: str
    by_rate: str
    by_name: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> DirectoryEntry:
        """Return the entry of a stored document."""
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
            row.get("photo"),
            row["by_rating"],
            row["by_experience"],
            row["by_rate"],
            row["by_name"],
        )


@dataclass(frozen=True, slots=True)
class ExpertFilter:
    """Filter of the directory: all criteria must match; an empty list matches everything.

    `max_hourly_rate` is in minor currency units.
    """

    search: str | None = None
    categories: tuple[Category, ...] | None = None
    min_rating: float | None = None
    max_hourly_rate: int | None = None
    languages: tuple[str, ...] | None = None

    def query(self) -> Filter:
        """Return the database query.

        Raises:
            BadUserInput: if the search or the list of languages is too long.
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
            if len(self.languages) > MAX_LANGUAGES:
                raise BadUserInput(f"filter.languages: at most {MAX_LANGUAGES} languages")
            keys = sorted({fold(language) for language in self.languages})
            found["language_keys"] = {"$in": keys}
        return found


def directory_order(field: ExpertOrderField, *, descending: bool) -> Order:
    """Return the order of the directory by a field."""
    name = f"{field}-{'desc' if descending else 'asc'}"
    return Order(name, f"by_{field.lower()}", descending)


async def directory(
    filter_: ExpertFilter, order: Order, arguments: PageArguments, count: Count = count
) -> Page[DirectoryEntry]:
    """Return a page of the listed experts.

    Args:
        filter_: criteria of the experts.
        order: order of the list.
        arguments: size and position of the page.
        count: counts the whole list when the total is requested.

    Raises:
        BadUserInput: if the filter, the size or a cursor is invalid.
    """
    return await page(
        Expert, [filter_.query()], order, arguments, DirectoryEntry.of, HIDDEN_FIELDS, count
    )


async def expert_by_slug(slug: str) -> Expert | None:
    """Return the expert with a slug, with another spelling of it, or with a former slug.

    Another spelling of a slug leads to its owner rather than to an expert who had it or whose name
    can be written like it.
    """
    if found := await Expert.find_one({"slug": slug}):
        return found
    key = slug_key(slug)
    spelled = await Expert.find({"slug_keys": key}).sort("slug").limit(MAX_NAMESAKES).to_list()
    return min(spelled, key=lambda expert: slug_key(expert.slug) != key, default=None)


async def category_counts() -> dict[Category, int]:
    """Return the number of listed experts per category."""
    pipeline = [
        {"$match": {"listed": True}},
        {"$group": {"_id": "$category", "count": {"$sum": 1}}},
    ]
    counted = {row["_id"]: row["count"] for row in await Expert.aggregate(pipeline).to_list()}
    return {category: counted.get(category.value, 0) for category in Category}
