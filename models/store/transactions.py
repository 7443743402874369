"""Transactions: how they read and write, and which of their errors pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pymongo import WriteConcern
from pymongo.errors import BulkWriteError, ConnectionFailure, OperationFailure, PyMongoError
from pymongo.read_concern import ReadConcern

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from beanie import Document
    from pymongo.asynchronous.client_session import AsyncClientSession

READ, WRITE = ReadConcern("snapshot"), WriteConcern("majority")
DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED = 11000, 112, 251, 11601
RACES = frozenset({DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED})
Result = TypeVar("Result")


async def run_in_transaction(
    of: type[Document], write: Callable[[AsyncClientSession], Awaitable[Result]]
) -> Result:
    """Make a few writes in one transaction of the database that a document is in.

    It is tried again when it lost to another one, so `write` may be called more than once.

    Raises:
        PyMongoError: what `write` raised, and whatever a retry cannot mend.
    """
    client = of.get_pymongo_collection().database.client
    async with client.start_session() as session:
        return await session.with_transaction(write, READ, WRITE)


def is_retryable(error: Exception) -> bool:
    """Whether deciding anew may go better: a lost race, or a server that went away."""
    if isinstance(error, BulkWriteError):
        return any(e["code"] in RACES for e in error.details["writeErrors"])
    if isinstance(error, OperationFailure) and error.code in RACES:
        return True
    return isinstance(error, (ConnectionFailure, TimeoutError)) or (
        isinstance(error, PyMongoError) and error.has_error_label("TransientTransactionError")
    )
