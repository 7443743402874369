"""How long the answers to strangers count, decided by what the resolvers read.

A field that is not listed may depend on who asks. The calendar's own fields count for one answer
alone: whoever hears of a change of hours asks anew, and must not get what was there before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from graphql import OperationType, TypeInfo, TypeInfoVisitor, Visitor, visit

from schema.documents import LONGEST_CACHED, core, once_a_text

if TYPE_CHECKING:
    from graphql import FieldNode

    from schema.documents import Prepared

DIRECTORY_SECONDS: Final = 30
HINT_SECONDS: Final = 5

SECONDS: Final = {
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

READ: Final = {
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
    if not is_query or len(prepared.text) > LONGEST_CACHED:
        return None
    return _seconds(prepared)


@once_a_text
def _seconds(prepared: Prepared) -> int | None:
    info = TypeInfo(core)
    search = _Search(info)
    visit(prepared.document, TypeInfoVisitor(info, search))
    return search.seconds


class _Search(Visitor):
    """Looks for the field that counts for the shortest time, in all of a document."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.seconds: int | None = DIRECTORY_SECONDS

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Take the field into account."""
        parent, name = self._info.get_parent_type(), node.name.value
        if parent is None or name == "__typename" or name in READ.get(parent.name, ()):
            return
        seconds = SECONDS.get(parent.name, {}).get(name)
        if seconds is None or self.seconds is None:
            self.seconds = None
        else:
            self.seconds = min(seconds, self.seconds)
