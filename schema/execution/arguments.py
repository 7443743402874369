"""Fast coercion of variables and arguments, with types looked up once per document.

graphql-core looks up the type of each value again in every request. Coercion has no side effects,
so any invalid value (wrong type, unknown or missing field) is left to graphql-core, which coerces
it again and reports the error.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
    VariableNode,
    is_required_argument,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from schema.execution.leaves import exact_type_shortcut

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from graphql import (
        ConstValueNode,
        FieldNode,
        GraphQLArgument,
        GraphQLField,
        GraphQLInputType,
        GraphQLSchema,
        OperationDefinitionNode,
    )

    Coerce: TypeAlias = Callable[[Any], Any]
    """Converts an input value to its Python value, or raises."""

IMMUTABLE_TYPES: Final = (str, int, float, bool, date, Enum, type(None))


class UncoercedError(Exception):
    """A value or type that has to be coerced by graphql-core."""


class _Variable(NamedTuple):
    """A declared variable; `absent` is its source if the request does not provide it."""

    name: str
    coerce: Coerce
    signature: Any
    absent: VariableValueSource
    is_required: bool
    default: ConstValueNode | None


class Variables:
    """Variable definitions of an operation."""

    __slots__ = ("_declared",)

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._declared: list[_Variable] | None = []
        for each in operation.variable_definitions or ():
            signature = get_variable_signature(schema, each)
            coerce = None if isinstance(signature, GraphQLError) else _coercion(signature.type)
            if isinstance(signature, GraphQLError) or coerce is None:
                self._declared = None
                return
            self._declared.append(
                _Variable(
                    signature.name,
                    coerce,
                    signature,
                    VariableValueSource(signature),
                    isinstance(signature.type, GraphQLNonNull),
                    each.default_value,
                )
            )

    def coerce(self, provided: Mapping[str, Any]) -> VariableValues:
        """Return the coerced values of the provided variables, and defaults of the others.

        Raises:
            Exception: if the values have to be coerced by graphql-core.
        """
        if self._declared is None:
            raise UncoercedError
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, coerce, signature, absent, is_required, default in self._declared:
            value = provided.get(name, Undefined)
            if value is not Undefined:
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = coerce(value)
                continue
            sources[name] = absent
            if default:
                # Coerced in each request, so that requests do not share a mutable list.
                coerced[name] = _require_defined(coerce_input_literal(default, signature.type))
            elif is_required:
                raise UncoercedError
        return VariableValues(sources, coerced)


class _Argument(NamedTuple):
    """An argument: its variable or constant value. With neither, its default applies."""

    name: str
    variable: str | None
    value: Any
    definition: GraphQLArgument
    is_required: bool
    is_nullable: bool


class Arguments:
    """Arguments of a field in a document.

    Raises:
        UncoercedError: if an argument is neither a variable nor an immutable constant.
    """

    __slots__ = ("_arguments",)

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        self._arguments = []
        for name, definition in field.args.items():
            value = nodes.get(name)
            variable, constant = None, Undefined
            if isinstance(value, VariableNode):
                variable = value.name.value
            elif value is not None:
                constant = coerce_input_literal(value, definition.type)
                if not isinstance(constant, IMMUTABLE_TYPES):
                    raise UncoercedError
            self._arguments.append(
                _Argument(
                    definition.out_name or name,
                    variable,
                    constant,
                    definition,
                    is_required_argument(definition),
                    not isinstance(definition.type, GraphQLNonNull),
                )
            )

    def coerce(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the coerced values, given the coerced variables.

        Raises:
            Exception: if the values have to be coerced by graphql-core.
        """
        values: dict[str, Any] = {}
        for name, variable, constant, definition, is_required, is_nullable in self._arguments:
            value = constant if variable is None else variables.get(variable, Undefined)
            if value is Undefined:
                if is_required:
                    raise UncoercedError
                value = coerce_default_value(definition)
                if value is Undefined:
                    continue
            elif value is None and not is_nullable:
                raise UncoercedError
            values[name] = value
        return values


def _require_defined(value: Any) -> Any:
    if value is Undefined:
        raise UncoercedError
    return value


def _coercion(type_: GraphQLInputType) -> Coerce | None:
    """Return the coercion of a type, or None if the type is recursive."""
    try:
        return _nullable_coercion(type_)
    except RecursionError:
        return None


def _nullable_coercion(type_: GraphQLInputType) -> Coerce:
    if not isinstance(type_, GraphQLNonNull):
        coerce = _non_null_coercion(type_)
        return lambda value: None if value is None else coerce(value)
    return _non_null_coercion(type_.of_type)


def _non_null_coercion(type_: GraphQLInputType) -> Coerce:
    """Return the coercion of values that are not null."""
    if isinstance(type_, GraphQLList):
        coerce_item = _nullable_coercion(type_.of_type)

        def coerce_list(value: Any) -> list[Any]:
            if type(value) is not list:
                raise UncoercedError
            return [coerce_item(each) for each in value]

        return coerce_list
    return (
        _object_coercion(type_)
        if isinstance(type_, GraphQLInputObjectType)
        else _leaf_coercion(type_)
    )


@lru_cache(maxsize=128)
def _leaf_coercion(type_: Any) -> Coerce:
    """Return the coercion of a scalar or enum."""

    def convert(value: Any) -> Any:
        if value is None:
            raise UncoercedError
        return _require_defined(type_.coerce_input_value(value))

    return exact_type_shortcut(type_, convert) or convert


@lru_cache(maxsize=128)
def _object_coercion(type_: GraphQLInputObjectType) -> Coerce:
    if type_.is_one_of:
        return _always_uncoerced
    names = type_.fields.keys()
    fields = [
        (
            name,
            field.out_name or name,
            _nullable_coercion(field.type),
            is_required_input_field(field),
            field,
        )
        for name, field in type_.fields.items()
    ]
    out_type = type_.out_type

    def coerce_object(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= names:
            raise UncoercedError
        coerced: dict[str, Any] = {}
        for name, out_name, coerce, is_required, field in fields:
            item = value.get(name, Undefined)
            if item is not Undefined:
                coerced[out_name] = coerce(item)
            elif is_required:
                raise UncoercedError
            elif (default := coerce_default_value(field)) is not Undefined:
                coerced[out_name] = default
        return out_type(coerced)

    return coerce_object


def _always_uncoerced(_: object) -> Any:
    raise UncoercedError
