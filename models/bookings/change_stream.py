"""The change stream of the events and notifications that all processes write to the database."""

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
from models.errors import Unavailable
from models.store.documents import Record, or_unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream

RETENTION_SECONDS = 60
CLOSING_SECONDS = 0.5


class Notification(Record):
    """A short-lived message to all processes that are listening to the change stream."""

    channel: str
    message: str
    at: datetime

    class Settings:
        """A TTL index deletes each message after a minute."""

        name = "nudges"
        indexes = (
            IndexModel(
                [("at", ASCENDING)], expireAfterSeconds=RETENTION_SECONDS, name="kept_for_a_minute"
            ),
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """A committed event, which is parsed only when `event` is called."""

    document: Mapping[str, Any]

    @property
    def parties(self) -> tuple[str, str]:
        """The ids of the event's expert and client; the client's id is empty if there is none."""
        return str(self.document["expert_id"]), str(self.document.get("client_id") or "")

    def event(self) -> Event:
        """Parse the event."""
        event: Event = Event.model_validate(self.document)
        return event


class ChangeStream:
    """A change stream that, when opened again, resumes after the last item that was read."""

    def __init__(self) -> None:
        self._token: Mapping[str, Any] | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[Committed | Notification]]:
        """Open the stream after the last item read, or at the present time if none was read yet.

        Raises:
            Unavailable: if the database does not respond, on opening or while reading.
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
                # Closing the stream also closes the cursor on the server, if the server responds.
                with suppress(TimeoutError, PyMongoError):
                    async with asyncio.timeout(CLOSING_SECONDS):
                        await stream.close()

    @contextmanager
    def _dropping_refused_token(self) -> Iterator[None]:
        """Drop the resume token if the server refuses a command, as the token may be the reason.

        The server may refuse a token that is too old or unknown, both when the stream is opened and
        when it is read. If the database is dropped, the server closes the stream, and would close
        it again at the same place. Readers then get the missed events from the event log.

        Raises:
            Unavailable: if the server has closed the stream.
        """
        try:
            yield
        except OperationFailure:
            self._token = None
            raise
        except StopAsyncIteration:
            self._token = None
            raise Unavailable("The database closed the change stream.") from None

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
    """Send a message to every process that is listening to the change stream.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await Notification(channel=channel, message=message, at=utc_now()).insert()


async def ping_database() -> None:
    """Return as soon as the database has responded to a ping.

    Raises:
        Unavailable: if the database does not respond.
    """
    with or_unavailable():
        await Event.get_pymongo_collection().database.command("ping")
