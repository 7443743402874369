"""Cost limits, rate limits and time limits, over real HTTP and WebSocket connections."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from auth.budget_accounts import NETWORK, USER, Policy
from schema.execution.documents import MAX_CACHED_DOCUMENT_CHARS
from schema.execution.limits import MAX_ALIASES, MAX_COST, MAX_ERRORS, MAX_TOKENS
from tests.support.booking_operations import state
from tests.support.clients import BOOK, CONTACT, Api, open_socket
from tests.support.forked_program import Patch
from tests.support.introspection import INTROSPECTION
from tests.support.processes import database_processes, frozen
from tests.support.servers import await_ready, run_server, start_program
from web.embedded.database import embedded_database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.spans import Time

GRAPHQL_JSON = "application/graphql-response+json"
PATIENCE_SECONDS = 60
LONG_VIEWER_CACHE = """
import auth.viewers
auth.viewers.CACHE_SECONDS = 600
"""
"""Patch that keeps viewers cached for the whole test, because the time limit of operations does not
include the time for looking up the viewer."""

SLOW_REFILL = Policy("address", 1_200_000, 3_600)
SLOW_REFILL_SERVER = f"""
import auth.budget_accounts
auth.budget_accounts.ADDRESS = auth.budget_accounts.{SLOW_REFILL}
"""
"""Patch that refills a network address's rate-limit budget slowly, so that tests can exhaust the
budget even on a busy machine."""

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
        "{ " + " ".join(f"a{i}: __typename" for i in range(MAX_ALIASES + 1)) + " }",
        "TOO_MANY_ALIASES",
    ),
    "root fields": ("{ " + "__typename " * 30 + "}", "TOO_MANY_ROOT_FIELDS"),
    "directives": ("{ viewer { id " + "@skip(if: false) " * 150 + "} }", "TOO_MANY_DIRECTIVES"),
    "unknown directives": ("{ viewer { id " + "@a " * 900 + "} }", "TOO_MANY_DIRECTIVES"),
    "tokens": ("{ " + "a " * MAX_TOKENS * 10 + "}", "DOCUMENT_TOO_LARGE"),
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
    """POST a JSON body, and ask for a response in the media type `GRAPHQL_JSON`."""
    defaults = {"accept": GRAPHQL_JSON} | (
        {"authorization": f"Bearer {api.token}"} if api.token else {}
    )
    return await api.http.post(f"{api.url}/graphql", json=body, headers=defaults | headers)


def code(response: httpx.Response) -> str:
    """Return the error code of the first error in a response."""
    return str(response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(("query", "expected"), HOSTILE.values(), ids=HOSTILE.keys())
async def test_hostile_graphql_documents_are_refused_before_execution(
    api: Api, query: str, expected: str
) -> None:
    response = await post(api, {"query": query})
    assert (response.status_code, code(response)) == (400, expected)
    assert "data" not in response.json()
    assert 1 <= len(response.json()["errors"]) <= MAX_ERRORS
    assert len(response.content) < 10_000


async def test_hostile_graphql_documents_on_a_socket_end_only_their_own_operation(api: Api) -> None:
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
async def test_batched_requests_are_refused(api: Api, body: Any) -> None:
    assert (await post(api, body)).status_code == 400


async def test_responses_report_the_operations_cost_and_the_cost_limit(api: Api) -> None:
    """An operation's cost depends on its variables, and is the same over HTTP and WebSockets."""
    query = "query ($n: Int) { experts(first: $n) { nodes { id } } }"
    for n in (1, 3):
        answer = await api.post(query, n=n)
        cost = {"requested": 101 + n * 21, "limit": MAX_COST}
        assert answer["extensions"] == {"cost": cost}
        async with open_socket(api.url) as socket:
            await socket.initialise()
            await socket.subscribe("q", query, n=n)
            assert (await socket.receive())["payload"] == answer
    expensive = await api.post(
        'query ($n: Int!) { experts(first: 100) { nodes { days(from: "2027-01-01", count: $n) '
        "{ slots { id } } } } }",
        n=62,
    )
    [error] = expensive["errors"]
    requested = 101 + 100 * (20 + 20 + 62 * (21 + 16 * 4))
    assert error["extensions"] == {
        "code": "OPERATION_TOO_COMPLEX",
        "cost": {"requested": requested, "limit": MAX_COST},
    }
    assert error["message"] == (
        f"The operation costs {requested:,}; the limit is {MAX_COST:,}. Ask for less with `first` "
        "of `experts`."
    )


async def test_subscription_events_do_not_report_a_cost(
    api: Api, experts: list[dict[str, Any]], time: Time
) -> None:
    client = await api.new_client()
    expert = experts[0]
    async with open_socket(api.url) as socket:
        await socket.initialise()
        watch = """subscription ($id: ID!, $after: String) {
          slotBooked(expertId: $id, after: $after) { kind } }"""
        cursor, _ = await state(api, expert, time)
        # Because of the cursor, the event arrives even if the slot is booked before the
        # subscription starts.
        await socket.subscribe("w", watch, id=expert["id"], after=cursor)
        slots = await api.slots(expert["id"], *time.days(20, 50))
        open_slot = next(slot for slot in reversed(slots) if slot["status"] == "OPEN")
        booked = await client.book(open_slot["id"])
        assert booked["__typename"] == "Booking"
        assert (await socket.receive())["payload"] == {"data": {"slotBooked": {"kind": "BOOKED"}}}


async def test_the_standard_introspection_query_is_allowed(api: Api) -> None:
    answer = await api.post(INTROSPECTION)
    assert "errors" not in answer
    assert answer["extensions"]["cost"]["requested"] < MAX_COST / 2


async def test_no_rate_limit_headers_when_the_throttle_is_off(api: Api) -> None:
    assert "ratelimit" not in (await post(api, {"query": TYPENAME})).headers


@pytest.fixture(scope="module")
def throttled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server with rate limits whose budgets refill slowly."""
    folder = tmp_path_factory.mktemp("throttled")
    with start_program(folder, Patch(SLOW_REFILL_SERVER), experts=3) as program:
        await_ready(program.process, program.address)
        yield program.address


def policy(*policies: Any) -> str:
    """Return the expected value of the header `RateLimit-Policy` for the given policies."""
    return ", ".join(f'"{each.name}";q={each.quota};w={each.seconds}' for each in policies)


async def test_exhausted_budgets_are_reported_and_requests_are_refused(
    throttled: str, http: httpx.AsyncClient
) -> None:
    """Invalid GraphQL documents are charged, too.

    Signed-in users at the same network address are unaffected, because they have budgets of their
    own.
    """
    stranger = Api(http, throttled)
    client = await stranger.new_client()
    anonymous = await post(stranger, {"query": TYPENAME})
    assert anonymous.headers["ratelimit-policy"] == policy(SLOW_REFILL)
    assert re.fullmatch(r'"address";r=\d+;t=\d+', anonymous.headers["ratelimit"])
    signed_in = await post(client, {"query": TYPENAME})
    assert signed_in.headers["ratelimit-policy"] == policy(USER, NETWORK)
    assert re.fullmatch(
        r'"user";r=\d+;t=\d+, "network";r=\d+;t=\d+', signed_in.headers["ratelimit"]
    )

    left = int(anonymous.headers["ratelimit"].split("r=")[1].split(";")[0])
    long = {"query": "{ " + "a " * MAX_CACHED_DOCUMENT_CHARS + "}"}
    invalid = await post(stranger, long)
    assert (invalid.status_code, code(invalid)) == (400, "DOCUMENT_TOO_LARGE")
    after = int(invalid.headers["ratelimit"].split("r=")[1].split(";")[0])
    assert after < left
    refused: list[httpx.Response] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not refused:
            answers = await asyncio.gather(*(post(stranger, long) for _ in range(10)))
            refused = [each for each in answers if each.status_code == 429]
    assert code(refused[0]) == "RATE_LIMITED"
    assert int(refused[0].headers["retry-after"]) >= 1

    async def spend() -> None:
        """Keep the budget exhausted until cancelled."""
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
        while (again := await post(stranger, {"query": TYPENAME})).status_code == 429:  # noqa: ASYNC110 - no event to wait for
            await asyncio.sleep(0.1)
    assert again.status_code == 200


async def test_a_timed_out_booking_can_be_retried_without_booking_twice(
    tmp_path: Path, http: httpx.AsyncClient, time: Time
) -> None:
    """The error mentions the idempotency key; a retry with the same key returns the booking.

    Two servers are used: only the server that gets requests while the database is suspended has a
    short time limit, because on a busy machine any request could exceed a short time limit.
    """
    one, two = tmp_path / "patient", tmp_path / "impatient"
    for folder in (one, two):
        folder.mkdir()
    with (
        embedded_database(tmp_path / "database") as url,
        run_server(one, mongodb_url=url, experts=3, throttle="off") as address,
        start_program(
            two, Patch(LONG_VIEWER_CACHE), mongodb_url=url, throttle="off", operation_seconds=0.5
        ) as program,
    ):
        await_ready(program.process, program.address)
        api = Api(http, address)
        client = await api.new_client()
        impatient = Api(http, program.address)
        impatient_client = impatient.signed_in(client.token or "")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while "errors" in await impatient_client.post("{ viewer { id } }"):
                pass
        query = "{ experts(first: 3) { nodes { id } } }"
        expert = (await client.ask(query))["experts"]["nodes"][0]["id"]
        slots = await api.slots(expert, *time.days(3, 40))
        slot = next(slot for slot in slots if slot["status"] == "OPEN")
        key = "the-only-key"
        request_input = {"slotId": slot["id"], "contact": CONTACT, "idempotencyKey": key}
        mutation = {"query": BOOK, "variables": {"input": request_input}}
        watch = f'subscription {{ slotBooked(expertId: "{expert}") {{ cursor }} }}'
        async with open_socket(impatient.url) as socket:
            await socket.initialise()
            processes = database_processes(tmp_path / "database")
            assert processes
            with frozen(*processes):
                answers = await asyncio.gather(
                    post(impatient, {"query": query}), post(impatient_client, mutation)
                )
                for id_, document in (("q", query), ("s", watch)):
                    await socket.subscribe(id_, document)
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
        stored = await client.ask("{ bookings { nodes { id } totalCount } }")
        assert stored["bookings"]["totalCount"] == 1
        assert stored["bookings"]["nodes"][0]["id"] == again.json()["data"]["bookSlot"]["id"]


async def test_requests_with_the_wrong_method_or_media_type_are_charged(throttled: str) -> None:
    """Requests are charged even if they are refused, because they are parsed first.

    One request is a subscription without an event stream, the other is a mutation sent with GET.
    """
    # Use a network address whose budget no other test has exhausted.
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with httpx.AsyncClient(transport=transport, timeout=PATIENCE_SECONDS) as http:
        watch = {"query": 'subscription { slotBooked(expertId: "x") { cursor } }'}
        refused = await post(Api(http, throttled), watch)
        assert refused.status_code == 400
        assert "ratelimit" in refused.headers
        logout = {"query": "mutation { logout }"}
        by_get = await http.get(f"{throttled}/graphql", params=logout)
        assert by_get.status_code == 405
        assert "ratelimit" in by_get.headers
