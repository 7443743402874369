"""If the database refuses a command, `/readyz` and the log name the error code and a remedy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from models.errors import DatabaseUnreachable
from models.store.connection import connected
from models.store.refusals import NO_PRIMARY, Refusal
from tests.support.booking_operations import open_slots
from tests.support.clients import Api
from tests.support.databases import renamed
from tests.support.readiness import CHECKS, READY, eventually, wait_for_readiness
from tests.support.servers import EXPERTBOOK, await_ready, start_program
from tests.support.wire_cases import CODES
from tests.support.wire_faults import CommandError, Fault, WriteConcernError
from tests.support.wire_hello import Role
from tests.support.wire_proxy import WireProxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx

    from tests.support.servers import Program
    from tests.support.spans import Time

PATIENCE_SECONDS = 120
UNAUTHORIZED = "Give the account of MONGODB_URL the role readWrite on the database."
NO_MAJORITY = "Writes do not reach a majority of the members. See rs.status(), and start them."
CONTENDED = "Other transactions lock the same documents again and again. See db.currentOp()."
NO_CHANGE_STREAM = (
    "Use a replica set of MongoDB 4.2 or newer, or set EXPERTBOOK_BROADCAST_URL to a Redis or "
    "Valkey server."
)
EXPERTS = "{ experts(first: 1) { nodes { id } } }"
OPTIONS = "&readPreference=secondaryPreferred&w=1&retryWrites=false"


@pytest.fixture(scope="module")
def proxy(mongodb_url: str) -> Iterator[WireProxy]:
    """A proxy in front of the database."""
    with WireProxy(mongodb_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def program(proxy: WireProxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server whose database URL has options that would weaken its guarantees."""
    folder = tmp_path_factory.mktemp("program")
    settings = {"experts": 3, "throttle": "off", "broadcast_url": "mongodb://"}
    with start_program(folder, mongodb_url=proxy.url + OPTIONS, **settings) as program:
        await_ready(program.process, program.address)
        yield program


async def wait_for_problem(
    http: httpx.AsyncClient, program: Program, problem: str, status: int
) -> dict[str, Any]:
    """Wait until `/readyz` responds with the problem and the status; return its checks.

    Even if 200 is expected, the status may first be 503 for a while if the database is slow.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await http.get(f"{program.address}/readyz")
            if answer.status_code == status and problem in answer.json().get("problems", ()):
                return dict(answer.json()["checks"])
            await asyncio.sleep(0.05)


async def book(program: Program, http: httpx.AsyncClient, time: Time) -> list[dict[str, Any]]:
    """Book several slots concurrently, and return the results."""
    api = Api(http, program.address)
    [expert] = (await api.ask(EXPERTS))["experts"]["nodes"]
    client = await api.new_client()
    slots = [slot["id"] for slot in (await open_slots(api, expert, time, 60))[:8:2]]
    return await asyncio.gather(*(client.book(slot) for slot in slots))


async def test_options_that_would_weaken_the_guarantees_are_ignored(
    program: Program, http: httpx.AsyncClient, time: Time
) -> None:
    assert {each["__typename"] for each in await book(program, http, time)} == {"Booking"}
    assert (
        "MONGODB_URL: ignored readPreference=secondaryPreferred, w=1, retryWrites=false; "
        "the program always uses readPreference=primary" in program.output()
    )


def test_every_error_has_a_remedy() -> None:
    unknown = Refusal("find", -1, "").remedy
    refusals = [Refusal("find", code, "") for code in CODES]
    assert [refusal for refusal in refusals if refusal.remedy == unknown] == []


@pytest.mark.parametrize("code", [13, 59, 115, 8000])
def test_remedy_for_killing_sessions_does_not_depend_on_the_error(code: int) -> None:
    """Atlas's free clusters refuse this command with codes of their own."""
    assert "Atlas M10" in Refusal("killSessions", code, "").remedy


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (
            Fault(CommandError(13), "update"),
            f"update was refused with 13 Unauthorized. {UNAUTHORIZED}",
        ),
        (
            Fault(WriteConcernError(64), "update"),
            f"update was refused with 64 WriteConcernTimeout. {NO_MAJORITY}",
        ),
        (
            Fault(CommandError(10107), "update"),
            f"update was refused with 10107 NotWritablePrimary. {NO_PRIMARY}",
        ),
        (
            Fault(CommandError(246), "update"),
            f"update was refused with 246 SnapshotUnavailable. {CONTENDED}",
        ),
    ],
    ids=["unauthorized", "no majority", "not primary", "contended"],
)
async def test_server_is_not_ready_while_writes_are_refused(
    program: Program, proxy: WireProxy, http: httpx.AsyncClient, fault: Fault, problem: str
) -> None:
    with proxy.injected(fault):
        checks = await wait_for_problem(http, program, problem, 503)
        assert checks["database"] == "unreachable"
    assert await wait_for_readiness(http, program.address, READY) == 200
    assert f"The database: {problem}" in program.output()


async def test_server_is_not_ready_while_there_is_no_primary(
    program: Program, proxy: WireProxy, http: httpx.AsyncClient
) -> None:
    proxy.announce(role=Role.SECONDARY)
    await wait_for_problem(http, program, NO_PRIMARY, 503)
    proxy.announce(role=Role.PRIMARY)
    await wait_for_readiness(http, program.address, READY)


def opens_change_stream(command: Mapping[str, Any]) -> bool:
    """Return whether a command opens a change stream."""
    return "$changeStream" in command["pipeline"][0]


async def test_refused_change_stream_is_reported(
    program: Program, proxy: WireProxy, http: httpx.AsyncClient
) -> None:
    """The server stays ready, since it can read events from the event log instead."""
    refused = Fault(CommandError(115), "aggregate", matches=opens_change_stream)
    with (
        proxy.injected(refused),
        proxy.injected(Fault(CommandError(59), "getMore")),
    ):
        checks = await wait_for_problem(
            http,
            program,
            f"$changeStream was refused with 115 CommandNotSupported. {NO_CHANGE_STREAM}",
            200,
        )
        assert checks == CHECKS | {"broadcast": "reconnecting"}


@pytest.mark.parametrize("code", [59, 115])
async def test_refused_bulk_write_is_remembered_and_loses_nothing(
    mongodb_url: str, tmp_path: Path, http: httpx.AsyncClient, time: Time, code: int
) -> None:
    """MongoDB 8.0 with feature compatibility version 7.0 announces `bulkWrite`, but refuses it."""
    with WireProxy(mongodb_url) as proxy:
        proxy.inject(Fault(CommandError(code), "bulkWrite"))
        with start_program(tmp_path, mongodb_url=proxy.url, throttle="off") as program:
            await_ready(program.process, program.address)
            for _ in range(2):
                answers = await book(program, http, time)
                assert {each["__typename"] for each in answers} == {"Booking"}
            address = f"{program.address}/readyz"
            answer = await eventually(lambda: http.get(address), lambda got: got.is_success)
            [problem] = answer.json()["problems"]
    assert [each.command for each in proxy.log] == ["bulkWrite"]
    assert problem.startswith(f"bulkWrite was refused with {code} ")
    assert "setFeatureCompatibilityVersion" in problem


async def failure(url: str) -> str:
    """Try to connect to the database, and return the message of the error that is raised."""
    with pytest.raises(DatabaseUnreachable) as raised:
        async with connected(url):
            pass
    return str(raised.value)


async def test_connecting_fails_with_advice_if_the_database_is_too_old(mongodb_url: str) -> None:
    with WireProxy(mongodb_url, max_wire_version=6) as proxy:
        assert (await failure(proxy.url)).startswith("The database is too old. Upgrade to MongoDB")


async def test_connecting_fails_with_advice_if_there_is_no_primary(mongodb_url: str) -> None:
    with WireProxy(mongodb_url, role=Role.SECONDARY) as proxy:
        assert await failure(proxy.url) == NO_PRIMARY


@pytest.mark.parametrize("command", ["listCollections", "create", "createIndexes", "find"])
def test_program_starts_in_spite_of_errors_that_pass(
    tmp_path: Path, mongodb_url: str, command: str
) -> None:
    """For example, an election may take place while the program starts."""
    with WireProxy(renamed(mongodb_url, f"start-{command}")) as proxy:
        fault = Fault(CommandError(11602), command, times=2)
        proxy.inject(fault)
        options = {"experts": 1, "broadcast_url": "memory://"}
        with start_program(tmp_path, mongodb_url=proxy.url, **options) as program:
            await_ready(program.process, program.address)
        assert [each.fault for each in proxy.log] == [fault] * 2


def test_refused_command_ends_a_program_with_a_message(tmp_path: Path, mongodb_url: str) -> None:
    with WireProxy(renamed(mongodb_url, "verify")) as proxy:
        proxy.inject(Fault(CommandError(13), ("update", "findAndModify")))
        command = (EXPERTBOOK, "verify", "--repair")
        with start_program(tmp_path, command, mongodb_url=proxy.url) as program:
            assert program.process.wait(PATIENCE_SECONDS) == 1
        assert "expertbook: The database refuses a command: Unauthorized" in program.output()
