"""A booking calls the functions that the README names, and no layer calls an upper layer."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.bookable_experts import plain_experts
from tests.support.call_paths import HEADER, Call, read
from tests.support.clients import BOOK, CONTACT, Api
from tests.support.repository import ROOT
from tests.support.servers import await_ready, start_program

if TYPE_CHECKING:
    import httpx

pytestmark = pytest.mark.server

MAX_FILES = 67
"""Maximum number of files on the call path; see docs/decisions/0023."""
LAYERS = ("web", "schema", "resolvers", "auth subscriptions", "models")
CALLED_BACK = {
    ("models/caching/batch_loader.py", "auth/viewers.py"),  # reads accounts that are not cached
    ("resolvers/checks.py", "web/mails/worker.py"),  # checks an e-mail address
}
STEP = re.compile(r"`([\w/]+\.py)`\s+·\s+`([\w.]+)`")


@pytest.fixture(scope="module")
async def calls(http: httpx.AsyncClient, tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """The function calls that a booking causes while its calendar is in memory."""
    folder = tmp_path_factory.mktemp("traced")
    command = [sys.executable, "-m", "tests.support.call_paths", "serve"]
    with start_program(folder, command, experts=40, pythonpath=ROOT) as program:
        await_ready(program.process, program.address)
        client = await Api(http, program.address).new_client()
        expert = (await plain_experts(client))[0]
        since = datetime.now(UTC) + timedelta(days=3)
        until = since + timedelta(days=30)
        found = await client.slots(expert["id"], since.isoformat(), until.isoformat())
        slot = next(slot for slot in found if slot["status"] == "OPEN")
        # A GraphQL document is cached at its second request. Only the time around the last
        # booking is in memory, so all three bookings are for the same slot.
        for _ in range(2):
            await client.cancel((await client.book(slot["id"]))["id"])
        path = folder / "calls.jsonl"
        response = await http.post(
            f"{program.address}/graphql",
            json={
                "query": BOOK,
                "variables": {"input": {"slotId": slot["id"], "contact": CONTACT}},
            },
            headers={"authorization": f"Bearer {client.token}", HEADER: str(path)},
        )
        assert response.json()["data"]["bookSlot"]["__typename"] == "Booking", response.text
        return read(path)


def test_readme_names_the_functions_in_order(calls: list[Call]) -> None:
    """Only functions must be in call order: the README may name a class before its first call."""
    readme = (ROOT / "README.md").read_text()
    steps = STEP.findall(readme[: readme.index("After the commit")])
    steps.remove(("models/ledger/loading.py", "load"))  # reads a calendar that is not in memory
    named = [name for call in calls for name in names_of(call)]
    assert [step for step in steps if step not in named] == []
    functions = [named.index(step) for step in steps if not is_class(step)]
    assert functions == sorted(functions)


def names_of(call: Call) -> list[tuple[str, str]]:
    """Return the names by which a step in the README may refer to a called function."""
    class_, _, name = call.function.rpartition(".")
    return [(call.file, each) for each in (call.function, name, class_)]


def is_class(step: tuple[str, str]) -> bool:
    """Return whether a step in the README names a class."""
    return step[1][0].isupper() and "." not in step[1]


def test_lower_layers_call_no_upper_layer(calls: list[Call]) -> None:
    def layer(path: str) -> int:
        package = path.partition("/")[0]
        return next(number for number, names in enumerate(LAYERS) if package in names.split())

    upwards = {(call.caller, call.file) for call in calls if layer(call.file) < layer(call.caller)}
    assert upwards <= CALLED_BACK


def test_number_of_files_on_the_call_path_is_limited(calls: list[Call]) -> None:
    assert len({call.file for call in calls}) <= MAX_FILES
