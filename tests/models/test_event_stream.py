"""The change stream goes on where its last reading ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from models.bookings.change_stream import ChangeStream, Nudge, nudge, ping_database
from models.errors import Unavailable

if TYPE_CHECKING:
    from models.store.connection import Client

PATIENCE_SECONDS = 120


async def heard(stream: ChangeStream, channel: str, last: str) -> list[str]:
    """Return the messages of a channel up to the last one."""
    found: list[str] = []
    async with stream.open() as inserts, asyncio.timeout(PATIENCE_SECONDS):
        async for inserted in inserts:
            if isinstance(inserted, Nudge) and inserted.channel == channel:
                found.append(inserted.message)
                if inserted.message == last:
                    break
    return found


async def test_what_happens_between_two_readings_is_read_by_the_second(database: Client) -> None:
    assert database is not None
    stream = ChangeStream()
    async with stream.open() as inserts, asyncio.timeout(PATIENCE_SECONDS):
        for message in ("one", "two"):
            await nudge("two readings", message)
        async for inserted in inserts:
            if isinstance(inserted, Nudge) and inserted.message == "one":
                break
    for message in ("three", "four"):
        await nudge("two readings", message)
    assert await heard(stream, "two readings", "four") == ["two", "three", "four"]


async def test_a_place_that_the_database_does_not_know_is_given_up(database: Client) -> None:
    """One failure, and the next reading begins anew."""
    assert database is not None
    await ping_database()
    stream = ChangeStream()
    stream._token = {"_data": "nonsense"}
    with pytest.raises(Unavailable):
        await heard(stream, "lost place", "never")
    reading = asyncio.create_task(heard(stream, "lost place", "told"))
    while not reading.done():
        await nudge("lost place", "told")
        await asyncio.sleep(0.05)
    assert (await reading)[-1] == "told"
