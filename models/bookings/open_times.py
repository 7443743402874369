"""Rules and occupied time of experts, reduced to the fields that a search by time needs."""

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
    """Occupied time: its first cell, the cell after its last cell, and the hold's end, if any."""

    first: int
    stop: int
    held_until: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class OpenCalendar:
    """The rules and the occupied time of a calendar after the event at `position`.

    `busy` does not contain holds that had already expired when the calendar was read.
    """

    rules: Rules
    rules_version: int
    position: Position
    busy: Sequence[Busy]

    @property
    def is_bookable(self) -> bool:
        """Whether the rules can offer any slots."""
        return self.rules.accepts_bookings and bool(self.rules.weekly or self.rules.overrides)

    @property
    def lengths(self) -> list[int]:
        """The offered session lengths in minutes, the default length first."""
        return [offer.minutes for offer in self.rules.offers]

    @property
    def next_end_of_hold(self) -> datetime | None:
        """The earliest time at which a hold ends; None if there are no holds."""
        return min((each.held_until for each in self.busy if each.held_until), default=None)

    def at(self, now: datetime) -> OpenCalendar:
        """Return the calendar without holds that have expired by `now`."""
        return replace(self, busy=unexpired(self.busy, now))

    def free_starts(self, minutes: int, day: date) -> Sequence[int]:
        """Return the cells of a local day in which a session can start without overlapping `busy`.

        The minimum notice and the horizon are ignored, since they depend on the present time.
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
        """Return the first cell that starts after the minimum notice period."""
        notice = timedelta(minutes=self.rules.minimum_notice_minutes)
        return cell_from(now + notice)

    def last_day(self, now: datetime) -> date:
        """Return the last local day within the horizon."""
        return local_date(now, self.rules.time_zone) + self.rules.horizon_days * ONE_DAY

    def open_starts(self, minutes: int, since: int, until: int, now: datetime) -> Iterator[int]:
        """Yield the cells in `[since, until)` in which open slots start, earliest first."""
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
        """Return the local days whose `free_starts` may differ from `other`; None for all days."""
        if self.rules != other.rules:
            return None
        zone = self.rules.time_zone
        return {
            local_date(instant_of(cell), zone)
            for each in {*self.busy} ^ {*other.busy}
            for cell in _steps(each.first - MAX_OCCUPIED_CELLS, each.stop)
        }


def _steps(first: int, stop: int) -> Iterator[int]:
    """Yield cells of a range, including at least one on each local day of the range."""
    yield from range(first, stop, CELLS_PER_DAY // 2)
    yield stop


def cell_from(instant: datetime) -> int:
    """Return the first cell that begins at or after an instant."""
    return int(-(-instant.timestamp() // CELL_SECONDS))


def unexpired(busy: Iterable[Busy], now: datetime) -> tuple[Busy, ...]:
    """Return the occupied times without holds that have expired by `now`."""
    return tuple(each for each in busy if each.held_until is None or now < each.held_until)


def busy_of(occupants: Iterable[Occupant]) -> tuple[Busy, ...]:
    """Return the times that occupants take, in order, including those of expired holds."""
    return tuple(
        Busy(each.cells.start, each.cells.stop, each.held_until)
        for each in sorted(occupants, key=lambda one: one.cells.start)
    )


class SharedRules:
    """Cache of reduced rules, in which equal parts share one object to save memory."""

    def __init__(self) -> None:
        self._parts: dict[Part, Any] = {}

    def reduced(self, row: Mapping[str, Any]) -> Rules:
        """Return stored rules, with placeholders in fields that searches by time do not need."""
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
