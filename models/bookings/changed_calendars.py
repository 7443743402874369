"""The latest changed calendars, from which a process updates its index of open times in memory.

Each ledger keeps a document with the number of calendar changes that it has made, and the ids of
the experts whose calendars it changed last. Each change of a calendar updates the document in the
same transaction, so a reader finds every committed change. Ledgers have separate documents, since
their transactions would conflict on a shared document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from models.bookings.events import EventKind
from models.directory.versions import DIRECTORY
from models.ids import Id
from models.store.shared_state import SharedState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from models.bookings.events import Event
    from models.store.bulk_writes import Writes

PREFIX: Final = "calendars:"
MAX_RECENT: Final = 32
"""Maximum number of changed calendars listed in a ledger's document; a larger number would make
each change more expensive. A reader that has missed more changes than that compares the event
positions of all calendars."""


def record_changes(writes: Writes, ledger_id: str, events: Sequence[Event]) -> None:
    """Add a write that records the calendars whose occupied time or rules the events change."""
    changed = list(dict.fromkeys(e.expert_id for e in events if e.kind is not EventKind.STATUS))
    if changed:
        writes.upsert(
            SharedState,
            {"_id": f"{PREFIX}{ledger_id}"},
            {
                "$inc": {"changes": len(changed)},
                "$push": {"recent": {"$each": changed, "$slice": -MAX_RECENT}},
                "$set": {"changed_at": events[-1].at},
                "$setOnInsert": {"since": events[0].id},
            },
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """Numbers of changes of the directory and of calendars, keyed by the document that counts them.

    If a document expired and was created again, the new one is treated as a different document.
    `recent` maps each document to the ids that it contains of the experts changed last.
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    recent: Mapping[str, list[Id]] = field(default_factory=dict)

    def since(self, earlier: Changes) -> tuple[set[Id], set[str]]:
        """Return the experts changed since `earlier`, and the documents that omit some of them."""
        changed, unknown = set[Id](), set[str]()
        for name, number in self.numbers.items():
            missed = number - earlier.numbers.get(name, 0)
            recent = self.recent[name]
            if 0 <= missed <= len(recent):
                changed.update(recent[len(recent) - missed :])
            else:
                unknown.add(name)
        return changed, unknown


async def read_changes() -> Changes:
    """Read the present numbers of changes, and the experts that were changed last.

    Raises:
        PyMongoError: if the database does not respond.
    """
    of_ledgers = {"_id": {"$gte": PREFIX, "$lt": PREFIX[:-1] + ";"}}
    query: dict[str, Any] = {"$or": [{"_id": DIRECTORY}, of_ledgers]}
    rows = await SharedState.get_pymongo_collection().find(query).to_list()
    named = {f"{row['_id']} {row.get('since', '')}".strip(): row for row in rows}
    return Changes(
        {name: int(row["changes"]) for name, row in named.items()},
        {name: [Id(each) for each in row.get("recent", ())] for name, row in named.items()},
    )
