"""The checks of database commands, which conftest.py applies to all tests, detect violations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from models.bookings.booking import Span, booking_page, occupants_in
from models.bookings.caps import coming_bookings
from models.bookings.events import Event
from models.calendar.times import utc_now
from models.ids import new_id
from models.store.pages import PageArguments
from models.store.transactions import READ, WRITE, WRITE_ONLY
from tests.support.command_rules import RULES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pymongo.asynchronous.collection import AsyncCollection

    from models.store.connection import Client

    Events = AsyncCollection[dict[str, Any]]

NOWHERE = {"expert_id": None, "sequence": -1}
NOTHING = {"$set": {"sequence": -1}}


async def read_locally(events: Events) -> object:
    """Read with read concern `local`, so that a failover may roll back the data."""
    return await events.with_options(read_concern=ReadConcern("local")).find_one(NOWHERE)


async def count_on_a_secondary(events: Events) -> object:
    """Count documents on a secondary, if the replica set has one."""
    reader = events.with_options(read_preference=ReadPreference.SECONDARY_PREFERRED)
    return await reader.count_documents(NOWHERE)


async def write_to_one_member(events: Events) -> object:
    """Update without waiting for a majority of the replica set."""
    return await events.with_options(write_concern=WriteConcern(1)).update_one(NOWHERE, NOTHING)


async def bulk_write_to_one_member(events: Events) -> object:
    """Send a bulk write without waiting for a majority of the replica set."""
    database = events.database
    update = {"update": 0, "filter": NOWHERE, "updateMods": NOTHING}
    namespaces = [{"ns": events.full_name}]
    command = {"bulkWrite": 1, "ops": [update], "nsInfo": namespaces, "writeConcern": {"w": 1}}
    return await database.client.admin.command(command)


async def write_to_every_shard(events: Events) -> object:
    """Update an event by its id alone; without the shard key, a mongos asks every shard."""
    return await events.update_one({"_id": None}, NOTHING)


async def delete_from_every_shard(events: Events) -> object:
    """Delete an event by its number alone; without the shard key, a mongos asks every shard."""
    return await events.delete_one({"sequence": -1})


async def read_without_a_snapshot(events: Events) -> object:
    """Read in a transaction that was opened only for writes, so it has no snapshot."""
    async with (
        events.database.client.start_session() as session,
        await session.start_transaction(WRITE_ONLY, WRITE),
    ):
        return await events.find_one(NOWHERE, session=session)


async def commit_to_one_member(events: Events) -> object:
    """Commit a transaction without waiting for a majority of the replica set."""
    async with (
        events.database.client.start_session() as session,
        await session.start_transaction(READ, WriteConcern(1)),
    ):
        return await events.update_one(NOWHERE, NOTHING, session=session)


@pytest.mark.parametrize(
    ("act", "offence"),
    [
        (read_locally, "a read that may be rolled back"),
        (count_on_a_secondary, "not a read from the primary"),
        (write_to_one_member, "a write that may be rolled back"),
        (bulk_write_to_one_member, "a write that may be rolled back"),
        (write_to_every_shard, "a write to every shard"),
        (delete_from_every_shard, "a write to every shard"),
        (read_without_a_snapshot, "a transaction that reads without a snapshot"),
        (commit_to_one_member, "a write that may be rolled back"),
    ],
)
async def test_unsafe_command_is_reported(
    database: Client, act: Callable[[Events], Awaitable[object]], offence: str
) -> None:
    assert database is not None
    await act(Event.get_pymongo_collection())
    offences, RULES.offences = RULES.offences, []
    assert [text.partition(":")[0] for text in offences] == [offence]


async def test_safe_commands_are_allowed(database: Client) -> None:
    """Covers reads, a conditional write, and a transaction that reads and writes."""
    events = Event.get_pymongo_collection()
    await events.find_one(NOWHERE)
    await events.distinct("sequence", NOWHERE)
    await events.update_one(NOWHERE, NOTHING)
    async with (
        database.start_session() as session,
        await session.start_transaction(READ, WRITE),
    ):
        await events.find_one(NOWHERE, session=session)
        await events.delete_one(NOWHERE, session=session)
    assert RULES.offences == []


async def test_calendars_booking_lists_and_caps_are_read_from_snapshots(database: Client) -> None:
    """Without a snapshot, a read could miss both the old and the new time of a moving booking."""
    assert database is not None
    now, id_ = utc_now(), new_id()
    RULES.levels.clear()
    await occupants_in([Span(id_, now, now), Span(new_id(), now, now + timedelta(days=1))])
    await booking_page([{"client_id": id_}], PageArguments())
    await coming_bookings(id_, now)
    assert list(RULES.levels) == ["snapshot"] * 3
