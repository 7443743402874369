"""Tests of writing to several collections, with a single command or one command for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo.errors import PyMongoError

from models.directory.versions import DIRECTORY
from models.store import bulk_writes
from models.store.bulk_writes import Writes
from models.store.shared_state import SharedState
from models.store.transactions import READ, WRITE, WRITE_ONLY, is_retryable
from models.store.writers import Writer
from tests.support.command_counts import COMMANDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.connection import Client

NAMES = [f"written-{number}" for number in range(7)]
TEST_DOCUMENTS = {"_id": {"$in": NAMES}}


@pytest.fixture(params=[True, False], ids=["single command", "per collection"])
def writes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Writes:
    """An empty set of writes; each test runs once for each way of sending the writes."""
    if not request.param:
        monkeypatch.setattr(bulk_writes, "BULK_WRITE_WIRE_VERSION", 1_000)
    return Writes()


def test_embedded_database_supports_bulk_write(database: Client) -> None:
    version = database.topology_description.common_wire_version or 0
    assert version >= bulk_writes.BULK_WRITE_WIRE_VERSION


@pytest.fixture
async def session(database: Client) -> AsyncIterator[AsyncClientSession]:
    """A database session; the documents that the test wrote are deleted afterwards."""
    async with database.start_session(causal_consistency=False) as session:
        yield session
    for of in (SharedState, Writer):
        await of.get_pymongo_collection().delete_many(TEST_DOCUMENTS)


async def stored_beats() -> dict[str, int]:
    """Return the `beats` field of each stored writer, keyed by the writer's id."""
    rows = await Writer.get_pymongo_collection().find(TEST_DOCUMENTS).to_list()
    return {row["_id"]: row["beats"] for row in rows}


async def test_writes_are_atomic(writes: Writes, session: AsyncClientSession) -> None:
    """Covers inserts, updates with operators, and replacements of whole documents."""
    for name in NAMES[:3]:
        writes.insert(Writer, {"_id": name, "beats": 1})
    writes.insert(SharedState, {"_id": NAMES[0]})
    writes.update(Writer, {"_id": NAMES[1], "beats": 1}, {"$inc": {"beats": 4}})
    writes.update(Writer, {"_id": NAMES[2]}, {"_id": NAMES[2], "beats": 9})
    async with await session.start_transaction(WRITE_ONLY, WRITE):
        assert await writes.send(session)
        await session.abort_transaction()
    assert await stored_beats() == {}
    async with await session.start_transaction(WRITE_ONLY, WRITE):
        assert await writes.send(session)
    assert await stored_beats() == {NAMES[0]: 1, NAMES[1]: 5, NAMES[2]: 9}
    assert await SharedState.get_pymongo_collection().count_documents(TEST_DOCUMENTS) == 1


async def test_update_that_matches_nothing_makes_send_return_false(
    writes: Writes, session: AsyncClientSession
) -> None:
    """The transaction reads first, so the writes apply to its snapshot."""
    writes.insert(Writer, {"_id": NAMES[0], "beats": 1})
    writes.update(Writer, {"_id": NAMES[0], "beats": 2}, {"$inc": {"beats": 1}})
    async with await session.start_transaction(READ, WRITE):
        await SharedState.get_pymongo_collection().find_one({"_id": DIRECTORY}, session=session)
        assert not await writes.send(session)
        await session.abort_transaction()
    assert await stored_beats() == {}


async def test_duplicate_key_is_a_retryable_error(
    writes: Writes, session: AsyncClientSession
) -> None:
    await Writer.get_pymongo_collection().insert_one({"_id": NAMES[3], "beats": 7})
    for name in NAMES:
        writes.insert(Writer, {"_id": name, "beats": 1})
    with pytest.raises(PyMongoError) as raised:
        async with await session.start_transaction(WRITE_ONLY, WRITE):
            await writes.send(session)
    assert is_retryable(raised.value)
    assert await stored_beats() == {NAMES[3]: 7}


async def test_conflicting_transaction_fails_with_a_retryable_error(
    writes: Writes, database: Client, session: AsyncClientSession
) -> None:
    await Writer.get_pymongo_collection().insert_one({"_id": NAMES[0], "beats": 0})
    writes.update(Writer, {"_id": NAMES[0], "beats": 0}, {"$inc": {"beats": 1}})
    async with database.start_session(causal_consistency=False) as other:
        await session.start_transaction(WRITE_ONLY, WRITE)
        await other.start_transaction(WRITE_ONLY, WRITE)
        assert await writes.send(session)
        with pytest.raises(PyMongoError) as raised:
            await writes.send(other)
        assert is_retryable(raised.value)
        await session.commit_transaction()
    assert await stored_beats() == {NAMES[0]: 1}


async def test_many_writes_are_split_into_several_commands(
    session: AsyncClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_writes, "MAX_OPERATIONS_PER_COMMAND", 3)
    writes = Writes()
    for name in NAMES:
        writes.insert(Writer, {"_id": name, "beats": 1})
    async with await session.start_transaction(WRITE_ONLY, WRITE):
        with COMMANDS.counted() as commands:
            assert await writes.send(session)
            assert commands.count == 3
    assert await stored_beats() == dict.fromkeys(NAMES, 1)
    with COMMANDS.counted() as commands:
        assert await Writes().send(session)
        assert commands.count == 0
