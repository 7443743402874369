"""A simple model of a calendar with a waiting list.

After each change, the model searches all listed slots for each waiting-list entry, whereas the
application examines only slots that became free.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.calendar.slots import SlotKey, listed_starts
from models.calendar.times import instant_of
from tests.support.samples import EXPERT, NOW
from tests.support.waitlists import HOLD, OFFER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from models.calendar.rules import Rules
    from models.ids import Id


class Impossible(Exception):
    """Raised when a change is refused."""


@dataclass(eq=False)
class Taken:
    """A booking (if `until` is None), a hold, or an offer to a waiting-list entry."""

    client: Id
    key: SlotKey
    cells: range
    until: datetime | None = None
    made_at: datetime = NOW
    entry: Entry | None = None

    @property
    def is_hold(self) -> bool:
        """Whether this is a hold that the client has placed, and not an offer."""
        return self.until is not None and self.entry is None


@dataclass(eq=False)
class Entry:
    """An entry of the waiting list."""

    client: Id
    since: datetime
    until: datetime
    minutes: int
    declined: set[int] = field(default_factory=set)
    offer: Taken | None = None

    @property
    def terms(self) -> tuple[object, ...]:
        """The client, the window and the session length, which identify the entry."""
        return self.client, self.since, self.until, self.minutes

    def admits(self, key: SlotKey) -> bool:
        """Return whether a slot has the wanted length and starts within the wanted window."""
        return key.minutes == self.minutes and self.since <= key.starts_at < self.until


@dataclass
class Model:
    """The calendar's expected state, and the changes that can be made to it."""

    rules: Rules
    now: datetime = NOW
    taken: list[Taken] = field(default_factory=list)
    line: list[Entry] = field(default_factory=list)

    def state(self) -> tuple[object, ...]:
        """Return the bookings, holds, offers and waiting-list entries in a comparable form."""
        taken = {(t.client, t.key, t.until, t.entry is not None) for t in self.taken}
        line = [(e.client, e.since, e.until, e.minutes, e.offer and e.offer.key) for e in self.line]
        return taken, line

    def apply(self, change: Callable[[Model], None]) -> bool:
        """Catch up and apply a change; if it is refused, change nothing and return False."""
        after = deepcopy(self)
        after.catch_up()
        try:
            change(after)
        except Impossible:
            return False
        self.taken, self.line, self.rules = after.taken, after.line, after.rules
        return True

    def catch_up(self) -> None:
        """Apply the effects of elapsed time, but only if the waiting list has entries.

        Without entries, a change does not end lapsed holds; in the application, the sweeper does.
        """
        if not self.line:
            return
        passing: list[Entry] = []
        for each in [t for t in self.taken if t.until and t.until <= self.now]:
            entry = each.entry
            if entry and self.now < each.made_at + OFFER:
                passing.append(entry)
                self.decline(each)
            elif entry:
                self.line.remove(entry)
                self.decline(each)
            else:
                self.taken.remove(each)
        for entry in [e for e in self.line if e.until <= self.now]:
            self.end(entry)
        self.serve(passing)

    def serve(self, passing: list[Entry] | None = None) -> None:
        """Offer each entry its earliest suitable slot; entries that declined one come last."""
        last = passing or []
        for entry in sorted(self.line, key=lambda entry: entry in last):
            if entry.offer is None:
                self.offer_earliest(entry)

    def offer_earliest(self, entry: Entry) -> None:
        """Offer an entry the earliest suitable open slot that it has not declined."""
        for cell in listed_starts(self.rules, entry.minutes, entry.since, entry.until, self.now):
            key = SlotKey(EXPERT, cell, entry.minutes)
            if cell not in entry.declined and self.until(key) > self.now and not self.blockers(key):
                offer = Taken(entry.client, key, key.occupies(self.rules), self.until(key))
                offer.made_at, offer.entry, entry.offer = self.now, entry, offer
                self.taken.append(offer)
                return

    def until(self, key: SlotKey) -> datetime:
        """Return the instant at which an offer of a slot ends."""
        notice = self.rules.minimum_notice_minutes * HOLD / 5
        return min(self.now + OFFER, key.starts_at - notice)

    def end(self, entry: Entry) -> None:
        """Remove an entry and its offer."""
        self.line.remove(entry)
        if entry.offer in self.taken:
            self.taken.remove(entry.offer)

    def decline(self, offer: Taken) -> None:
        """End an offer, and never offer its slot to any of the client's entries again."""
        self.taken.remove(offer)
        if offer.entry:
            offer.entry.offer = None
        for entry in self.line:
            if entry.client == offer.client and entry.admits(offer.key):
                entry.declined.add(offer.key.cell)

    def blockers(self, key: SlotKey) -> list[Taken]:
        """Return the bookings, holds and offers that overlap a slot, except lapsed ones."""
        return [each for each in self.overlapping(key) if self.stands(each)]

    def overlapping(self, key: SlotKey) -> list[Taken]:
        """Return the bookings, holds and offers that overlap a slot, even lapsed ones."""
        cells = set(key.occupies(self.rules))
        return [each for each in self.taken if cells.intersection(each.cells)]

    def stands(self, taken: Taken) -> bool:
        """Return whether a booking, hold or offer has not lapsed."""
        return taken.until is None or self.now < taken.until

    def listed(self, key: SlotKey) -> bool:
        """Return whether the calendar lists a slot at the current time."""
        starts = listed_starts(
            self.rules, key.minutes, key.starts_at, instant_of(key.cell + 1), self.now
        )
        return self.rules.offer(key.minutes) is not None and key.cell in starts

    def own(self, client: Id, key: SlotKey) -> Taken | None:
        """Return a client's hold or offer of exactly the given slot, or None."""
        own = (t for t in self.taken if t.until and t.client == client and t.key == key)
        return next(filter(self.stands, own), None)

    def clear(self, client: Id, key: SlotKey, moving: Taken | None = None) -> None:
        """Release the client's own holds, and everything lapsed, that overlap a slot.

        Refuse the change if anything else overlaps the slot, or if the slot is not listed.
        """
        if not self.listed(key):
            raise Impossible
        for each in self.overlapping(key):
            if each is moving:
                continue
            if self.stands(each) and not (each.is_hold and each.client == client):
                raise Impossible
            self.taken.remove(each)

    def settle(self, made: Taken) -> None:
        """Add a booking, and end the waiting-list entries that it satisfies."""
        self.taken.append(made)
        satisfied = [e for e in self.line if e.client == made.client and e.admits(made.key)]
        for entry in satisfied:
            self.end(entry)
        self.serve()

    def book(self, client: Id, key: SlotKey) -> None:
        """Book a slot; a booking that replaces a hold or an offer takes over its cells."""
        cells = key.occupies(self.rules)
        if own := self.own(client, key):
            self.taken.remove(own)
            cells = own.cells
        else:
            self.clear(client, key)
        self.settle(Taken(client, key, cells))

    def hold(self, client: Id, key: SlotKey) -> None:
        """Hold a slot, and release the client's previous hold; a renewed hold keeps its cells."""
        cells = key.occupies(self.rules)
        own = self.own(client, key)
        if own and own.entry:
            return
        if own:
            cells = own.cells
        else:
            self.clear(client, key)
        self.taken = [t for t in self.taken if not (t.is_hold and t.client == client)]
        self.taken.append(Taken(client, key, cells, min(self.now + HOLD, key.starts_at)))
        self.serve()

    def cancel(self, client: Id, key: SlotKey) -> None:
        """Cancel a booking, release a hold or give an offer back."""
        found = next((t for t in self.taken if (t.client, t.key) == (client, key)), None)
        if found is None:
            raise Impossible
        if found.entry:
            entry = found.entry
            self.decline(found)
            self.serve([entry])
        else:
            self.taken.remove(found)
            self.serve()

    def move(self, client: Id, key: SlotKey, to: SlotKey) -> None:
        """Move a booking to another slot, which is free, or held by or offered to the client."""
        booked = (t for t in self.taken if (t.client, t.key, t.until) == (client, key, None))
        found = next(booked, None)
        if found is None:
            raise Impossible
        cells = to.occupies(self.rules)
        if own := self.own(client, to):
            cells = own.cells
            self.taken.remove(own)
        else:
            self.clear(client, to, moving=found)
        self.taken.remove(found)
        self.settle(Taken(client, to, cells))

    def join(self, client: Id, since: datetime, until: datetime, minutes: int) -> None:
        """Join the line; refuse this if a suitable slot is open, or if none can ever be listed."""
        horizon = self.now.replace(hour=0, minute=0) + (self.rules.horizon_days + 1) * 288 * HOLD
        notice = self.rules.minimum_notice_minutes * HOLD / 5
        is_possible = self.rules.accepts_bookings and self.rules.offer(minutes) is not None
        if not is_possible or until <= self.now + notice or since >= horizon:
            raise Impossible
        terms = (client, since, until, minutes)
        if any(entry.terms == terms for entry in self.line):
            return
        for cell in listed_starts(self.rules, minutes, since, until, self.now):
            if not self.blockers(SlotKey(EXPERT, cell, minutes)):
                raise Impossible
        self.line.append(Entry(*terms))

    def leave(self, *terms: object) -> None:
        """Leave the line."""
        found = next((entry for entry in self.line if entry.terms == terms), None)
        if found is None:
            raise Impossible
        self.end(found)
        self.serve()

    def change_rules(self, rules: Rules) -> None:
        """Change the rules."""
        self.rules = rules
        if not rules.accepts_bookings:
            for entry in self.line[:]:
                self.end(entry)
        self.serve()
