"""Transactions: read and write concern, and the classification of retryable errors."""

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
WRITE_ONLY = ReadConcern()
"""For transactions that read nothing; without it they inherit the client's read concern."""
DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED = 11000, 112, 251, 11601
RACES = frozenset({DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED})
OUTCOME_UNKNOWN, TRANSIENT = "UnknownTransactionCommitResult", "TransientTransactionError"
"""Error labels of the driver's specification of transactions."""

Result = TypeVar("Result")


async def run_in_transaction(
    of: type[Document], write: Callable[[AsyncClientSession], Awaitable[Result]]
) -> Result:
    """Run `write` in a transaction and commit it.

    After a conflict the transaction is retried, so `write` may be called more than once.

    Args:
        of: document class that determines the database.
        write: makes the changes in the session that it is given.

    Raises:
        PyMongoError: if `write` or the commit fails with an error that is not retryable.
    """
    client = of.get_pymongo_collection().database.client
    async with client.start_session() as session:
        return await session.with_transaction(write, READ, WRITE)


def is_outcome_unknown(error: Exception) -> bool:
    """Return whether a transaction may have been committed in spite of an error."""
    return isinstance(error, (ConnectionFailure, TimeoutError)) or (
        isinstance(error, PyMongoError) and error.has_error_label(OUTCOME_UNKNOWN)
    )


def is_retryable(error: Exception) -> bool:
    """Return whether a new attempt can succeed: after a lost race or with an unknown outcome."""
    if isinstance(error, BulkWriteError):
        return any(e["code"] in RACES for e in error.details["writeErrors"])
    if isinstance(error, OperationFailure) and error.code in RACES:
        return True
    return is_outcome_unknown(error) or (
        isinstance(error, PyMongoError) and error.has_error_label(TRANSIENT)
    )
