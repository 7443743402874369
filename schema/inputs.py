"""Fast construction of input objects from values that GraphQL has already coerced.

Strawberry resolves the types and names of input fields anew in every request. Input types with the
decorator `plain` resolve the types and names of their fields only once.
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
    """Decorate an input type so that the types and names of its fields are resolved only once.

    The fields must be scalars, enums, other plain inputs, or lists of these.
    """
    definition = get_object_definition(input_type, strict=True)
    definition.from_input = PlainInput(definition)
    return input_type


class PlainInput:
    """Constructs instances of an input type; Strawberry calls this object as `from_input`."""

    def __init__(self, definition: StrawberryObjectDefinition) -> None:
        self._definition = definition
        self._fields: Sequence[tuple[str, str, Converter | None]] = ()
        self._nulls: Mapping[str, None] = {}

    def __call__(self, type_: type, value: Mapping[str, Any], context: InputContext) -> object:
        """Construct an instance of the input type; Strawberry calls this method."""
        return self.build(type_, context.config, value)

    def build(self, type_: type, config: StrawberryConfig, value: Mapping[str, Any]) -> object:
        """Construct an instance of the input type from a value that GraphQL has coerced."""
        if not self._fields:
            self._resolve_fields(config)
        arguments: dict[str, Any] = dict(self._nulls)
        for name, python_name, convert in self._fields:
            if name in value:
                item = value[name]
                arguments[python_name] = convert(item) if convert and item is not None else item
        return type_(**arguments)

    def _resolve_fields(self, config: StrawberryConfig) -> None:
        fields = self._definition.fields
        # A nullable field without a default may be omitted; its value is then null.
        self._nulls = {
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
    """Return a function that converts coerced values to a type; None if they need no conversion.

    Raises:
        TypeError: if the type is `Maybe`, or an input type without the decorator `plain`.
    """
    if isinstance(type_, StrawberryMaybe):
        raise TypeError("Maybe is not supported in a plain input")
    if isinstance(type_, StrawberryOptional):
        return converter_of(type_.of_type, config)
    if isinstance(type_, StrawberryList):
        convert = converter_of(type_.of_type, config)
        return partial(_converted, convert) if convert else list
    definition = get_object_definition(type_)
    if definition is None:
        return None
    if not isinstance(definition.from_input, PlainInput):
        raise TypeError(f"{definition.name} is not a plain input")
    return partial(definition.from_input.build, type_, config)


def _converted(convert: Converter, items: Sequence[Any]) -> list[Any]:
    return [None if item is None else convert(item) for item in items]
