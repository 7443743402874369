"""What the program holds in memory while it serves, and what it gives back."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients import Api
from tests.mailboxes import until
from tests.servers import EXPERTBOOK, Program, await_ready, launched
from web import deferred
from web.app import create_app
from web.deferred import DEFERRED
from web.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

MOST_AT_START = 100
"""Megabytes: 79 were measured, and a quarter more is allowed."""

MOST_MORE = 25
"""Megabytes after sign-ups, of which each takes 19 for a moment: 8 were measured."""

NEEDLESS = {
    *DEFERRED,
    *("aiosmtplib", "opentelemetry.sdk", "redis"),  # without the settings that need them
    *("pygments", "rich.console", "web.samples.people", "web.samples.texts"),  # of other commands
    *("models.bookings.verification", "web.commands"),
    *("httpx", "pytest", "typer.testing"),
}
REGISTER = """mutation ($email: String!) {
  register(input: {name: "Ada", email: $email, password: "correct horse battery"}) {
    __typename
  } }"""


@pytest.fixture
def program(database_url: str, tmp_path: Path) -> Iterator[Program]:
    """A program that fills nothing and tells what it imports."""
    command = (sys.executable, "-X", "importtime", EXPERTBOOK, "serve")
    own = database_url.replace("/expertbook?", "/memory?")  # its accounts are not the samples'
    settings = {"mongodb_url": own, "broadcast_url": "memory://", "throttle": "off"}
    with launched(tmp_path, command, **settings, experts=0) as program:
        await_ready(program.process, program.address)
        yield program


def resident(program: Program) -> float:
    """Megabytes of memory that a program has."""
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


async def test_a_start_imports_and_holds_what_it_serves_with(
    program: Program, http: httpx.AsyncClient
) -> None:
    """Nothing that only other commands, mails or bookings need."""
    assert (await Api(http, program.address).ask("{ __typename }"))["__typename"] == "Query"
    imported = set(re.findall(r"([\w.]+)$", program.said(), re.MULTILINE))
    assert {"strawberry", "web.app", "web.container"} <= imported
    assert imported & NEEDLESS == set()
    assert resident(program) < MOST_AT_START


async def test_memory_for_passwords_is_given_back(
    program: Program, http: httpx.AsyncClient
) -> None:
    api = Api(http, program.address)
    before = resident(program)
    emails = [f"ada.{program.process.pid}.{number}@example.com" for number in range(20)]
    answers = await asyncio.gather(*(api.ask(REGISTER, email=email) for email in emails))
    assert {answer["register"]["__typename"] for answer in answers} == {"SignedIn"}
    await until(lambda: resident(program) < before + MOST_MORE)


def test_what_is_imported_later_is_looked_for_at_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(deferred, "DEFERRED", ("jinja2", "not_there"))
    with pytest.raises(RuntimeError, match="Not installed: not_there"):
        create_app(Settings(data=tmp_path, _env_file=None), "mongodb://localhost")
