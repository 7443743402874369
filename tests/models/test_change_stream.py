"""The change stream resumes where the previous one ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.bookings.change_stream import ChangeStream, Notification, notify, ping_database
from models.errors import Unavailable

if TYPE_CHECKING:
    from models.store.connection import Client

PATIENCE_SECONDS = 120


async def read_until(stream: ChangeStream, channel: str, last: str) -> list[str]:
    """Return the messages of a channel up to and including `last`."""
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
