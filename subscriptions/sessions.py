"""The ends of sessions, told to every process: who is signed out is out everywhere, at once.

Best effort, as every nudge: whoever keeps something for a session looks at the database, too.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError

from models.ids import Id
from subscriptions.backends import RESYNC

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from subscriptions.backends import Bus


log = logging.getLogger(__name__)

CHANNEL = "sessions"


class SessionEnd(BaseModel):
    """Some sessions, or every one of an account."""

    session_ids: frozenset[Id] = frozenset()
    user_id: Id | None = None

    def concerns(self, session_id: Id, user_id: Id) -> bool:
        """Whether that session of that account is among them."""
        return session_id in self.session_ids or user_id == self.user_id


class SessionEnds:
    """Tells of the ends of sessions, and hears of them."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._listeners: list[Callable[[SessionEnd], None]] = []

    def listen(self, listener: Callable[[SessionEnd], None]) -> None:
        """Have a function called for every end, of this process's or another's."""
        self._listeners.append(listener)

    async def announce(self, ended: SessionEnd) -> None:
        """Tell this process before the next line, and the others as soon as may be."""
        self._tell(ended)
        await self._bus.nudge(CHANNEL, ended.model_dump_json())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SessionEnds]:
        """Hear of the others' for as long as the context lasts; the broadcast must be open."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._hear(), name="session ends")
            try:
                yield self
            finally:
                task.cancel()

    async def _hear(self) -> None:
        async with self._bus.nudges(CHANNEL) as nudge:
            while True:
                message = await nudge()
                if message == RESYNC:  # whoever keeps a session looks at the database, too
                    continue
                try:
                    self._tell(SessionEnd.model_validate_json(message))
                except ValidationError:
                    log.warning("a nudge on %s is no end of a session", CHANNEL)

    def _tell(self, ended: SessionEnd) -> None:
        for listener in self._listeners:
            listener(ended)
