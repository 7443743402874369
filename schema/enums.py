"""Registration of enums in the schema, with a description for each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

if TYPE_CHECKING:
    from enum import Enum

    from strawberry.types.enum import StrawberryEnumDefinition


def describe_enum(
    enum: type[Enum], description: str, /, *, name: str | None = None, **values: str
) -> None:
    """Add an enum to the schema.

    Args:
        enum: the enum, which may be defined in `models`.
        description: description of the enum.
        name: GraphQL name of the enum; by default, the name of the class.
        values: description of each value.

    Raises:
        TypeError: if a value has no description, or if a description names an unknown value.
    """
    if wrong := values.keys() ^ enum.__members__.keys():
        names = ", ".join(sorted(wrong))
        raise TypeError(f"{enum.__name__}: missing or unknown descriptions: {names}")
    strawberry.enum(enum, name=name, description=description)
    registered: Any = enum
    definition: StrawberryEnumDefinition = registered.__strawberry_definition__
    for value in definition.values:
        value.description = values[value.name]
