"""Claims on calendars: a ledger that lost a race to write them is the next to commit.

Optimistic decisions are unfair between processes: the process that has just committed has the
current calendars in memory, whereas the process that lost the race must load them again and may
meanwhile lose the next race, too. A claim is a field of the calendar that every commit checks, so
other ledgers wait until the claiming ledger's commit removes it.
docs/decisions/0033-claims-after-lost-races.md compares alternatives.
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
"""The claiming ledger's id, and the number of the calendar's last event, which tells successive
claims of the same ledger apart."""

MAX_CLAIM_SECONDS = 2.0
"""Time that other ledgers wait for a claiming ledger, which may have been killed. Each ledger
measures this time with its own clock, from the moment when it first sees the claim."""


class Claims:
    """Claims calendars for a ledger, and tracks the claims of other ledgers.

    Args:
        writer: the MongoDB session that the ledger writes with.
    """

    def __init__(self, writer: WriterSession) -> None:
        self._writer = writer
        self._seen: dict[Id, tuple[Claim, float]] = {}
        """Claims of other ledgers by calendar, and the times at which they were first seen."""

    async def take(self, expert_ids: Collection[Id]) -> None:
        """Claim calendars in order of their ids, up to the first that another ledger has claimed.

        Because every ledger uses this order, one of two ledgers that claim the same calendars gets
        all of them. The claims use the session of the failed transaction, so the first claim also
        ends that transaction if it is still open. If the database does not respond, the ledger
        continues without claims.
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

        A command that must wait for another ledger's claim is left out of the batch. The ledger
        therefore keeps no claims for that command while it waits.
        """
        for id_, agenda in agendas.items():
            if agenda.calendar.claimed_by == self._writer.id and id_ not in needed:
                own = {"_id": id_, "claimed_by": self._writer.id}
                # Errors are ignored, because other ledgers respect a leftover claim only for a
                # limited time.
                with suppress(PyMongoError, TimeoutError):
                    await _calendars().update_one(own, {"$set": {"claimed_by": None}})

    def own(self, agendas: Agendas) -> set[Id]:
        """Return the experts whose freshly loaded calendars are claimed by this ledger."""
        return {id_ for id_, each in agendas.items() if each.calendar.claimed_by == self._writer.id}

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
