"""Ranges of cells around slots and bookings, within which a change may affect other slots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bookings.booking import MAX_OCCUPIED_CELLS
from models.calendar.rules import MAX_BREAK_MINUTES
from models.calendar.slots import SlotKey, listed_starts, slot_of
from models.calendar.times import CELL_MINUTES, cell_of, instant_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from models.calendar.rules import Rules
    from models.calendar.slots import Occupant, Slot
    from models.ids import Id

MAX_BREAK_CELLS = MAX_BREAK_MINUTES // CELL_MINUTES


def surroundings(key: SlotKey) -> tuple[int, int]:
    """Return the range of cells whose bookings may affect a slot or the slots next to it.

    Returns:
        The first cell, and the cell after the last one.
    """
    return key.cell - MAX_OCCUPIED_CELLS, key.session_end + MAX_BREAK_CELLS + MAX_OCCUPIED_CELLS


def surroundings_of_window(since: datetime, until: datetime) -> tuple[int, int]:
    """Return the range of cells that contains the surroundings of all slots in a window of time.

    The window contains all slots that start in `[since, until)`.
    """
    last = cell_of(until)
    return cell_of(since) - MAX_OCCUPIED_CELLS, last + 1 + 2 * MAX_OCCUPIED_CELLS


def affected_slots(
    expert_id: Id, rules: Rules, spans: Sequence[range], now: datetime
) -> list[tuple[SlotKey, int]]:
    """Return the keys and prices of the listed slots that changes in the given cells may affect."""
    break_cells = rules.break_minutes // CELL_MINUTES
    first, stop = min(cells.start for cells in spans), max(cells.stop for cells in spans)
    return [
        (SlotKey(expert_id, cell, offer.minutes), offer.price)
        for offer in rules.offers
        for cell in listed_starts(
            rules,
            offer.minutes,
            instant_of(first - offer.minutes // CELL_MINUTES - break_cells),
            instant_of(stop),
            now,
        )
    ]


def states_of(
    slots: Iterable[tuple[SlotKey, int]], rules: Rules, taken: Mapping[int, Occupant]
) -> list[Slot]:
    """Return the slots with the given keys and prices, and with their current status."""
    return [slot_of(key, price, rules, taken) for key, price in slots]


def changed_slots(now: Sequence[Slot], *before: Sequence[Slot]) -> list[Slot]:
    """Return the slots of `now` that differ from the same slot in any list of `before`.

    All lists contain the same slots in the same order.
    """
    return [
        slot
        for slot, *earlier in zip(now, *before, strict=True)
        if any(other != slot for other in earlier)
    ]
