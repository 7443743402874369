"""Slots: computed from an expert's rules and bookings, never stored; a slot's id encodes its key.

`starts` alone determines which times an expert offers; listing, booking and events all use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from models.calendar.times import (
    CELL,
    CELL_MINUTES,
    CELLS_PER_DAY,
    DAY_MINUTES,
    day_span,
    first_cell_from,
    instant_of,
    local_date,
    wall_clock,
)
from models.calendar.windows import windows_on
from models.ids import Id, decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from models.calendar.rules import Rules
    from models.calendar.windows import Window


SLOT_ID = re.compile(r"Slot:([0-9a-f]{24}):([1-9]\d{0,7}):([1-9]\d{0,3})", re.ASCII)
MAX_CACHED_DAYS = 32
"""Maximum number of entries in `Rules.cached_starts`, one for each session length and day."""


class SlotStatus(StrEnum):
    """An OPEN slot can be booked; the time of a HELD slot is occupied only by holds."""

    OPEN = "OPEN"
    HELD = "HELD"
    BOOKED = "BOOKED"


class SlotKey(NamedTuple):
    """Identity of a slot: expert, first cell and length in minutes."""

    expert_id: Id
    cell: int
    minutes: int

    @property
    def session_end(self) -> int:
        """The first cell after the session."""
        return self.cell + self.minutes // CELL_MINUTES

    @property
    def starts_at(self) -> datetime:
        """The start of the session."""
        return instant_of(self.cell)

    @property
    def ends_at(self) -> datetime:
        """The end of the session."""
        return instant_of(self.session_end)

    def occupies(self, rules: Rules) -> range:
        """Return the cells that a booking occupies: the session and the break after it."""
        return range(self.cell, self.session_end + rules.break_minutes // CELL_MINUTES)


@dataclass(frozen=True, slots=True)
class Occupant:
    """Summary of a booking that blocks slots; its cells include the break after the session."""

    booking_id: Id
    client_id: Id
    cells: range
    session_end: int
    held_until: datetime | None

    def key(self, expert_id: Id) -> SlotKey:
        """Return the key of the slot that the booking occupies."""
        minutes = (self.session_end - self.cells.start) * CELL_MINUTES
        return SlotKey(expert_id, self.cells.start, minutes)

    def occupies_at(self, now: datetime) -> bool:
        """Return whether the booking occupies its cells at `now`; an expired hold does not."""
        return self.held_until is None or now < self.held_until


class Slot(NamedTuple):
    """A slot with its current status, and the clients whose sessions overlap it."""

    key: SlotKey
    price: int
    status: SlotStatus
    held_until: datetime | None = None
    clients: tuple[Id, ...] = ()

    def is_mine(self, viewer_id: Id | None) -> bool:
        """Return whether the viewer is the only client whose sessions overlap the slot."""
        return bool(self.clients) and all(client == viewer_id for client in self.clients)


def starts(rules: Rules, minutes: int, day: date) -> Sequence[int]:
    """Return the cells of a local day at which a session can start, earliest first.

    Starts lie at fixed local-time steps from the beginning of each window of open hours, and the
    whole session fits in the window, which may end on the next day. When the clocks change,
    nonexistent local times are skipped and repeated ones are listed twice.
    """
    cache = rules.cached_starts
    found = cache.get((minutes, day))
    if found is None:
        if len(cache) >= MAX_CACHED_DAYS:
            cache.clear()
        found = cache[minutes, day] = computed_starts(rules, minutes, day)
    return found


def computed_starts(rules: Rules, minutes: int, day: date) -> list[int]:
    """Return the same cells as `starts`, but without using the cache."""
    windows = windows_on(rules, day)
    if not windows:
        return []
    step = rules.step_minutes or minutes
    span = day_span(day, rules.time_zone)
    following = day_span(day + timedelta(days=1), rules.time_zone)
    is_plain = span[1] - span[0] == CELLS_PER_DAY and (
        following[1] - following[0] == CELLS_PER_DAY or windows[-1].end <= DAY_MINUTES
    )
    if is_plain:
        found = {
            span[0] + minute // CELL_MINUTES
            for window in windows
            for minute in range(
                window.first_start(step), min(DAY_MINUTES, window.end - minutes + 1), step
            )
        }
    else:
        clock = wall_clock(span, rules.time_zone)
        later = [DAY_MINUTES + minute for minute in wall_clock(following, rules.time_zone)]
        found = {
            span[0] + index
            for window in windows
            for index in _starts_by_clock(window, clock, later, step, minutes // CELL_MINUTES)
        }
    return sorted(found)


def _starts_by_clock(
    window: Window, clock: list[int], later: list[int], step: int, length: int
) -> Iterator[int]:
    both = clock + later
    for index, minute in enumerate(clock):
        if (minute - window.grid) % step == 0 and all(
            window.start <= at < window.end for at in both[index : index + length]
        ):
            yield index


def is_offered(key: SlotKey, rules: Rules) -> bool:
    """Return whether the rules offer the slot; minimum notice and booking horizon are ignored."""
    if rules.offer(key.minutes) is None:
        return False
    return key.cell in starts(rules, key.minutes, local_date(key.starts_at, rules.time_zone))


def listed_starts(
    rules: Rules, minutes: int, since: datetime, until: datetime, now: datetime
) -> Iterator[int]:
    """Yield the cells in `[since, until)` at which sessions are offered, earliest first.

    The minimum notice and the booking horizon are counted from `now`.
    """
    if not rules.accepts_bookings:
        return
    earliest = max(since, now + timedelta(minutes=rules.minimum_notice_minutes))
    if earliest >= until:
        return
    first, beyond = first_cell_from(earliest), first_cell_from(until)
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
    """Return the slot with the given key, and with its current status.

    Args:
        key: identity of the slot.
        price: the slot's price in minor currency units.
        rules: the expert's rules, which determine the break after the session.
        taken: occupant of each occupied cell.
    """
    cells = key.occupies(rules)
    if taken.keys().isdisjoint(cells):
        return Slot(key, price, SlotStatus.OPEN)
    by_identity = {id(occupant): occupant for cell in cells if (occupant := taken.get(cell))}
    blockers = by_identity.values()
    ends = [occupant.held_until for occupant in blockers if occupant.held_until is not None]
    held = len(ends) == len(blockers)
    # A slot that overlaps only the break after a session, not the session, lists no clients.
    is_session = any(
        occupant.cells.start < key.session_end and key.cell < occupant.session_end
        for occupant in blockers
    )
    clients = {occupant.client_id for occupant in blockers} if is_session else ()
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
    """Yield the listed slots of one length that start in `[since, until)`, earliest first."""
    offer = rules.offer(minutes)
    if offer is None:
        return
    for cell in listed_starts(rules, minutes, since, until, now):
        yield slot_of(SlotKey(expert_id, cell, minutes), offer.price, rules, taken)


def listed_slot(
    key: SlotKey, rules: Rules, taken: Mapping[int, Occupant], now: datetime
) -> Slot | None:
    """Return the slot with the given key, or None if it is not listed at `now`."""
    found = listed_slots(
        key.expert_id, rules, taken, key.minutes, key.starts_at, key.starts_at + CELL, now
    )
    return next(found, None)


@lru_cache(maxsize=4096)
def slot_id(key: SlotKey) -> str:
    """Return a slot's global id, which encodes its expert, start (in quarter hours) and length."""
    return encode(f"Slot:{key.expert_id}:{key.cell}:{key.minutes}")


@lru_cache(maxsize=4096)
def slot_key(opaque: str) -> SlotKey:
    """Return the key that a slot's global id encodes: expert, start and length.

    Raises:
        ValueError: if the text is not a slot id.
    """
    parts = SLOT_ID.fullmatch(decode(opaque))
    if parts is None:
        raise ValueError("not a slot id")
    return SlotKey(Id(parts[1]), int(parts[2]), int(parts[3]))
