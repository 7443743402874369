"""Built-in scalars whose values graphql-core passes through unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLID,
    GraphQLInt,
    GraphQLString,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def exact_type_shortcut(type_: Any, convert: Callable[[Any], Any]) -> Callable[[Any], Any] | None:
    """Return a converter that returns valid values of the exact Python type unchanged.

    Args:
        type_: a GraphQL leaf type.
        convert: converter for all other values.

    Returns:
        The converter, or None if the type is not String, ID, Boolean or Int.
    """
    if type_ is GraphQLString or type_ is GraphQLID:
        return lambda value: value if type(value) is str else convert(value)
    if type_ is GraphQLBoolean:
        return lambda value: value if type(value) is bool else convert(value)
    if type_ is GraphQLInt:
        return lambda value: (
            value
            if type(value) is int and GRAPHQL_MIN_INT <= value <= GRAPHQL_MAX_INT
            else convert(value)
        )
    return None
