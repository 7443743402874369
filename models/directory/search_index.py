"""The text search of the directory: an index in memory from words to experts.

Matches are ranked by how each word of the search was found. Because no database index can rank
matches by how their words were found, the database would have to scan all experts for each
keystroke.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.directory.experts import experience_key, rate_key
from models.directory.function_words import FUNCTION_WORDS
from models.directory.vocabulary import Vocabulary
from models.ids import Id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

IN_HEADLINE: Final = 0
IN_BIO: Final = 1
WHOLE: Final = 0
INFLECTED: Final = 10
BEGINNING: Final = 100
MISTYPED: Final = 1_000
"""Ranks of a found word; a lower rank is better. Each rank is more than eight times the sum of all
better ranks, and a search has at most eight words, so one worse match outweighs better matches of
all other words."""

NO_MATCH: Final = MISTYPED + IN_BIO
"""Rank of a function word that is not found."""

MIN_BIO_BEGINNING: Final = 3
"""Minimum length of a search word that may match the beginning of a word in a biography. Shorter
words would match nearly every expert."""

MAX_RANK: Final = 9_999
MIN_DISCARDED: Final = 1_000
"""Number of replaced entries below which the index is never rebuilt."""


class ListedExpert(NamedTuple):
    """Fields of a listed expert that filters and orders need, kept in memory for searches."""

    id: Id
    category: str
    rating: float | None
    experience_years: int
    hourly_rate: int
    language_keys: tuple[str, ...]
    confirms_automatically: bool
    by_rating: str
    by_name: str

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ListedExpert:
        """Return the listed expert for an expert's stored document."""
        return cls(
            Id(row["_id"]),
            row["category"],
            row.get("rating"),
            row["experience_years"],
            row["hourly_rate"],
            tuple(row["language_keys"]),
            row.get("confirms_automatically", True),
            row["by_rating"],
            row["by_name"],
        )

    @property
    def by_experience(self) -> str:
        """Order key for the order by experience."""
        return experience_key(self.experience_years, self.id)

    @property
    def by_rate(self) -> str:
        """Order key for the order by hourly rate."""
        return rate_key(self.hourly_rate, self.id)


class Match(NamedTuple):
    """An expert that a search has found, and its rank; a lower rank means a better match."""

    expert: ListedExpert
    rank: int

    @property
    def by_match(self) -> str:
        """Order key, which is highest for the best match; equal matches are ordered by rating."""
        return f"{MAX_RANK - self.rank:04}{self.expert.by_rating}"


class SearchIndex:
    """Index of listed experts by the words of their names, titles, languages and biographies.

    Entries are numbered in the order of insertion. The number of a removed or replaced entry no
    longer refers to an expert, but remains in the postings (lists of entry numbers) of its words.
    """

    def __init__(self) -> None:
        self._entries: list[ListedExpert | None] = []
        self._numbers: dict[Id, int] = {}
        self._vocabulary = Vocabulary()
        self._headlines: defaultdict[str, array[int]] = defaultdict(_numbers)
        self._bios: defaultdict[str, array[int]] = defaultdict(_numbers)

    @property
    def is_wasteful(self) -> bool:
        """Whether most entries have been removed or replaced, so that a rebuild pays off."""
        return len(self._entries) > 2 * len(self._numbers) + MIN_DISCARDED

    def put(self, expert: ListedExpert, words: Iterable[str], bio_words: Iterable[str]) -> None:
        """Add an expert, or replace the expert's former entry.

        Args:
            expert: the expert.
            words: distinct words of the expert's name, title and languages.
            bio_words: distinct words of the expert's biography, without function words.
        """
        self.remove(expert.id)
        number = self._numbers[expert.id] = len(self._entries)
        self._entries.append(expert)
        for postings, found in ((self._headlines, words), (self._bios, bio_words)):
            for word in found:
                if word not in self._headlines and word not in self._bios:
                    self._vocabulary.add(word)
                postings[word].append(number)

    def remove(self, expert_id: Id) -> None:
        """Remove an expert, if the index contains it."""
        number = self._numbers.pop(expert_id, None)
        if number is not None:
            self._entries[number] = None

    def find(self, words: Sequence[str], admits: Callable[[ListedExpert], bool]) -> list[Match]:
        """Return the experts that match all words and a filter, in no particular order.

        Function words, such as "the", are required only if the search has no other words.

        Args:
            words: distinct words of the search, folded; without words, no expert is found.
            admits: the filter, as a predicate.
        """
        required = [word for word in words if word not in FUNCTION_WORDS] or words
        if not required:
            return []
        optional = [self._ranks(word) for word in words if word not in required]
        rarest, *others = sorted(map(self._ranks, required), key=len)
        matches = []
        for number, rank in rarest.items():
            expert = self._entries[number]
            if expert and all(number in each for each in others) and admits(expert):
                others_rank = sum(each[number] for each in others)
                optional_rank = sum(each.get(number, NO_MATCH) for each in optional)
                matches.append(Match(expert, rank + others_rank + optional_rank))
        return matches

    def _ranks(self, word: str) -> dict[int, int]:
        """Return the numbers of the entries that match a word, each with its best rank."""
        ranks: dict[int, int] = {}
        # Begin with the worst rank, so that better ranks overwrite worse ones.
        for found_as, found in (
            (MISTYPED, self._vocabulary.mistyped(word)),
            (BEGINNING, self._vocabulary.completions(word)),
            (INFLECTED, self._vocabulary.inflections(word)),
            (WHOLE, (word,)),
        ):
            spelled = set(found)
            for place, postings in ((IN_BIO, self._bios), (IN_HEADLINE, self._headlines)):
                is_vague = found_as == BEGINNING and len(word) < MIN_BIO_BEGINNING
                if place == IN_BIO and is_vague:
                    continue
                numbers = chain.from_iterable(postings.get(each, ()) for each in spelled)
                ranks.update(dict.fromkeys(numbers, found_as + place))
        return ranks


def _numbers() -> array[int]:
    return array("I")
