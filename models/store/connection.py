"""Connection to a MongoDB replica set or sharded cluster."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.write_concern import WriteConcern

from models.errors import DatabaseUnreachable, StandaloneDatabase
from models.store.command_spans import CommandSpans
from models.store.driver import patch_condition_wait
from models.store.refusals import NO_PRIMARY, REFUSALS
from models.store.replica_set import is_standalone
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

log = logging.getLogger(__name__)

DEFAULT_NAME = "expertbook"
FIXED_OPTIONS: Final[dict[str, Any]] = {
    "readPreference": "primary",
    "readConcernLevel": "majority",
    "w": "majority",
    "retryReads": True,
    "retryWrites": True,
}
"""Only the primary has the latest data; data read at read concern majority is never rolled back."""
IGNORED_OPTIONS: Final = frozenset(
    {*FIXED_OPTIONS, "readPreferenceTags", "maxStalenessSeconds", "journal", "wTimeoutMS"}
)
SERVER_TIMEOUT_MS = 5_000
STARTUP_TIMEOUT_SECONDS = 4.0
WRITE_TIMEOUT_MS = 2_000
PROBE_TIMEOUT_SECONDS = 6.0
NO_ANSWER: Final = "The database does not answer."
TOO_OLD: Final = "The database is too old. Upgrade to MongoDB 8.0 or newer."

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """Connect to a MongoDB server and check that it is usable.

    Args:
        url: MongoDB connection string of a replica set or sharded cluster.

    Raises:
        DatabaseUnreachable: if no usable server responds at this URL, or if the context raises an
            error of the driver.
        StandaloneDatabase: if the server is not in a replica set and so has no transactions.
    """
    async with new_client(url) as client:
        await _check_server(client, url)
        with or_unreachable():
            yield client


@contextmanager
def or_unreachable() -> Iterator[None]:
    """Convert driver errors to errors whose messages operators see.

    Raises:
        DatabaseUnreachable: if the database does not respond, or refuses a command.
    """
    try:
        yield
    except OperationFailure as error:
        message = f"The database refuses a command: {reason_of(error)}."
        raise DatabaseUnreachable(message) from error
    except PyMongoError as error:
        message = "Lost the connection to the database. Start again once it is up."
        raise DatabaseUnreachable(message) from error


def new_client(url: str) -> Client:
    """Return a database client with the options that the program's correctness depends on.

    Raises:
        DatabaseUnreachable: if the URL is not a MongoDB connection string.
    """
    patch_condition_wait()
    url, ignored = _without_ignored_options(url)
    if ignored:
        log.warning(
            "MONGODB_URL: ignored %s; the program always uses %s",
            ", ".join(ignored),
            ", ".join(f"{name}={value}" for name, value in FIXED_OPTIONS.items()),
        )
    try:
        return AsyncMongoClient(
            url,
            **FIXED_OPTIONS,
            tz_aware=True,
            appname="expertbook",
            # The driver waits this long for a server before it retries a failed read, so reads
            # survive a restart of the server. `timeoutMS` is not used, because with it Python 3.11
            # loses cancellations.
            serverSelectionTimeoutMS=SERVER_TIMEOUT_MS,
            connectTimeoutMS=SERVER_TIMEOUT_MS,
            event_listeners=[REFUSALS, *([CommandSpans()] if tracer().is_enabled else [])],
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseUnreachable(f"MONGODB_URL is not a connection string: {error}") from error


def _without_ignored_options(url: str) -> tuple[str, list[str]]:
    """Return the URL without the options to ignore, and the ignored options that are in conflict.

    An ignored option is in conflict if its value differs from the value that the program uses.
    """
    base, _, query = url.partition("?")
    kept, ignored = [], []
    names = {name.lower(): name for name in IGNORED_OPTIONS}
    for option in query.replace(";", "&").split("&"):
        key, _, value = option.partition("=")
        name = names.get(key.lower())
        if name is None:
            kept.append(option)
        elif unquote(value).lower() != str(FIXED_OPTIONS.get(name, "")).lower():
            ignored.append(f"{name}={value}")
    options = "&".join(filter(None, kept))
    return f"{base}?{options}" if options else base, ignored


async def probe(client: Client) -> None:
    """Wait until the database has accepted a write and a majority of members has confirmed it.

    The write is an update that matches no document. The update stores nothing, but still waits for
    the majority.
    Source: https://www.mongodb.com/docs/manual/reference/write-concern/

    Raises:
        DatabaseUnreachable: if the database does not respond, or refuses the write.
    """
    concern = WriteConcern("majority", wtimeout=WRITE_TIMEOUT_MS)
    settings = client.get_default_database(DEFAULT_NAME).get_collection(
        "settings", write_concern=concern
    )
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_SECONDS):
            await settings.update_one({"_id": "probe"}, {"$set": {"applied": []}})
    except OperationFailure as error:
        raise DatabaseUnreachable("The database refuses a write.") from error
    except ServerSelectionTimeoutError as error:
        raise DatabaseUnreachable(_without_primary(client) or NO_ANSWER) from error
    except ConfigurationError as error:
        raise DatabaseUnreachable(f"{TOO_OLD} ({error})") from error
    except (TimeoutError, PyMongoError) as error:
        raise DatabaseUnreachable(NO_ANSWER) from error


def _without_primary(client: Client) -> str | None:
    """Return the message about a missing primary if any server responds, otherwise None."""
    return NO_PRIMARY if client.topology_description.known_servers else None


async def _check_server(client: Client, url: str) -> None:
    try:
        async with asyncio.timeout(STARTUP_TIMEOUT_SECONDS):
            hello = await client.admin.command("hello")
    except OperationFailure as error:
        raise DatabaseUnreachable(
            f"The database refuses the connection: {reason_of(error)}. Correct MONGODB_URL."
        ) from error
    except ConfigurationError as error:
        raise DatabaseUnreachable(f"{TOO_OLD} ({error})") from error
    except (TimeoutError, ConnectionFailure) as error:
        raise DatabaseUnreachable(
            _without_primary(client)
            or f"No database answers at {_hosts(url)}. Start it, correct MONGODB_URL, or unset it "
            "to use the embedded one."
        ) from error
    if is_standalone(hello):
        raise StandaloneDatabase(
            "This mongod is a standalone server, which has no transactions. Start it with "
            '--replSet rs0 and run once: mongosh --eval "rs.initiate()"'
        )


def _hosts(url: str) -> str:
    """Return the hosts in a connection string, without the credentials."""
    return url.rpartition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]


def reason_of(error: OperationFailure) -> str:
    """Return the server's error message without its full stop."""
    return str((error.details or {}).get("errmsg", error)).rstrip(".")
