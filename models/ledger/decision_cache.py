"""Decide on changes as they arrive, from the calendars that this process has in memory.

A process that has just changed a calendar knows its state, so the next change of it needs no read
and is decided on while the one before is still being written. The decisions of that time are
committed together. Decisions made this way are optimistic: the write is conditional on the
calendar's counter, and a refusal is answered once the counter was read and found unchanged. Where
another process was faster, the decisions are dropped and made again from the database
(models/ledger/snapshots.py).
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.calendar.times import utc_now
from models.errors import ExpertBookError
from models.ids import Id
from models.ledger.batches import Outcome
from models.ledger.changes import Agendas
from models.telemetry.metrics import CacheMeter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from models.bookings.agenda import Agenda
    from models.ledger.changes import Change

MOST_CALENDARS = 500
MOST_BOOKINGS = 20_000
"""In all of them, each of which takes some 0.8 KB."""

MOST_OF_ONE = 1_000
"""In one calendar: to copy more for an undo would cost more than to read what is near."""


def _nothing() -> Agendas:
    return Agendas((), ())


@dataclass(eq=False)
class Draft:
    """What was decided and is still to be written, with the agendas that it was decided on."""

    agendas: Agendas = field(default_factory=_nothing)
    outcome: Outcome = field(default_factory=Outcome)
    size: int = 0


class DecisionCache:
    """The calendars that this process knows, and what was decided on them.

    Args:
        largest: so many changes are written together.
        is_on: False: nothing is known, and nothing decided.
    """

    def __init__(self, largest: int, *, is_on: bool = True) -> None:
        self._largest = largest
        self._is_on = is_on
        self._known: OrderedDict[Id, Agenda] = OrderedDict()
        self._draft = Draft()
        self._requests: set[str] = set()
        self._left: set[Id] | None = set()
        self._meter = CacheMeter("agendas")

    def decide(self, change: Change) -> bool:
        """Decide on a change; False where that is for others, or has to wait.

        A refusal of a request with a key is not decided: it may have been granted before.
        """
        agendas = None if self.is_full else self._agendas(change)
        if agendas is None:
            return False
        undo = agendas.undo(change)
        outcome, request = self._draft.outcome, change.request
        try:
            made = change.decide(agendas)
        except ExpertBookError as refusal:
            undo()
            if request:
                return False
            outcome.answers[change] = refusal
        except Exception:  # noqa: BLE001 - it is met again where it goes to whoever asked
            undo()
            return False
        else:
            outcome.answers[change] = made
            self._draft.size += 1
            if request:
                self._requests.add(request.id)
                outcome.requests.append(request.with_bookings(made))
        self._draft.agendas.update(agendas)
        return True

    @property
    def is_full(self) -> bool:
        """Whether what was decided has to be written before more is."""
        return self._draft.size >= self._largest

    def has_no_room(self, change: Change) -> bool:
        """Whether all that is missing for a decision is that others are written first."""
        return self.is_full and self._agendas(change) is not None

    def is_unknown(self, change: Change) -> bool:
        """Whether all that is missing for a decision is to read its calendars."""
        return (
            self._is_on
            and change.is_plain
            and bool(change.slots)
            and self._known.keys().isdisjoint(change.experts_of_slots)
        )

    def is_sought(self, expert_id: Id) -> bool:
        """Whether more of a calendar is worth reading than is asked for."""
        return expert_id in self._known

    @contextmanager
    def leaving(self, changes: Iterable[Change]) -> Iterator[None]:
        """Leave alone within the block what some changes are about, which others decide on."""
        self._left = set()
        for change in changes:
            if not change.is_plain:
                self._left = None
                break
            self._left |= change.experts_of_slots
        try:
            yield
        finally:
            self._left = set()

    def close(self) -> Draft | None:
        """What was decided so far, to be written; what comes is decided on top of it."""
        draft, self._draft = self._draft, Draft()
        if not draft.outcome.answers:
            return None
        draft.outcome.events = draft.agendas.events()
        self.learn(draft.agendas.values())
        return draft

    def written(self, draft: Draft) -> None:
        """Take note that a draft is."""
        self._requests.difference_update(request.id for request in draft.outcome.requests)

    def learn(self, agendas: Iterable[Agenda], *, is_news: bool = True) -> None:
        """Know calendars as some agendas leave them.

        Args:
            agendas: of the calendars.
            is_news: False: what is known of a calendar, or decided elsewhere, is newer.
        """
        for agenda in agendas if self._is_on else ():
            expert_id = agenda.calendar.id
            is_old = expert_id in self._known or self._left is None or expert_id in self._left
            if is_old and not is_news:
                continue
            self._known.pop(expert_id, None)
            if agenda.size <= MOST_OF_ONE and not agenda.has_new_rules:
                self._known[expert_id] = agenda.successor()
        bookings = sum(agenda.size for agenda in self._known.values())
        while len(self._known) > MOST_CALENDARS or bookings > MOST_BOOKINGS:
            _, dropped = self._known.popitem(last=False)
            bookings -= dropped.size
            self._meter.evictions.inc()
        self._meter.size(len(self._known))

    def forget(self) -> list[Change]:
        """Know nothing, since something was wrong; gives what was decided on top of that."""
        dropped = list(self._draft.outcome.answers)
        self._known.clear()
        self._draft = Draft()
        self._requests.clear()
        self._meter.size(0)
        return dropped

    def _agendas(self, change: Change) -> Agendas | None:
        """What a change is decided on, as of now; None where that is not known."""
        is_twin = change.request is not None and change.request.id in self._requests
        if not self._is_on or not change.is_plain or is_twin or self._left is None:
            return None
        found: dict[Id, Agenda] = {}
        for key in change.slots:
            expert_id = Id(key.expert_id)
            agenda = self._draft.agendas.get(expert_id) or self._known.get(expert_id)
            if agenda is None or expert_id in self._left or not agenda.covers(key):
                self._meter.misses.inc()
                return None
            found[expert_id] = agenda
        self._meter.hits.inc()
        now = utc_now()
        for agenda in found.values():
            agenda.renew(now)
        return Agendas(found.values(), ())
