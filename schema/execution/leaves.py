"""Scalars that GraphQL takes and gives as they are, where they are of the very type."""

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
    """What converts all values but those that stay as they are; None where that can be none."""
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
