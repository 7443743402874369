"""Sample data in empty databases, relative to a fixed time."""

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
"""Fixed time of the sample: with the current time, the shares of statuses would vary."""
HEARTBEATS = "heartbeatFrequencyMS=600000"
"""Generating data blocks the event loop; late heartbeats must not look like a lost server."""

HASH = "the hash of the demo password"
DAY = timedelta(days=1)


def silent(_done: int, _total: int) -> None:
    """Ignore progress reports."""


async def fill(experts: int) -> Outcome:
    """Fill the database with sample data, unless it has some."""
    return await seed(experts=experts, now=NOW, password_hash=HASH, progress=silent)


@asynccontextmanager
async def opened(server: str, name: str) -> AsyncIterator[None]:
    """Bind the documents to an empty database with this name."""
    url = renamed(server, f"seeding-{name}")
    async with open_database(f"{url}&{HEARTBEATS}"):
        yield
