"""Database clients that connect to the wire proxy, and the labels of the errors they receive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

if TYPE_CHECKING:
    from pymongo.asynchronous.collection import AsyncCollection
    from pymongo.errors import PyMongoError

    from tests.support.wire_proxy import WireProxy


Client = AsyncMongoClient[dict[str, Any]]
PATIENCE_MS = 60_000
PATIENCE_SECONDS = 60
NO_POLLING_MS = 600_000
"""Interval of the driver's server checks. It is so long that the driver learns of a change of
primary only from a streamed `hello`."""
TRANSIENT, RETRYABLE = "TransientTransactionError", "RetryableWriteError"
UNKNOWN = "UnknownTransactionCommitResult"


def connect(proxy: WireProxy, **options: Any) -> Client:
    """Return a database client that connects to the proxy and waits long for a usable server."""
    return AsyncMongoClient(
        proxy.url,
        **{
            "serverSelectionTimeoutMS": PATIENCE_MS,
            "heartbeatFrequencyMS": NO_POLLING_MS,
            "w": "majority",
            **options,
        },
    )


async def ids(things: AsyncCollection[dict[str, Any]]) -> list[Any]:
    """Return the ids of the documents in a collection, in ascending order."""
    return [row["_id"] async for row in things.find().sort("_id")]


async def insert_in_transaction(things: AsyncCollection[dict[str, Any]], id_: object) -> None:
    """Insert a document in a transaction, and commit the transaction."""
    async with (
        things.database.client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority")),
    ):
        await things.insert_one({"_id": id_}, session=session)


def labels(error: PyMongoError) -> set[str]:
    """Return those labels of an error that concern transactions or retryable writes."""
    return {name for name in (TRANSIENT, RETRYABLE, UNKNOWN) if error.has_error_label(name)}
