"""Cache lifetimes of responses to anonymous clients, derived from the selected fields.

A field that is not listed here may depend on the viewer, so responses with such a field are not
public. Calendar fields have a lifetime of 0 seconds, because clients fetch them again after an
event, and must not get data from before that event.
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

from schema.execution.documents import MAX_CACHED_DOCUMENT_CHARS, cached_per_document
from schema.root import core

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
        "nextSlots": HINT_SECONDS,
        "offers": HINT_SECONDS,
        "reviews": DIRECTORY_SECONDS,
        "sequence": 0,
        "slots": 0,
        "timeZone": HINT_SECONDS,
    },
}
"""Lifetimes in seconds of fields that read data."""

PLAIN_FIELDS: Final = {
    "Availability": {
        "breakMinutes",
        "cancellationNoticeMinutes",
        "confirmsAutomatically",
        "horizonDays",
        "minimumNoticeMinutes",
        "overrides",
        "stepMinutes",
        "version",
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
        "ratingCounts",
        "reviewCount",
        "slug",
        "title",
    },
    "ExpertConnection": {"edges", "nodes", "pageInfo", "totalCount"},
    "ExpertEdge": {"cursor", "node"},
    "LocalHours": {"from", "to"},
    "Money": {"amount", "currency", "decimals"},
    "Node": {"id"},
    "PageInfo": {"endCursor", "hasNextPage", "hasPreviousPage", "startCursor"},
    "Place": {"kind"},  # without `details`, which only a booking's parties may see
    "Review": {  # without `hiddenReason`, which only the booking's parties may see
        "answer",
        "answeredAt",
        "author",
        "createdAt",
        "editedAt",
        "hidden",
        "id",
        "rating",
        "text",
    },
    "ReviewConnection": {"edges", "nodes", "pageInfo", "totalCount"},
    "ReviewEdge": {"cursor", "node"},
    "SessionOffer": {"minutes", "place", "price"},
    "Slot": {"endsAt", "heldUntil", "id", "minutes", "price", "sequence", "startsAt", "status"},
    "WeeklyHours": {"from", "to", "weekday"},
}
"""Fields that every viewer may see, and whose data a parent field has already read."""


def public_seconds(prepared: Prepared) -> int | None:
    """Return for how many seconds anonymous clients may share a response.

    Return None if the response may depend on the viewer, the operation is not a query, or the
    document is too long to be cached.
    """
    is_query = prepared.kind is OperationType.QUERY
    if not is_query or len(prepared.text) > MAX_CACHED_DOCUMENT_CHARS:
        return None
    return _seconds(prepared)


@cached_per_document
def _seconds(prepared: Prepared) -> int | None:
    """Return the shortest lifetime of a document's fields in seconds; None if any is not public.

    The document is walked directly, which is much faster than with graphql-core's visitor.
    """
    shortest = DIRECTORY_SECONDS
    pending: list[tuple[SelectionSetNode, Any]] = []
    for definition in prepared.document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            pending.append((definition.selection_set, core.get_root_type(definition.operation)))
        elif isinstance(definition, FragmentDefinitionNode):
            on = core.type_map[definition.type_condition.name.value]
            pending.append((definition.selection_set, on))
    while pending:
        selection_set, parent = pending.pop()
        plain_fields, lifetimes = (
            PLAIN_FIELDS.get(parent.name, ()),
            CACHE_SECONDS.get(parent.name, {}),
        )
        for name in _fields(selection_set, parent, pending):
            if name in lifetimes:
                shortest = min(shortest, lifetimes[name])
            elif name not in plain_fields and name != "__typename":
                return None
    return shortest


def _fields(
    selection_set: SelectionSetNode, parent: Any, pending: list[tuple[SelectionSetNode, Any]]
) -> Iterator[str]:
    """Yield the field names of a selection set, and append nested selection sets to `pending`."""
    for node in selection_set.selections:
        if isinstance(node, FieldNode):
            name = node.name.value
            yield name
            if node.selection_set:
                pending.append((node.selection_set, get_named_type(parent.fields[name].type)))
        elif isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            on = core.type_map[condition.name.value] if condition else parent
            pending.append((node.selection_set, on))
