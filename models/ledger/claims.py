"""Claims on calendars: a ledger that lost a race commits next.

Optimistic decisions are unfair between processes: the one that has just committed has the calendars
in memory, while one that lost must load them again and meanwhile loses again. A claim is a field of
the calendar and a condition of every commit, so other ledgers wait until the claimant's commit
removes it. docs/decisions/0033-claims-after-lost-races.md compares alternatives.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from models.calendar.rules import Calendar

if TYPE_CHECKING:
    from collections.abc import Collection

    from pymongo.asynchronous.collection import AsyncCollection

    from models.bookings.command import Agendas
    from models.ids import Id

Claim = tuple[str | None, int]
"""The claimant, and the number of the calendar's last event, which distinguishes its claims."""

MAX_CLAIM_SECONDS = 2.0
"""Time that other ledgers wait for a claimant, by their own clocks; it may have been killed."""


class Claims:
    """Claims a ledger's calendars, and tracks the claims of other ledgers.

    Args:
        claimant: identifies the ledger.
    """

    def __init__(self, claimant: str) -> None:
        self._claimant = claimant
        self._seen: dict[Id, tuple[Claim, float]] = {}
        """Claims of others, and when they were first seen."""

    async def take(self, expert_ids: Collection[Id]) -> None:
        """Claim calendars in order, up to the first that another ledger has claimed.

        The order is the same for all ledgers, so that no two wait for each other. If the database
        does not answer, the ledger goes on without the other claims.
        """
        with suppress(PyMongoError, TimeoutError):
            for id_ in sorted(expert_ids):
                free = {"_id": id_, "claimed_by": {"$in": [None, self._claimant]}}
                claim = {"$set": {"claimed_by": self._claimant}}
                if not (await _calendars().update_one(free, claim)).matched_count:
                    break

    async def release(self, agendas: Agendas, needed: Collection[Id]) -> None:
        """Remove the ledger's claims on freshly loaded calendars that it does not need."""
        for id_, agenda in agendas.items():
            if agenda.calendar.claimed_by == self._claimant and id_ not in needed:
                own = {"_id": id_, "claimed_by": self._claimant}
                # A claim that stays is respected for a limited time.
                with suppress(PyMongoError, TimeoutError):
                    await _calendars().update_one(own, {"$set": {"claimed_by": None}})

    def blocked(self, agendas: Agendas) -> set[Id]:
        """Return the experts whose freshly loaded calendars are claimed by another ledger."""
        return {id_ for id_, agenda in agendas.items() if self._is_blocked(agenda.calendar)}

    def _is_blocked(self, calendar: Calendar) -> bool:
        if calendar.claimed_by in {None, self._claimant}:
            self._seen.pop(calendar.id, None)
            return False
        claim = calendar.claimed_by, calendar.sequence
        now = monotonic()
        known, since = self._seen.get(calendar.id, (claim, now))
        if claim != known:
            since = now
        self._seen[calendar.id] = claim, since
        return now - since < MAX_CLAIM_SECONDS


def _calendars() -> AsyncCollection[dict[str, Any]]:
    return Calendar.get_pymongo_collection()
