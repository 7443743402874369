"""What a change of a schema does to the clients of the release before it."""

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

from tests.schema.places import places, reached, typed, types_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLSchema

    from tests.schema.places import Typed

ADVICE: Final = """
Clients of the last release (schema/released.graphql) rely on it. Keep it and add the new beside it;
deprecate the old with a reason that names what to use instead. What a release has deprecated, the
next may do without. A release renews the promise: cp schema/schema.graphql schema/released.graphql
"""


def breaks(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """What clients of the old schema would miss, but for what it had told them to leave."""
    announced = set(_deprecated(old))
    found = [
        change.description
        for change in find_schema_changes(old, new)
        if isinstance(change, BreakingChange)
        and change.description.removesuffix(" was removed.").split(" ")[-1] not in announced
    ]
    return found + [f"{path} must be given now." for path in _demanded(old, new)]


def surprises(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """What stays valid, and may still be more than the clients of the old schema expect."""
    changes = find_schema_changes(old, new)
    return [each.description for each in changes if isinstance(each, DangerousChange)]


def told(broken: list[str], surprising: list[str]) -> str:
    """What a developer is told: what breaks, what else clients may notice, and how to go on."""
    lines = ["This breaks clients:", *(f"- {each}" for each in broken)]
    if surprising:
        lines += ["This they may notice:", *(f"- {each}" for each in surprising)]
    return "\n".join(lines) + "\n" + ADVICE


def _deprecated(schema: GraphQLSchema) -> Iterator[str]:
    """What is deprecated, and the types to which nothing else leads, as changes name them."""
    for path, _, part in places(schema):
        if not isinstance(part, GraphQLNamedType) and part.deprecation_reason is not None:
            yield path.replace(")", ":)")
    stay = reached(schema, by_deprecated=False)
    yield from (type_.name for type_ in types_of(schema) if type_.name not in stay)


def _demanded(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """What has lost the default for which it could be left out: to graphql-core no break."""
    before = {path: str(part.type) for path, _, part in typed(old) if not _is_required(part)}
    return [
        path
        for path, _, part in typed(new)
        if _is_required(part) and before.get(path) == str(part.type)
    ]


def _is_required(part: Typed) -> bool:
    if isinstance(part, GraphQLArgument):
        return is_required_argument(part)
    return isinstance(part, GraphQLInputField) and is_required_input_field(part)
