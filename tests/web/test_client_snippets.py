"""The snippets of docs/clients.md work, and their subscriptions outlive the access token."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from gql import gql

from tests.support.browsers import CLIENT, run_node
from tests.support.forked_program import Patch
from tests.support.markdown import Document
from tests.support.repository import ROOT
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path
    from types import ModuleType

TOKEN_SECONDS = 3
DEADLINE_SECONDS = 120
"""Generous deadline; only a library that does not reconnect exceeds it."""
SHORT_TOKENS = f"""
from datetime import timedelta
from web.settings import Settings
Settings.access_token_lifetime = timedelta(seconds={TOKEN_SECONDS})
"""
DRIVERS = ("client_snippets.mjs", "relay_operations.mjs")
SNIPPETS = {
    "js": [
        *("session.mjs", "apollo.mjs", "urql.mjs", "relay.mjs", "graphql-ws.mjs", "watch.mjs"),
        "graphql-sse.mjs",
    ],
    "python": ["gql_client.py"],
}
MINE = "subscription { bookingChanged { id status } }"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server whose access tokens expire after three seconds."""
    folder = tmp_path_factory.mktemp("short")
    with start_program(folder, Patch(SHORT_TOKENS), experts=3, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program.address


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, address: str) -> Path:
    """Folder with the npm packages, and the snippets of docs/clients.md for the test server."""
    folder = tmp_path_factory.mktemp("snippets")
    (folder / "node_modules").symlink_to(CLIENT / "node_modules")
    for name in DRIVERS:
        shutil.copy(ROOT / "tests" / "support" / name, folder)
    page = Document(ROOT / "docs" / "clients.md")
    for language, names in SNIPPETS.items():
        blocks = {block.split("\n")[0].split(" ")[-1]: block for block in page.blocks(language)}
        for name in names:
            (folder / name).write_text(blocks[name].replace("http://127.0.0.1:8000", address))
    return folder


async def test_the_snippets_keep_their_subscriptions_when_tokens_expire(folder: Path) -> None:
    """The JavaScript clients trigger events, which the Python client receives as well."""
    module = load(folder / "gql_client.py")
    session = await module.Session.sign_in("client@example.com", "expertbook-demo")
    assert await session.execute(gql("{ viewer { name } }")) == {"viewer": {"name": "Clara Client"}}
    outlived = folder / "outlived"
    watching = asyncio.create_task(watch(session.subscribe(gql(MINE)), outlived))
    results = await asyncio.to_thread(run_javascript, folder, outlived)
    assert not watching.done()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching

    assert results["viewers"] == dict.fromkeys(("apollo", "urql", "relay"), "Clara Client")
    assert results["ends"] == {}
    assert len(results["lastEvents"]) == 7
    late = {name for name, last in results["lastEvents"].items() if last > 2 * TOKEN_SECONDS}
    assert late == results["lastEvents"].keys()
    assert len(set(results["cursors"])) == len(results["cursors"])
    assert outlived.exists()


def load(path: Path) -> ModuleType:
    """Import a snippet."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def watch(events: AsyncIterator[Any], outlived: Path) -> None:
    """Create the file `outlived` at the first event after the lifetimes of two access tokens."""
    begin = time.monotonic()
    async for _ in events:
        if time.monotonic() - begin > 2 * TOKEN_SECONDS:
            await asyncio.to_thread(outlived.touch)


def run_javascript(folder: Path, outlived: Path) -> dict[str, Any]:
    """Run the JavaScript snippets, all in one process, and return their results.

    The snippets trigger events until the file `outlived` exists.
    """
    target = folder / "results.json"
    limits = (str(TOKEN_SECONDS), str(DEADLINE_SECONDS))
    result = run_node(folder, DRIVERS[0], *limits, str(target), str(outlived))
    assert result.returncode == 0, result.stdout
    found: dict[str, Any] = json.loads(target.read_text())
    return found
