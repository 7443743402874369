"""Refusals that concern slots; models/errors.py lists all errors of the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.calendar.slots import Slot


@dataclass(eq=False)
class SlotRefusal(Refused):
    """A refusal that tells the client the current status of slots of one expert.

    Attributes:
        slots: the slots with their current status, at least one.
        sequence: sequence number of the expert's last event that is reflected in `slots`.
    """

    slots: Sequence[Slot]
    sequence: int


class SlotTaken(SlotRefusal):
    """The requested slot is held or booked; it is the only slot in `slots`."""

    code = "SLOT_TAKEN"
    message = "This slot is already booked. Please choose another slot."

    @property
    def slot(self) -> Slot:
        """The requested slot with its current status."""
        [slot] = self.slots
        return slot


class TimeOpen(SlotRefusal):
    """Slots of the wanted length can be booked now, so there is nothing to wait for.

    `slots` lists the earliest of these open slots.
    """

    code = "TIME_OPEN"
    message = "There is free time. Please book it instead of waiting."


@dataclass(eq=False)
class PriceChanged(Refused):
    """The price differs from the price that the client expected.

    `price` is the current price in minor currency units.
    """

    price: int

    code = "PRICE_CHANGED"
    message = "The price has changed. Please look at it again before you book."


class AvailabilityChanged(Refused):
    """The calendar's rules have changed since the version that the client edited."""

    code = "AVAILABILITY_CHANGED"
    message = "These hours have changed in the meantime. Please look at them again before you save."


@dataclass(eq=False)
class SlotNotOffered(Refused):
    """The expert does not offer a session of this length at this time, or no longer does."""

    slot_id: str

    code = "SLOT_NOT_OFFERED"
    message = "The expert does not offer this time. Please choose another slot."
