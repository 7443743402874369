"""Enumerations: the schema tells clients what each value means."""

from __future__ import annotations

from enum import Enum

import pytest

from schema.enums import describe_enum


class Colour(Enum):
    """Two colours."""

    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"RED": "As blood."}, "BLUE"),
        ({"RED": "As blood.", "BLUE": "As the sea.", "GREEN": "As grass."}, "GREEN"),
    ],
)
def test_each_value_is_described_once(values: dict[str, str], named: str) -> None:
    """A value that was added or taken away without its description stops the program."""
    with pytest.raises(TypeError, match=rf"Colour: .*: {named}$"):
        describe_enum(Colour, "A colour.", **values)
