"""Limits of cost, budgets and time, over real HTTP and real sockets."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from auth.budget_accounts import ADDRESS, NETWORK, USER
from schema.execution.documents import LONGEST_CACHED
from schema.execution.limits import MOST_ALIASES, MOST_COST, MOST_ERRORS, MOST_TOKENS
from tests.clients import BOOK, CONTACT, Api, open_socket
from tests.processes import databases, freeze
from tests.schema.test_cost import INTROSPECTION
from tests.servers import await_ready, launched, running
from tests.web.test_booking import state
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from tests.conftest import Time

GRAPHQL_JSON = "application/graphql-response+json"
PATIENCE_SECONDS = 60
HURRIED = """
import auth.viewers
auth.viewers.CACHE_SECONDS = 600
from web.cli import app
app()
"""
"""Remembers viewers for the whole test: looking one up is not part of an operation's time limit."""

TYPENAME = "{ __typename }"
EXPONENTIAL = (
    "{ viewer { ...F0 } } "
    + " ".join(f"fragment F{i} on User {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40))
    + " fragment F40 on User { expert { id } }"
)
HOSTILE = {
    "exponential fragments": (EXPONENTIAL, "OPERATION_TOO_COMPLEX"),
    "circular fragments": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "aliases": (
        "{ " + " ".join(f"a{i}: __typename" for i in range(MOST_ALIASES + 1)) + " }",
        "TOO_MANY_ALIASES",
    ),
    "root fields": ("{ " + "__typename " * 30 + "}", "TOO_MANY_ROOT_FIELDS"),
    "directives": ("{ viewer { id " + "@skip(if: false) " * 150 + "} }", "TOO_MANY_DIRECTIVES"),
    "unknown directives": ("{ viewer { id " + "@a " * 900 + "} }", "TOO_MANY_DIRECTIVES"),
    "tokens": ("{ " + "a " * MOST_TOKENS * 10 + "}", "DOCUMENT_TOO_LARGE"),
    "depth": ("{ a " * 9_000 + "}" * 9_000, "OPERATION_TOO_DEEP"),
    "deep lists": ("{ a(b: " + "[" * 9_000 + "]" * 9_000 + ") }", "OPERATION_TOO_DEEP"),
    "a huge number": (
        "{ experts(first: " + "9" * 50_000 + ") { nodes { id } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "pages within pages": (
        '{ experts(first: 100) { nodes { days(from: "2027-01-01") { slots { id } } } } }',
        "OPERATION_TOO_COMPLEX",
    ),
    "introspection": (
        "{ __schema { types { " + "fields { type { " * 5 + "name" + " } }" * 5 + " } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
}


async def post(api: Api, body: Any, **headers: str) -> httpx.Response:
    """The answer to any body, in GraphQL's own media type."""
    own = {"accept": GRAPHQL_JSON} | ({"authorization": f"Bearer {api.token}"} if api.token else {})
    return await api.http.post(f"{api.url}/graphql", json=body, headers=own | headers)


def code(response: httpx.Response) -> str:
    """The code of an answer's first error."""
    found: str = response.json()["errors"][0]["extensions"]["code"]
    return found


@pytest.mark.parametrize(("query", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_documents_fail_before_anything_is_executed(
    api: Api, query: str, expected: str
) -> None:
    response = await post(api, {"query": query})
    assert (response.status_code, code(response)) == (400, expected)
    assert "data" not in response.json()
    assert 1 <= len(response.json()["errors"]) <= MOST_ERRORS
    assert len(response.content) < 10_000


async def test_hostile_documents_end_their_own_operation_on_a_socket_alone(api: Api) -> None:
    async with open_socket(api.url) as socket:
        await socket.initialise()
        for name, (query, expected) in HOSTILE.items():
            await socket.subscribe(name, query)
            answer = await socket.receive()
            assert (answer["type"], answer["id"]) == ("error", name)
            assert answer["payload"][0]["extensions"]["code"] == expected
        await socket.subscribe("last", TYPENAME)
        assert (await socket.receive())["payload"]["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("body", [[{"query": TYPENAME}], [], [{"query": TYPENAME}] * 1_000])
async def test_batches_are_refused(api: Api, body: Any) -> None:
    assert (await post(api, body)).status_code == 400


async def test_answers_say_what_they_cost_and_what_they_may(api: Api) -> None:
    """Also what is asked for by variables; the same over a socket, but not in events."""
    query = "query ($n: Int) { experts(first: $n) { nodes { id } } }"
    for n in (1, 3):
        answer = await api.post(query, n=n)
        cost = {"requested": 101 + n * 21, "limit": MOST_COST}
        assert answer["extensions"] == {"cost": cost}
        async with open_socket(api.url) as socket:
            await socket.initialise()
            await socket.subscribe("q", query, n=n)
            assert (await socket.receive())["payload"] == answer
    dear = await api.post(
        'query ($n: Int!) { experts(first: 100) { nodes { days(from: "2027-01-01", count: $n) '
        "{ slots { id } } } } }",
        n=62,
    )
    [error] = dear["errors"]
    requested = 101 + 100 * (20 + 20 + 62 * (21 + 16 * 4))
    assert error["extensions"] == {
        "code": "OPERATION_TOO_COMPLEX",
        "cost": {"requested": requested, "limit": MOST_COST},
    }
    assert error["message"] == f"Cost: {requested:,} where at most {MOST_COST:,} may be."


async def test_events_of_a_subscription_do_not_say_what_they_cost(
    api: Api, experts: list[dict[str, Any]], time: Time
) -> None:
    client = await api.newcomer()
    expert = experts[0]
    async with open_socket(api.url) as socket:
        await socket.initialise()
        watch = """subscription ($id: ID!, $after: String) {
          slotBooked(expertId: $id, after: $after) { kind } }"""
        cursor, _ = await state(api, expert, time)
        # The cursor brings the event even if the booking is faster than the subscription.
        await socket.subscribe("w", watch, id=expert["id"], after=cursor)
        slots = await api.slots(expert["id"], *time.days(20, 50))
        free = next(slot for slot in reversed(slots) if slot["status"] == "OPEN")
        booked = await client.book(free["id"])
        assert booked["__typename"] == "Booking"
        assert (await socket.receive())["payload"] == {"data": {"slotBooked": {"kind": "BOOKED"}}}


async def test_the_usual_introspection_query_passes(api: Api) -> None:
    answer = await api.post(INTROSPECTION)
    assert "errors" not in answer
    assert answer["extensions"]["cost"]["requested"] < MOST_COST / 2


async def test_nothing_is_counted_where_the_throttle_is_off(api: Api) -> None:
    assert "ratelimit" not in (await post(api, {"query": TYPENAME})).headers


@pytest.fixture(scope="module")
def throttled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program that counts budgets."""
    with running(tmp_path_factory.mktemp("throttled"), experts=3) as address:
        yield address


def policy(*policies: Any) -> str:
    """The header that tells policies."""
    return ", ".join(f'"{each.name}";q={each.quota};w={each.seconds}' for each in policies)


async def test_budgets_are_told_and_refuse_who_has_spent_them(
    throttled: str, http: httpx.AsyncClient
) -> None:
    """Documents that are not even valid cost; signed-in users of the address are not harmed."""
    stranger = Api(http, throttled)
    client = await stranger.newcomer()
    told = await post(stranger, {"query": TYPENAME})
    assert told.headers["ratelimit-policy"] == policy(ADDRESS)
    assert re.fullmatch(r'"address";r=\d+;t=\d+', told.headers["ratelimit"])
    own = await post(client, {"query": TYPENAME})
    assert own.headers["ratelimit-policy"] == policy(USER, NETWORK)
    assert re.fullmatch(r'"user";r=\d+;t=\d+, "network";r=\d+;t=\d+', own.headers["ratelimit"])

    left = int(told.headers["ratelimit"].split("r=")[1].split(";")[0])
    long = {"query": "{ " + "a " * LONGEST_CACHED + "}"}
    invalid = await post(stranger, long)
    assert (invalid.status_code, code(invalid)) == (400, "DOCUMENT_TOO_LARGE")
    after = int(invalid.headers["ratelimit"].split("r=")[1].split(";")[0])
    assert after < left or after > ADDRESS.quota - 50_000
    refused: list[httpx.Response] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not refused:
            answers = await asyncio.gather(*(post(stranger, long) for _ in range(10)))
            refused = [each for each in answers if each.status_code == 429]
    assert code(refused[0]) == "RATE_LIMITED"
    assert int(refused[0].headers["retry-after"]) >= 1

    async def spend() -> None:
        """Leave nothing in the budget for as long as the task runs."""
        while True:
            await post(stranger, long)

    async with open_socket(throttled) as socket, asyncio.TaskGroup() as group:
        await socket.initialise()
        spenders = [group.create_task(spend()) for _ in range(5)]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await socket.subscribe("q", INTROSPECTION)
            while (answer := await socket.receive())["type"] != "error":
                assert (await socket.receive())["type"] == "complete"
                await socket.subscribe("q", INTROSPECTION)
        for spender in spenders:
            spender.cancel()
        assert (answer["type"], answer["id"]) == ("error", "q")
        assert answer["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert (await post(client, {"query": TYPENAME})).status_code == 200

    async with asyncio.timeout(PATIENCE_SECONDS):
        while (again := await post(stranger, {"query": TYPENAME})).status_code == 429:  # noqa: ASYNC110 - the server does not tell
            await asyncio.sleep(0.1)
    assert again.status_code == 200


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Stop the database in a folder within the block: it is there, and does not answer."""
    processes = databases(folder)
    assert processes
    for process in processes:
        freeze(process)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


async def test_what_takes_too_long_is_given_up_and_a_booking_is_not_done_twice(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """The answer says that it may have happened; the same key asks whether it has.

    Only the server that is asked while the database is frozen has the short time limit: on a busy
    machine, anything else could exceed it as well.
    """
    command = (sys.executable, "-c", HURRIED, "serve")
    one, two = tmp_path / "patient", tmp_path / "hurried"
    for folder in (one, two):
        folder.mkdir()
    with (
        embedded_database(tmp_path / "database") as url,
        running(one, mongodb_url=url, experts=3, throttle="off") as address,
        launched(two, command, mongodb_url=url, throttle="off", operation_seconds=0.5) as program,
    ):
        await_ready(program.process, program.address)
        api = Api(http, address)
        client = await api.newcomer()
        hurried = Api(http, program.address)
        hurried_client = hurried.signed_in(client.token or "")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "errors" in await hurried_client.post("{ viewer { id } }"):
                pass
        query = "{ experts(first: 3) { nodes { id } } }"
        expert = (await client.ask(query))["experts"]["nodes"][0]["id"]
        slots = await api.slots(expert, *time.days(3, 40))
        slot = next(slot for slot in slots if slot["status"] == "OPEN")
        key = "the-only-key"
        wanted = {"slotId": slot["id"], "contact": CONTACT, "idempotencyKey": key}
        mutation = {"query": BOOK, "variables": {"input": wanted}}
        watch = f'subscription {{ slotBooked(expertId: "{expert}") {{ cursor }} }}'
        async with open_socket(hurried.url) as socket:
            await socket.initialise()
            with frozen(tmp_path / "database"):
                answers = await asyncio.gather(
                    post(hurried, {"query": query}), post(hurried_client, mutation)
                )
                for id_, asked in (("q", query), ("s", watch)):
                    await socket.subscribe(id_, asked)
                    failed = await socket.receive(PATIENCE_SECONDS)
                    assert (failed["type"], failed["id"]) == ("error", id_)
                    assert failed["payload"][0]["extensions"]["code"] == "TIMED_OUT"
        for answer in answers:
            assert (answer.status_code, code(answer)) == (503, "TIMED_OUT")
            assert "data" not in answer.json()
        assert "idempotencyKey" in answers[1].json()["errors"][0]["message"]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                again = await post(client, mutation)
                if again.status_code == 200 and "errors" not in again.json():
                    break
                await asyncio.sleep(0.1)
        assert again.json()["data"]["bookSlot"]["__typename"] == "Booking"
        kept = await client.ask("{ bookings { nodes { id } totalCount } }")
        assert kept["bookings"]["totalCount"] == 1
        assert kept["bookings"]["nodes"][0]["id"] == again.json()["data"]["bookSlot"]["id"]


async def test_what_is_refused_for_its_form_is_paid_like_the_rest(
    throttled: str, http: httpx.AsyncClient
) -> None:
    """A subscription without a stream, and a mutation by GET, have been read and checked."""
    stranger = Api(http, throttled)
    watch = {"query": 'subscription { slotBooked(expertId: "x") { cursor } }'}
    refused = await post(stranger, watch)
    assert refused.status_code == 400
    assert "ratelimit" in refused.headers
    logout = {"query": "mutation { logout }"}
    by_get = await http.get(f"{throttled}/graphql", params=logout)
    assert by_get.status_code == 405
    assert "ratelimit" in by_get.headers
