"""The connection to the database, and what must be true of it before the program serves."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from beanie import init_beanie
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure

from models.attempts import Attempts
from models.bookings import Booking
from models.calendars import Calendar
from models.commands import CommandSpans
from models.driver import mend_waiting
from models.errors import DatabaseUnreachable, IndexBroken, StandaloneDatabase
from models.event_stream import Nudge
from models.events import Event
from models.experts import Expert
from models.links import Link
from models.outbox import Mail
from models.replica_set import is_standalone
from models.requests import Request
from models.sessions import RefreshToken, Session
from models.settings import Setting
from models.tracing import tracer
from models.users import User
from models.writers import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

DOCUMENTS = (
    User,
    Expert,
    Calendar,
    Booking,
    Event,
    Request,
    Mail,
    Link,
    Setting,
    Session,
    RefreshToken,
    Attempts,
    Nudge,
    Writer,
)
DEFAULT_NAME = "expertbook"
ANSWER_MS = 5_000
FIRST_ANSWER_SECONDS = 4.0
DUPLICATE_KEY = 11000
SHOWN = 3
"""Documents that a broken index names, at most."""

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Client]:
    """Connect, check the server, bind the documents and make every index.

    Args:
        url: a MongoDB connection string of a replica set or sharded cluster; its path names the
            database (default expertbook).

    Raises:
        DatabaseUnreachable: nothing usable answers there.
        StandaloneDatabase: the server has no transactions.
        IndexBroken: stored data break a unique index.
    """
    mend_waiting()
    try:
        client: Client = AsyncMongoClient(
            url,
            tz_aware=True,
            w="majority",
            appname="expertbook",
            # A read that fails is tried once more, when a server is there: so a restart is
            # waited out. Not timeoutMS, under which Python 3.11 loses cancellations.
            serverSelectionTimeoutMS=ANSWER_MS,
            connectTimeoutMS=ANSWER_MS,
            event_listeners=[CommandSpans()] if tracer().is_on else [],
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseUnreachable(f"MONGODB_URL is not a connection string: {error}") from error
    async with client:
        await _check_server(client, url)
        await _bind(client)
        yield client


async def ping(client: Client) -> None:
    """Ask the database for a sign of life.

    Raises:
        DatabaseUnreachable: when none comes within five seconds.
    """
    try:
        await client.admin.command("ping")
    except ConnectionFailure as error:
        raise DatabaseUnreachable("The database does not answer.") from error


async def _check_server(client: Client, url: str) -> None:
    try:
        async with asyncio.timeout(FIRST_ANSWER_SECONDS):
            hello = await client.admin.command("hello")
    except OperationFailure as error:
        raise DatabaseUnreachable(
            f"The database refuses: {_reason(error)}. Correct MONGODB_URL."
        ) from error
    except (TimeoutError, ConnectionFailure, ConfigurationError) as error:
        raise DatabaseUnreachable(
            f"No database answers at {_hosts(url)}. Start it, correct MONGODB_URL, or unset it to "
            "use the embedded one."
        ) from error
    if is_standalone(hello):
        raise StandaloneDatabase(
            "This mongod is a standalone server, which has no transactions. Start it with "
            '--replSet rs0 and run once: mongosh --eval "rs.initiate()"'
        )


def _hosts(url: str) -> str:
    """The hosts that a connection string names, without its password."""
    return url.rpartition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]


async def _bind(client: Client) -> None:
    database: Database = client.get_default_database(DEFAULT_NAME)
    try:
        await init_beanie(database=database, document_models=list(DOCUMENTS))
    except OperationFailure as error:
        if error.code != DUPLICATE_KEY:
            raise DatabaseUnreachable(
                f"The database refuses the program's indexes: {_reason(error)}."
            ) from error
        raise IndexBroken(await _broken_index(database, error.details or {})) from error
    except ConnectionFailure as error:
        raise DatabaseUnreachable("The database went away. Start again once it is up.") from error


async def _broken_index(database: Database, details: Mapping[str, Any]) -> str:
    """Name the index, the value and the documents that share it."""
    said = str(details.get("errmsg", ""))
    value = details.get("keyValue")
    place = re.search(r"collection: [^.\s]+\.(\S+) index: (\S+)", said)
    if not place or not value:
        return f"Stored documents break a unique index: {said} Remove or correct one of them."
    collection, name = place.groups()
    shared = {**value, **_filter_of(name)}
    ids = [str(found["_id"]) async for found in database[collection].find(shared, {}).limit(SHOWN)]
    values = ", ".join(f"{field} {part}" for field, part in value.items())
    return (
        f"The documents {' and '.join(ids)} of the collection {collection} share {values}, which "
        f"the index {name} allows to one alone. Remove or correct all but one, then start again."
    )


def _filter_of(name: str) -> dict[str, Any]:
    """Which documents an index of ours covers, if not all."""
    for model in DOCUMENTS:
        for index in getattr(model.Settings, "indexes", ()):
            if index.document["name"] == name:
                return dict(index.document.get("partialFilterExpression", {}))
    return {}


def _reason(error: OperationFailure) -> str:
    return str((error.details or {}).get("errmsg", error)).rstrip(".")
