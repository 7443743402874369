"""The words of the directory, found by their beginning, by their stem or with a typing error."""

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
"""Minimum length of a word in which a typing error is tolerated."""

LANGUAGES: Final = ("english", "german")
"""Languages of biographies whose inflections are known."""


class Vocabulary:
    """Distinct words, folded for comparison."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._is_sorted = True
        self._by_stem: dict[tuple[int, str], list[str]] = {}
        self._beginnings: dict[int, list[str]] = {}
        self._stemmers = [Stemmer(language) for language in LANGUAGES]

    def add(self, word: str) -> None:
        """Add a word that is not there yet."""
        self._words.append(word)
        self._is_sorted = False
        self._beginnings.clear()
        for stem in self._stems(word):
            self._by_stem.setdefault(stem, []).append(word)

    def inflections(self, word: str) -> Iterator[str]:
        """Yield the words with the same stem, such as "tax" for "taxes"; some of them twice."""
        for stem in self._stems(word):
            yield from self._by_stem.get(stem, ())

    def completions(self, beginning: str) -> Iterator[str]:
        """Yield the words that begin with a text, in sorted order."""
        words = self._in_order()
        first = bisect_left(words, beginning)
        return takewhile(
            lambda word: word.startswith(beginning),
            (words[index] for index in range(first, len(words))),
        )

    def mistyped(self, word: str) -> Iterator[str]:
        """Yield the words that begin like a given word, allowing one typing error.

        An error is an extra, missing or wrong letter, or two swapped letters (the optimal string
        alignment distance). Words of fewer than five letters are taken as typed.
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
        """Yield the stem of a word in each language, with the language's number."""
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
