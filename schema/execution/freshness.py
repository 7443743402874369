"""How long the answers to strangers count, decided by what the resolvers read.

A field that is not listed may depend on who asks. The calendar's own fields count for one answer
alone: whoever hears of a change of hours asks anew, and must not get what was there before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
)

from schema.execution.documents import MAX_CACHED_DOCUMENT_CHARS, cached_per_document, core

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import SelectionSetNode

    from schema.execution.prepared import Prepared

DIRECTORY_SECONDS: Final = 30
HINT_SECONDS: Final = 5

CACHE_SECONDS: Final = {
    "Query": {
        "categories": DIRECTORY_SECONDS,
        "expert": DIRECTORY_SECONDS,
        "expertBySlug": DIRECTORY_SECONDS,
        "experts": DIRECTORY_SECONDS,
        "node": 0,
    },
    "Expert": {
        "availability": 0,
        "cursor": 0,
        "days": 0,
        "nextSlot": HINT_SECONDS,
        "offers": HINT_SECONDS,
        "sequence": 0,
        "slots": 0,
        "timeZone": HINT_SECONDS,
    },
}
"""Fields that read something, and how many seconds what they read counts."""

PLAIN_FIELDS: Final = {
    "Availability": {
        "breakMinutes",
        "cancellationNoticeMinutes",
        "confirmsAutomatically",
        "horizonDays",
        "minimumNoticeMinutes",
        "overrides",
        "stepMinutes",
        "weekly",
    },
    "CategoryCount": {"category", "count"},
    "DateOverride": {"date", "hours"},
    "Day": {"date", "slots"},
    "Expert": {
        "bio",
        "category",
        "experienceYears",
        "hourlyRate",
        "id",
        "languages",
        "name",
        "photoUrl",
        "rating",
        "reviewCount",
        "slug",
        "title",
    },
    "ExpertConnection": {"edges", "nodes", "pageInfo", "totalCount"},
    "ExpertEdge": {"cursor", "node"},
    "LocalHours": {"from", "to"},
    "Money": {"amount", "currency"},
    "Node": {"id"},
    "PageInfo": {"endCursor", "hasNextPage", "hasPreviousPage", "startCursor"},
    "SessionOffer": {"minutes", "price"},
    "Slot": {"endsAt", "heldUntil", "id", "minutes", "price", "sequence", "startsAt", "status"},
    "WeeklyHours": {"from", "to", "weekday"},
}
"""Fields that only show what a field above has read, and are the same for everybody."""


def public_seconds(prepared: Prepared) -> int | None:
    """How many seconds a stranger's answer counts for all strangers; None if for nobody else."""
    is_query = prepared.kind is OperationType.QUERY
    if not is_query or len(prepared.text) > MAX_CACHED_DOCUMENT_CHARS:
        return None
    return _seconds(prepared)


@cached_per_document
def _seconds(prepared: Prepared) -> int | None:
    """That of the field that counts for the shortest time, in all of a document.

    Straight through it: GraphQL's visitor takes 0.18 ms for the question of an expert's slots, and
    this 0.005.
    """
    shortest = DIRECTORY_SECONDS
    sets: list[tuple[SelectionSetNode, Any]] = []
    for definition in prepared.document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            sets.append((definition.selection_set, core.get_root_type(definition.operation)))
        elif isinstance(definition, FragmentDefinitionNode):
            on = core.type_map[definition.type_condition.name.value]
            sets.append((definition.selection_set, on))
    while sets:
        selected, parent = sets.pop()
        shown, read = PLAIN_FIELDS.get(parent.name, ()), CACHE_SECONDS.get(parent.name, {})
        for name in _fields(selected, parent, sets):
            if name in read:
                shortest = min(shortest, read[name])
            elif name not in shown and name != "__typename":
                return None
    return shortest


def _fields(
    selected: SelectionSetNode, parent: Any, sets: list[tuple[SelectionSetNode, Any]]
) -> Iterator[str]:
    """The fields of a selection set; the sets below it are put to those that remain."""
    for node in selected.selections:
        if isinstance(node, FieldNode):
            name = node.name.value
            yield name
            if node.selection_set:
                sets.append((node.selection_set, get_named_type(parent.fields[name].type)))
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            on = core.type_map[condition.name.value] if condition else parent
            sets.append((node.selection_set, on))
