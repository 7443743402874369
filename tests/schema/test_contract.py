"""The schema keeps the contract that clients are written against, and is printed as it is."""

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
    "schema/schema.graphql is not the schema of the code. Print it again: "
    "uv run expertbook schema > schema/schema.graphql"
)

# What the contract promises and nobody has built yet. It only ever gets shorter: `Type.X` is
# a whole type, `X.y` a field, value, member or interface of a type that is there.
NOT_BUILT: set[str] = set()


def parts(schema: GraphQLSchema) -> dict[str, str]:
    """Everything that a schema promises: a name, and what clients rely on there."""
    found = {}
    for name, type_ in schema.type_map.items():
        if not name.startswith("__") and not is_specified_scalar_type(type_):
            found[f"Type.{name}"] = type(type_).__name__
            found.update(_parts_of(type_))
    return found


def _parts_of(type_: GraphQLNamedType) -> Iterator[tuple[str, str]]:
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


def is_left_out(part: str) -> bool:
    """Whether a part is in the remainder, itself or with what it belongs to."""
    owner, field = part.partition(".")[0], part.partition("(")[0]
    return not NOT_BUILT.isdisjoint({part, field, f"Type.{owner}"})


PROMISED = parts(build_schema(CONTRACT.read_text("utf-8")))
BUILT = parts(build_schema(root.schema.as_str()))


def test_the_printed_schema_is_not_stale() -> None:
    """What is committed for people and tools to read is what the code serves."""
    assert PRINTED.read_text("utf-8") == root.schema.as_str() + "\n", STALE


def test_the_contract_is_kept() -> None:
    """Each type, field, argument with its default, value and member is as it was promised."""
    expected = {part: what for part, what in PROMISED.items() if not is_left_out(part)}
    assert {part: BUILT.get(part) for part in expected} == expected


def test_the_remainder_is_not_built() -> None:
    """What has been built leaves the list, so that from then on it is kept."""
    assert sorted(part for part in NOT_BUILT if part in BUILT) == []
    assert sorted(part for part in NOT_BUILT if part not in PROMISED) == []


def test_nothing_new_is_demanded() -> None:
    """An operation of the contract stays valid: what was added to its inputs is optional."""
    inputs = {part for part, what in PROMISED.items() if what == GraphQLInputObjectType.__name__}
    added = [
        part
        for part, what in BUILT.items()
        if part not in PROMISED
        and what.endswith("!")
        and (part.partition("(")[0] in PROMISED or f"Type.{part.partition('.')[0]}" in inputs)
    ]
    assert added == []
