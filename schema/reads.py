"""What an operation has read that changes: by this a kept answer is known to be right still."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from models.calendar.expiry import unchanged_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.bookings.booking import Span
    from models.calendar.rules import Calendar
    from models.calendar.slots import Occupant
    from models.ids import Id

ALWAYS = datetime.max.replace(tzinfo=UTC)


class Reads:
    """The calendars that an operation has read, and of which of them it has read bookings."""

    def __init__(self) -> None:
        self._calendars: dict[Id, Calendar] = {}
        self._ends_of_holds: dict[Id, list[datetime]] = {}

    def calendars(self, found: Iterable[Calendar | None]) -> None:
        """Note calendars, each with the number of the last event that it knows."""
        for calendar in found:
            if calendar:
                self._calendars.setdefault(calendar.id, calendar)

    def occupants(self, spans: Iterable[Span], found: Iterable[Iterable[Occupant]]) -> None:
        """Note what is taken in some spans."""
        for span, occupants in zip(spans, found, strict=True):
            ends = self._ends_of_holds.setdefault(span.expert_id, [])
            ends.extend(each.held_until for each in occupants if each.held_until)

    @property
    def sequences(self) -> dict[Id, int]:
        """The number of the last event of each calendar that is sure to be in the answer."""
        return {id_: calendar.sequence for id_, calendar in self._calendars.items()}

    def unchanged_until(self, now: datetime) -> datetime:
        """The instant before which the clock alone changes nothing in the answer as of `now`."""
        return min(
            chain(
                [ALWAYS],
                (
                    unchanged_until(self._calendars[id_].rules, ends, now)
                    for id_, ends in self._ends_of_holds.items()
                ),
            )
        )
