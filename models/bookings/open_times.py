"""Open times of experts: rules and occupied time, reduced to what a search by time needs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from models.bookings.booking import MAX_OCCUPIED_CELLS
from models.calendar.rules import Offer, Rules
from models.calendar.slots import computed_starts
from models.calendar.times import CELL_MINUTES, CELL_SECONDS, CELLS_PER_DAY, instant_of, local_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from models.bookings.events import Position
    from models.calendar.slots import Occupant
    from models.store.documents import Part

SomePart = TypeVar("SomePart", bound="Part")

ONE_DAY: Final = timedelta(days=1)


class Busy(NamedTuple):
    """Occupied time: its first cell, the cell after the last one, and the expiry of a hold."""

    first: int
    stop: int
    held_until: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class OpenCalendar:
    """Rules and occupied time of a calendar after the event at `position`.

    `busy` has no holds that had expired when it was read.
    """

    rules: Rules
    rules_version: int
    position: Position
    busy: Sequence[Busy]

    @property
    def is_bookable(self) -> bool:
        """Whether the rules may offer any session."""
        return self.rules.accepts_bookings and bool(self.rules.weekly or self.rules.overrides)

    @property
    def lengths(self) -> list[int]:
        """The lengths of sessions, the default first."""
        return [offer.minutes for offer in self.rules.offers]

    @property
    def next_end_of_hold(self) -> datetime | None:
        """The earliest end of a hold; None without holds."""
        return min((each.held_until for each in self.busy if each.held_until), default=None)

    def at(self, now: datetime) -> OpenCalendar:
        """Return the calendar without expired holds."""
        return replace(self, busy=unexpired(self.busy, now))

    def free_starts(self, minutes: int, day: date) -> Sequence[int]:
        """Return the cells of a local day at which a session can start in free time.

        Notice and horizon, which depend on the present time, are ignored.
        """
        found = computed_starts(self.rules, minutes, day)
        if not found or not self.busy:
            return found
        length = (minutes + self.rules.break_minutes) // CELL_MINUTES
        first, stop = found[0], found[-1] + length
        near = [each for each in self.busy if each.first < stop and first < each.stop]
        return [
            cell
            for cell in found
            if all(each.stop <= cell or cell + length <= each.first for each in near)
        ]

    def earliest_cell(self, now: datetime) -> int:
        """Return the first cell after the minimum notice."""
        notice = timedelta(minutes=self.rules.minimum_notice_minutes)
        return cell_from(now + notice)

    def last_day(self, now: datetime) -> date:
        """Return the last local day within the horizon."""
        return local_date(now, self.rules.time_zone) + self.rules.horizon_days * ONE_DAY

    def open_starts(self, minutes: int, since: int, until: int, now: datetime) -> Iterator[int]:
        """Yield the cells in `[since, until)` at which open slots start, earliest first."""
        since = max(since, self.earliest_cell(now))
        if since >= until or not self.is_bookable or minutes not in self.lengths:
            return
        day = local_date(instant_of(since), self.rules.time_zone)
        last = min(local_date(instant_of(until), self.rules.time_zone), self.last_day(now))
        while day <= last:
            for cell in self.free_starts(minutes, day):
                if since <= cell < until:
                    yield cell
            day += ONE_DAY

    def changed_days(self, other: OpenCalendar) -> set[date] | None:
        """Return the local days whose free starts may differ; None if all days may."""
        if self.rules != other.rules:
            return None
        zone = self.rules.time_zone
        return {
            local_date(instant_of(cell), zone)
            for each in {*self.busy} ^ {*other.busy}
            for cell in _steps(each.first - MAX_OCCUPIED_CELLS, each.stop)
        }


def _steps(first: int, stop: int) -> Iterator[int]:
    """Yield cells of a range, at least one of them on each local day."""
    yield from range(first, stop, CELLS_PER_DAY // 2)
    yield stop


def cell_from(instant: datetime) -> int:
    """Return the first cell that does not begin before an instant."""
    return int(-(-instant.timestamp() // CELL_SECONDS))


def unexpired(busy: Iterable[Busy], now: datetime) -> tuple[Busy, ...]:
    """Return the occupied time without expired holds."""
    return tuple(each for each in busy if each.held_until is None or now < each.held_until)


def busy_of(occupants: Iterable[Occupant]) -> tuple[Busy, ...]:
    """Return the time that occupants take, including expired holds."""
    return tuple(
        Busy(each.cells.start, each.cells.stop, each.held_until)
        for each in sorted(occupants, key=lambda one: one.cells.start)
    )


class SharedRules:
    """Cache of rules without prices and places, which shares equal parts to save memory."""

    def __init__(self) -> None:
        self._parts: dict[Part, Any] = {}

    def reduced(self, row: Mapping[str, Any]) -> Rules:
        """Return stored rules without the fields that a search by time does not need."""
        rules = Rules.model_validate(row)
        offers = (Offer(minutes=offer.minutes, price=0) for offer in rules.offers)
        return self._shared(
            rules.with_changes(
                weekly=tuple(map(self._shared, rules.weekly)),
                overrides=tuple(map(self._shared, rules.overrides)),
                offers=tuple(map(self._shared, offers)),
                cancellation_notice_minutes=0,
                confirms_automatically=True,
            )
        )

    def _shared(self, part: SomePart) -> SomePart:
        shared: SomePart = self._parts.setdefault(part, part)
        return shared
