"""Enum registration requires one description per value."""

from __future__ import annotations

from enum import Enum

import pytest

from schema.enums import describe_enum


class Colour(Enum):
    """Enum with two values."""

    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("descriptions", "wrong_value"),
    [
        ({"RED": "Red."}, "BLUE"),
        ({"RED": "Red.", "BLUE": "Blue.", "GREEN": "Green."}, "GREEN"),
    ],
)
def test_missing_and_unknown_descriptions_are_refused(
    descriptions: dict[str, str], wrong_value: str
) -> None:
    with pytest.raises(TypeError, match=rf"Colour: .*: {wrong_value}$"):
        describe_enum(Colour, "A colour.", **descriptions)
