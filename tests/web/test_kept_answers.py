"""Kept answers of the running program: the same bytes, never stale for who writes, nobody's own."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients import Api
from tests.mailboxes import until
from tests.offices import LISTED, PROFILE, Office
from tests.practices import Practice, day_ahead, hours
from tests.servers import await_ready, launched, running
from tests.web.test_metrics import metrics
from tests.web.test_moves import HOLD, MOVE, booking_mutation, execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


FRESH = {"cache-control": "no-cache"}
"""With which a request gets an answer of its own."""

MODERN = "application/graphql-response+json"
LIST = "{ experts(first: 3) { totalCount edges { cursor node { id name rating } } } }"
PAGE = "query ($id: ID!) { expert(id: $id) { title bio sequence } }"
DAY = """query ($id: ID!, $day: Date!) { expert(id: $id) {
  sequence days(from: $day, count: 1) { slots { id status sequence } } } }"""
DEAR = "{ experts(first: 100) { nodes { nextSlot { id } } } }"
"""What costs some 12,000 of the 1,200,000 that an address has."""

PATIENCE_SECONDS = 120
"""Ends a test that hangs."""

COUNTS = "{ categories { category count } }"
HITS = 'expertbook_cache_hits_total{cache="answers"}'
MISSES = 'expertbook_cache_misses_total{cache="answers"}'
OPERATIONS = 'expertbook_operations_total{kind="query",outcome="ok"}'


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A program that keeps answers, whatever the others do."""
    folder = tmp_path_factory.mktemp("answers")
    with running(folder, experts=8, throttle="off", fast_paths="all") as address:
        yield address


@pytest.fixture
def nobody(address: str, http: httpx.AsyncClient) -> Api:
    """A stranger there."""
    return Api(http, address)


@pytest.fixture
async def practice(nobody: Api) -> Practice:
    """A practice of somebody new there."""
    return await Practice.opened(await Office.of(nobody))


async def post(api: Api, query: str, /, **headers: str) -> httpx.Response:
    """What a stranger gets."""
    return await api.http.post(f"{api.url}/graphql", json={"query": query}, headers=headers)


def shown(response: httpx.Response) -> dict[str, str]:
    """The headers, but for those of the moment."""
    moment = {"date", "x-request-id"}
    return {name: text for name, text in response.headers.items() if name not in moment}


async def twice(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    """What is kept from now on, as somebody gets it."""
    answer = await api.ask(query, **variables)
    assert await api.ask(query, **variables) == answer
    return answer


@pytest.mark.parametrize("accept", ["*/*", MODERN])
@pytest.mark.parametrize("is_read", [False, True])
async def test_a_kept_answer_is_the_same_to_the_byte(
    nobody: Api, accept: str, *, is_read: bool
) -> None:
    """Headers and all, in the body and in the address, whatever media type is asked for."""

    async def ask(**headers: str) -> httpx.Response:
        if is_read:
            wanted = {"accept": accept, **headers}
            url = f"{nobody.url}/graphql"
            return await nobody.http.get(url, params={"query": LIST}, headers=wanted)
        return await post(nobody, LIST, accept=accept, **headers)

    own = await ask(**FRESH)
    for _ in range(3):
        kept = await ask()
        assert (kept.status_code, kept.content) == (200, own.content)
        assert shown(kept) == shown(own)
        assert kept.headers["x-request-id"] != own.headers["x-request-id"]


async def test_a_client_that_has_a_kept_answer_is_not_sent_it_again(nobody: Api) -> None:
    url, asked = f"{nobody.url}/graphql", {"query": COUNTS}
    whole = await nobody.http.get(url, params=asked)
    for method in ("GET", "HEAD"):
        known = {"if-none-match": whole.headers["etag"]}
        response = await nobody.http.request(method, url, params=asked, headers=known)
        assert (response.status_code, response.content) == (304, b"")
        other = await nobody.http.request(
            method, url, params=asked, headers={"if-none-match": '"x"'}
        )
        assert (other.status_code, shown(other)) == (200, shown(whole))


async def growth(api: Api, *asked: httpx.Request) -> tuple[float, float, float]:
    """By how much hits, misses and operations grow by some requests."""
    before = await metrics(api.url)
    for request in asked:
        await api.http.send(request)
    after = await metrics(api.url)
    hits, misses, operations = (
        after.get(name, 0) - before.get(name, 0) for name in (HITS, MISSES, OPERATIONS)
    )
    return hits, misses, operations


async def until_hit(api: Api, request: httpx.Request) -> None:
    """Send a request until a kept answer comes; each is counted as a hit or a miss.

    Usually the second is a hit, but on a machine that stands still no answer is young enough.
    """
    hits = 0.0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not hits:
            hits, misses, operations = await growth(api, *[request] * 5)
            assert hits + misses == operations == 5


async def test_what_is_kept_counts_like_any_other_and_is_in_the_metrics(nobody: Api) -> None:
    request = nobody.http.build_request(
        "POST", f"{nobody.url}/graphql", json={"query": "{ experts(first: 7) { totalCount } }"}
    )
    await until_hit(nobody, request)
    found = await metrics(nobody.url)
    assert found['expertbook_cache_entries{cache="answers"}'] >= 1
    assert found['expertbook_cache_bytes{cache="answers"}'] > 100


async def test_nothing_that_is_somebodys_own_is_kept_or_found(nobody: Api) -> None:
    """Whoever signs in, has a session in cookies or asks what depends on who asks."""
    client = await nobody.newcomer()
    url = f"{nobody.url}/graphql"
    mine = "{ experts(first: 1) { nodes { nextSlot { id mine } } } }"
    private = [
        nobody.http.build_request("POST", url, json={"query": query}, headers=headers)
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
    hits, misses, _ = await growth(nobody, *private)
    assert (hits, misses) == (0, 0)
    wrong = nobody.http.build_request("POST", url, json={"query": '{ node(id: "x") { id } }'})
    hits, misses, _ = await growth(nobody, wrong, wrong)
    assert (hits, misses) == (0, 2)  # it could have been kept, but for its errors


async def test_a_page_without_a_session_gets_what_is_kept_for_strangers(nobody: Api) -> None:
    """Ours asks for cookies with everything; who has none is a stranger, but on a foreign page."""
    query = "{ experts(first: 6) { nodes { name } } }"
    ours = {"x-session": "cookie", "origin": nobody.url, "sec-fetch-site": "same-origin"}
    own = await post(nobody, query, **ours, **FRESH)
    for headers in (ours, {}, ours):
        kept = await post(nobody, query, **headers)
        assert (kept.content, shown(kept)) == (own.content, shown(own))
    request = nobody.http.build_request(
        "POST", f"{nobody.url}/graphql", json={"query": query}, headers=ours
    )
    await until_hit(nobody, request)
    foreign = await post(nobody, query, **{**ours, "origin": "https://example.com"})
    assert foreign.status_code == 403


async def test_who_writes_sees_every_change_at_once(practice: Practice) -> None:
    """A stranger, too, who asks after the change is answered: no answer from before is left."""
    nobody, day, id_ = practice.office.nobody, day_ahead(5), practice.id
    client = await nobody.newcomer()
    wanted = {"id": id_, "day": day.isoformat()}
    first, second = await practice.slot(day, "09:00"), await practice.slot(day, "11:00")
    sequence = -1

    async def statuses() -> tuple[str | None, str | None]:
        nonlocal sequence
        found = (await twice(nobody, DAY, **wanted))["expert"]
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
    assert (await practice.set(overrides=closed))["__typename"] == "AvailabilitySet"
    assert await statuses() == (None, "OPEN")


async def test_a_change_of_the_directory_is_in_every_page_at_once(practice: Practice) -> None:
    """Of an entry, of who is listed, of who is in it: pages, lists, searches, sizes."""
    office, id_ = practice.office, practice.id
    nobody = office.nobody
    name, other = f"Zacharias{id_[-4:]}", f"Yolanda{id_[-4:]}"

    async def listed(search: str) -> list[str]:
        found = (await twice(nobody, LISTED, search=search))["experts"]["nodes"]
        return [node["id"] for node in found]

    async def size() -> int:
        counts = (await twice(nobody, COUNTS))["categories"]
        return {row["category"]: int(row["count"]) for row in counts}[PROFILE["category"]]

    assert await listed(name) == []
    assert (await twice(nobody, PAGE, id=id_))["expert"]["bio"] == PROFILE["bio"]
    await office.update(id_, practice.expert.api, bio="Another.", name=name)
    assert (await twice(nobody, PAGE, id=id_))["expert"]["bio"] == "Another."
    assert await listed(name) == [id_]
    before = await size()
    assert await listed(other) == []
    made = await office.create((await office.person(other)).id)
    assert await size() == before + 1
    assert await listed(other) == [made["id"]]
    await office.update(id_, disabled=True)
    assert await twice(nobody, PAGE, id=id_) == {"expert": None}
    assert await listed(name) == []
    assert await size() == before
    assert (await practice.expert.api.ask(PAGE, id=id_))["expert"]["bio"] == "Another."
    assert await twice(nobody, PAGE, id=id_) == {"expert": None}
    await office.update(id_, disabled=False)
    assert await listed(name) == [id_]


async def test_a_kept_answer_is_paid_for_and_told_of_like_any_other(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    """Budgets, the log and refusals do not know the difference."""
    folder = tmp_path_factory.mktemp("paid")
    with launched(folder, experts=3, fast_paths="all", log_format="json") as program:
        await_ready(program.process, program.address)
        api = Api(http, program.address)
        answers = [await post(api, LIST) for _ in range(6)]

        def lines() -> list[dict[str, Any]]:
            whole = program.said().rpartition("\n")[0].splitlines()
            return [json.loads(line) for line in whole if 'operation"' in line]

        await until(lambda: len(lines()) >= 6, what="six logged operations")
        logged = lines()
        # Enough for a hundred, some of which are paid back meanwhile.
        while (refused := await post(api, DEAR)).status_code == 200:
            await asyncio.gather(*(post(api, DEAR) for _ in range(20)))
    assert len({answer.content for answer in answers}) == 1
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {
        '"address";q=1200000;w=60'
    }
    # A slow one is a warning and says so, which depends on the machine.
    moment = dict.fromkeys(("milliseconds", "request_id", "time", "level", "event"))
    told = [{**line, **moment} for line in logged]
    assert told == [told[0]] * 6
    assert told[0]["fields"] == "experts"
    assert told[0]["cost"] > 0
    assert len({line["request_id"] for line in logged}) == 6
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_it_can_be_left_out(
    tmp_path_factory: pytest.TempPathFactory, http: httpx.AsyncClient
) -> None:
    """Then every answer is made anew, and is the same."""
    folder = tmp_path_factory.mktemp("none")
    with running(folder, experts=3, throttle="off", fast_paths="none") as address:
        api = Api(http, address)
        answers = [await post(api, LIST) for _ in range(3)]
        found = await metrics(address)
    assert len({answer.content for answer in answers}) == 1
    assert found.get(HITS, 0) == found.get(MISSES, 0) == 0
