"""The graphql-sse protocol, tested event by event.

Specification: https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.booking_operations import BOOKED, first_expert, open_slots, state
from tests.support.clients import Api
from tests.support.event_streams import COMMENT, COMPLETE, STREAM, Events, stream
from tests.support.forked_program import Patch
from tests.support.mailboxes import wait_until
from tests.support.raw_http import is_connection_open
from tests.support.servers import await_ready, start_program
from tests.support.sessions import (
    ACCESS,
    COOKIE,
    LIFETIMES,
    LOGIN,
    LOGOUT,
    short_token,
    sign_in,
)

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from tests.support.servers import Program
    from tests.support.spans import Time

Expert = dict[str, Any]
CUT_OFF = "expertbook_cut_off_readers_total"
ENOUGH_SECONDS = 300
"""Time in which events surely fill the buffers of a client that does not read, even if the machine
is busy."""
SLOW_DRAIN_SERVER = """
import web.serving
web.serving.DRAIN_SECONDS = 30
"""
WATCH = "subscription ($id: ID!) { slotBooked(expertId: $id) { cursor sequence } }"
VIEWER = "{ viewer { email } }"


async def test_query_and_mutation_send_one_result_then_a_complete_event(api: Api) -> None:
    async with stream(api, "{ __typename }") as events:
        headers = events.response.headers
        assert events.response.status_code == 200
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert (await events.result())["data"] == {"__typename": "Query"}
        assert await events.event() == COMPLETE
        assert await events.event() is None
    async with stream(await api.new_client(), LOGOUT) as events:
        assert (await events.result())["data"] == {"logout": True}
        assert await events.event() == COMPLETE


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "OPERATION_RESOLUTION_FAILURE"),
        ("query ($n: Int!) { experts(first: $n) { totalCount } }", "BAD_USER_INPUT"),
        (WATCH, "BAD_USER_INPUT"),
        ('subscription { slotBooked(expertId: "nonsense") { cursor } }', "BAD_USER_INPUT"),
    ],
)
async def test_failure_before_execution_is_a_result_in_the_stream(
    api: Api, query: str, code: str
) -> None:
    async with stream(api, query) as events:
        assert events.response.status_code == 200
        assert await events.code() == code


async def test_invalid_request_gets_an_error_status_instead_of_a_stream(api: Api) -> None:
    url = f"{api.url}/graphql"
    mutation = await api.http.get(url, params={"query": LOGOUT}, headers=STREAM)
    assert (mutation.status_code, mutation.headers["allow"]) == (405, "POST")
    no_object = await api.http.post(url, json=[], headers=STREAM)
    assert (no_object.status_code, "errors" in no_object.json()) == (400, True)
    async with stream(api.signed_in("nonsense"), "{ __typename }") as events:
        assert events.response.status_code == 401
        assert events.response.headers["www-authenticate"] == "Bearer"


async def test_subscription_requires_a_client_that_accepts_streams(api: Api) -> None:
    watch = BOOKED.replace("$id: ID!", '$id: ID! = "nonsense"')
    for accept in ("application/json", "*/*", "text/event-stream;q=0, */*"):
        async with stream(api, watch, {"accept": accept}) as events:
            assert events.response.status_code == 400
            [error] = events.response.json()["errors"]
            assert "Accept: text/event-stream" in error["message"]
    async with stream(api, watch, {"accept": "application/json, text/event-stream;q=0.1"}) as both:
        assert await both.code() == "BAD_USER_INPUT"


async def test_reconnecting_event_source_resumes_after_its_last_event(
    api: Api, experts: list[Expert], time: Time
) -> None:
    client, expert = await api.new_client(), experts[3]
    slots = await open_slots(api, expert, time)
    cursor, _ = await state(api, expert, time)
    variables = {"id": expert["id"], "after": cursor}
    params = {"query": BOOKED, "variables": json.dumps(variables)}
    booked = [await client.book(slot["id"]) for slot in slots[:3]]
    url = f"{api.url}/graphql"
    async with api.http.stream("GET", url, params=params, headers=STREAM) as response:
        events = Events(response)
        seen = [await events.event() for _ in booked]
    results = [json.loads(block["data"])["data"]["slotBooked"] for block in seen if block]
    assert [result["sequence"] for result in results] == [booking["sequence"] for booking in booked]
    assert [block["id"] for block in seen if block] == [result["cursor"] for result in results]

    again = STREAM | {"last-event-id": results[0]["cursor"]}
    async with api.http.stream("GET", url, params=params, headers=again) as response:
        events = Events(response)
        rest = [(await events.result())["data"]["slotBooked"] for _ in booked[1:]]
        live = await client.book(slots[3]["id"])
        after = (await events.result())["data"]["slotBooked"]
    assert rest == results[1:]
    assert after["sequence"] == live["sequence"]


async def test_operation_without_an_after_variable_gets_no_event_ids(
    api: Api, experts: list[Expert], time: Time
) -> None:
    expert = experts[3]
    slots = await open_slots(api, expert, time)
    cursor, _ = await state(api, expert, time)
    await (await api.new_client()).book(slots[0]["id"])
    watch = f'slotBooked(expertId: "{expert["id"]}", after: "{cursor}") {{ cursor }}'
    async with stream(api, f"subscription {{ {watch} }}") as events:
        block = await events.event()
    assert block
    assert set(block) == {"event", "data"}


async def test_other_origins_cannot_use_the_cookies(api: Api) -> None:
    foreign = COOKIE | {"origin": "https://evil.example"}
    async with stream(api, VIEWER, foreign) as events:
        assert events.response.status_code == 403


@pytest.mark.parametrize("is_browser", [True, False], ids=["cookie", "bearer"])
async def test_stream_completes_when_its_session_ends(
    eager: str, http: httpx.AsyncClient, *, is_browser: bool
) -> None:
    api = Api(http, eager)
    email = f"stream-{is_browser}@example.com".lower()
    session = await sign_in(api, email)
    client = api.signed_in(session["accessToken"])
    headers = {}
    if is_browser:
        own = COOKIE | {"origin": api.url}
        variables = {"query": LOGIN, "variables": {"email": email}}
        response = await api.http.post(f"{api.url}/graphql", json=variables, headers=own)
        client, headers = api, own | {"cookie": f"{ACCESS}={response.cookies[ACCESS]}"}
        api.http.cookies.clear()
    expert = await first_expert(api)
    async with stream(client, WATCH, headers, id=expert["id"]) as events:
        assert await events.block() == COMMENT
        async with stream(client, "mutation { logout(everywhere: true) }", headers) as out:
            assert (await out.result())["data"] == {"logout": True}
        assert await events.code() == "UNAUTHENTICATED"


async def test_stream_ends_without_complete_when_its_token_expires(
    eager: str, http: httpx.AsyncClient
) -> None:
    """A client whose stream ends without a `complete` event reconnects with a new token."""
    api = Api(http, eager)
    session = await sign_in(api, "short@example.com")
    expert = await first_expert(api)
    for seconds in LIFETIMES:
        client = api.signed_in(short_token(session, seconds).token)
        async with stream(client, WATCH, id=expert["id"]) as events:
            if events.response.status_code == 401:
                continue  # the token expired before the request was read
            assert await events.block() == COMMENT
            assert await events.event() is None
            break
    else:
        pytest.fail(f"a token expired unused after {LIFETIMES[-1]} seconds")


async def test_idle_stream_is_kept_alive(eager: str, http: httpx.AsyncClient) -> None:
    """The server sends comments while there are no events."""
    api = Api(http, eager)
    expert = await first_expert(api)
    async with stream(api, WATCH, id=expert["id"]) as events:
        assert [await events.block() for _ in range(5)] == [COMMENT] * 5


@pytest.mark.skipif(sys.platform != "linux", reason="looks connections up in /proc")
async def test_stuck_reader_is_cut_off(eager: str, http: httpx.AsyncClient, time: Time) -> None:
    """The server disconnects a client that stops reading, instead of buffering ever more events."""
    api = Api(http, eager)
    client, expert = await api.new_client(), await first_expert(api)
    slot = (await open_slots(api, expert, time))[0]
    much = " ".join(f"n{n}: changed {{ id startsAt endsAt price {{ amount }} }}" for n in range(30))
    query = f'subscription {{ slotBooked(expertId: "{expert["id"]}") {{ {much} }} }}'
    body = json.dumps({"query": query}).encode()
    head = (
        "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stuck.connect(("127.0.0.1", urlsplit(eager).port))
        stuck.sendall(head.encode() + body)
        port = stuck.getsockname()[1]
        await wait_until(lambda: is_connection_open(eager, port), what="an open connection")
        before = await cut_off(api)
        async with asyncio.timeout(ENOUGH_SECONDS):
            while await cut_off(api) == before:
                booked = await client.book(slot["id"])
                await client.cancel(booked["id"])
        await wait_until(lambda: not is_connection_open(eager, port), what="its end")
    assert (await api.ask("{ __typename }")) == {"__typename": "Query"}


async def cut_off(api: Api) -> float:
    """Return the number of clients that the server has disconnected for not reading."""
    lines = (await api.http.get(f"{api.url}/metrics")).text.splitlines()
    [line] = [line for line in lines if line.startswith(f"{CUT_OFF} ")]
    return float(line.split()[1])


async def test_stopping_server_ends_its_streams_without_waiting(
    tmp_path: Path, http: httpx.AsyncClient
) -> None:
    """The stream ends without a `complete` event, so that the client reconnects."""
    with start_program(tmp_path, Patch(SLOW_DRAIN_SERVER), experts=1, throttle="off") as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        expert = await first_expert(api)
        async with stream(api, WATCH, id=expert["id"]) as events:
            assert await events.block() == COMMENT
            program.process.send_signal(signal.SIGTERM)
            assert await events.event() is None
        await ended(program)
        # Uvicorn logs this message if connections are still open after `DRAIN_SECONDS`.
        assert "timeout graceful shutdown exceeded" not in program.output()


async def ended(program: Program) -> None:
    """Wait until the program has ended, without blocking the event loop."""
    await asyncio.to_thread(program.wait)
