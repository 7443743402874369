"""Who writes to the database, and the end of what one who was killed has left behind.

A process that is killed in the middle of a transaction leaves it open, and for a minute the
database keeps the calendars in it from everybody else. So each ledger writes with one session,
names it here, and says twice a second that it lives, as long as a transaction of its own is open.
Whoever hears no more of another has the database end that session, and with it the transaction.
If the other was only slow, it decides anew; so this may be done too often, but not too late.
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

BEAT_SECONDS = 0.5
SILENCE_SECONDS = 2.0
"""By the clock of whoever listens: how the clocks of two machines differ does not matter."""


class Writer(Document):
    """A session that somebody writes with, by its UUID, and how often they have said so."""

    id: str  # type: ignore[assignment]
    beats: int = 0

    class Settings:
        """Very few, found by `_id`."""

        name = "writers"


class WriterSession:
    """The session that one ledger writes with, and its ear for the others."""

    def __init__(self, client: AsyncMongoClient[dict[str, Any]]) -> None:
        self._client = client
        # Each transaction has a snapshot of its own; none needs to wait for the one before it.
        self._session = client.start_session(causal_consistency=False)
        self._id = str(self._session.session_id["id"].as_uuid())
        self._is_writing = False
        self._said_at = -BEAT_SECONDS
        self._heard: dict[str, tuple[int, float]] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen to the others for as long as the context lasts; the session ends with it."""
        async with self._session, asyncio.TaskGroup() as group:
            keeping = group.create_task(self._keep(), name="writers")
            try:
                yield
            finally:
                keeping.cancel()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncClientSession]:
        """The session, for one transaction, in which others hear that this one lives.

        Raises:
            PyMongoError: when the database does not take the word for it.
        """
        self._is_writing = True
        try:
            if monotonic() - self._said_at >= BEAT_SECONDS:
                await self._say()
            yield self._session
        finally:
            self._is_writing = False

    async def _keep(self) -> NoReturn:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            # What the database does not answer now is asked again in a moment.
            with suppress(PyMongoError, TimeoutError):
                if self._is_writing:
                    await self._say()
                await self._listen()

    async def _say(self) -> None:
        await Writer.get_pymongo_collection().update_one(
            {"_id": self._id}, {"$inc": {"beats": 1}}, upsert=True
        )
        self._said_at = monotonic()

    async def _listen(self) -> None:
        now = monotonic()
        before, self._heard = self._heard, {}
        for writer in await Writer.find_all().to_list():
            beats, since = before.get(writer.id, (None, now))
            self._heard[writer.id] = writer.beats, since if beats == writer.beats else now
            if writer.id != self._id and now - self._heard[writer.id][1] >= SILENCE_SECONDS:
                await self._end(writer)

    async def _end(self, writer: Writer) -> None:
        """End the session of one who has fallen silent; they come back by saying something."""
        try:
            session = {"id": Binary.from_uuid(UUID(writer.id))}
            await self._client.admin.command({"killSessions": [session]})
        except OperationFailure as refusal:
            log.warning("the database gives up transactions of the killed late: %s", refusal)
        known = {"_id": writer.id, "beats": writer.beats}
        await Writer.get_pymongo_collection().delete_one(known)
