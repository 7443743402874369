"""Finds schema changes that break or may surprise clients of the last release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import (
    BreakingChange,
    DangerousChange,
    GraphQLArgument,
    GraphQLInputField,
    GraphQLNamedType,
    find_schema_changes,
    is_required_argument,
    is_required_input_field,
)

from tests.support.coordinates import elements, own_types, reachable_types, typed_elements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema

    from tests.support.coordinates import Typed

ADVICE: Final = """
Clients of the last release (schema/released.graphql) depend on it. Keep the old element and add a
new one; deprecate the old one with a reason that names the replacement. It can be removed in the
release after. Each release ends with: cp schema/schema.graphql schema/released.graphql
"""


def breaking_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """List breaking changes, except removals of elements that the old schema deprecated."""
    deprecated = set(_removable(old))
    breaking = [
        change.description
        for change in find_schema_changes(old, new)
        if isinstance(change, BreakingChange)
        and change.description.removesuffix(" was removed.").split(" ")[-1] not in deprecated
    ]
    return breaking + [f"{coordinate} is now required." for coordinate in _newly_required(old, new)]


def dangerous_changes(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """List changes that keep operations valid, but that clients may not expect."""
    changes = find_schema_changes(old, new)
    return [change.description for change in changes if isinstance(change, DangerousChange)]


def report(breaking: list[str], dangerous: list[str]) -> str:
    """Return a report for developers: breaking changes, dangerous changes and advice."""
    lines = ["Breaking changes:", *(f"- {change}" for change in breaking)]
    if dangerous:
        lines += ["Dangerous changes:", *(f"- {change}" for change in dangerous)]
    return "\n".join(lines) + "\n" + ADVICE


def _removable(schema: GraphQLSchema) -> Iterator[str]:
    """Yield deprecated elements' coordinates, and the types that only such elements use."""
    for coordinate, _, definition in elements(schema):
        if (
            not isinstance(definition, GraphQLNamedType)
            and definition.deprecation_reason is not None
        ):
            yield coordinate.replace(")", ":)")
    remaining = reachable_types(schema, include_deprecated=False)
    yield from (type_.name for type_ in own_types(schema) if type_.name not in remaining)


def _newly_required(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """List inputs that became required by losing a default, which graphql-core does not report."""
    optional = {
        coordinate: str(definition.type)
        for coordinate, _, definition in typed_elements(old)
        if not _is_required(definition)
    }
    return [
        coordinate
        for coordinate, _, definition in typed_elements(new)
        if _is_required(definition) and optional.get(coordinate) == str(definition.type)
    ]


def _is_required(definition: Typed) -> bool:
    if isinstance(definition, GraphQLArgument):
        return is_required_argument(definition)
    return isinstance(definition, GraphQLInputField) and is_required_input_field(definition)
