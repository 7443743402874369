"""The directory's words, which can be found by beginning, by stem or despite a typing error."""

from __future__ import annotations

from bisect import bisect_left
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract
from Stemmer import Stemmer

if TYPE_CHECKING:
    from collections.abc import Iterator

MIN_MISTYPED_LENGTH: Final = 5
"""Minimum length of a search word in which a typing error is tolerated."""

LANGUAGES: Final = ("english", "german")
"""Languages whose inflected words are reduced to stems."""


class Vocabulary:
    """The distinct words of the directory, folded for comparison."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._is_sorted = True
        self._by_stem: dict[tuple[int, str], list[str]] = {}
        self._beginnings: dict[int, list[str]] = {}
        self._stemmers = [Stemmer(language) for language in LANGUAGES]

    def add(self, word: str) -> None:
        """Add a word that the vocabulary does not contain yet."""
        self._words.append(word)
        self._is_sorted = False
        self._beginnings.clear()
        for stem in self._stems(word):
            self._by_stem.setdefault(stem, []).append(word)

    def inflections(self, word: str) -> Iterator[str]:
        """Yield the words with the same stem, such as "tax" for "taxes"; a word may occur twice."""
        for stem in self._stems(word):
            yield from self._by_stem.get(stem, ())

    def completions(self, beginning: str) -> Iterator[str]:
        """Yield the words that begin with the given text, in sorted order."""
        words = self._in_order()
        first = bisect_left(words, beginning)
        return takewhile(
            lambda word: word.startswith(beginning),
            (words[index] for index in range(first, len(words))),
        )

    def mistyped(self, word: str) -> Iterator[str]:
        """Yield the words whose beginning differs from a given word by at most one typing error.

        An error is an extra, missing or wrong letter, or two swapped adjacent letters, as counted
        by the optimal string alignment distance. If the given word has fewer than five letters,
        nothing is yielded, because no error is tolerated in it.
        """
        length = len(word)
        if length < MIN_MISTYPED_LENGTH:
            return
        for end in (length - 1, length, length + 1):
            near = extract(
                word, self._beginnings_of(end), scorer=OSA.distance, score_cutoff=1, limit=None
            )
            for beginning, _, _ in near:
                yield from self.completions(beginning)

    def _stems(self, word: str) -> Iterator[tuple[int, str]]:
        """Yield each language's number together with the word's stem in that language."""
        return enumerate(stemmer.stemWord(word) for stemmer in self._stemmers)

    def _in_order(self) -> list[str]:
        if not self._is_sorted:
            self._words.sort()
            self._is_sorted = True
        return self._words

    def _beginnings_of(self, length: int) -> list[str]:
        """Return the distinct prefixes of this length of all words that are long enough."""
        found = self._beginnings.get(length)
        if found is None:
            words = (word[:length] for word in self._in_order() if len(word) >= length)
            found = self._beginnings[length] = list(dict.fromkeys(words))
        return found
