"""Compiled conversion of objects to response data, for fields that only read attributes.

graphql-core's executor does a lot of work per attribute: it looks up the field, builds a path and
an info object, and inspects the type. All of this work depends only on the GraphQL document, so
this module does it once per document.

A field is compiled if neither it nor any field selected below it has a resolver, permission or
argument. A member type of a union or interface is compiled when the first object of its class
occurs. If anything unusual occurs (an unexpected null, an awaitable, an exception), the reader
raises an exception, and graphql-core's executor completes the whole value from the beginning.
Completing a value again is harmless, because reading attributes has no side effects.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from math import isfinite
from types import CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    GraphQLUnionType,
    Undefined,
    get_nullable_type,
    is_leaf_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executor
from strawberry.schema.schema_converter import CustomGraphQLEnumType, GraphQLCoreConverter
from strawberry.types.cast import get_strawberry_type_cast
from strawberry.types.field import StrawberryField

from schema.root import core, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import GraphQLLeafType, GraphQLOutputType
    from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
    from strawberry.types.base import StrawberryObjectDefinition

    Reader: TypeAlias = Callable[[Any], Any]
    """Converts a resolved value to its response value, or raises an exception."""

    Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], CollectedFields]
    """Collects the fields that are selected below a field."""

DEFINITION: Final = GraphQLCoreConverter.DEFINITION_BACKREF
TYPENAME: Final = "__typename"

_plain_types: set[type] = set()
"""Python types that have been checked: their instances are neither awaitable nor exceptions."""


class UnusualError(Exception):
    """Compiled code cannot convert the value; graphql-core's executor must complete it."""


class Attribute(NamedTuple):
    """A compiled field: the attribute that it reads, and the reader that converts its value."""

    name: str
    complete: Reader

    def read(self, source: Any) -> Any:
        """Return the field's response value for an object."""
        return self.complete(getattr(source, self.name))


def attribute_of(
    parent_type: GraphQLObjectType, details: FieldDetailsList, collect: Collect
) -> Attribute | None:
    """Return the compiled form of a field, or None if the field does more than read attributes."""
    name = details[0].node.name.value
    leaf = _leaf_attribute(parent_type, name)
    if leaf:
        return leaf
    plain = _plain_attribute(parent_type, name)
    if plain is None:
        return None
    attribute_name, type_ = plain
    reader = reader_of(type_, details, collect, nullable=True)
    return reader and Attribute(attribute_name, reader)


@lru_cache(maxsize=1024)
def _leaf_attribute(parent_type: GraphQLObjectType, name: str) -> Attribute | None:
    """Compile a leaf field; since it has no selections, all documents share the result."""
    if name == TYPENAME:
        typename = parent_type.name
        return Attribute("__class__", lambda _: typename)
    plain = _plain_attribute(parent_type, name)
    if plain is None:
        return None
    attribute_name, type_ = plain
    leaf = get_nullable_type(type_)
    if not is_leaf_type(leaf):
        return None
    reader = _leaf_reader(leaf)
    return Attribute(attribute_name, _nullable_reader(reader) if leaf is type_ else reader)


def reader_of(
    type_: GraphQLOutputType,
    details: FieldDetailsList,
    collect: Collect,
    *,
    nullable: bool = False,
) -> Reader | None:
    """Return a reader for values of a type, or None if a field does more than read attributes.

    Args:
        type_: the type of the values.
        details: the selected field whose values have this type.
        collect: collects the fields that are selected below this field.
        nullable: whether the reader accepts nulls.
    """
    reader: Reader | None = None
    if isinstance(type_, GraphQLNonNull):
        return reader_of(type_.of_type, details, collect)
    if is_leaf_type(type_):
        reader = _leaf_reader(type_)
    elif isinstance(type_, GraphQLList):
        read_item = reader_of(type_.of_type, details, collect, nullable=True)
        reader = read_item and _list_reader(read_item)
    elif isinstance(type_, GraphQLObjectType):
        reader = _object_reader(type_, details, collect)
    elif isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
        reader = _member_reader(type_, details, collect)
    return _nullable_reader(reader) if reader and nullable else reader


def _object_reader(
    type_: GraphQLObjectType, details: FieldDetailsList, collect: Collect
) -> Reader | None:
    fields: list[tuple[str, str, Reader]] = []
    for name, each in collect(type_, details).grouped_field_set.items():
        attribute = attribute_of(type_, each, collect)
        if attribute is None:
            return None
        fields.append((name, *attribute))
    definition = type_.extensions.get(DEFINITION)
    if definition is None or definition.is_type_of:
        return None
    is_type_of = type_.is_type_of

    def read(value: Any) -> dict[str, Any]:
        if type(value) not in _plain_types:
            _check_plain(value)
        if is_type_of and not is_type_of(value, None):  # type: ignore[arg-type] # Strawberry's function ignores this argument
            raise UnusualError
        return {name: complete(getattr(value, attr)) for name, attr, complete in fields}

    return read


def _member_reader(
    type_: GraphQLUnionType | GraphQLInterfaceType, details: FieldDetailsList, collect: Collect
) -> Reader | None:
    """Return a reader for a union or interface; it finds the member type by the object's class."""
    members = _members(type_)
    if members is None:
        return None
    readers: dict[type, Reader | None] = {}

    def read(value: Any) -> dict[str, Any]:
        class_ = type(value)
        if class_ not in readers:
            _check_plain(value)
            member = members.get(id(getattr(class_, "__strawberry_definition__", None)))
            readers[class_] = _object_reader(member, details, collect) if member else None
        reader = readers[class_]
        if reader is None or get_strawberry_type_cast(value) is not None:
            raise UnusualError
        response: dict[str, Any] = reader(value)
        return response

    return read


@lru_cache(maxsize=128)
def _members(
    type_: GraphQLUnionType | GraphQLInterfaceType,
) -> Mapping[int, GraphQLObjectType] | None:
    """Return the member types of a union or interface, keyed by `id()` of their definitions.

    Return None if objects of one Python class may belong to several member types.
    """
    abstract: Any = schema.schema_converter.type_map[type_.name].definition
    is_interface = isinstance(type_, GraphQLInterfaceType)
    if is_interface and abstract.resolve_type:
        return None
    members: dict[int, GraphQLObjectType] = {}
    for member in core.get_possible_types(type_):
        definition: StrawberryObjectDefinition = member.extensions[DEFINITION]
        if definition.concrete_of or definition.is_graphql_generic:
            return None
        if is_interface and not (
            definition.name == member.name and issubclass(definition.origin, abstract.origin)
        ):
            return None
        members[id(definition)] = member
    return members


def _check_plain(value: Any) -> None:
    """Record that the type of a value is plain: neither awaitable nor an exception.

    Raises:
        UnusualError: if the value is null, is an exception, or may be awaitable.
    """
    type_ = type(value)
    if (
        value is None
        or value is Undefined
        or issubclass(type_, (Exception, CoroutineType, GeneratorType))
        or hasattr(value, "__await__")
    ):
        raise UnusualError
    _plain_types.add(type_)


@lru_cache(maxsize=1024)
def _plain_attribute(
    parent_type: GraphQLObjectType, name: str
) -> tuple[str, GraphQLOutputType] | None:
    """Return the name of the attribute that a field reads, and the field's type.

    Return None if the field does more than read an attribute.
    """
    definition = parent_type.fields.get(name)
    if definition is None or definition.args:
        return None
    field = definition.extensions.get(DEFINITION)
    if (
        getattr(definition.resolve, "_is_default", False)
        and isinstance(field, StrawberryField)
        and field.is_basic_field
        and field.default_resolver is getattr
    ):
        return field.python_name, definition.type
    return None


def _nullable_reader(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def _list_reader(read_item: Reader) -> Reader:
    def read(value: Any) -> list[Any]:
        if type(value) is not list and type(value) is not tuple:
            raise UnusualError
        return [read_item(each) for each in value]

    return read


@lru_cache(maxsize=128)
def _leaf_reader(type_: GraphQLLeafType) -> Reader:
    """Return the reader for a scalar or enum type.

    graphql-core returns a valid value of a built-in scalar unchanged if its class is exactly the
    corresponding Python type, so the reader returns such values directly.
    """

    def serialize(value: Any) -> Any:
        if type(value) not in _plain_types:
            _check_plain(value)
        return Executor.complete_leaf_value(type_, value)

    if type_ is GraphQLString or type_ is GraphQLID:
        return lambda value: value if type(value) is str else serialize(value)
    if type_ is GraphQLBoolean:
        return lambda value: value if type(value) is bool else serialize(value)
    if type_ is GraphQLInt:
        return lambda value: (
            value
            if type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT
            else serialize(value)
        )
    if type_ is GraphQLFloat:
        return lambda value: value if type(value) is float and isfinite(value) else serialize(value)
    if isinstance(type_, CustomGraphQLEnumType):
        members: tuple[Enum, ...] = tuple(type_.wrapped_cls)
        names = {member: type_.coerce_output_value(member) for member in members}
        enum = type(members[0])
        return lambda value: names[value] if type(value) is enum else serialize(value)
    return serialize
