"""Experts, and the order, filters and pages of the public directory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.directory.function_words import FUNCTION_WORDS
from models.directory.ratings import MAX_STARS, mean_rating, rating_key
from models.errors import BadUserInput
from models.ids import Id
from models.store.documents import Record
from models.store.pages import Filter, Order, Page, PageArguments, count, page
from models.store.search import name_key, search_words, words_of
from models.text import fold, slug_key, with_digraphs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from models.calendar.rules import Rules
    from models.directory.search_index import ListedExpert
    from models.store.pages import Count

MAX_LANGUAGES = 50
"""Languages in a filter; each adds a comparison per expert."""

MAX_NAMESAKES = 20
"""Experts among whom the owner of a slug is looked for."""

HIDDEN_FIELDS = (
    *("words", "bio_words", "language_keys", "user_id", "confirms_automatically"),
    *("contact_email", "former_slugs", "slug_keys"),
)

COPIED_RULES = frozenset({"confirms_automatically"})
"""Fields of an expert that are copies of the calendar's rules."""


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
    rating_counts: list[int] = [0] * MAX_STARS
    """Number of visible reviews with one star, with two, and so on."""

    disabled: bool = False
    contact_email: str | None = None
    """The address that clients may write to; the address for signing in is never shown to them."""

    photo: str | None = None
    """Hash of the stored photo; see `models/directory/photos.py`."""

    former_slugs: list[str] = []
    confirms_automatically: bool = True
    """Copy of the calendar's rule, by which the directory is filtered."""

    # Computed by `update_search_fields` from the fields above.
    rating: float | None = None
    review_count: int = 0
    slug_keys: list[str] = []
    listed: bool = True
    words: list[str] = []
    bio_words: list[str] = []
    language_keys: list[str] = []
    by_rating: str = ""
    by_experience: str = ""
    by_rate: str = ""
    by_name: str = ""

    class Settings:
        """For each order, one index over the directory and one over each category.

        Searches are answered from memory: see `models/directory/search_index.py`.
        """

        name = "experts"
        indexes = (
            IndexModel([("slug", ASCENDING)], unique=True, name="one_expert_per_slug"),
            IndexModel([("slug_keys", ASCENDING)], name="experts_by_slug_key"),
            IndexModel([("user_id", ASCENDING)], unique=True, name="one_expert_per_user"),
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
        self.words = words_of(self.name, self.title, *self.languages)
        self.bio_words = [each for each in words_of(self.bio) if each not in FUNCTION_WORDS]
        self.review_count = sum(self.rating_counts)
        self.rating = mean_rating(self.rating_counts)
        self.by_rating = rating_key(self.rating, self.review_count, self.id)
        self.by_experience = experience_key(self.experience_years, self.id)
        self.by_rate = rate_key(self.hourly_rate, self.id)
        self.by_name = name_key(self.name, str(self.id))
        return self


def experience_key(years: int, expert_id: Id) -> str:
    """Return the order key of years of experience."""
    return f"{years:04}{expert_id}"


def rate_key(hourly_rate: int, expert_id: Id) -> str:
    """Return the order key of a rate an hour."""
    return f"{hourly_rate:012}{expert_id}"


class DirectoryEntry(NamedTuple):
    """An expert in the directory: the public fields, read without validation.

    `by_match` is set in the results of a search in order of relevance.
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
    rating_counts: list[int]
    photo: str | None
    by_rating: str
    by_experience: str
    by_rate: str
    by_name: str
    by_match: str = ""

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
            row.get("rating_counts", [0] * MAX_STARS),
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
    confirms_automatically: bool | None = None

    def words(self) -> tuple[str, ...] | None:
        """Return the distinct words of the search; None if it is blank.

        Raises:
            BadUserInput: if the search is too long.
        """
        return search_words(self.search, "filter.search")

    def query(self) -> Filter:
        """Return the database query for all criteria but the search.

        Raises:
            BadUserInput: if the list of languages is too long.
        """
        found: Filter = {"listed": True}
        if self.categories:
            only = sorted(set(self.categories))
            found["category"] = (
                only[0].value if len(only) == 1 else {"$in": [c.value for c in only]}
            )
        if self.min_rating is not None:
            found["rating"] = {"$gte": self.min_rating}
        if self.max_hourly_rate is not None:
            found["hourly_rate"] = {"$lte": self.max_hourly_rate}
        if keys := self._language_keys():
            found["language_keys"] = {"$in": sorted(keys)}
        if self.confirms_automatically is not None:
            found["confirms_automatically"] = self.confirms_automatically
        return found

    def admits(self) -> Callable[[ListedExpert], bool]:
        """Return the same criteria as `query`, as a predicate.

        Raises:
            BadUserInput: if the list of languages is too long.
        """
        categories, keys = frozenset(self.categories or Category), self._language_keys()
        least = 0 if self.min_rating is None else self.min_rating
        most = inf if self.max_hourly_rate is None else self.max_hourly_rate
        has_rating = self.min_rating is not None

        def admits(expert: ListedExpert) -> bool:
            return (
                expert.category in categories
                and expert.hourly_rate <= most
                and (not has_rating or (expert.rating is not None and expert.rating >= least))
                and (not keys or not keys.isdisjoint(expert.language_keys))
                and self.confirms_automatically in {None, expert.confirms_automatically}
            )

        return admits

    def _language_keys(self) -> frozenset[str]:
        languages = self.languages or ()
        if len(languages) > MAX_LANGUAGES:
            raise BadUserInput(f"filter.languages: at most {MAX_LANGUAGES} languages")
        return frozenset(map(fold, languages))


def copied_rules(rules: Rules) -> dict[str, Any]:
    """Return the fields of an expert that are copies of the calendar's rules."""
    return {name: getattr(rules, name) for name in COPIED_RULES}


def directory_order(field: ExpertOrderField, *, descending: bool) -> Order:
    """Return the order of the directory by a field."""
    name = f"{field}-{'desc' if descending else 'asc'}"
    return Order(name, f"by_{field.lower()}", descending)


BY_MATCH = Order("MATCH-desc", "by_match", descending=True)
"""The order of search results by relevance."""


def default_order(filter_: ExpertFilter) -> Order:
    """Return the default order."""
    if filter_.words() is None:
        return directory_order(ExpertOrderField.RATING, descending=True)
    return BY_MATCH


async def directory(
    filter_: ExpertFilter, order: Order, arguments: PageArguments, count: Count = count
) -> Page[DirectoryEntry]:
    """Return a page of the listed experts.

    Args:
        filter_: criteria of the experts; its search is left out.
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

    Another spelling of a present slug wins over a former slug, and over a name that can be
    transliterated like it.
    """
    if found := await Expert.find_one({"slug": slug}):
        return found
    key = slug_key(slug)
    spelled = await Expert.find({"slug_keys": key}).sort("slug").limit(MAX_NAMESAKES).to_list()
    return min(spelled, key=lambda expert: slug_key(expert.slug) != key, default=None)


async def entries(expert_ids: Sequence[Id]) -> dict[Id, DirectoryEntry]:
    """Return the entries of listed experts by id."""
    wanted = {"_id": {"$in": list(expert_ids)}, "listed": True}
    shown = dict.fromkeys(HIDDEN_FIELDS, 0)
    rows = await Expert.get_pymongo_collection().find(wanted, shown).to_list()
    return {entry.id: entry for entry in map(DirectoryEntry.of, rows)}


async def category_counts(filter_: ExpertFilter) -> dict[Category, int]:
    """Return the number of listed experts per category that match a filter without a search.

    Raises:
        BadUserInput: if the filter is invalid.
    """
    pipeline = [
        {"$match": filter_.query()},
        {"$group": {"_id": "$category", "count": {"$sum": 1}}},
    ]
    counted = {row["_id"]: row["count"] for row in await Expert.aggregate(pipeline).to_list()}
    return {category: counted.get(category.value, 0) for category in Category}
