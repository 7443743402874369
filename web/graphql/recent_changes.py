"""What this process has changed, for whoever read before a change and is ready only after it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.ids import Id

MOST_CHANGES: Final = 10_000


class RecentChanges:
    """What has changed in this process, in its order; of calendars the latest so many."""

    def __init__(self) -> None:
        self.latest = 0
        self._of_expert: OrderedDict[Id, int] = OrderedDict()
        self._of_all = 0

    def note(self, expert_id: Id) -> None:
        """Note a change of a calendar."""
        self.latest += 1
        self._of_expert[expert_id] = self.latest
        self._of_expert.move_to_end(expert_id)
        if len(self._of_expert) > MOST_CHANGES:
            _, self._of_all = self._of_expert.popitem(last=False)

    def note_all(self) -> None:
        """Note a change that may concern anything."""
        self.latest += 1
        self._of_all = self.latest
        self._of_expert.clear()

    def none_since(self, change: int, expert_ids: Iterable[Id]) -> bool:
        """Whether nothing has changed since then of what is in an answer."""
        return self._of_all <= change and all(
            self._of_expert.get(expert_id, 0) <= change for expert_id in expert_ids
        )
