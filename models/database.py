"""The connection to the database, and what must be true of it before the program serves."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from beanie import init_beanie
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, ConnectionFailure, InvalidURI, OperationFailure

from models.bookings import Booking
from models.calendars import Calendar
from models.errors import DatabaseUnreachable, IndexBroken, StandaloneDatabase
from models.events import Event
from models.experts import Expert
from models.replica_set import is_standalone
from models.requests import Request
from models.settings import Setting
from models.users import User

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DOCUMENTS = (User, Expert, Calendar, Booking, Event, Request, Setting)
DEFAULT_NAME = "expertbook"
ANSWER_MS = 5_000

Client = AsyncMongoClient[dict[str, Any]]


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
    try:
        client: Client = AsyncMongoClient(
            url,
            tz_aware=True,
            w="majority",
            appname="expertbook",
            serverSelectionTimeoutMS=ANSWER_MS,
            connectTimeoutMS=ANSWER_MS,
        )
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise DatabaseUnreachable(f"MONGODB_URL is not a connection string: {error}") from error
    async with client:
        await _check_server(client)
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


async def _check_server(client: Client) -> None:
    try:
        hello = await client.admin.command("hello")
    except (ConnectionFailure, OperationFailure, ConfigurationError) as error:
        hosts = ", ".join(f"{host}:{port}" for host, port in client.nodes) or "that address"
        raise DatabaseUnreachable(
            f"No database answers at {hosts}. Start it, correct MONGODB_URL, or unset it to use "
            "the embedded one."
        ) from error
    if is_standalone(hello):
        raise StandaloneDatabase(
            "This mongod is a standalone server, which has no transactions. Start it with "
            '--replSet rs0 and run once: mongosh --eval "rs.initiate()"'
        )


async def _bind(client: Client) -> None:
    database = client.get_default_database(DEFAULT_NAME)
    try:
        await init_beanie(database=database, document_models=list(DOCUMENTS))
    except OperationFailure as error:
        if error.code != DUPLICATE_KEY:
            raise
        raise IndexBroken(_broken_index(error)) from error


DUPLICATE_KEY = 11000


def _broken_index(error: OperationFailure) -> str:
    details = error.details or {}
    key = details.get("keyValue") or details.get("errmsg") or str(error)
    return (
        f"Two stored documents share a value that a unique index needs for one alone: {key}. "
        "Remove or correct one of them, then start again."
    )
