"""Log of the recent changes that this process knows of, to detect outdated responses."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.ids import Id

MAX_TRACKED_CALENDARS: Final = 10_000


class RecentChanges:
    """Numbers the changes that this process learns of; keeps the latest one of each calendar.

    Only the most recently changed calendars are remembered. A forgotten change is treated as if
    all calendars had changed.

    Attributes:
        latest: number of the latest change.
    """

    def __init__(self) -> None:
        self.latest = 0
        self._latest_by_expert: OrderedDict[Id, int] = OrderedDict()
        self._latest_of_all = 0

    def record(self, expert_id: Id) -> None:
        """Record a change of an expert's calendar."""
        self.latest += 1
        self._latest_by_expert[expert_id] = self.latest
        self._latest_by_expert.move_to_end(expert_id)
        if len(self._latest_by_expert) > MAX_TRACKED_CALENDARS:
            _, self._latest_of_all = self._latest_by_expert.popitem(last=False)

    def record_all(self) -> None:
        """Record a change that may affect every response."""
        self.latest += 1
        self._latest_of_all = self.latest
        self._latest_by_expert.clear()

    def is_unchanged(self, expert_ids: Iterable[Id], since: int) -> bool:
        """Return whether these calendars are unchanged since the change with the number `since`."""
        return self._latest_of_all <= since and all(
            self._latest_by_expert.get(expert_id, 0) <= since for expert_id in expert_ids
        )
