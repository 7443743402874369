"""Data that an operation has read, which determines how long its response can be cached."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from models.bookings.events import position_of
from models.calendar.expiry import unchanged_until

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.bookings.booking import Span
    from models.bookings.events import Position
    from models.calendar.rules import Calendar
    from models.calendar.slots import Occupant
    from models.ids import Id

NEVER = datetime.max.replace(tzinfo=UTC)


class Reads:
    """Calendars, and expiry times of holds, that an operation has read."""

    def __init__(self) -> None:
        self._calendars: dict[Id, Calendar] = {}
        self._hold_expiries: dict[Id, list[datetime]] = {}
        self.is_momentary = False
        """Whether a change of a calendar that was not read can make the response outdated."""

    def record_calendars(self, calendars: Iterable[Calendar | None]) -> None:
        """Record calendars; if a calendar is read twice, the first version is kept."""
        for calendar in calendars:
            if calendar:
                self._calendars.setdefault(calendar.id, calendar)

    def record_occupants(
        self, spans: Iterable[Span], occupants: Iterable[Iterable[Occupant]]
    ) -> None:
        """Record that slots of the given spans were computed, and when the holds in them end."""
        for span, in_span in zip(spans, occupants, strict=True):
            ends = [occupant.held_until for occupant in in_span if occupant.held_until]
            self.record_holds(span.expert_id, ends)

    def record_holds(self, expert_id: Id, ends: Iterable[datetime]) -> None:
        """Record that an expert's slots were computed, and when the holds that block them end."""
        self._hold_expiries.setdefault(expert_id, []).extend(ends)

    def record_time_search(self) -> None:
        """Record a search by time, because a change of any calendar can change its result."""
        self.is_momentary = True

    @property
    def positions(self) -> dict[Id, Position]:
        """Return, for each calendar, the position in its event log that the response reflects."""
        return {id_: position_of(calendar) for id_, calendar in self._calendars.items()}

    def unchanged_until(self, now: datetime) -> datetime:
        """Return the time until which the response stays valid if no event occurs.

        Even without events, slots change as time passes: holds expire, and the limits set by the
        minimum notice and the booking horizon move.
        """
        return min(
            chain(
                [NEVER],
                (
                    unchanged_until(self._calendars[id_].rules, expiries, now)
                    for id_, expiries in self._hold_expiries.items()
                ),
            )
        )
