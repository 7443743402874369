"""The log of a running server: it has request ids and one line per operation, but no secrets."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.routing import Route

from schema.execution.observation import SLOW_SECONDS
from tests.support.clients import CONTACT, PASSWORD, Api, open_socket
from tests.support.forked_program import Patch
from tests.support.mailboxes import Mailbox, wait_until
from tests.support.processes import database_processes, frozen
from tests.support.servers import Program, await_ready, start_program
from web.edge.addresses import TrustedProxies
from web.embedded.database import embedded_database
from web.telemetry.request_ids import RequestIds, internal_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from tests.support.spans import Time

ID_LENGTH = 32
HTTP_SECONDS = 120
NEVER_SLOW = """
import math
import schema.execution.observation
schema.execution.observation.SLOW_SECONDS = math.inf
"""
"""Patch for a server that logs no operation as slow, because on a busy machine any operation could
be slow."""

FIRST = "{ experts(first: 1) { nodes { id name } } }"
NAMED_QUERY = "query Shown($first: Int) { experts(first: $first) { nodes { id } } }"
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on SignedIn { accessToken refreshToken }
  } }"""
RESET = "mutation ($email: String!) { requestPasswordReset(input: {email: $email}) }"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server that logs in JSON and trusts 127.0.0.1 as a proxy."""
    settings = {"log_format": "json", "trusted_proxies": "127.0.0.1", "experts": 3}
    folder = tmp_path_factory.mktemp("logs")
    with start_program(folder, Patch(NEVER_SLOW), **settings, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


def log_entries(program: Program) -> list[dict[str, Any]]:
    """Return all entries of the program's JSON log."""
    return [json.loads(line) for line in program.output().splitlines() if line != "Stopped."]


def entries_of_request(program: Program, request_id: str) -> list[dict[str, Any]]:
    """Return the log entries with the given request id."""
    return [entry for entry in log_entries(program) if entry.get("request_id") == request_id]


async def send(
    program: Program, query: str, headers: dict[str, str] | None = None, **variables: object
) -> httpx.Response:
    """Send a GraphQL operation and return the response."""
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        body = {"query": query, "variables": variables}
        return await http.post(f"{program.address}/graphql", json=body, headers=headers)


async def test_every_response_has_a_unique_request_id(program: Program) -> None:
    """Request ids can be sorted by time."""
    async with httpx.AsyncClient(base_url=program.address, timeout=HTTP_SECONDS) as http:
        ids = [
            (await http.get(path)).headers.get_list("x-request-id")
            for path in (
                "/healthz",
                "/nowhere",
                "/graphql",
                "/photos/nobody.svg",
                "/graphql?query=x",
            )
        ]
    assert [len(id_) for [id_] in ids] == [ID_LENGTH] * 5
    assert [id_[:12] for [id_] in ids] == sorted(id_[:12] for [id_] in ids)
    assert len({id_ for [id_] in ids}) == 5


async def test_each_operation_is_logged_once_with_its_request_id(program: Program) -> None:
    """The log entry has the operation's kind, fields, cost and outcome, but not its variables."""
    response = await send(program, NAMED_QUERY, first=1)
    [entry] = entries_of_request(program, response.headers["x-request-id"])
    assert entry.pop("milliseconds") > 0
    assert entry.pop("cost") == response.json()["extensions"]["cost"]["requested"]
    del entry["time"], entry["process"], entry["request_id"]
    assert entry == {
        "event": "an operation",
        "level": "info",
        "logger": "schema.execution.observation",
        "operation": "Shown",
        "kind": "query",
        "fields": "experts",
        "outcome": "ok",
    }


async def test_long_operation_names_are_truncated(program: Program) -> None:
    response = await send(program, f"query {'x' * 5_000} {FIRST}")
    [entry] = entries_of_request(program, response.headers["x-request-id"])
    assert len(entry["operation"]) < 250
    assert entry["operation"].endswith("… (and 4800 more)")


async def test_operations_on_a_socket_are_logged_with_the_request_id_of_its_handshake(
    program: Program,
) -> None:
    async with open_socket(program.address) as socket:
        response = socket.connection.response
        assert response
        await socket.initialise()
        await socket.subscribe("1", "query OnSocket { viewer { id } }")
        assert (await socket.receive())["type"] == "next"
    [entry] = entries_of_request(program, response.headers["x-request-id"])
    assert (entry["operation"], entry["outcome"]) == ("OnSocket", "ok")


@pytest.mark.parametrize("request_id", ["from-the-proxy.1", "0" * 64, "4bf92f35-77b3-4da6-a3ce"])
async def test_a_request_id_from_a_trusted_proxy_is_kept(program: Program, request_id: str) -> None:
    response = await send(program, FIRST, {"x-request-id": request_id})
    assert response.headers["x-request-id"] == request_id
    assert [entry["event"] for entry in entries_of_request(program, request_id)] == ["an operation"]


@pytest.mark.parametrize(
    "request_id", ["", "short", "0" * 65, 'a"b"c"d"e', "has space", "semi;colon"]
)
async def test_an_unsafe_request_id_is_replaced(program: Program, request_id: str) -> None:
    """Even an id from a trusted proxy may have been chosen by a client."""
    response = await send(program, FIRST, {"x-request-id": request_id})
    assert len(response.headers["x-request-id"]) == ID_LENGTH


async def test_a_client_cannot_choose_its_request_id(server: str) -> None:
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        response = await http.get(f"{server}/healthz", headers={"x-request-id": "mine-0123456"})
    assert len(response.headers["x-request-id"]) == ID_LENGTH


async def test_internal_errors_are_masked_and_logged_with_the_request_id(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The log names the invalid field, but not its value."""
    with (
        embedded_database(tmp_path / "database") as url,
        start_program(tmp_path, log_format="json", experts=3, mongodb_url=url) as program,
    ):
        await_ready(program.process, program.address)
        async with AsyncMongoClient[dict[str, Any]](url) as client:
            broken = {"$set": {"rules.horizon_days": "hunter2\nERROR: forged \x1b[2J"}}
            result = await client["expertbook"]["calendars"].update_many({}, broken)
            assert result.modified_count == 3
        query = "{ experts(first: 1) { nodes { timeZone } } }"
        response = await http.post(f"{program.address}/graphql", json={"query": query})
        [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert error["message"] == "Something went wrong here. Please try again."
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    operation, failure = entries_of_request(program, request_id)
    assert failure["level"] == "error"
    assert "ValidationError: Calendar: rules.horizon_days (int_parsing)" in failure["exception"]
    assert operation["outcome"] == "internal"
    assert "hunter2" not in program.output() + response.text


async def test_slow_operations_are_logged_as_warnings(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The console log format shows only operations that are slow.

    The test suspends the database until an operation times out.
    """
    limit = SLOW_SECONDS + 0.2
    settings = {"experts": 3, "throttle": "off", "operation_seconds": limit}
    with start_program(tmp_path, mongodb_url=None, **settings) as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        await api.post(
            "{ __typename }"
        )  # wait until requests are served, without caching any experts
        before = program.output()
        [database] = database_processes(tmp_path)
        with frozen(database):
            assert await api.error_code(FIRST) == "TIMED_OUT"
        await wait_until(
            lambda: "WARNING: a slow operation" in program.output().removeprefix(before)
        )
    log = program.output()
    assert "an operation" not in log.replace("a slow operation", "")
    log = log.removeprefix(before)
    [line] = [line for line in log.splitlines() if "a slow operation" in line]
    assert "kind=query  fields=experts" in line
    assert "request_id=" in line


async def test_secrets_are_never_logged(tmp_path: Path, time: Time) -> None:
    """The log has no passwords, tokens, cookies or e-mailed links, even at level debug."""
    async with Mailbox().open() as mailbox:
        settings = {"log_format": "json", "log_level": "debug", "experts": 3, "throttle": "off"}
        with start_program(tmp_path, mongodb_url=None, **settings, smtp_url=mailbox.url) as program:
            await asyncio.to_thread(await_ready, program.process, program.address)
            secrets = await use_all_secrets(program, mailbox, time)
            [database] = database_processes(tmp_path)
            os.kill(database, signal.SIGKILL)  # the guardian restarts the database
            await send(program, LOGIN, email=CONTACT["email"], password=PASSWORD)
    log = program.output()
    assert log.count('"an operation"') + log.count('"a slow operation"') > 5
    assert len(secrets) == 8
    assert [secret for secret in secrets if secret in log] == []


async def use_all_secrets(program: Program, mailbox: Mailbox, time: Time) -> set[str]:
    """Send every kind of secret in valid and invalid requests, and return the secrets."""
    email, wrong = "hunted@example.com", "wrong horse battery"
    async with httpx.AsyncClient(timeout=HTTP_SECONDS, headers={"x-session": "cookie"}) as browser:
        page = Api(browser, program.address)
        account = {"name": "Ada Lovelace", "email": email, "password": PASSWORD}
        register = """mutation ($input: RegisterInput!) {
          register(input: $input) { __typename ... on SignedIn { accessToken refreshToken } } }"""
        first = (await page.ask(register, input=account))["register"]
        await page.ask(LOGIN, email=email, password=PASSWORD)
        cookies = {str(value) for value in browser.cookies.values()}
        assert len(cookies) == 2
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        api = Api(http, program.address)
        second = (await api.ask(LOGIN, email=email, password=PASSWORD))["login"]
        await api.ask(LOGIN, email=email, password=wrong)
        await api.post(LOGIN, email=[PASSWORD], password={"value": wrong})
        await api.post(LOGIN.replace("$password: String!", ""), email=email, password=wrong)
        await api.post(f'mutation {{ login(input: {{password: "{wrong}"}}) {{ code }} }}')
        await api.signed_in(second["accessToken"][:-2]).post(FIRST)
        signed_in = api.signed_in(second["accessToken"])
        [expert] = (await signed_in.ask(FIRST))["experts"]["nodes"]
        await signed_in.slots(expert["id"], *time.days(4, 6))
        await http.get(
            f"{program.address}/graphql?query=%7B&token={second['refreshToken']}",
            headers={"authorization": f"Bearer {second['accessToken']}"},
        )
        assert await api.ask(RESET, email=email) == {"requestPasswordReset": True}
    async with open_socket(program.address) as socket:
        await socket.initialise(second["accessToken"])
        await socket.subscribe("1", f"{{ viewer {{ {second['refreshToken'].replace('-', '')}")
        await socket.receive()
        await socket.connection.send(PASSWORD)
        await socket.close_code()
    await wait_until(lambda: len(mailbox.mails_to(email)) == 2)
    links = {mail.token for mail in mailbox.mails_to(email)}
    tokens = {
        one[key] for one in (first, second) for key in one if key.endswith("Token") and one[key]
    }
    return {PASSWORD, wrong, *cookies, *links, *tokens}


async def test_internal_errors_outside_graphql_are_masked() -> None:

    async def broken(_request: Request) -> Response:
        raise RuntimeError("hunter2")

    handlers = {Exception: internal_error}
    app = RequestIds(
        Starlette(routes=[Route("/", broken)], exception_handlers=handlers), TrustedProxies([])
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        response = await http.get("/")
    [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert response.status_code == 500
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert "hunter2" not in response.text
