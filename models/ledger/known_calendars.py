"""The calendars that a process has in memory because it wrote or loaded them lately."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.bookings.command import Agendas
from models.caching.cache import Cache
from models.calendar.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from models.bookings.agenda import Agenda
    from models.calendar.slots import SlotKey
    from models.ids import Id

MAX_CALENDARS = 500
MAX_BOOKINGS = 20_000
"""In all calendars, at some 0.8 kB each."""
MAX_BOOKINGS_PER_CALENDAR = 1_000
"""Undoing a command copies them."""


class KnownCalendars:
    """Bounded cache of agendas, each as the last batch left it.

    Args:
        is_enabled: whether anything is kept.
    """

    def __init__(self, *, is_enabled: bool) -> None:
        self._is_enabled = is_enabled
        self._agendas: Cache[Id, Agenda] = Cache("agendas", MAX_CALENDARS, MAX_BOOKINGS)

    def __iter__(self) -> Iterator[Id]:
        return iter(self._agendas)

    def agendas_for(
        self, expert_ids: Sequence[Id], slots: Sequence[SlotKey], changed: Agendas
    ) -> Agendas | None:
        """Return the agendas of experts as of now, or None if a slot's surroundings are unknown.

        Args:
            expert_ids: the experts.
            slots: the slots.
            changed: agendas that the open batch has changed, which are newer.
        """
        found = [changed.get(id_) or self._agendas.get(id_) for id_ in expert_ids]
        agendas = Agendas(agenda for agenda in found if agenda)
        for key in slots:
            agenda = agendas.get(key.expert_id)
            if agenda is None or not agenda.covers(key):
                return None
        now = utc_now()
        for agenda in agendas.values():
            agenda.advance_clock(now)
        return agendas

    def remember(self, agenda: Agenda) -> None:
        """Keep a calendar as an agenda's changes leave it; new rules are read again."""
        expert_id = agenda.calendar.id
        is_large = agenda.size > MAX_BOOKINGS_PER_CALENDAR
        if not self._is_enabled or agenda.has_new_rules or is_large:
            self._agendas.remove(expert_id)
        else:
            self._agendas.put(expert_id, agenda.successor(), agenda.size)

    def clear(self) -> None:
        """Forget every calendar."""
        self._agendas.clear()
