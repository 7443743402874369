"""A test of the database driver while the database is unreachable."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from models.store import driver

PATIENCE_SECONDS = 600
ROOT = Path(driver.__file__).parents[2]
# The program runs in a separate process, which is killed if the driver blocks forever.
PROGRAM = """
import asyncio, random
from pymongo import AsyncMongoClient
from models.store.driver import patch_condition_wait

async def main():
    patch_condition_wait()
    rng, failures, running = random.Random(1), set(), set()
    url = "mongodb://127.0.0.1:1/?replicaSet=nobody"
    async with AsyncMongoClient(url, serverSelectionTimeoutMS=1000) as client:

        async def ping():
            try:
                await client.admin.command("ping")
            except Exception as error:
                failures.add(type(error).__name__)

        for _ in range(400):
            while len(running) < 200:
                task = asyncio.create_task(ping())
                running.add(task)
                task.add_done_callback(running.discard)
            for task in rng.sample(list(running), 20):
                task.cancel()
            await asyncio.sleep(rng.choice([0, 0.001, 0.005]))
        await asyncio.wait(running)
        await ping()
    print(*failures)

asyncio.run(main())
"""


def test_operations_cancelled_during_an_outage_do_not_block_the_others() -> None:
    """The operations that were not cancelled fail with a server selection timeout."""
    command = [sys.executable, "-c", PROGRAM]
    result = subprocess.run(  # noqa: S603 - runs only the program above
        command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True
    )
    assert result.stdout.split() == ["ServerSelectionTimeoutError"]
