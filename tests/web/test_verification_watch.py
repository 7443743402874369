"""`expertbook verify --watch` checks a live system and serves its findings as metrics."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
from bson import ObjectId
from pymongo import MongoClient

from models.bookings.verification import KINDS
from models.calendar.times import utc_now
from tests.support import corruptions, waitlist_corruptions
from tests.support.booking_operations import open_slots
from tests.support.clients import Api
from tests.support.command_line import command
from tests.support.databases import run_database
from tests.support.metrics import metrics, wait_for_value
from tests.support.servers import EXPERTBOOK, environment, free_port, run_command, run_server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.spans import Time

PATIENCE_SECONDS = 120
FINDINGS, CHECKED_AT = (
    "expertbook_verify_findings",
    "expertbook_verify_last_check_timestamp_seconds",
)


def test_every_kind_of_finding_has_a_metric() -> None:
    assert set(KINDS) == {*corruptions.CORRUPTIONS, *waitlist_corruptions.CORRUPTIONS}


async def test_watch_reports_findings_of_a_live_system_as_they_come_and_go(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """Bookings cause no findings; a calendar without an expert is reported until it is deleted.

    SIGTERM ends the command with status 0.
    """
    port, output = free_port(), tmp_path / "watch.log"
    arguments = ("verify", "--watch", "--interval", "0.1", "--metrics-port", str(port))
    address = f"http://127.0.0.1:{port}"
    with (
        run_database(tmp_path / "database") as url,
        run_server(tmp_path, mongodb_url=url, experts=3, throttle="off") as server,
        MongoClient[dict[str, Any]](url) as driver,
    ):
        process = run_command(
            [EXPERTBOOK, *arguments], environment(mongodb_url=url), tmp_path, output
        )
        try:
            await wait_for_check(address, since=0)
            api = Api(http, server)
            [expert] = (await api.ask("{ experts(first: 1) { nodes { id } } }"))["experts"]["nodes"]
            client = await api.new_client()
            for slot in (await open_slots(api, expert, time, 60))[:8:2]:
                await client.book(slot["id"])
            await wait_for_check(address, since=(await metrics(address))[CHECKED_AT])
            now = await metrics(address)
            assert {name for name in now if FINDINGS in name and now[name]} == set()
            calendars = driver.get_default_database()["calendars"]
            orphan = {"_id": ObjectId(), "sequence": 0, "last_event_at": utc_now()}
            calendars.insert_one(orphan)
            await wait_for_value(address, f'{FINDINGS}{{kind="orphan"}}', 1)
            calendars.delete_one({"_id": orphan["_id"]})
            await wait_for_value(address, f'{FINDINGS}{{kind="orphan"}}', 0)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.to_thread(process.wait, PATIENCE_SECONDS) == 0
        finally:
            process.kill()
            process.wait()
    finding = f"orphan: calendar {orphan['_id']} has no expert"
    assert output.read_text().splitlines() == [f"found: {finding}", f"gone: {finding}", "Stopped."]


async def wait_for_check(address: str, since: float) -> None:
    """Wait until the metrics report a check that ended after the given Unix time."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with suppress(httpx.ConnectError):
                if (await metrics(address))[CHECKED_AT] > since:
                    return
            await asyncio.sleep(0.05)


def test_metrics_port_requires_watch_and_must_be_free(tmp_path: Path) -> None:
    status, _, errors = command(tmp_path, "verify", "--metrics-port", "1")
    assert status == 2
    assert "needs --watch" in errors
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert command(tmp_path, "verify", "--watch", "--metrics-port", str(port)) == (
            *(1, ""),
            f"expertbook: Cannot serve metrics on 127.0.0.1:{port}: Address already in use.\n",
        )
