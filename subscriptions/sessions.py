"""Announcements of ended sessions to every process, so that sign-out takes effect everywhere.

Announcements are best effort, because processes that cache sessions also check the database.
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
    """Announcement that the listed sessions, or all sessions of an account, have ended."""

    session_ids: frozenset[Id] = frozenset()
    user_id: Id | None = None

    def includes(self, session_id: Id, user_id: Id) -> bool:
        """Return whether this announcement includes the given session of the given account."""
        return session_id in self.session_ids or user_id == self.user_id


class SessionEnds:
    """Announces ended sessions and receives the announcements of other processes."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._listeners: list[Callable[[SessionEnd], None]] = []

    def listen(self, listener: Callable[[SessionEnd], None]) -> None:
        """Register a function to call whenever this or another process announces ended sessions."""
        self._listeners.append(listener)

    async def announce(self, ended: SessionEnd) -> None:
        """Call this process's listeners, then notify the other processes."""
        self._call_listeners(ended)
        await self._bus.notify(CHANNEL, ended.model_dump_json())

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SessionEnds]:
        """Receive announcements for the duration of the context; the bus must be open."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._receive(), name="session ends")
            try:
                yield self
            finally:
                task.cancel()

    async def _receive(self) -> None:
        async with self._bus.notifications(CHANNEL) as next_message:
            while True:
                message = await next_message()
                if message == RESYNC:  # nothing to do: session caches also check the database
                    continue
                try:
                    self._call_listeners(SessionEnd.model_validate_json(message))
                except ValidationError:
                    log.warning("ignored an invalid message on channel %s", CHANNEL)

    def _call_listeners(self, ended: SessionEnd) -> None:
        for listener in self._listeners:
            listener(ended)
