"""A reopened change stream resumes where the previous one ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from pymongo.asynchronous.change_stream import AsyncDatabaseChangeStream

from models.bookings.change_stream import (
    ChangeStream,
    Committed,
    Notification,
    notify,
    ping_database,
)
from models.bookings.events import Event
from models.errors import Unavailable
from tests.support.wire_faults import CommandError, Fault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from models.store.connection import Client
    from tests.support.wire_proxy import WireProxy

PATIENCE_SECONDS = 120


async def read_until(stream: ChangeStream, channel: str, last: str) -> list[str]:
    """Read the messages of a channel from the stream, up to and including `last`."""
    found: list[str] = []
    async with stream.open() as inserts, asyncio.timeout(PATIENCE_SECONDS):
        async for inserted in inserts:
            if isinstance(inserted, Notification) and inserted.channel == channel:
                found.append(inserted.message)
                if inserted.message == last:
                    break
    return found


async def test_reopened_stream_delivers_messages_sent_while_it_was_closed(
    database: Client,
) -> None:
    assert database is not None
    stream = ChangeStream()
    async with stream.open() as inserts, asyncio.timeout(PATIENCE_SECONDS):
        for message in ("one", "two"):
            await notify("reopened", message)
        async for inserted in inserts:
            if isinstance(inserted, Notification) and inserted.message == "one":
                break
    for message in ("three", "four"):
        await notify("reopened", message)
    assert await read_until(stream, "reopened", "four") == ["two", "three", "four"]


async def test_invalid_resume_token_is_discarded_after_one_failure(database: Client) -> None:
    assert database is not None
    await ping_database()
    stream = ChangeStream()
    stream._token = {"_data": "nonsense"}
    with pytest.raises(Unavailable):
        await read_until(stream, "invalid token", "never")
    reading = asyncio.create_task(read_until(stream, "invalid token", "sent"))
    while not reading.done():
        await notify("invalid token", "sent")
        await asyncio.sleep(0.05)
    assert (await reading)[-1] == "sent"


def resumes(command: Mapping[str, Any]) -> bool:
    """Return whether a command opens a change stream with a resume token."""
    return "resumeAfter" in command["pipeline"][0]["$changeStream"]


async def next_id(inserts: AsyncIterator[Committed | Notification]) -> object:
    """Wait for the next committed event, and return its id."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        committed = await anext(inserts)
    assert isinstance(committed, Committed)
    return committed.document["_id"]


@pytest.mark.parametrize("code", [260, 280, 286])
async def test_resume_token_is_discarded_if_the_database_refuses_it_while_reading(
    proxy: WireProxy, driver: Client, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    events = await driver.get_default_database().create_collection(Event.Settings.name)
    monkeypatch.setattr(Event, "get_pymongo_collection", lambda: events)
    stream = ChangeStream()
    async with stream.open() as inserts:
        await events.insert_one({"_id": 1})
        assert await next_id(inserts) == 1
        with (
            proxy.injected(Fault(CommandError(code), "getMore")),
            pytest.raises(Unavailable),
        ):
            await next_id(inserts)
    proxy.inject(Fault(CommandError(code), "aggregate", matches=resumes))
    async with stream.open() as inserts:
        await events.insert_one({"_id": 2})
        assert await next_id(inserts) == 2


async def test_stream_closed_by_the_database_can_be_opened_again(
    database: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database closes a change stream if the watched database is dropped."""
    assert database is not None

    async def closed(_: AsyncDatabaseChangeStream[Any]) -> NoReturn:
        raise StopAsyncIteration

    stream = ChangeStream()
    async with stream.open() as inserts:
        await notify("closed", "one")
        async with asyncio.timeout(PATIENCE_SECONDS):
            await anext(inserts)
        with monkeypatch.context() as patch:
            patch.setattr(AsyncDatabaseChangeStream, "next", closed)
            with pytest.raises(Unavailable):
                await anext(inserts)
    reading = asyncio.create_task(read_until(stream, "closed", "two"))
    while not reading.done():
        await notify("closed", "two")
        await asyncio.sleep(0.05)
    assert set(await reading) == {"two"}
