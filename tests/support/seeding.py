"""Functions that fill empty databases with sample data, dated relative to a fixed time."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from models.database import open_database
from tests.support.databases import renamed
from web.samples.seed import seed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from web.samples.demo import Outcome

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""Fixed creation time of the sample data. With the current time, the shares of booking statuses
would vary between runs."""
HEARTBEATS = "heartbeatFrequencyMS=600000"
"""Option that makes the driver's heartbeats to the database rare. Generating data blocks the event
loop, so more frequent heartbeats would be late, as if the connection to the database were lost."""

HASH = "the hash of the demo password"
DAY = timedelta(days=1)


def silent(_done: int, _total: int) -> None:
    """Ignore progress reports."""


async def fill(experts: int) -> Outcome:
    """Fill the database with sample data, unless it already contains sample data."""
    return await seed(experts=experts, now=NOW, password_hash=HASH, progress=silent)


@asynccontextmanager
async def opened(server: str, name: str) -> AsyncIterator[None]:
    """Bind the document models to an empty database named `seeding-…`."""
    url = renamed(server, f"seeding-{name}")
    async with open_database(f"{url}&{HEARTBEATS}"):
        yield
