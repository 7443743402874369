"""Record of changed calendars, so that an index in memory can follow without reading all calendars.

Each ledger keeps a document with the number of its changes of calendars and the experts of the
latest ones. The document is written in the transaction of the change, so readers know every
committed change. Ledgers have separate documents, since a shared one would make them conflict.
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
"""Number of a ledger's latest changed calendars that are stored; a larger number makes each change
more expensive. After more changes, a reader compares the positions of all calendars."""


def record_changes(writes: Writes, ledger_id: str, events: Sequence[Event]) -> None:
    """Add the write that records the calendars whose time or rules some events change."""
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
    """Counts of changes of the directory and of calendars, by document.

    A document that has expired and was created again counts as a different one. `recent` has the
    experts of each document's latest changes.
    """

    numbers: Mapping[str, int] = field(default_factory=dict)
    recent: Mapping[str, list[Id]] = field(default_factory=dict)

    def since(self, earlier: Changes) -> tuple[set[Id], set[str]]:
        """Return the experts that have changed, and the documents whose changes are unknown."""
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
    """Return the present numbers of changes, and the experts of the latest ones.

    Raises:
        PyMongoError: if the database does not answer.
    """
    of_ledgers = {"_id": {"$gte": PREFIX, "$lt": PREFIX[:-1] + ";"}}
    query: dict[str, Any] = {"$or": [{"_id": DIRECTORY}, of_ledgers]}
    rows = await SharedState.get_pymongo_collection().find(query).to_list()
    named = {f"{row['_id']} {row.get('since', '')}".strip(): row for row in rows}
    return Changes(
        {name: int(row["changes"]) for name, row in named.items()},
        {name: [Id(each) for each in row.get("recent", ())] for name, row in named.items()},
    )
