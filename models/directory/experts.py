"""Experts, and the orders, entries and pages of the public directory."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from pymongo import ASCENDING, IndexModel

from models.directory.function_words import FUNCTION_WORDS
from models.directory.ratings import MAX_STARS, mean_rating, rating_key
from models.ids import Id
from models.store.documents import Record
from models.store.pages import Order, Page, PageArguments, count, page
from models.store.search import name_key, words_of
from models.text import fold, slug_key, slug_of, with_digraphs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.calendar.rules import Rules
    from models.directory.filters import ExpertFilter
    from models.store.pages import Count

MAX_NAMESAKES = 20
"""Maximum number of experts with similar slugs among which a requested slug is looked up."""

MAX_FORMER_SLUGS = 20
"""Maximum number of former slugs that still lead to an expert; the oldest are dropped."""

HIDDEN_FIELDS = (
    *("words", "bio_words", "language_keys", "user_id", "confirms_automatically"),
    *("contact_email", "former_slugs", "slug_keys"),
)

COPIED_RULES = frozenset({"confirms_automatically"})
"""Fields of an expert that are copied from the rules of the expert's calendar."""


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
    """Field by which the directory can be sorted."""

    RATING = "RATING"
    EXPERIENCE = "EXPERIENCE"
    RATE = "RATE"
    NAME = "NAME"
    SOONEST = "SOONEST"


STORED_ORDERS = tuple(order for order in ExpertOrderField if order is not ExpertOrderField.SOONEST)
"""Orders whose keys are stored; SOONEST has no stored key, because first open slots change with
time."""


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
    """Numbers of visible reviews with one star, with two stars, and so on."""

    disabled: bool = False
    contact_email: str | None = None
    """E-mail address for clients, who never see the address with which the expert signs in."""

    photo: str | None = None
    """Hash of the stored photo; see `models/directory/photos.py`."""

    former_slugs: list[str] = []
    confirms_automatically: bool = True
    """Copy of the calendar's rule of the same name, by which the directory can be filtered."""

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
        """Each stored order has an index over all experts and an index by category.

        Text searches need no index here, because they use an index in memory: see
        `models/directory/search_index.py`.
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
                for order in STORED_ORDERS
                for label, prefix in (
                    ("listed", [("listed", ASCENDING)]),
                    ("category", [("listed", ASCENDING), ("category", ASCENDING)]),
                )
            ),
        )

    def changed(self, fields: Mapping[str, Any]) -> Expert:
        """Return a copy with changed fields; after a change of name, the old slug still works."""
        found: Expert = self.model_copy(update=dict(fields))
        if found.name != self.name and slug_key(self.name):
            # Keep each former slug once, with the latest one at the end.
            slugs = [slug for slug in self.former_slugs if slug != slug_of(self.name)]
            found.former_slugs = [*slugs, slug_of(self.name)][-MAX_FORMER_SLUGS:]
        return found

    def update_search_fields(self) -> Expert:
        """Update the derived fields and return the expert; call it before every write."""
        slugs = (self.slug, *self.former_slugs, with_digraphs(self.name))
        self.slug_keys = sorted({slug_key(slug) for slug in slugs} - {""})
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
    """Return the key for sorting by years of experience; the expert's id makes the key unique."""
    return f"{years:04}{expert_id}"


def rate_key(hourly_rate: int, expert_id: Id) -> str:
    """Return the key for sorting by hourly rate; the expert's id makes the key unique."""
    return f"{hourly_rate:012}{expert_id}"


class DirectoryEntry(NamedTuple):
    """An expert in the directory: the public fields, read without validation.

    `by_match` and `by_soonest` are set only in lists that are sorted by them.
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
    by_soonest: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> DirectoryEntry:
        """Return the directory entry for an expert's stored document."""
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


def copied_rules(rules: Rules) -> dict[str, Any]:
    """Return the expert's fields that are copied from the calendar's rules, with their values."""
    return {name: getattr(rules, name) for name in COPIED_RULES}


def directory_order(field: ExpertOrderField, *, descending: bool) -> Order:
    """Return the order that sorts the directory by the given field."""
    name = f"{field}-{'desc' if descending else 'asc'}"
    return Order(name, f"by_{field.lower()}", descending)


BY_SOONEST = "by_soonest"
"""Name of the field that holds the order key for the first open slot."""

BY_MATCH = Order("MATCH-desc", "by_match", descending=True)
"""The order of search results by relevance, best match first."""


def default_order(filter_: ExpertFilter) -> Order:
    """Return the default order: by relevance for a text search, otherwise by rating."""
    if filter_.words() is None:
        return directory_order(ExpertOrderField.RATING, descending=True)
    return BY_MATCH


async def directory(
    filter_: ExpertFilter, order: Order, arguments: PageArguments, count: Count = count
) -> Page[DirectoryEntry]:
    """Return a page of the listed experts.

    Args:
        filter_: criteria that experts must meet; the filter's search text is ignored.
        order: order of the list.
        arguments: size and position of the page.
        count: function that counts the whole list when the total is requested.

    Raises:
        BadUserInput: if the filter, the page size or a cursor is invalid.
    """
    return await page(
        Expert, [filter_.query()], order, arguments, DirectoryEntry.of, HIDDEN_FIELDS, count
    )


async def expert_by_slug(slug: str) -> Expert | None:
    """Return the expert with this current or former slug, in any spelling; None if there is none.

    If the given spelling matches several experts, an expert whose current slug matches takes
    precedence over experts whose former slug or transliterated name matches. Text without letters
    and digits matches no expert.
    """
    if found := await Expert.find_one({"slug": slug}):
        return found
    key = slug_key(slug)
    if not key:
        return None
    spelled = await Expert.find({"slug_keys": key}).sort("slug").limit(MAX_NAMESAKES).to_list()
    return min(spelled, key=lambda expert: slug_key(expert.slug) != key, default=None)


async def entries(expert_ids: Sequence[Id]) -> dict[Id, DirectoryEntry]:
    """Return the given experts' directory entries, keyed by id; unlisted experts are left out."""
    wanted = {"_id": {"$in": list(expert_ids)}, "listed": True}
    shown = dict.fromkeys(HIDDEN_FIELDS, 0)
    rows = await Expert.get_pymongo_collection().find(wanted, shown).to_list()
    return {entry.id: entry for entry in map(DirectoryEntry.of, rows)}


async def category_counts(filter_: ExpertFilter) -> dict[Category, int]:
    """Return how many listed experts per category match a filter; its search text is ignored.

    Raises:
        BadUserInput: if the filter is invalid.
    """
    pipeline = [
        {"$match": filter_.query()},
        {"$group": {"_id": "$category", "count": {"$sum": 1}}},
    ]
    counted = {row["_id"]: row["count"] for row in await Expert.aggregate(pipeline).to_list()}
    return {category: counted.get(category.value, 0) for category in Category}
