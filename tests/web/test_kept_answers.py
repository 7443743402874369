"""Tests of a server's response cache: identical responses, invalidation and privacy."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.booking_operations import HOLD, MOVE, booking_mutation, execute
from tests.support.cached_queries import COUNTS, DAY, HITS, PAGE, ask_twice
from tests.support.clients import Api
from tests.support.deployments import PROFILE, SEARCH, Deployment
from tests.support.mailboxes import wait_until
from tests.support.metrics import metrics
from tests.support.practices import Practice, hours, london_date
from tests.support.servers import await_ready, run_server, start_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


FRESH = {"cache-control": "no-cache"}
"""Headers that bypass the response cache."""

MODERN = "application/graphql-response+json"
LIST = "{ experts(first: 3) { totalCount edges { cursor node { id name rating } } } }"
EXPENSIVE = "{ experts(first: 100) { nodes { nextSlot { id } } } }"
"""A query that costs about 1% of the rate limit of a network address."""

PATIENCE_SECONDS = 120
"""Seconds after which a hanging test fails."""

MISSES = 'expertbook_cache_misses_total{cache="answers"}'
OPERATIONS = 'expertbook_operations_total{kind="query",outcome="ok"}'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server whose response cache is on, even if the tests run without caches."""
    folder = tmp_path_factory.mktemp("answers")
    with run_server(folder, experts=8, throttle="off", caches="on") as address:
        yield address


@pytest.fixture
def anonymous(address: str, http: httpx.AsyncClient) -> Api:
    """Anonymous client of the server with the response cache on."""
    return Api(http, address)


@pytest.fixture
async def practice(anonymous: Api) -> Practice:
    """A new expert on the server with the response cache on."""
    return await Practice.create(await Deployment.sign_in(anonymous))


async def post(api: Api, query: str, /, **headers: str) -> httpx.Response:
    """POST a query anonymously."""
    return await api.http.post(f"{api.url}/graphql", json={"query": query}, headers=headers)


def stable_headers(response: httpx.Response) -> dict[str, str]:
    """Return the response's headers, except those that differ in every response."""
    moment = {"date", "x-request-id"}
    return {name: text for name, text in response.headers.items() if name not in moment}


@pytest.mark.parametrize("accept", ["*/*", MODERN])
@pytest.mark.parametrize("is_read", [False, True])
async def test_cached_response_is_identical_to_a_fresh_one(
    anonymous: Api, accept: str, *, is_read: bool
) -> None:
    """Body and headers equal those of a fresh response, for POST and GET, and each media type."""

    async def ask(**headers: str) -> httpx.Response:
        if is_read:
            wanted = {"accept": accept, **headers}
            url = f"{anonymous.url}/graphql"
            return await anonymous.http.get(url, params={"query": LIST}, headers=wanted)
        return await post(anonymous, LIST, accept=accept, **headers)

    fresh = await ask(**FRESH)
    for _ in range(3):
        cached = await ask()
        assert (cached.status_code, cached.content) == (200, fresh.content)
        assert stable_headers(cached) == stable_headers(fresh)
        assert cached.headers["x-request-id"] != fresh.headers["x-request-id"]


async def test_cached_response_supports_if_none_match(anonymous: Api) -> None:
    url, params = f"{anonymous.url}/graphql", {"query": COUNTS}
    whole = await anonymous.http.get(url, params=params)
    for method in ("GET", "HEAD"):
        condition = {"if-none-match": whole.headers["etag"]}
        response = await anonymous.http.request(method, url, params=params, headers=condition)
        assert (response.status_code, response.content) == (304, b"")
        other = await anonymous.http.request(
            method, url, params=params, headers={"if-none-match": '"x"'}
        )
        assert (other.status_code, stable_headers(other)) == (200, stable_headers(whole))


async def counter_increases(api: Api, *requests: httpx.Request) -> tuple[float, float, float]:
    """Send the requests; return how many cache hits, cache misses and operations they caused."""
    before = await metrics(api.url)
    for request in requests:
        await api.http.send(request)
    after = await metrics(api.url)
    hits, misses, operations = (
        after.get(name, 0) - before.get(name, 0) for name in (HITS, MISSES, OPERATIONS)
    )
    return hits, misses, operations


async def request_until_hit(api: Api, request: httpx.Request) -> None:
    """Send a request repeatedly until the cache is hit; each request must be a hit or a miss.

    Usually the second request is a hit, but on a stalled machine the cache entry may expire first.
    """
    hits = 0.0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not hits:
            hits, misses, operations = await counter_increases(api, *[request] * 5)
            assert hits + misses == operations == 5


async def test_cache_hits_are_counted_in_the_metrics(anonymous: Api) -> None:
    request = anonymous.http.build_request(
        "POST", f"{anonymous.url}/graphql", json={"query": "{ experts(first: 7) { totalCount } }"}
    )
    await request_until_hit(anonymous, request)
    found = await metrics(anonymous.url)
    assert found['expertbook_cache_entries{cache="answers"}'] >= 1
    assert found['expertbook_cache_bytes{cache="answers"}'] > 100


async def test_private_responses_are_neither_stored_nor_served_from_the_cache(
    anonymous: Api,
) -> None:
    """Responses are private if the request has a token or a cookie session.

    They are also private if the request selects fields that depend on the viewer.
    """
    client = await anonymous.new_client()
    url = f"{anonymous.url}/graphql"
    mine = "{ experts(first: 1) { nodes { nextSlot { id mine } } } }"
    private = [
        anonymous.http.build_request("POST", url, json={"query": query}, headers=headers)
        for query, headers in (
            (COUNTS, {"authorization": f"Bearer {client.token}"}),
            (COUNTS, {"x-session": "cookie", "cookie": f"expertbook-access={client.token}"}),
            (COUNTS, {"x-session": "cookie", "origin": "https://example.com"}),
            (COUNTS, FRESH),
            (mine, {}),
            ("{ viewer { id } categories { count } }", {}),
            ("{ nonsense }", {}),
            ("mutation { logout { __typename } }", {}),
        )
        for _ in range(2)
    ]
    hits, misses, _ = await counter_increases(anonymous, *private)
    assert (hits, misses) == (0, 0)
    wrong = anonymous.http.build_request("POST", url, json={"query": '{ node(id: "x") { id } }'})
    hits, misses, _ = await counter_increases(anonymous, wrong, wrong)
    assert (hits, misses) == (0, 2)  # the response would be cached if it had no errors


async def test_web_client_without_a_session_shares_the_anonymous_cache(anonymous: Api) -> None:
    """The web client always asks for a cookie session, but is anonymous until it has cookies."""
    query = "{ experts(first: 6) { nodes { name } } }"
    ours = {"x-session": "cookie", "origin": anonymous.url, "sec-fetch-site": "same-origin"}
    fresh = await post(anonymous, query, **ours, **FRESH)
    for headers in (ours, {}, ours):
        cached = await post(anonymous, query, **headers)
        assert (cached.content, stable_headers(cached)) == (fresh.content, stable_headers(fresh))
    request = anonymous.http.build_request(
        "POST", f"{anonymous.url}/graphql", json={"query": query}, headers=ours
    )
    await request_until_hit(anonymous, request)
    foreign = await post(anonymous, query, **{**ours, "origin": "https://example.com"})
    assert foreign.status_code == 403


async def test_changes_are_visible_in_the_next_response(practice: Practice) -> None:
    """As soon as a change has been acknowledged, responses are no longer stale."""
    anonymous, day, id_ = practice.deployment.anonymous, london_date(5), practice.id
    client = await anonymous.new_client()
    wanted = {"id": id_, "day": day.isoformat()}
    first, second = await practice.slot(day, "09:00"), await practice.slot(day, "11:00")
    sequence = -1

    async def statuses() -> tuple[str | None, str | None]:
        nonlocal sequence
        found = (await ask_twice(anonymous, DAY, **wanted))["expert"]
        assert found["sequence"] > sequence
        sequence = found["sequence"]
        [listed] = found["days"]
        by_id = {slot["id"]: slot["status"] for slot in listed["slots"]}
        return by_id.get(first), by_id.get(second)

    assert await statuses() == ("OPEN", "OPEN")
    assert (await execute(client, HOLD, id=first))["__typename"] == "Booking"
    assert await statuses() == ("HELD", "OPEN")
    booked = await client.book(first)
    assert await statuses() == ("BOOKED", "OPEN")
    assert (await execute(client, MOVE, id=booked["id"], slot=second))["__typename"] == "Booking"
    assert await statuses() == ("OPEN", "BOOKED")
    assert (await execute(client, booking_mutation("cancelBooking"), id=booked["id"]))[
        "status"
    ] == "CANCELLED"
    assert await statuses() == ("OPEN", "OPEN")
    closed = [{"date": day.isoformat(), "hours": [hours("11:00", "18:00")]}]
    assert (await practice.set_availability(overrides=closed))["__typename"] == "AvailabilitySet"
    assert await statuses() == (None, "OPEN")


async def test_directory_changes_are_visible_everywhere_at_once(practice: Practice) -> None:
    """After each change, experts' pages, searches and category counts are up to date."""
    deployment, id_ = practice.deployment, practice.id
    anonymous = deployment.anonymous
    name, other = f"Zacharias{id_[-4:]}", f"Yolanda{id_[-4:]}"

    async def listed(search: str) -> list[str]:
        found = (await ask_twice(anonymous, SEARCH, search=search))["experts"]["nodes"]
        return [node["id"] for node in found]

    async def size() -> int:
        counts = (await ask_twice(anonymous, COUNTS))["categories"]
        return {row["category"]: int(row["count"]) for row in counts}[PROFILE["category"]]

    assert await listed(name) == []
    assert (await ask_twice(anonymous, PAGE, id=id_))["expert"]["bio"] == PROFILE["bio"]
    await deployment.update(id_, practice.expert.api, bio="Another.", name=name)
    assert (await ask_twice(anonymous, PAGE, id=id_))["expert"]["bio"] == "Another."
    assert await listed(name) == [id_]
    before = await size()
    assert await listed(other) == []
    made = await deployment.create((await deployment.person(other)).id)
    assert await size() == before + 1
    assert await listed(other) == [made["id"]]
    await deployment.update(id_, disabled=True)
    assert await ask_twice(anonymous, PAGE, id=id_) == {"expert": None}
    assert await listed(name) == []
    assert await size() == before
    assert (await practice.expert.api.ask(PAGE, id=id_))["expert"]["bio"] == "Another."
    assert await ask_twice(anonymous, PAGE, id=id_) == {"expert": None}
    await deployment.update(id_, disabled=False)
    assert await listed(name) == [id_]


async def test_cached_responses_are_rate_limited_and_logged(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    folder = tmp_path_factory.mktemp("paid")
    with start_program(folder, experts=3, caches="on", log_format="json") as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        answers = [await post(api, LIST) for _ in range(6)]

        def lines() -> list[dict[str, Any]]:
            whole = program.output().rpartition("\n")[0].splitlines()
            return [json.loads(line) for line in whole if 'operation"' in line]

        await wait_until(lambda: len(lines()) >= 6, what="six logged operations")
        logged = lines()
        # Send enough requests to exceed the limit, although the budget refills in the meantime.
        while (refused := await post(api, EXPENSIVE)).status_code == 200:
            await asyncio.gather(*(post(api, EXPENSIVE) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {
        '"address";q=1200000;w=60'
    }
    # The log level depends on the machine's speed, because slow operations are logged as warnings.
    moment = dict.fromkeys(("milliseconds", "request_id", "time", "level", "event"))
    told = [{**line, **moment} for line in logged]
    assert told == [told[0]] * 6
    assert told[0]["fields"] == "experts"
    assert told[0]["cost"] > 0
    assert len({line["request_id"] for line in logged}) == 6
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_cache_can_be_disabled(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    """Without the cache, each response is computed anew, and all responses are equal."""
    folder = tmp_path_factory.mktemp("none")
    with run_server(folder, experts=3, throttle="off", caches="off") as address:
        api = Api(http, address)
        answers = [await post(api, LIST) for _ in range(3)]
        found = await metrics(address)
    assert len({answer.content for answer in answers}) == 1
    assert found.get(HITS, 0) == found.get(MISSES, 0) == 0
