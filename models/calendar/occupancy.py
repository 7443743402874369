"""An expert's occupied time, updated incrementally while commands are decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from models.calendar.slots import Occupant
    from models.ids import Id


class Occupancy:
    """The 15-minute cells that an expert's active bookings and holds occupy at a given moment.

    Args:
        now: the given moment; `advance_to` replaces it with a later one.

    Attributes:
        taken: the occupant of each occupied cell; an expired hold occupies no cell.
    """

    def __init__(self, now: datetime) -> None:
        self.taken: dict[int, Occupant] = {}
        self._now = now
        self._occupants: dict[Id, Occupant] = {}
        self._expired: dict[Id, Occupant] = {}
        self._holds: dict[Id, Occupant] = {}

    def __len__(self) -> int:
        return len(self._occupants)

    @property
    def expired(self) -> list[Occupant]:
        """The expired holds that have not been released."""
        return list(self._expired.values())

    def copy(self) -> Occupancy:
        """Return an independent copy."""
        other = Occupancy(self._now)
        other.taken, other._occupants = dict(self.taken), dict(self._occupants)
        other._expired, other._holds = dict(self._expired), dict(self._holds)
        return other

    def advance_to(self, now: datetime) -> None:
        """Advance to a later moment, and free the cells of holds that have expired by then."""
        self._now = now
        for hold in [hold for hold in self._holds.values() if not hold.occupies_at(now)]:
            self.remove(hold.booking_id)
            self.add(hold)

    def get(self, booking_id: Id) -> Occupant | None:
        """Return the occupant with the given booking id, even if it is an expired hold, or None."""
        return self._occupants.get(booking_id)

    def add(self, occupant: Occupant) -> None:
        """Add a booking; it occupies its cells unless it is an expired hold."""
        self._occupants[occupant.booking_id] = occupant
        if occupant.occupies_at(self._now):
            if occupant.held_until:
                self._holds[occupant.booking_id] = occupant
            self.taken.update(dict.fromkeys(occupant.cells, occupant))
        else:
            self._expired[occupant.booking_id] = occupant

    def remove(self, booking_id: Id) -> None:
        """Remove a booking and free its cells."""
        occupant = self._occupants.pop(booking_id, None)
        self._holds.pop(booking_id, None)
        if occupant and self._expired.pop(booking_id, None) is None:
            for cell in occupant.cells:
                if self.taken.get(cell) is occupant:
                    del self.taken[cell]

    def blockers(self, cells: range) -> list[Occupant]:
        """Return the bookings and holds that overlap the given cells, expired holds included."""
        current = {id(occupant): occupant for cell in cells if (occupant := self.taken.get(cell))}
        expired = [
            occupant
            for occupant in self._expired.values()
            if occupant.cells.start < cells.stop and cells.start < occupant.cells.stop
        ]
        return [*current.values(), *expired]

    def taken_including(self, also: Occupant | None) -> Mapping[int, Occupant]:
        """Return `taken` with the cells of `also` added, even if `also` is an expired hold."""
        if also is None or also.booking_id not in self._expired:
            return self.taken
        return self.taken | dict.fromkeys(also.cells, also)

    def taken_excluding(self, excluded: Occupant) -> Mapping[int, Occupant]:
        """Return `taken` without the cells of the given occupant."""
        return {cell: occupant for cell, occupant in self.taken.items() if occupant is not excluded}
