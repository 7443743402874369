"""Walking a schema: everything in it that has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_introspection_type,
    is_specified_scalar_type,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema

Typed = GraphQLField | GraphQLArgument | GraphQLInputField
Part = GraphQLNamedType | GraphQLEnumValue | Typed


class Place(NamedTuple):
    """A part of a schema and where it is, such as `Query.expert(id)`."""

    path: str
    name: str
    part: Part


def fields_of(type_: GraphQLNamedType | None) -> dict[str, GraphQLField]:
    """The fields of a type that answers with some."""
    fields: dict[str, GraphQLField] = {}
    if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        fields = type_.fields
    return fields


def types_of(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """The types that are the schema's own."""
    for type_ in schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def places(schema: GraphQLSchema) -> Iterator[Place]:
    """Types, fields, arguments and values."""
    for type_ in types_of(schema):
        yield Place(type_.name, type_.name, type_)
        yield from _places_in(type_)


def _places_in(type_: GraphQLNamedType) -> Iterator[Place]:
    for name, field in fields_of(type_).items():
        yield Place(f"{type_.name}.{name}", name, field)
        for key, argument in field.args.items():
            yield Place(f"{type_.name}.{name}({key})", key, argument)
    if isinstance(type_, GraphQLInputObjectType):
        for name, value in type_.fields.items():
            yield Place(f"{type_.name}.{name}", name, value)
    elif isinstance(type_, GraphQLEnumType):
        for name, member in type_.values.items():
            yield Place(f"{type_.name}.{name}", name, member)


def typed(schema: GraphQLSchema) -> Iterator[tuple[str, str, Typed]]:
    """The places that have a type: fields, arguments, input fields."""
    for path, name, part in places(schema):
        if isinstance(part, Typed):
            yield path, name, part


def reached(schema: GraphQLSchema, *, by_deprecated: bool = True) -> set[str]:
    """The names of the types to which operations lead, also those by deprecated parts alone."""
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    wanted: list[GraphQLNamedType] = [root for root in roots if root]
    found: set[str] = set()
    while wanted:
        type_ = wanted.pop()
        if type_.name not in found:
            found.add(type_.name)
            wanted += _named_in(schema, type_, by_deprecated=by_deprecated)
    return found


def _named_in(
    schema: GraphQLSchema, type_: GraphQLNamedType, *, by_deprecated: bool
) -> Iterator[GraphQLNamedType]:
    for _, _, part in _places_in(type_):
        if isinstance(part, Typed) and (by_deprecated or part.deprecation_reason is None):
            yield get_named_type(part.type)
    if isinstance(type_, GraphQLUnionType):
        yield from type_.types
    elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        yield from type_.interfaces
    if isinstance(type_, GraphQLInterfaceType):
        yield from schema.get_implementations(type_).objects
