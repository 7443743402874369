"""How enumerations become part of the schema, each value described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

if TYPE_CHECKING:
    from enum import Enum

    from strawberry.types.enum import StrawberryEnumDefinition


def describe_enum(
    enum: type[Enum], description: str, /, *, name: str | None = None, **values: str
) -> None:
    """Make an enumeration, also one of a lower floor, known to clients; `values` by their names.

    Raises:
        TypeError: when a value is left without a description, or one that is not there has one.
    """
    if wrong := values.keys() ^ enum.__members__.keys():
        raise TypeError(f"{enum.__name__}: not one description each: {', '.join(sorted(wrong))}")
    strawberry.enum(enum, name=name, description=description)
    made: Any = enum
    definition: StrawberryEnumDefinition = made.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]
