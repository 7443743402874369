"""Claims on calendars: a ledger that lost a race commits next.

Optimistic decisions are unfair between processes: the one that has just committed has the calendars
in memory, while the loser must load them again and meanwhile loses again. A claim is a field of
the calendar and a condition of every commit, so other ledgers wait until the claimant's commit
removes it. docs/decisions/0033-claims-after-lost-races.md compares alternatives.
"""

from __future__ import annotations

import asyncio
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
    from models.store.writers import WriterSession

Claim = tuple[str | None, int]
"""The claimant, and the number of the calendar's last event, which tells its claims apart."""

MAX_CLAIM_SECONDS = 2.0
"""Time that other ledgers, by their own clocks, wait for a claimant, which may have been killed."""


class Claims:
    """Claims a ledger's calendars, and tracks the claims of other ledgers.

    Args:
        writer: the session that the ledger writes with.
    """

    def __init__(self, writer: WriterSession) -> None:
        self._writer = writer
        self._seen: dict[Id, tuple[Claim, float]] = {}
        """Claims of others, and when they were first seen."""

    async def take(self, expert_ids: Collection[Id]) -> None:
        """Claim calendars in order, up to the first that another ledger has claimed.

        If two ledgers claim the same calendars, one gets them all. The claims use the session of
        the failed transaction, so the first one also ends that transaction if it is still open. If
        the database does not answer, the ledger continues without claims.
        """
        with suppress(PyMongoError, TimeoutError):
            async with asyncio.timeout(MAX_CLAIM_SECONDS), self._writer.writing() as session:
                for id_ in sorted(expert_ids):
                    free = {"_id": id_, "claimed_by": {"$in": [None, self._writer.id]}}
                    claim = {"$set": {"claimed_by": self._writer.id}}
                    done = await _calendars().update_one(free, claim, session=session)
                    if not done.matched_count:
                        break

    async def release(self, agendas: Agendas, needed: Collection[Id]) -> None:
        """Remove the ledger's claims on freshly loaded calendars that its batch does not need.

        So a ledger that waits for another ledger's claim keeps no claims of its own.
        """
        for id_, agenda in agendas.items():
            if agenda.calendar.claimed_by == self._writer.id and id_ not in needed:
                own = {"_id": id_, "claimed_by": self._writer.id}
                # Other ledgers respect a leftover claim only for a limited time.
                with suppress(PyMongoError, TimeoutError):
                    await _calendars().update_one(own, {"$set": {"claimed_by": None}})

    def blocked(self, agendas: Agendas) -> set[Id]:
        """Return the experts whose freshly loaded calendars are claimed by another ledger."""
        return {id_ for id_, agenda in agendas.items() if self._is_blocked(agenda.calendar)}

    def _is_blocked(self, calendar: Calendar) -> bool:
        if calendar.claimed_by in {None, self._writer.id}:
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
