"""Clients of the wire proxy, and the labels of the errors that they receive."""

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
"""Interval of the driver's checks, so long that only a streamed `hello` can announce a change."""
TRANSIENT, RETRYABLE = "TransientTransactionError", "RetryableWriteError"
UNKNOWN = "UnknownTransactionCommitResult"


def connect(proxy: WireProxy, **options: Any) -> Client:
    """Return a client of the proxy that waits long for a server."""
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
    """Return the ids of the stored documents."""
    return [row["_id"] async for row in things.find().sort("_id")]


async def insert_in_transaction(things: AsyncCollection[dict[str, Any]], id_: object) -> None:
    """Insert a document in a transaction and commit it."""
    async with (
        things.database.client.start_session() as session,
        await session.start_transaction(ReadConcern("snapshot"), WriteConcern("majority")),
    ):
        await things.insert_one({"_id": id_}, session=session)


def labels(error: PyMongoError) -> set[str]:
    """Return the labels for transactions and writes that an error has."""
    return {name for name in (TRANSIENT, RETRYABLE, UNKNOWN) if error.has_error_label(name)}
