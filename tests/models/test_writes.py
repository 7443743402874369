"""Writes to several collections, in one command and in one for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pymongo.errors import PyMongoError

from models.directory.versions import DIRECTORY
from models.ledger.writers import Writer
from models.store import bulk_writes as writes
from models.store.bulk_writes import Writes
from models.store.shared_state import SharedState
from models.store.transactions import READ, WRITE, is_retryable
from tests.schema.test_loaders import COMMANDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pymongo.asynchronous.client_session import AsyncClientSession

    from models.store.connection import Client

NAMES = [f"written-{number}" for number in range(7)]
THEIRS = {"_id": {"$in": NAMES}}


@pytest.fixture(params=[True, False], ids=["together", "apart"])
def asked(request: pytest.FixtureRequest) -> Writes:
    """What is to be written, in one command if possible or in several."""
    return Writes(single_command=request.param)


def test_embedded_database_supports_bulk_write(database: Client) -> None:
    version = database.topology_description.common_wire_version or 0
    assert version >= writes.BULK_WRITE_WIRE_VERSION


@pytest.fixture
async def session(database: Client) -> AsyncIterator[AsyncClientSession]:
    """A session to write with, after which nothing is left of what was written."""
    async with database.start_session(causal_consistency=False) as session:
        yield session
    for of in (SharedState, Writer):
        await of.get_pymongo_collection().delete_many(THEIRS)


async def found() -> dict[str, int]:
    """What there is, with its beats."""
    rows = await Writer.get_pymongo_collection().find(THEIRS).to_list()
    return {row["_id"]: row["beats"] for row in rows}


async def test_all_is_written_or_nothing(asked: Writes, session: AsyncClientSession) -> None:
    """Inserts and both kinds of updates."""
    for name in NAMES[:3]:
        asked.insert(Writer, {"_id": name, "beats": 1})
    asked.insert(SharedState, {"_id": NAMES[0]})
    asked.update(Writer, {"_id": NAMES[1], "beats": 1}, {"$inc": {"beats": 4}})
    asked.update(Writer, {"_id": NAMES[2]}, {"_id": NAMES[2], "beats": 9})
    async with await session.start_transaction(write_concern=WRITE):
        assert await asked.send(session)
        await session.abort_transaction()
    assert await found() == {}
    async with await session.start_transaction(write_concern=WRITE):
        assert await asked.send(session)
    assert await found() == {NAMES[0]: 1, NAMES[1]: 5, NAMES[2]: 9}
    assert await SharedState.get_pymongo_collection().count_documents(THEIRS) == 1


async def test_an_update_that_finds_nothing_is_told(
    asked: Writes, session: AsyncClientSession
) -> None:
    """After a read, too, of which the transaction has a snapshot."""
    asked.insert(Writer, {"_id": NAMES[0], "beats": 1})
    asked.update(Writer, {"_id": NAMES[0], "beats": 2}, {"$inc": {"beats": 1}})
    async with await session.start_transaction(READ, WRITE):
        await SharedState.get_pymongo_collection().find_one({"_id": DIRECTORY}, session=session)
        assert not await asked.send(session)
        await session.abort_transaction()
    assert await found() == {}


async def test_what_is_there_already_is_a_lost_race(
    asked: Writes, session: AsyncClientSession
) -> None:
    """Whoever meets it decides anew."""
    await Writer.get_pymongo_collection().insert_one({"_id": NAMES[3], "beats": 7})
    for name in NAMES:
        asked.insert(Writer, {"_id": name, "beats": 1})
    with pytest.raises(PyMongoError) as raised:
        async with await session.start_transaction(write_concern=WRITE):
            await asked.send(session)
    assert is_retryable(raised.value)
    assert await found() == {NAMES[3]: 7}


async def test_of_two_who_write_the_same_one_wins(
    asked: Writes, database: Client, session: AsyncClientSession
) -> None:
    """The other hears that it lost."""
    await Writer.get_pymongo_collection().insert_one({"_id": NAMES[0], "beats": 0})
    asked.update(Writer, {"_id": NAMES[0], "beats": 0}, {"$inc": {"beats": 1}})
    async with database.start_session(causal_consistency=False) as other:
        await session.start_transaction(write_concern=WRITE)
        await other.start_transaction(write_concern=WRITE)
        assert await asked.send(session)
        with pytest.raises(PyMongoError) as raised:
            await asked.send(other)
        assert is_retryable(raised.value)
        await session.commit_transaction()
    assert await found() == {NAMES[0]: 1}


async def test_much_is_written_in_parts(
    session: AsyncClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since a command is one document."""
    monkeypatch.setattr(writes, "MAX_OPERATIONS_PER_COMMAND", 3)
    asked = Writes(single_command=True)
    for name in NAMES:
        asked.insert(Writer, {"_id": name, "beats": 1})
    async with await session.start_transaction(write_concern=WRITE):
        with COMMANDS.counted() as commands:
            assert await asked.send(session)
            assert commands.count == 3
    assert await found() == dict.fromkeys(NAMES, 1)
    with COMMANDS.counted() as commands:
        assert await Writes(single_command=True).send(session)
        assert commands.count == 0
