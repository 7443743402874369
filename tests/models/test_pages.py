"""Tests of page sizes and reading directions."""

from __future__ import annotations

import pytest

from models.errors import BadUserInput
from models.store.pages import PageArguments


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
def test_arguments_determine_page_size_and_direction(
    arguments: PageArguments, size: int, *, is_backward: bool
) -> None:
    assert (arguments.size, arguments.is_backward) == (size, is_backward)


@pytest.mark.parametrize("size", [0, -1, 101, 2**31])
def test_invalid_page_size_is_rejected(size: int) -> None:
    """The error names the argument, `first` or `last`."""
    with pytest.raises(BadUserInput, match=r"^first: must lie between 1 and 100$"):
        _ = PageArguments(first=size).size
    with pytest.raises(BadUserInput, match=r"^last: must lie between 1 and 100$"):
        _ = PageArguments(last=size).size
    with pytest.raises(BadUserInput, match=r"^last: give either first or last$"):
        _ = PageArguments(first=size, last=size).size
