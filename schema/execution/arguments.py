"""Variables and arguments, whose types are looked up once a document rather than a request.

GraphQL asks of each value anew what its type is, step by step: 10 µs for a booking's variables, of
which 2 remain (3.11, one core). Coercing changes nothing, so what is not as it should be (a value
of another type, a field that is not known or not there) is left to GraphQL, which finds it again,
and tells it.
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
    """Makes the value of a type of what was sent, if that is all right."""

IMMUTABLE: Final = (str, int, float, bool, date, Enum, type(None))


class UncoercedError(Exception):
    """A value, or its type, that GraphQL itself has to judge."""


class _Variable(NamedTuple):
    """A declared variable; those without a source are not given."""

    name: str
    coerce: Coerce
    signature: Any
    absent: VariableValueSource
    is_required: bool
    default: ConstValueNode | None


class Variables:
    """The variables of an operation."""

    __slots__ = ("_declared",)

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._declared: list[_Variable] | None = []
        for each in operation.variable_definitions or ():
            signature = get_variable_signature(schema, each)
            coerce = None if isinstance(signature, GraphQLError) else _coercer(signature.type)
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

    def coerce(self, given: Mapping[str, Any]) -> VariableValues:
        """Their values.

        Raises:
            Exception: where GraphQL has to find out what is wrong.
        """
        if self._declared is None:
            raise UncoercedError
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for name, coerce, signature, absent, is_required, default in self._declared:
            value = given.get(name, Undefined)
            if value is not Undefined:
                sources[name] = VariableValueSource(signature, value)
                coerced[name] = coerce(value)
                continue
            sources[name] = absent
            if default:
                # Not once for all: whoever changes a list would change that of the next.
                coerced[name] = _known(coerce_input_literal(default, signature.type))
            elif is_required:
                raise UncoercedError
        return VariableValues(sources, coerced)


class _Argument(NamedTuple):
    """An argument: its variable, or else its value; its default counts where it has neither."""

    name: str
    variable: str | None
    value: Any
    definition: GraphQLArgument
    is_required: bool
    is_nullable: bool


class Arguments:
    """The arguments of a field as a document has them.

    Raises:
        UncoercedError: where they are not of variables and scalars alone.
    """

    __slots__ = ("_given",)

    def __init__(self, field: GraphQLField, node: FieldNode) -> None:
        nodes = {argument.name.value: argument.value for argument in node.arguments or ()}
        self._given = []
        for name, definition in field.args.items():
            value = nodes.get(name)
            variable, constant = None, Undefined
            if isinstance(value, VariableNode):
                variable = value.name.value
            elif value is not None:
                constant = coerce_input_literal(value, definition.type)
                if not isinstance(constant, IMMUTABLE):
                    raise UncoercedError
            self._given.append(
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
        """Their values.

        Raises:
            Exception: where GraphQL has to find out what is wrong.
        """
        values: dict[str, Any] = {}
        for name, variable, constant, definition, is_required, is_nullable in self._given:
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


def _known(value: Any) -> Any:
    if value is Undefined:
        raise UncoercedError
    return value


def _coercer(type_: GraphQLInputType) -> Coerce | None:
    """What coerces values of a type; None for one that is within itself."""
    try:
        return _nullable(type_)
    except RecursionError:
        return None


def _nullable(type_: GraphQLInputType) -> Coerce:
    if not isinstance(type_, GraphQLNonNull):
        coerce = _present(type_)
        return lambda value: None if value is None else coerce(value)
    return _present(type_.of_type)


def _present(type_: GraphQLInputType) -> Coerce:
    """What coerces values that are not null."""
    if isinstance(type_, GraphQLList):
        row = _nullable(type_.of_type)

        def rows(value: Any) -> list[Any]:
            if type(value) is not list:
                raise UncoercedError
            return [row(each) for each in value]

        return rows
    return _object(type_) if isinstance(type_, GraphQLInputObjectType) else _leaf(type_)


@lru_cache(maxsize=128)
def _leaf(type_: Any) -> Coerce:
    """What coerces scalars: as they are where GraphQL leaves them so."""

    def converted(value: Any) -> Any:
        if value is None:
            raise UncoercedError
        return _known(type_.coerce_input_value(value))

    return exact_type_shortcut(type_, converted) or converted


@lru_cache(maxsize=128)
def _object(type_: GraphQLInputObjectType) -> Coerce:
    if type_.is_one_of:
        return _refuse
    known = type_.fields.keys()
    fields = [
        (name, field.out_name or name, _nullable(field.type), is_required_input_field(field), field)
        for name, field in type_.fields.items()
    ]
    made = type_.out_type

    def values(value: Any) -> Any:
        if type(value) is not dict or not value.keys() <= known:
            raise UncoercedError
        found: dict[str, Any] = {}
        for name, own, coerce, is_required, field in fields:
            given = value.get(name, Undefined)
            if given is not Undefined:
                found[own] = coerce(given)
            elif is_required:
                raise UncoercedError
            elif (default := coerce_default_value(field)) is not Undefined:
                found[own] = default
        return made(found)

    return values


def _refuse(_: object) -> Any:
    raise UncoercedError
