"""Registration of an enum requires exactly one description per value."""

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
def test_missing_descriptions_and_those_of_unknown_values_are_refused(
    descriptions: dict[str, str], wrong_value: str
) -> None:
    with pytest.raises(TypeError, match=rf"Colour: .*: {wrong_value}$"):
        describe_enum(Colour, "A colour.", **descriptions)
