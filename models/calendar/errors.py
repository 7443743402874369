"""Refusals of a slot; models/errors.py draws the whole tree of errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import Refused

if TYPE_CHECKING:
    from models.calendar.slots import Slot


@dataclass(eq=False)
class SlotTaken(Refused):
    """The time is held or booked; `sequence` is the number of the last event that `slot` knows."""

    slot: Slot
    sequence: int

    code = "SLOT_TAKEN"
    message = "This slot is already booked. Please choose another slot."


@dataclass(eq=False)
class SlotNotOffered(Refused):
    """The expert does not offer this time and length, or does not offer it any more."""

    slot_id: str

    code = "SLOT_NOT_OFFERED"
    message = "The expert does not offer this time. Please choose another slot."
