"""The schema conforms to the API contract, and schema/schema.graphql is up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    build_schema,
    is_specified_scalar_type,
)

from schema import root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLArgument, GraphQLInputField

CONTRACT = Path(__file__).with_name("api.graphql")
PRINTED = Path(root.__file__).with_name("schema.graphql")
STALE = (
    "schema/schema.graphql is out of date. Print it again: "
    "uv run expertbook schema > schema/schema.graphql"
)

# Elements of the contract that are not implemented yet: `Type.X` is a whole type, `X.y` a field,
# enum value, union member or interface of an existing type.
NOT_IMPLEMENTED: set[str] = set()


def schema_elements(schema: GraphQLSchema) -> dict[str, str]:
    """Return a mapping from the coordinates of a schema's elements to their kinds or types."""
    elements = {}
    for name, type_ in schema.type_map.items():
        if not name.startswith("__") and not is_specified_scalar_type(type_):
            elements[f"Type.{name}"] = type(type_).__name__
            elements.update(_elements_of(type_))
    return elements


def _elements_of(type_: GraphQLNamedType) -> Iterator[tuple[str, str]]:
    name = type_.name
    if isinstance(type_, GraphQLEnumType):
        yield from ((f"{name}.{value}", "value") for value in type_.values)
    elif isinstance(type_, GraphQLUnionType):
        yield from ((f"{name}.{member.name}", "member") for member in type_.types)
    elif isinstance(type_, GraphQLInputObjectType):
        yield from ((f"{name}.{key}", _input(field)) for key, field in type_.fields.items())
    elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        yield from ((f"{name}.{each.name}", "interface") for each in type_.interfaces)
        for key, field in type_.fields.items():
            yield f"{name}.{key}", str(field.type)
            yield from ((f"{name}.{key}({arg})", _input(of)) for arg, of in field.args.items())


def _input(of: GraphQLArgument | GraphQLInputField) -> str:
    default = "" if of.default_value is Undefined else f" = {of.default_value!r}"
    return f"{of.type}{default}"


def is_unimplemented(element: str) -> bool:
    """Return whether NOT_IMPLEMENTED lists an element, or the field or type that contains it."""
    owner, field = element.partition(".")[0], element.partition("(")[0]
    return not NOT_IMPLEMENTED.isdisjoint({element, field, f"Type.{owner}"})


CONTRACTED = schema_elements(build_schema(CONTRACT.read_text("utf-8")))
IMPLEMENTED = schema_elements(build_schema(root.schema.as_str()))


def test_the_printed_schema_is_up_to_date() -> None:
    assert PRINTED.read_text("utf-8") == root.schema.as_str() + "\n", STALE


def test_the_schema_conforms_to_the_contract() -> None:
    """Types, fields, arguments, defaults, enum values and union members match the contract."""
    expected = {
        element: kind for element, kind in CONTRACTED.items() if not is_unimplemented(element)
    }
    assert {element: IMPLEMENTED.get(element) for element in expected} == expected


def test_unimplemented_elements_are_listed_exactly() -> None:
    """The contract test skips the elements in `NOT_IMPLEMENTED`, so they must really be missing."""
    assert sorted(element for element in NOT_IMPLEMENTED if element in IMPLEMENTED) == []
    assert sorted(element for element in NOT_IMPLEMENTED if element not in CONTRACTED) == []


def test_additions_to_arguments_and_inputs_are_optional() -> None:
    """Operations written against the contract therefore stay valid."""
    inputs = {
        element for element, kind in CONTRACTED.items() if kind == GraphQLInputObjectType.__name__
    }
    added = [
        element
        for element, kind in IMPLEMENTED.items()
        if element not in CONTRACTED
        and kind.endswith("!")
        and (
            element.partition("(")[0] in CONTRACTED or f"Type.{element.partition('.')[0]}" in inputs
        )
    ]
    assert added == []
