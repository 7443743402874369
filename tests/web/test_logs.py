"""The log of the running program: ids, lines, and what must never be in it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.routing import Route

from schema.execution.observation import SLOW_SECONDS
from tests.clients import CONTACT, PASSWORD, Api, open_socket
from tests.mailboxes import Mailbox, until
from tests.processes import databases, freeze
from tests.servers import Program, await_ready, launched
from web.embedded.database import embedded_database
from web.telemetry.request_ids import RequestIds, internal_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from tests.conftest import Time

ID_LENGTH = 32
HTTP_SECONDS = 120
UNHURRIED = """
import math
import schema.execution.observation
schema.execution.observation.SLOW_SECONDS = math.inf
from web.cli import app
app()
"""
"""Calls no operation slow: on a busy machine any of them may be."""

FIRST = "{ experts(first: 1) { nodes { id name } } }"
NAMED = "query Shown($first: Int) { experts(first: $first) { nodes { id } } }"
LOGIN = """mutation ($email: String!, $password: String!) {
  login(input: {email: $email, password: $password}) {
    __typename ... on SignedIn { accessToken refreshToken }
  } }"""
RESET = "mutation ($email: String!) { requestPasswordReset(input: {email: $email}) }"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program that logs JSON, behind a proxy that it trusts."""
    settings = {"log_format": "json", "trusted_proxies": "127.0.0.1", "experts": 3}
    command = (sys.executable, "-c", UNHURRIED, "serve")
    folder = tmp_path_factory.mktemp("logs")
    with launched(folder, command, **settings, throttle="off") as program:
        await_ready(program.process, program.address)
        yield program


def lines(program: Program) -> list[dict[str, Any]]:
    """The lines of a log in JSON."""
    found: list[dict[str, Any]] = [
        json.loads(line) for line in program.said().splitlines() if line != "Stopped."
    ]
    return found


def about(program: Program, request_id: str) -> list[dict[str, Any]]:
    """What it says of a request."""
    return [line for line in lines(program) if line.get("request_id") == request_id]


async def asked(
    program: Program, query: str, headers: dict[str, str] | None = None, **variables: object
) -> httpx.Response:
    """The response to an operation."""
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        body = {"query": query, "variables": variables}
        return await http.post(f"{program.address}/graphql", json=body, headers=headers)


async def test_every_answer_bears_an_id_of_its_own(program: Program) -> None:
    """Whatever was asked for and whatever became of it; later ones sort after earlier ones."""
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


async def test_an_operation_is_one_line_under_the_id_of_its_request(program: Program) -> None:
    """With its kind, its fields, its cost and how it ended, and nothing of its variables."""
    response = await asked(program, NAMED, first=1)
    [line] = about(program, response.headers["x-request-id"])
    assert line.pop("milliseconds") > 0
    assert line.pop("cost") == response.json()["extensions"]["cost"]["requested"]
    del line["time"], line["process"], line["request_id"]
    assert line == {
        "event": "an operation",
        "level": "info",
        "logger": "schema.execution.observation",
        "operation": "Shown",
        "kind": "query",
        "fields": "experts",
        "outcome": "ok",
    }


async def test_a_long_name_of_an_operation_is_cut(program: Program) -> None:
    response = await asked(program, f"query {'x' * 5_000} {FIRST}")
    [line] = about(program, response.headers["x-request-id"])
    assert len(line["operation"]) < 250
    assert line["operation"].endswith("… (and 4800 more)")


async def test_operations_on_a_socket_bear_its_id(program: Program) -> None:
    async with open_socket(program.address) as socket:
        response = socket.connection.response
        assert response
        await socket.initialise()
        await socket.subscribe("1", "query OnSocket { viewer { id } }")
        assert (await socket.receive())["type"] == "next"
    [line] = about(program, response.headers["x-request-id"])
    assert (line["operation"], line["outcome"]) == ("OnSocket", "ok")


@pytest.mark.parametrize("given", ["from-the-proxy.1", "0" * 64, "4bf92f35-77b3-4da6-a3ce"])
async def test_an_id_of_a_trusted_proxy_is_kept(program: Program, given: str) -> None:
    response = await asked(program, FIRST, {"x-request-id": given})
    assert response.headers["x-request-id"] == given
    assert [line["event"] for line in about(program, given)] == ["an operation"]


@pytest.mark.parametrize("given", ["", "short", "0" * 65, 'a"b"c"d"e', "has space", "semi;colon"])
async def test_an_unsafe_id_is_replaced(program: Program, given: str) -> None:
    """Also a trusted proxy's, which may only pass on what a client has written."""
    response = await asked(program, FIRST, {"x-request-id": given})
    assert len(response.headers["x-request-id"]) == ID_LENGTH


async def test_a_stranger_cannot_choose_an_id(server: str) -> None:
    """Nor share one with somebody else's request."""
    async with httpx.AsyncClient(timeout=HTTP_SECONDS) as http:
        response = await http.get(f"{server}/healthz", headers={"x-request-id": "mine-0123456"})
    assert len(response.headers["x-request-id"]) == ID_LENGTH


async def test_a_failure_is_masked_under_an_id_that_the_log_has(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The client learns nothing else; the log says where it was, without what was stored."""
    with (
        embedded_database(tmp_path / "database") as url,
        launched(tmp_path, log_format="json", experts=3, mongodb_url=url) as program,
    ):
        await_ready(program.process, program.address)
        async with AsyncMongoClient[dict[str, Any]](url) as client:
            broken = {"$set": {"rules.horizon_days": "hunter2\nERROR: forged \x1b[2J"}}
            changed = await client["expertbook"]["calendars"].update_many({}, broken)
            assert changed.modified_count == 3
        asked = "{ experts(first: 1) { nodes { timeZone } } }"
        response = await http.post(f"{program.address}/graphql", json={"query": asked})
        [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert error["message"] == "Something went wrong here. Please try again."
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    operation, failure = about(program, request_id)
    assert failure["level"] == "error"
    assert "ValidationError: Calendar: rules.horizon_days (int_parsing)" in failure["exception"]
    assert operation["outcome"] == "internal"
    assert "hunter2" not in program.said() + response.text


async def test_a_slow_operation_is_a_warning(tmp_path: Path, http: httpx.AsyncClient) -> None:
    """On a console, too, where others are not told of.

    The database does not answer until the operation is given up, by when it has been slow.
    """
    limit = SLOW_SECONDS + 0.2
    with launched(tmp_path, experts=3, throttle="off", operation_seconds=limit) as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        await api.post("{ __typename }")  # what is asked for below must not have been read before
        before = program.said()
        [database] = databases(tmp_path)
        freeze(database)
        try:
            assert await api.code(FIRST) == "TIMED_OUT"
        finally:
            os.kill(database, signal.SIGCONT)
        await until(lambda: "WARNING: a slow operation" in program.said().removeprefix(before))
    said = program.said()
    assert "an operation" not in said.replace("a slow operation", "")
    said = said.removeprefix(before)
    [line] = [line for line in said.splitlines() if "a slow operation" in line]
    assert "kind=query  fields=experts" in line
    assert "request_id=" in line


async def test_no_secret_is_ever_logged(tmp_path: Path, time: Time) -> None:
    """Passwords, tokens, cookies and links of mails, whatever goes wrong with them, at debug."""
    async with Mailbox().open() as mailbox:
        settings = {"log_format": "json", "log_level": "debug", "experts": 3, "throttle": "off"}
        with launched(tmp_path, **settings, smtp_url=mailbox.url) as program:
            await asyncio.to_thread(await_ready, program.process, program.address)
            secrets = await use_everything(program, mailbox, time)
            [database] = databases(tmp_path)
            os.kill(database, signal.SIGKILL)  # its guardian starts another one
            await asked(program, LOGIN, email=CONTACT["email"], password=PASSWORD)
    said = program.said()
    assert said.count('"an operation"') + said.count('"a slow operation"') > 5
    assert len(secrets) == 9
    assert [secret for secret in secrets if secret in said] == []


async def use_everything(program: Program, mailbox: Mailbox, time: Time) -> set[str]:
    """Use the program with every kind of secret, rightly and wrongly; gives the secrets."""
    email, wrong = "hunted@example.com", "wrong horse battery"
    async with httpx.AsyncClient(timeout=HTTP_SECONDS, headers={"x-session": "cookie"}) as browser:
        page = Api(browser, program.address)
        wanted = {"name": "Ada Lovelace", "email": email, "password": PASSWORD}
        register = """mutation ($input: RegisterInput!) {
          register(input: $input) { __typename ... on SignedIn { accessToken refreshToken } } }"""
        first = (await page.ask(register, input=wanted))["register"]
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
        await socket.closed()
    await until(lambda: len(mailbox.to(email)) == 2)
    links = {mail.token for mail in mailbox.to(email)}
    given = {
        one[key] for one in (first, second) for key in one if key.endswith("Token") and one[key]
    }
    return {PASSWORD, wrong, *cookies, *links, *given}


async def test_a_request_on_which_the_program_fails_is_masked() -> None:
    """Outside of GraphQL, too: JSON under the id of the request, and nothing of what happened."""

    async def broken(_request: Request) -> Response:
        raise RuntimeError("hunter2")

    handlers = {Exception: internal_error}
    app = RequestIds(Starlette(routes=[Route("/", broken)], exception_handlers=handlers))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        response = await http.get("/")
    [error] = response.json()["errors"]
    request_id = response.headers["x-request-id"]
    assert response.status_code == 500
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert "hunter2" not in response.text
