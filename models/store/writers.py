"""Heartbeats of ledgers, and cleanup of database sessions that killed ledgers have left open.

If a process is killed during a transaction, the transaction stays open and locks its calendars for
a minute. Therefore, each ledger is registered as a writer, writes with a single session, and sends
a heartbeat twice a second while its transaction is open. If a writer's heartbeats stop, other
writers end its session, which aborts its transaction. Ending a session too early is safe, because a
writer that was only slow retries its transaction.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import UUID

from beanie import Document
from bson import Binary
from pymongo.errors import OperationFailure, PyMongoError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.client_session import AsyncClientSession

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 0.5
HEARTBEAT_TIMEOUT_SECONDS = 2.0
"""Time without a heartbeat after which other writers end a writer's session. Each observer measures
this time with its own clock, so clock differences between machines do not matter."""

WATCH_SECONDS = 10.0
"""Time after its own last heartbeat for which a ledger watches the other writers."""


class Writer(Document):
    """A writer: the UUID of its database session, and the number of heartbeats it has sent."""

    id: str  # type: ignore[assignment]
    beats: int = 0

    class Settings:
        """The collection needs only the index on `_id`, because there are very few writers."""

        name = "writers"


class WriterSession:
    """The session with which a ledger writes to the database; it also watches other writers."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._client = client
        # Causal consistency is not needed, because each transaction reads from its own snapshot.
        self._session = client.start_session(causal_consistency=False)
        self.id = str(self._session.session_id["id"].as_uuid())
        self._is_writing = False
        self._heartbeat_at = -WATCH_SECONDS
        self._beats: dict[str, tuple[int, float]] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Watch other writers for the duration of the context, then end the session."""
        async with self._session, asyncio.TaskGroup() as group:
            watching = group.create_task(self._watch(), name="writers")
            try:
                yield
            finally:
                watching.cancel()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncClientSession]:
        """Yield the session for one transaction; send heartbeats while the context is open.

        Raises:
            ConnectionFailure: if the database does not respond to the first heartbeat.
        """
        self._is_writing = True
        try:
            if monotonic() - self._heartbeat_at >= HEARTBEAT_SECONDS:
                # Without a heartbeat, another writer may end the session too early, which is safe.
                with suppress(OperationFailure):
                    await self._send_heartbeat()
            yield self._session
        finally:
            self._is_writing = False

    async def _watch(self) -> NoReturn:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            # Errors are ignored, because the next iteration tries again.
            with suppress(PyMongoError, TimeoutError):
                if self._is_writing:
                    await self._send_heartbeat()
                # Watch only if this ledger has written recently, since the locks of killed writers
                # delay only writes.
                if monotonic() - self._heartbeat_at < WATCH_SECONDS:
                    await self._check_others()
                else:
                    self._beats = {}

    async def _send_heartbeat(self) -> None:
        await Writer.get_pymongo_collection().update_one(
            {"_id": self.id}, {"$inc": {"beats": 1}}, upsert=True
        )
        self._heartbeat_at = monotonic()

    async def _check_others(self) -> None:
        now = monotonic()
        before, self._beats = self._beats, {}
        for writer in await Writer.find_all().to_list():
            beats, since = before.get(writer.id, (None, now))
            self._beats[writer.id] = writer.beats, since if beats == writer.beats else now
            silence = now - self._beats[writer.id][1]
            if writer.id != self.id and silence >= HEARTBEAT_TIMEOUT_SECONDS:
                await self._end_session(writer)

    async def _end_session(self, writer: Writer) -> None:
        """End the session of a silent writer; if the writer is alive, it registers again."""
        try:
            session = {"id": Binary.from_uuid(UUID(writer.id))}
            await self._client.admin.command({"killSessions": [session]})
        except OperationFailure as error:
            log.warning("could not end a writer's session; its transaction will expire: %s", error)
        known = {"_id": writer.id, "beats": writer.beats}
        await Writer.get_pymongo_collection().delete_one(known)
