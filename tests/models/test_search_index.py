"""Tests of the directory's text search: which experts it finds, and in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.directory.filters import ExpertFilter
from models.directory.function_words import FUNCTION_WORDS
from models.directory.search_index import ListedExpert, SearchIndex
from models.ids import Id, new_id
from tests.support.call_counts import max_function_calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EVERYBODY = ExpertFilter().admits()
LETTERS = "abno"
WORDS = st.text(LETTERS, min_size=1, max_size=7).filter(lambda word: word not in FUNCTION_WORDS)
TEXTS = st.lists(WORDS, max_size=4, unique=True)

Texts = tuple[list[str], list[str]]
"""The words in an expert's headline, and those in the biography."""


def listed(id_: Id, rating: str = "0") -> ListedExpert:
    """Return an expert with the given id and rating; all other fields are fixed."""
    by_rating = rating + str(id_)
    return ListedExpert(
        id_, "LEGAL", None, 0, 0, (), confirms_automatically=True, by_rating=by_rating, by_name=""
    )


def index_of(*experts: Texts) -> tuple[SearchIndex, list[Id]]:
    """Return an index of experts with the given words, and the experts' ids."""
    index, ids = SearchIndex(), [new_id() for _ in experts]
    for id_, (words, bio) in zip(ids, experts, strict=True):
        index.put(listed(id_), words, bio)
    return index, ids


def found(index: SearchIndex, ids: Sequence[Id], *words: str) -> list[int]:
    """Return the positions in `ids` of the experts that a search finds, best match first."""
    matches = index.find(words, EVERYBODY)
    return [ids.index(match.expert.id) for match in sorted(matches, key=lambda each: each.rank)]


def has_one_error(typed: str, meant: str) -> bool:
    """Return whether two words differ by at most one typing error.

    A typing error is one letter that is missing, superfluous or wrong, or two adjacent letters that
    are swapped.
    """
    if len(typed) < len(meant):
        typed, meant = meant, typed
    if len(typed) > len(meant):
        return any(typed[:at] + typed[at + 1 :] == meant for at in range(len(typed)))
    different = [at for at, letter in enumerate(typed) if letter != meant[at]]
    match different:
        case [] | [_]:
            return True
        case [one, other]:
            swapped = (typed[one], typed[other]) == (meant[other], meant[one])
            return other == one + 1 and swapped
    return False


def rank_of(typed: str, words: Iterable[str], *, is_bio: bool) -> int | None:
    """Return the rank of a typed word's best match by the search's definition, or None."""
    ranks = []
    for word in words:
        if word == typed:
            ranks.append(0)
        elif word.startswith(typed) and (len(typed) >= 3 or not is_bio):
            ranks.append(100)
        elif len(typed) >= 5 and any(
            has_one_error(typed, word[:end]) for end in range(len(typed) - 1, len(typed) + 2)
        ):
            ranks.append(1_000)
    return min(ranks) + is_bio if ranks else None


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5), st.lists(WORDS, min_size=1, max_size=3))
def test_search_finds_what_its_definition_requires(experts: list[Texts], typed: list[str]) -> None:
    index, ids = index_of(*experts)
    # Words that consist of `LETTERS` have no inflections; other tests cover inflections.
    expected: dict[Id, int] = {}
    for id_, (words, bio) in zip(ids, experts, strict=True):
        ranks = [
            min(
                (
                    rank
                    for rank in (
                        rank_of(word, words, is_bio=False),
                        rank_of(word, bio, is_bio=True),
                    )
                    if rank is not None
                ),
                default=None,
            )
            for word in set(typed)
        ]
        if None not in ranks:
            expected[id_] = sum(rank for rank in ranks if rank is not None)
    matches = index.find(sorted(set(typed)), EVERYBODY)
    assert {match.expert.id: match.rank for match in matches} == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.none() | TEXTS), max_size=12), WORDS)
def test_replaced_and_removed_experts_are_found_by_their_current_words(
    changes: list[tuple[int, list[str] | None]], typed: str
) -> None:
    """After any changes, the index finds the same experts as a new index of the current experts."""
    ids = [new_id() for _ in range(4)]
    index, present = SearchIndex(), dict[Id, list[str]]()
    for number, words in changes:
        if words is None:
            index.remove(ids[number])
            present.pop(ids[number], None)
        else:
            index.put(listed(ids[number]), words, ())
            present[ids[number]] = words
    fresh = SearchIndex()
    for id_, words in present.items():
        fresh.put(listed(id_), words, ())
    assert set(index.find([typed], EVERYBODY)) == set(fresh.find([typed], EVERYBODY))


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("tax", [0, 1, 2, 3]),
        ("taxes", [2, 0, 1, 3]),
        ("taxi", [3]),
        ("lawyers", [0]),
        ("lawer", [0]),
        ("lwayer", [0]),
        ("lawyeer", [0]),
        ("lavyer", [0]),
        ("lwyer", [0]),
        ("lwyr", []),
        ("kawyer", [0]),
        ("awyer", [0]),
        ("klawyr", []),
        ("faxs", []),
    ],
)
def test_matches_rank_from_whole_words_to_inflections_prefixes_and_typing_errors(
    typed: str, order: list[int]
) -> None:
    index, ids = index_of(
        (["tax", "lawyer"], []), (["ada"], ["tax"]), (["taxes"], []), ([], ["taxis"])
    )
    assert found(index, ids, typed) == order


@pytest.mark.parametrize("typed", ["divorces", "divorced", "divorce"])
def test_inflected_words_are_found(typed: str) -> None:
    index, ids = index_of(([], ["divorce"]), ([], ["force"]))
    assert found(index, ids, typed) == [0]


def test_german_words_are_inflected_as_well() -> None:
    index, ids = index_of(([], ["scheidungen"]), ([], ["vertrag"]))
    assert found(index, ids, "scheidung") == [0]
    assert found(index, ids, "vertrage") == [1]


def test_every_word_of_a_search_must_match() -> None:
    index, ids = index_of(([], ["back", "pain"]), ([], ["back"]), (["pain"], ["back"]))
    assert found(index, ids, "back", "pain") == [2, 0]
    assert found(index, ids, "back", "pane") == []


def test_function_words_improve_the_rank_but_need_not_match() -> None:
    index, ids = index_of((["nguyen", "bao"], []), (["an", "nguyen"], []), ([], ["help", "taxes"]))
    assert found(index, ids, "an", "nguyen") == [1, 0]
    assert found(index, ids, "an") == [1]
    assert found(index, ids, "help", "my", "taxes", "with") == [2]
    assert found(index, ids) == []


def test_equal_matches_are_ordered_by_rating() -> None:
    index, ids = SearchIndex(), [new_id() for _ in range(3)]
    for id_, rating in zip(ids, ("0450", "0490", "0470"), strict=True):
        index.put(listed(id_, rating), ["coach"], ())
    keys = {match.by_match: match.expert.id for match in index.find(["coach"], EVERYBODY)}
    assert [ids.index(keys[key]) for key in sorted(keys, reverse=True)] == [1, 2, 0]


def test_index_with_many_replaced_experts_is_wasteful() -> None:
    index, id_ = SearchIndex(), new_id()
    for _ in range(1_002):
        assert not index.is_wasteful
        index.put(listed(id_), ["ada"], ())
    index.put(listed(id_), ["ada"], ())
    assert index.is_wasteful


@pytest.mark.parametrize(
    ("typed", "number"),
    [("divorce", 10), ("divo", 10), ("divorec", 10), ("d", 1), ("years", 3_000)],
)
def test_cost_of_a_search_depends_only_on_its_number_of_matches(typed: str, number: int) -> None:
    """In an index of 3,000 experts, a search makes only a few function calls per match."""
    index, ids = SearchIndex(), [new_id() for _ in range(3_000)]
    for person, id_ in enumerate(ids):
        field = "divorce" if person % 300 == 0 else "taxes"
        index.put(listed(id_), [f"person{person}"], [field, "years", "practice"])
    index.put(listed(ids[0]), ["dora"], ["divorce", "years"])
    # The first search also sorts the vocabulary, so it is not measured.
    assert len(index.find([typed], EVERYBODY)) == number
    with max_function_calls(200 + 20 * number):
        index.find([typed], EVERYBODY)
