"""Transactions: read and write concern, and the classification of retryable errors."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from pymongo import ASCENDING, IndexModel, WriteConcern
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    OperationFailure,
    PyMongoError,
)
from pymongo.read_concern import ReadConcern

from models.store.documents import Record

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from beanie import Document
    from pymongo import AsyncMongoClient
    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.ids import Id

READ, WRITE = ReadConcern("snapshot"), WriteConcern("majority")
WRITE_ONLY = ReadConcern()
"""Read concern for transactions that read nothing, instead of the client's read concern, which they
would inherit."""
DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED = 11000, 112, 251, 11601
RACES = frozenset({DUPLICATE_KEY, WRITE_CONFLICT, NO_SUCH_TRANSACTION, INTERRUPTED})
PASSING = frozenset(
    {
        *(6, 7, 24, 50, 89, 91, 112, 133, 134, 189, 246, 251, 262),
        *(9001, 10107, 11600, 11601, 11602, 13435, 13436),
    }
)
"""Codes of errors that pass by themselves: of the network, elections, overload and conflicts."""
OUTCOME_UNKNOWN, TRANSIENT = "UnknownTransactionCommitResult", "TransientTransactionError"
"""Error labels that the specification of transactions for MongoDB drivers defines."""
PATIENCE_SECONDS = 8.0
"""Time for which transactions, and the ledger's commands, are repeated after conflicts and failed
commits."""
MAX_ATTEMPTS = 20
MAX_PAUSE_SECONDS = 0.05

Result = TypeVar("Result")


class Outcome(Record):
    """Marks a transaction as committed; the document is written by the transaction itself."""

    at: datetime

    class Settings:
        """Outcomes are read by `_id`, and only within seconds after their transaction."""

        name = "outcomes"
        indexes = (
            IndexModel([("at", ASCENDING)], expireAfterSeconds=3_600, name="kept_for_an_hour"),
        )


async def run_in_transaction(
    of: type[Document], write: Callable[[AsyncClientSession], Awaitable[Result]]
) -> Result:
    """Run `write` in a transaction and commit it.

    After a conflict or a failed commit the transaction is repeated, so `write` may be called more
    than once, but only one of its calls takes effect, and the result is of that call.

    Args:
        of: document class that determines the database.
        write: makes the changes in the session that it is given.

    Raises:
        PyMongoError: if `write` or the commit fails with an error that is not retryable.
    """
    client = of.get_pymongo_collection().database.client
    results: dict[Id, Result] = {}
    deadline = monotonic() + PATIENCE_SECONDS
    async with client.start_session() as session:
        while True:
            outcome = Outcome(at=datetime.now(UTC))
            try:
                async with await session.start_transaction(READ, WRITE):
                    # This transaction's start has aborted the former one, unless it is committed.
                    if results and (former := await _committed(results, session)):
                        return results[former]
                    result = await write(session)
                    await outcome.insert(session=session)
                    results[outcome.id] = result
            except DuplicateKeyError:
                raise
            except (PyMongoError, TimeoutError) as error:
                may_succeed = outcome.id in results or is_retryable(error)
                if not may_succeed or monotonic() > deadline:
                    raise
            else:
                return result
            await asyncio.sleep(random.uniform(0, MAX_PAUSE_SECONDS))  # noqa: S311


async def _committed(results: Iterable[Id], session: AsyncClientSession) -> Id | None:
    """Return the id of the outcome that is stored, if any."""
    found = await Outcome.find_one({"_id": {"$in": list(results)}}, session=session)
    return found.id if found else None


async def read_snapshot(
    client: AsyncMongoClient[dict[str, Any]],
    read: Callable[[AsyncClientSession], Awaitable[Result]],
) -> Result:
    """Run `read`, which may be called more than once, on a snapshot of the database.

    Args:
        client: the database client.
        read: reads in the session that it is given, and writes nothing.

    Raises:
        PyMongoError: if `read` fails with an error that is not retryable.
    """
    async with client.start_session() as session:
        return await session.with_transaction(read, READ, WRITE)


async def run_racing_transaction(
    of: type[Document], write: Callable[[AsyncClientSession], Awaitable[Result]]
) -> Result:
    """Run `write` in a transaction, and retry the transaction after a unique-index conflict, too.

    Args:
        of: document class that determines the database.
        write: makes the changes in the session that it is given.

    Raises:
        DuplicateKeyError: if `write` still violates a unique index after many attempts.
        PyMongoError: if `write` or the commit fails with an error that is not retryable.
    """
    for attempt in range(MAX_ATTEMPTS):
        try:
            return await run_in_transaction(of, write)
        except DuplicateKeyError:
            if attempt == MAX_ATTEMPTS - 1:
                raise
        await asyncio.sleep(random.uniform(0, MAX_PAUSE_SECONDS))  # noqa: S311
    raise AssertionError("unreachable")


def is_retryable(error: Exception) -> bool:
    """Return whether a transaction may succeed if it is repeated."""
    if isinstance(error, BulkWriteError):
        return any(e["code"] in RACES for e in error.details["writeErrors"])
    if isinstance(error, OperationFailure) and error.code in RACES:
        return True
    return isinstance(error, (ConnectionFailure, TimeoutError)) or (
        isinstance(error, PyMongoError)
        and (error.has_error_label(TRANSIENT) or error.has_error_label(OUTCOME_UNKNOWN))
    )


def may_be_read_again(error: BaseException | None) -> bool:
    """Return whether the server refused a read for a reason that usually lasts only for a moment.

    The driver repeats a read once after some of these errors, and not at all after the others.
    """
    return isinstance(error, OperationFailure) and error.code in PASSING
