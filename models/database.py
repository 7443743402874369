"""Connect to the database, bind the document classes, create collections and indexes."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from beanie import init_beanie
from pymongo.errors import ConnectionFailure, OperationFailure

from models.accounts.attempts import Attempts
from models.accounts.codes import Code
from models.accounts.links import Link
from models.accounts.sessions import RefreshToken, Session
from models.accounts.users import User
from models.bookings.booking import Booking
from models.bookings.change_stream import Notification
from models.bookings.events import Event
from models.bookings.idempotency import IdempotencyRecord
from models.bookings.outbox import Mail
from models.bookings.reminders import DEFAULT_LEAD_TIMES
from models.bookings.wait import Wait
from models.calendar.rules import Calendar
from models.directory.experts import Expert
from models.directory.photos import Photo
from models.directory.reviews import Review
from models.errors import IndexBroken, Unavailable
from models.migrations import migrate
from models.store.connection import DEFAULT_NAME, connected
from models.store.shared_state import SharedState
from models.store.transactions import DUPLICATE_KEY, Outcome, may_be_read_again
from models.store.writers import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import timedelta

    from models.store.connection import Client, Database

DOCUMENTS = (
    User,
    Expert,
    Calendar,
    Booking,
    Event,
    IdempotencyRecord,
    Mail,
    Link,
    Code,
    SharedState,
    Session,
    RefreshToken,
    Attempts,
    Notification,
    Writer,
    Photo,
    Review,
    Wait,
    Outcome,
)
NAMESPACE_EXISTS = 48
PATIENCE_SECONDS = 15.0
"""Time for which the start is repeated after errors that pass by themselves."""
PAUSE_SECONDS = 0.25
MAX_DOCUMENTS_SHOWN = 3
"""Maximum number of documents that the message of `IndexBroken` lists."""


@asynccontextmanager
async def open_database(
    url: str, lead_times: Sequence[timedelta] = DEFAULT_LEAD_TIMES
) -> AsyncIterator[Client]:
    """Connect, check the server, bind the document classes, create collections and indexes.

    Args:
        url: MongoDB connection string of a replica set or sharded cluster; its path names the
            database (default: expertbook).
        lead_times: times before a session at which its client is reminded; used to add reminders
            to bookings that earlier versions stored without any.

    Raises:
        DatabaseUnreachable: if no usable server responds at this URL.
        StandaloneDatabase: if the server is not in a replica set and so has no transactions.
        IndexBroken: if stored documents violate a unique index.
    """
    async with connected(url) as client:
        database: Database = client.get_default_database(DEFAULT_NAME)
        await _prepare(database, lead_times)
        yield client


async def _prepare(database: Database, lead_times: Sequence[timedelta]) -> None:
    """Bind the document classes and migrate stored data.

    Both are idempotent, so they are repeated after errors that pass, such as during an election.
    """
    deadline = monotonic() + PATIENCE_SECONDS
    while True:
        try:
            await bind(database)
            await migrate(lead_times)
        except (OperationFailure, ConnectionFailure, Unavailable) as error:
            cause = error.__cause__ if isinstance(error, Unavailable) else error
            if isinstance(cause, OperationFailure) and cause.code == DUPLICATE_KEY:
                raise IndexBroken(await _broken_index(database, cause.details or {})) from error
            is_passing = isinstance(cause, ConnectionFailure) or may_be_read_again(cause)
            if not is_passing or monotonic() > deadline:
                raise
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


async def bind(database: Database) -> None:
    """Create the collections and indexes that do not exist yet, and bind the document classes."""
    await _create_collections(database)
    await init_beanie(database=database, document_models=list(DOCUMENTS))


async def _create_collections(database: Database) -> None:
    """Create the collections that do not exist yet.

    They are created in advance, because a transaction over several shards of a sharded cluster
    cannot create collections.
    Source: https://www.mongodb.com/docs/manual/core/transactions-operations/
    """
    existing = await database.list_collection_names()
    for model in DOCUMENTS:
        if model.Settings.name in existing:
            continue
        try:
            await database.create_collection(model.Settings.name, check_exists=False)
        except OperationFailure as error:
            if error.code != NAMESPACE_EXISTS:  # created by another process
                raise


async def _broken_index(database: Database, details: Mapping[str, Any]) -> str:
    """Return a message with the index, the duplicate value and the documents that share it."""
    message = str(details.get("errmsg", ""))
    value = details.get("keyValue")
    match = re.search(r"collection: [^.\s]+\.(\S+) index: (\S+)", message)
    if not match or not value:
        return f"Stored documents violate a unique index: {message} Remove or correct one of them."
    collection, name = match.groups()
    shared = {**value, **_filter_of(name)}
    duplicates = database[collection].find(shared, {}).limit(MAX_DOCUMENTS_SHOWN)
    ids = [str(row["_id"]) async for row in duplicates]
    values = ", ".join(f"{field} {part}" for field, part in value.items())
    return (
        f"The documents {' and '.join(ids)} of the collection {collection} share {values}, but "
        f"the index {name} is unique. Remove or correct all but one, then start again."
    )


def _filter_of(name: str) -> dict[str, Any]:
    """Return the partial filter of the application's index with this name; {} if it has none."""
    for model in DOCUMENTS:
        for index in getattr(model.Settings, "indexes", ()):
            if index.document["name"] == name:
                return dict(index.document.get("partialFilterExpression", {}))
    return {}
