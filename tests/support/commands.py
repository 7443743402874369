"""A ledger command whose decision is made by a function of a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.bookings.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from models.bookings.booking import Booking
    from models.bookings.command import Agendas


@dataclass(eq=False, kw_only=True)
class FunctionCommand(Command):
    """Ledger command that decides by calling the given function."""

    function: Callable[[Agendas], list[Booking]]

    def decide(self, agendas: Agendas) -> list[Booking]:
        """Call the function."""
        return self.function(agendas)
