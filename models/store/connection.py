"""Connection to a MongoDB replica set or sharded cluster."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure

from models.errors import DatabaseUnreachable, StandaloneDatabase
from models.store.command_spans import CommandSpans
from models.store.driver import patch_condition_wait
from models.store.replica_set import is_standalone
from models.telemetry.tracing import tracer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEFAULT_NAME = "expertbook"
SERVER_TIMEOUT_MS = 5_000
STARTUP_TIMEOUT_SECONDS = 4.0

Client = AsyncMongoClient[dict[str, Any]]
Database = AsyncDatabase[dict[str, Any]]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Client]:
    """Connect to a server and check that it is usable.

    Args:
        url: MongoDB connection string of a replica set or sharded cluster.

    Raises:
        DatabaseUnreachable: no usable server answers at this address.
        StandaloneDatabase: the server has no transactions.
    """
    patch_condition_wait()
    try:
        client: Client = AsyncMongoClient(
            url,
            tz_aware=True,
            w="majority",
            appname="expertbook",
            # The driver waits this long for a server before it retries a failed read, so reads
            # survive a restart. With timeoutMS instead, Python 3.11 loses cancellations.
            serverSelectionTimeoutMS=SERVER_TIMEOUT_MS,
            connectTimeoutMS=SERVER_TIMEOUT_MS,
            event_listeners=[CommandSpans()] if tracer().is_enabled else [],
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseUnreachable(f"MONGODB_URL is not a connection string: {error}") from error
    async with client:
        await _check_server(client, url)
        yield client


async def ping(client: Client) -> None:
    """Return once the database answers.

    Raises:
        DatabaseUnreachable: if it does not answer within five seconds.
    """
    try:
        await client.admin.command("ping")
    except ConnectionFailure as error:
        raise DatabaseUnreachable("The database does not answer.") from error


async def _check_server(client: Client, url: str) -> None:
    try:
        async with asyncio.timeout(STARTUP_TIMEOUT_SECONDS):
            hello = await client.admin.command("hello")
    except OperationFailure as error:
        raise DatabaseUnreachable(
            f"The database refuses the connection: {reason_of(error)}. Correct MONGODB_URL."
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
    """Return the hosts in a connection string, without the credentials."""
    return url.rpartition("://")[2].rpartition("@")[2].partition("/")[0].partition("?")[0]


def reason_of(error: OperationFailure) -> str:
    """Return the server's error message without its full stop."""
    return str((error.details or {}).get("errmsg", error)).rstrip(".")
