"""Filter of the public directory."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from models.directory.experts import Category
from models.errors import BadUserInput
from models.store.search import search_words
from models.text import fold

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from models.directory.search_index import ListedExpert
    from models.store.pages import Filter

MAX_LANGUAGES = 50
"""Maximum number of languages in a filter; each adds a comparison per expert."""


class Available(NamedTuple):
    """Criterion that an open slot starts in `[since, until)`.

    `minutes` is the slot's length; None stands for the length of the expert's first offer.
    """

    since: datetime
    until: datetime
    minutes: int | None


@dataclass(frozen=True, slots=True)
class ExpertFilter:
    """Filter of the directory: experts must meet all criteria that are neither None nor empty.

    `max_hourly_rate` is in minor currency units. `available` applies only to lists that are read
    from the index of open times (models/bookings/open_search.py); `query` ignores it.
    """

    search: str | None = None
    categories: tuple[Category, ...] | None = None
    min_rating: float | None = None
    max_hourly_rate: int | None = None
    languages: tuple[str, ...] | None = None
    confirms_automatically: bool | None = None
    available: Available | None = None

    def words(self) -> tuple[str, ...] | None:
        """Return the distinct words of the search text; None if the text is blank.

        Raises:
            BadUserInput: if the search text is too long.
        """
        return search_words(self.search, "filter.search")

    def query(self) -> Filter:
        """Return the database query for all criteria except `search` and `available`.

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
        if keys := self.language_keys():
            found["language_keys"] = {"$in": sorted(keys)}
        if self.confirms_automatically is not None:
            found["confirms_automatically"] = self.confirms_automatically
        return found

    def admits(self) -> Callable[[ListedExpert], bool]:
        """Return a predicate that applies the same criteria as `query`.

        Raises:
            BadUserInput: if the list of languages is too long.
        """
        categories, keys = frozenset(self.categories or Category), self.language_keys()
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

    def language_keys(self) -> frozenset[str]:
        """Return the filter's languages, folded for comparison.

        Raises:
            BadUserInput: if there are too many languages.
        """
        languages = self.languages or ()
        if len(languages) > MAX_LANGUAGES:
            raise BadUserInput(f"filter.languages: at most {MAX_LANGUAGES} languages")
        return frozenset(map(fold, languages))
