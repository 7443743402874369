"""Memory usage and imports of a running server."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clients import Api
from tests.support.databases import shared_server
from tests.support.mailboxes import wait_until
from tests.support.servers import EXPERTBOOK, Program, await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

MAX_MEGABYTES_AT_START = 100

MAX_MEGABYTES_RETAINED = 25
"""Limit on the growth of the server's memory by 20 registrations. For each, hashing the password
takes 19 MB for a moment."""

UNNEEDED = {
    *("icalendar", "jinja2", "phonenumbers"),
    *("aiosmtplib", "opentelemetry.sdk", "redis"),  # needed only with some settings
    *(
        "pygments",
        "rich.console",
        "web.samples.people",
        "web.samples.texts",
    ),  # needed only by other commands
    *("models.bookings.verification", "web.commands"),
    *("httpx", "pytest", "typer.testing"),
}
REGISTER = """mutation ($email: String!) {
  register(input: {name: "Ada", email: $email, password: "correct horse battery"}) {
    __typename
  } }"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """A server without sample data that logs its imports."""
    command = (sys.executable, "-X", "importtime", EXPERTBOOK, "serve")
    url = shared_server.database(tmp_path)
    settings = {"mongodb_url": url, "broadcast_url": "memory://", "throttle": "off"}
    with start_program(tmp_path, command, **settings, experts=0) as program:
        await_ready(program.process, program.address)
        yield program


def resident_megabytes(program: Program) -> float:
    """Return the resident memory of a server in megabytes."""
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert match
    return int(match[1]) / 1024


async def test_a_start_imports_only_what_serving_needs(
    program: Program, http: httpx.AsyncClient
) -> None:
    assert (await Api(http, program.address).ask("{ __typename }"))["__typename"] == "Query"
    imported = set(re.findall(r"([\w.]+)$", program.output(), re.MULTILINE))
    assert {"strawberry", "web.app", "web.container"} <= imported
    assert imported & UNNEEDED == set()
    assert resident_megabytes(program) < MAX_MEGABYTES_AT_START


async def test_memory_for_password_hashing_is_released(
    program: Program, http: httpx.AsyncClient
) -> None:
    api = Api(http, program.address)
    before = resident_megabytes(program)
    emails = [f"ada.{program.process.pid}.{number}@example.com" for number in range(20)]
    answers = await asyncio.gather(*(api.ask(REGISTER, email=email) for email in emails))
    assert {answer["register"]["__typename"] for answer in answers} == {"SignedIn"}
    await wait_until(lambda: resident_megabytes(program) < before + MAX_MEGABYTES_RETAINED)
