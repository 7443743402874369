"""The database's change stream: what any program on it has committed, as it happens."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure, PyMongoError

from models.bookings.events import Event
from models.calendar.times import utc_now
from models.store.documents import Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream

RETENTION_SECONDS = 60
CLOSING_SECONDS = 0.5


class Nudge(Record):
    """A message that is no event: gone after a minute, since it is only for who listens now."""

    channel: str
    message: str
    at: datetime

    class Settings:
        """The time-to-live removes what everybody has heard."""

        name = "nudges"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_for_a_minute"
            ),
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """An event as it was stored; read in full only where somebody wants it."""

    document: Mapping[str, Any]

    @property
    def parties(self) -> tuple[str, str]:
        """The ids of its expert and its client, the latter empty where it has none."""
        return str(self.document["expert_id"]), str(self.document.get("client_id") or "")

    def event(self) -> Event:
        """The event."""
        event: Event = Event.model_validate(self.document)
        return event


class ChangeStream:
    """What is committed, from where the last reading ended."""

    def __init__(self) -> None:
        self._token: Mapping[str, Any] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Committed | Nudge]]:
        """Begin where the last reading ended, the first time now.

        Raises:
            Unavailable: when the database does not answer, here and while it is read.
        """
        database = Event.get_pymongo_collection().database
        names = [Event.Settings.name, Nudge.Settings.name]
        inserts = {"operationType": "insert", "ns.coll": {"$in": names}}
        with or_unavailable():
            try:
                stream = await database.watch([{"$match": inserts}], resume_after=self._token)
            except OperationFailure:
                # That far back the database does not remember; the event log does.
                self._token = None
                raise
            try:
                yield self._read(stream)
            finally:
                # The server is told, too, if it answers.
                with suppress(TimeoutError, PyMongoError):
                    async with asyncio.timeout(CLOSING_SECONDS):
                        await stream.close()

    async def _read(
        self, stream: AsyncDatabaseChangeStream[dict[str, Any]]
    ) -> AsyncIterator[Committed | Nudge]:
        while True:
            with or_unavailable():
                change = await stream.next()
            self._token = stream.resume_token
            document = change["fullDocument"]
            if change["ns"]["coll"] == Event.Settings.name:
                yield Committed(document)
            else:
                yield Nudge.model_validate(document)


async def nudge(channel: str, message: str) -> None:
    """Tell every program on the database.

    Raises:
        Unavailable: when the database does not answer.
    """
    with or_unavailable():
        await Nudge(channel=channel, message=message, at=utc_now()).insert()


async def ping_database() -> None:
    """Return when the database has answered.

    Raises:
        Unavailable: when it does not.
    """
    with or_unavailable():
        await Event.get_pymongo_collection().database.command("ping")
