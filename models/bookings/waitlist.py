"""An expert's waiting list in memory, with the changes that commands have made to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from models.bookings.wait import Wait, WaitTerms
    from models.calendar.slots import SlotKey
    from models.ids import Id


class Waitlist:
    """The current entries of a waiting list, in order, and the entries as stored in the database.

    Args:
        stored: the entries as stored in the database.
    """

    def __init__(self, stored: Collection[Wait] | Waitlist = ()) -> None:
        self._stored: dict[Id, Wait] = {}
        if stored:  # most calendars have no waiting list
            in_order = sorted(stored, key=lambda wait: wait.number)
            self._stored = {wait.id: wait for wait in in_order}
        self._waits = self._stored.copy()

    def __len__(self) -> int:
        return len(self._waits)

    def __iter__(self) -> Iterator[Wait]:
        """Iterate over a copy of the entries, so that the list may change during the iteration."""
        return iter(list(self._waits.values()))

    def get(self, wait_id: Id | None) -> Wait | None:
        """Return the entry with the given id, or None if it is not on the list."""
        return self._waits.get(wait_id) if wait_id else None

    def find(self, terms: WaitTerms) -> Wait | None:
        """Return the entry with the given terms, or None if there is none on the list."""
        return next((wait for wait in self._waits.values() if wait.terms == terms), None)

    def satisfied(self, client_id: Id, key: SlotKey) -> list[Wait]:
        """Return the client's entries whose terms the slot satisfies."""
        return [
            wait
            for wait in self._waits.values()
            if wait.terms.client_id == client_id and wait.terms.admits(key)
        ]

    def put(self, wait: Wait) -> None:
        """Append an entry, or replace the entry with the same id without changing its position."""
        self._waits[wait.id] = wait

    def remove(self, wait: Wait) -> None:
        """Remove an entry."""
        del self._waits[wait.id]

    def snapshot(self) -> dict[Id, Wait]:
        """Return the current entries, to be passed to `restore` later."""
        return dict(self._waits)

    def restore(self, snapshot: dict[Id, Wait]) -> None:
        """Restore the entries of a snapshot."""
        self._waits = snapshot

    @property
    def added(self) -> list[Wait]:
        """The entries that are not stored yet."""
        return [wait for wait in self._waits.values() if wait.id not in self._stored]

    @property
    def changed(self) -> list[Wait]:
        """The entries that differ from their stored versions."""
        return [
            wait for wait in self._waits.values() if self._stored.get(wait.id) not in (None, wait)
        ]

    @property
    def removed(self) -> list[Wait]:
        """The stored entries that are no longer on the list."""
        return [wait for wait in self._stored.values() if wait.id not in self._waits]

    @property
    def is_changed(self) -> bool:
        """Whether the current entries differ from the stored entries."""
        return self._waits != self._stored
