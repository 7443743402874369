"""GraphQL's standard introspection query, with its options enabled to make it large."""

from __future__ import annotations

from graphql import get_introspection_query

INTROSPECTION = get_introspection_query(
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
    one_of=True,
)
