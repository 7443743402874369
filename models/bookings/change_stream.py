"""Change stream of the events and notifications that all processes on the database commit."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import OperationFailure, PyMongoError

from models.bookings.events import Event
from models.calendar.times import utc_now
from models.store.documents import Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream

RETENTION_SECONDS = 60
CLOSING_SECONDS = 0.5


class Notification(Record):
    """Transient message to the processes that currently listen; deleted after a minute."""

    channel: str
    message: str
    at: datetime

    class Settings:
        """A TTL index deletes messages after a minute."""

        name = "nudges"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_for_a_minute"
            ),
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """A committed event, parsed only on demand."""

    document: Mapping[str, Any]

    @property
    def parties(self) -> tuple[str, str]:
        """The ids of the event's expert and client; without a client, the second is empty."""
        return str(self.document["expert_id"]), str(self.document.get("client_id") or "")

    def event(self) -> Event:
        """Parse the event."""
        event: Event = Event.model_validate(self.document)
        return event


class ChangeStream:
    """Change stream that resumes where the previous one ended."""

    def __init__(self) -> None:
        self._token: Mapping[str, Any] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Committed | Notification]]:
        """Open the stream after the last item read before, or now if nothing was read yet.

        Raises:
            Unavailable: if the database does not answer, on opening or while reading.
        """
        database = Event.get_pymongo_collection().database
        names = [Event.Settings.name, Notification.Settings.name]
        inserts = {"operationType": "insert", "ns.coll": {"$in": names}}
        with or_unavailable():
            with self._dropping_refused_token():
                stream = await database.watch([{"$match": inserts}], resume_after=self._token)
            try:
                yield self._read(stream)
            finally:
                # Also closes the cursor on the server, if it answers.
                with suppress(TimeoutError, PyMongoError):
                    async with asyncio.timeout(CLOSING_SECONDS):
                        await stream.close()

    @contextmanager
    def _dropping_refused_token(self) -> Iterator[None]:
        """Drop the resume token after a refusal, since the token may be the reason.

        The server refuses a token that is too old or unknown, when the stream is opened or read.
        Readers catch up from the event log.
        """
        try:
            yield
        except OperationFailure:
            self._token = None
            raise

    async def _read(
        self, stream: AsyncDatabaseChangeStream[dict[str, Any]]
    ) -> AsyncIterator[Committed | Notification]:
        while True:
            with or_unavailable(), self._dropping_refused_token():
                change = await stream.next()
            self._token = stream.resume_token
            document = change["fullDocument"]
            if change["ns"]["coll"] == Event.Settings.name:
                yield Committed(document)
            else:
                yield Notification.model_validate(document)


async def notify(channel: str, message: str) -> None:
    """Send a message to every process that listens to the change stream.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        await Notification(channel=channel, message=message, at=utc_now()).insert()


async def ping_database() -> None:
    """Return once the database answers.

    Raises:
        Unavailable: if the database does not answer.
    """
    with or_unavailable():
        await Event.get_pymongo_collection().database.command("ping")
