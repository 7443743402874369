"""Text folding and page sizes."""

# ruff: noqa: RUF001 - letters that look like others are the point

from __future__ import annotations

import sys

import pytest

from models.errors import BadUserInput
from models.store.pages import PageArguments, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("José", "jose"),
        ("JOSE\u0301", "jose"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Ａｄａ", "ada"),
        ("𝐀𝒹𝔸", "ada"),
        ("Ångström", "angstrom"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("σίσυφος", "σισυφοσ"),
        ("ﬁne", "fine"),
        ("李 明", "李 明"),
        ("", ""),
    ],
)
def test_fold_removes_case_and_accents(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_fold_is_idempotent_for_every_character() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    assert [letter for letter in letters if fold(fold(letter)) != fold(letter)] == []


@pytest.mark.parametrize(
    ("arguments", "size", "is_backward"),
    [
        (PageArguments(), 20, False),
        (PageArguments(first=1), 1, False),
        (PageArguments(first=100), 100, False),
        (PageArguments(last=1), 1, True),
        (PageArguments(last=100, before="x"), 100, True),
        (PageArguments(before="x"), 20, False),
    ],
)
def test_page_size_and_direction_follow_from_the_arguments(
    arguments: PageArguments, size: int, *, is_backward: bool
) -> None:
    assert (arguments.size, arguments.is_backward) == (size, is_backward)


@pytest.mark.parametrize("size", [0, -1, 101, 2**31])
def test_invalid_page_size_is_rejected(size: int) -> None:
    """The error names the argument."""
    with pytest.raises(BadUserInput, match=r"^first: must lie between 1 and 100$"):
        _ = PageArguments(first=size).size
    with pytest.raises(BadUserInput, match=r"^last: must lie between 1 and 100$"):
        _ = PageArguments(last=size).size
    with pytest.raises(BadUserInput, match=r"^last: give either first or last$"):
        _ = PageArguments(first=size, last=size).size
