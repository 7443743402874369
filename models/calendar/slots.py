"""Slots: computed from an expert's rules and bookings, never stored.

`starts` is the only place that knows which times an expert offers; listing, booking and the
slots in an event all ask it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from models.calendar.times import (
    CELL_MINUTES,
    CELL_SECONDS,
    DAY_MINUTES,
    day_span,
    instant_of,
    local_date,
    wall_clock,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.calendar.rules import LocalRange, Rules
    from models.ids import Id


MAX_CACHED_DAYS = 32
"""Days, times lengths, of which a calendar's rules remember the starts."""


class SlotStatus(StrEnum):
    """OPEN can be booked; HELD where only holds stand in the way."""

    OPEN = "OPEN"
    HELD = "HELD"
    BOOKED = "BOOKED"


class SlotKey(NamedTuple):
    """What a slot is: an expert's time from a cell on, for so many minutes."""

    expert_id: Id
    cell: int
    minutes: int

    @property
    def session_end(self) -> int:
        """The cell after the session's last."""
        return self.cell + self.minutes // CELL_MINUTES

    @property
    def starts_at(self) -> datetime:
        """The first instant."""
        return instant_of(self.cell)

    @property
    def ends_at(self) -> datetime:
        """The instant after the last."""
        return instant_of(self.session_end)

    def occupies(self, rules: Rules) -> range:
        """The cells that booking it takes: the session and the break after it."""
        return range(self.cell, self.session_end + rules.break_minutes // CELL_MINUTES)


@dataclass(frozen=True, slots=True)
class Occupant:
    """A booking as it stands in the way of slots: its cells, the break after it included."""

    booking_id: Id
    client_id: Id
    cells: range
    session_end: int
    held_until: datetime | None

    def key(self, expert_id: Id) -> SlotKey:
        """The slot of that expert which it has."""
        minutes = (self.session_end - self.cells.start) * CELL_MINUTES
        return SlotKey(expert_id, self.cells.start, minutes)

    def occupies_at(self, now: datetime) -> bool:
        """Whether it is in anyone's way: a hold past its end is not."""
        return self.held_until is None or now < self.held_until


class Slot(NamedTuple):
    """A slot as it stands; `clients` are those whose sessions take its time."""

    key: SlotKey
    price: int
    status: SlotStatus
    held_until: datetime | None = None
    clients: tuple[Id, ...] = ()

    def is_mine(self, viewer_id: Id | None) -> bool:
        """Whether nobody but the viewer has its time."""
        return bool(self.clients) and all(client == viewer_id for client in self.clients)


def starts(rules: Rules, minutes: int, day: date) -> Sequence[int]:
    """The cells of a local day at which a session of that length may start, earliest first.

    Starts step from the beginning of each range by local time; the whole session lies in the
    range. When the clock changes, a start that does not exist is left out and one that happens
    twice is there twice.
    """
    known = rules.cached_starts
    found = known.get((minutes, day))
    if found is None:
        if len(known) >= MAX_CACHED_DAYS:
            known.clear()
        found = known[minutes, day] = _starts(rules, minutes, day)
    return found


def _starts(rules: Rules, minutes: int, day: date) -> list[int]:
    ranges = rules.ranges_on(day)
    if not ranges:
        return []
    step = rules.step_minutes or minutes
    span = day_span(day, rules.time_zone)
    length = minutes // CELL_MINUTES
    if span[1] - span[0] == DAY_MINUTES // CELL_MINUTES:
        found = {
            span[0] + minute // CELL_MINUTES
            for range_ in ranges
            for minute in range(range_.start, range_.end - minutes + 1, step)
        }
    else:
        clock = wall_clock(span, rules.time_zone)
        found = {
            span[0] + index
            for range_ in ranges
            for index in _starts_by_clock(range_, clock, step, length)
        }
    return sorted(found)


def _starts_by_clock(range_: LocalRange, clock: list[int], step: int, length: int) -> Iterator[int]:
    for index, minute in enumerate(clock[: len(clock) - length + 1]):
        if (minute - range_.start) % step == 0 and all(
            range_.start <= at < range_.end for at in clock[index : index + length]
        ):
            yield index


def is_offered(key: SlotKey, rules: Rules) -> bool:
    """Whether the rules offer that time and length, whatever notice and horizon say of it."""
    if rules.offer(key.minutes) is None:
        return False
    return key.cell in starts(rules, key.minutes, local_date(key.starts_at, rules.time_zone))


def listed_starts(
    rules: Rules, minutes: int, since: datetime, until: datetime, now: datetime
) -> Iterator[int]:
    """The cells in `[since, until)` at which sessions are offered as of `now`, earliest first.

    Nothing before the minimum notice, nothing after the last day of the horizon.
    """
    if not rules.accepts_bookings:
        return
    earliest = max(since, now + timedelta(minutes=rules.minimum_notice_minutes))
    if earliest >= until:
        return
    first = -(-earliest.timestamp() // CELL_SECONDS)
    beyond = -(-until.timestamp() // CELL_SECONDS)
    day = local_date(earliest, rules.time_zone)
    final = min(
        local_date(until, rules.time_zone),
        local_date(now, rules.time_zone) + timedelta(days=rules.horizon_days),
    )
    while day <= final:
        for cell in starts(rules, minutes, day):
            if first <= cell < beyond:
                yield cell
        day += timedelta(days=1)


def slot_of(key: SlotKey, price: int, rules: Rules, taken: Mapping[int, Occupant]) -> Slot:
    """A slot as it stands when `taken` says who has which cell."""
    cells = key.occupies(rules)
    if taken.keys().isdisjoint(cells):
        return Slot(key, price, SlotStatus.OPEN)
    blockers = {id(who): who for cell in cells if (who := taken.get(cell))}
    in_the_way = blockers.values()
    ends = [occupant.held_until for occupant in in_the_way if occupant.held_until is not None]
    held = len(ends) == len(blockers)
    # Where only the break after a session stands in the way, the slot is nobody's own.
    is_session = any(
        occupant.cells.start < key.session_end and key.cell < occupant.session_end
        for occupant in in_the_way
    )
    clients = {occupant.client_id for occupant in in_the_way} if is_session else ()
    return Slot(
        key,
        price,
        SlotStatus.HELD if held else SlotStatus.BOOKED,
        max(ends) if held else None,
        tuple(sorted(clients)),
    )


def listed_slots(
    expert_id: Id,
    rules: Rules,
    taken: Mapping[int, Occupant],
    minutes: int,
    since: datetime,
    until: datetime,
    now: datetime,
) -> Iterator[Slot]:
    """The listed slots of one length that start in `[since, until)`, earliest first."""
    offer = rules.offer(minutes)
    if offer is None:
        return
    for cell in listed_starts(rules, minutes, since, until, now):
        yield slot_of(SlotKey(expert_id, cell, minutes), offer.price, rules, taken)


def listed_slot(
    key: SlotKey, rules: Rules, taken: Mapping[int, Occupant], now: datetime
) -> Slot | None:
    """The slot of that key, or None where it is not offered as of `now`."""
    cell = timedelta(minutes=CELL_MINUTES)
    found = listed_slots(
        key.expert_id, rules, taken, key.minutes, key.starts_at, key.starts_at + cell, now
    )
    return next(found, None)
