"""The database's driver, while the database is away."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import ServerSelectionTimeoutError

from models.driver import mend_waiting
from tests.servers import free_port

AT_ONCE, CANCELLED, ROUNDS = 200, 20, 400


async def test_operations_that_are_cancelled_in_an_outage_do_not_harm_the_others() -> None:
    """Each still learns in time that no server is there, however many others were given up."""
    #mend_waiting()
    rng = random.Random(1)
    failures: Counter[type[Exception]] = Counter()
    async with AsyncMongoClient[dict[str, Any]](
        f"mongodb://127.0.0.1:{free_port()}/?replicaSet=nobody", serverSelectionTimeoutMS=1000
    ) as client:

        async def ping() -> None:
            try:
                await client.admin.command("ping")
            except Exception as error:  # noqa: BLE001 - any other kind is what the test is about
                failures[type(error)] += 1

        running: set[asyncio.Task[None]] = set()
        for _ in range(ROUNDS):
            while len(running) < AT_ONCE:
                task = asyncio.create_task(ping())
                running.add(task)
                task.add_done_callback(running.discard)
            for task in rng.sample(sorted(running, key=id), CANCELLED):
                task.cancel()
            await asyncio.sleep(rng.choice([0, 0.001, 0.005]))
        async with asyncio.timeout(60):
            await asyncio.gather(*running, return_exceptions=True)
    assert set(failures) == {ServerSelectionTimeoutError}
