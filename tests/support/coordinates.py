"""Elements of a schema and their coordinates, such as `Query.expert(id:)`."""

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
Definition = GraphQLNamedType | GraphQLEnumValue | Typed


class Element(NamedTuple):
    """A named element of a schema, with its coordinate."""

    coordinate: str
    name: str
    definition: Definition


def fields_of(type_: GraphQLNamedType | None) -> dict[str, GraphQLField]:
    """Return the fields of an object type or interface; other types have none."""
    fields: dict[str, GraphQLField] = {}
    if isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        fields = type_.fields
    return fields


def own_types(schema: GraphQLSchema) -> Iterator[GraphQLNamedType]:
    """Yield the types that the schema itself defines, without built-in types."""
    for type_ in schema.type_map.values():
        if not is_introspection_type(type_) and not is_specified_scalar_type(type_):
            yield type_


def elements(schema: GraphQLSchema) -> Iterator[Element]:
    """Yield all types, fields, arguments, input fields and enum values of a schema."""
    for type_ in own_types(schema):
        yield Element(type_.name, type_.name, type_)
        yield from _elements_of(type_)


def _elements_of(type_: GraphQLNamedType) -> Iterator[Element]:
    for name, field in fields_of(type_).items():
        yield Element(f"{type_.name}.{name}", name, field)
        for key, argument in field.args.items():
            yield Element(f"{type_.name}.{name}({key})", key, argument)
    if isinstance(type_, GraphQLInputObjectType):
        for name, value in type_.fields.items():
            yield Element(f"{type_.name}.{name}", name, value)
    elif isinstance(type_, GraphQLEnumType):
        for name, member in type_.values.items():
            yield Element(f"{type_.name}.{name}", name, member)


def typed_elements(schema: GraphQLSchema) -> Iterator[tuple[str, str, Typed]]:
    """Yield coordinate, name and definition of all fields, arguments and input fields."""
    for coordinate, name, definition in elements(schema):
        if isinstance(definition, Typed):
            yield coordinate, name, definition


def reachable_types(schema: GraphQLSchema, *, include_deprecated: bool = True) -> set[str]:
    """Return the names of the types that operations can reach.

    Args:
        schema: the schema to search.
        include_deprecated: whether to follow deprecated fields and arguments.
    """
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    pending: list[GraphQLNamedType] = [root for root in roots if root]
    reachable: set[str] = set()
    while pending:
        type_ = pending.pop()
        if type_.name not in reachable:
            reachable.add(type_.name)
            pending += _referenced_types(schema, type_, include_deprecated=include_deprecated)
    return reachable


def _referenced_types(
    schema: GraphQLSchema, type_: GraphQLNamedType, *, include_deprecated: bool
) -> Iterator[GraphQLNamedType]:
    for _, _, definition in _elements_of(type_):
        if isinstance(definition, Typed) and (
            include_deprecated or definition.deprecation_reason is None
        ):
            yield get_named_type(definition.type)
    if isinstance(type_, GraphQLUnionType):
        yield from type_.types
    elif isinstance(type_, (GraphQLObjectType, GraphQLInterfaceType)):
        yield from type_.interfaces
    if isinstance(type_, GraphQLInterfaceType):
        yield from schema.get_implementations(type_).objects
