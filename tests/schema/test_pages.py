"""Pagination of the directory over HTTP, forwards and backwards, with filters and orders."""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest
from anyascii import anyascii
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ids import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.clients import Api

Expert = dict[str, Any]

EXPERTS = """
query Experts(
  $filter: ExpertFilter, $orderBy: ExpertOrder
  $first: Int, $after: String, $last: Int, $before: String
) {
  experts(
    filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
  ) {
    totalCount
    nodes { id }
    edges { cursor node {
      id name title category languages rating reviewCount experienceYears hourlyRate { amount }
    } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
SIZES = (1, 2, 3, 7, 20, 59, 60, 61, 100)
FIELDS = ("RATING", "EXPERIENCE", "RATE", "NAME")
fewer_examples = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def fold(text: str) -> str:
    """Return a text without case and accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return anyascii("".join(letter for letter in letters if not unicodedata.combining(letter)))


def words(text: str) -> list[str]:
    """Return the folded words of a text."""
    return "".join(c if c.isalnum() else " " for c in fold(text)).split()


def object_key(expert: Expert) -> str:
    """Return the key inside the global id, which breaks ties."""
    opaque = expert["id"]
    return urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode().partition(":")[2]


SORT_KEYS: dict[str, Callable[[Expert], Any]] = {
    "RATING": lambda expert: (expert["rating"] or 0, expert["reviewCount"], object_key(expert)),
    "EXPERIENCE": lambda expert: (expert["experienceYears"], object_key(expert)),
    "RATE": lambda expert: (expert["hourlyRate"]["amount"], object_key(expert)),
    "NAME": lambda expert: (" ".join(words(expert["name"])), object_key(expert)),
}


def matches(expert: Expert, criteria: dict[str, Any]) -> bool:
    """Return whether an expert satisfies a filter."""
    text = " ".join([expert["name"], expert["title"], *expert["languages"]]).lower()
    german = text.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    nordic = text.replace("å", "aa").replace("ø", "oe")
    searchable = [*words(text), *words(german), *words(nordic), *words(text.replace("'", ""))]
    languages = {fold(language) for language in expert["languages"]}
    requested = {fold(language) for language in criteria.get("languages") or []}
    min_rating = criteria.get("minRating")
    max_rate = criteria.get("maxHourlyRate")
    return (
        all(any(s.startswith(w) for s in searchable) for w in words(criteria.get("search") or ""))
        and (not criteria.get("categories") or expert["category"] in criteria["categories"])
        and (
            min_rating is None or (expert["rating"] is not None and expert["rating"] >= min_rating)
        )
        and (max_rate is None or expert["hourlyRate"]["amount"] <= max_rate)
        and (not requested or not requested.isdisjoint(languages))
    )


@pytest.fixture(scope="session")
async def directory(api: Api) -> list[Expert]:
    """All experts in the default order."""
    page = (await api.ask(EXPERTS, first=100))["experts"]
    assert page["totalCount"] == len(page["edges"]) == 60
    return [edge["node"] for edge in page["edges"]]


@st.composite
def filters(draw: st.DrawFn, directory: list[Expert]) -> dict[str, Any]:
    """Draw a filter, which usually matches some experts."""
    expert = draw(st.sampled_from(directory))
    available = words(f"{expert['name']} {expert['title']} {expert['languages'][0]}")
    chosen = draw(st.lists(st.sampled_from(available), min_size=1, max_size=2))
    prefixes = [word[: draw(st.integers(1, 5))] for word in chosen]
    rating = st.sampled_from([e["rating"] for e in directory if e["rating"] is not None])
    rate = st.sampled_from([e["hourlyRate"]["amount"] for e in directory])
    language = st.sampled_from(sorted({language for e in directory for language in e["languages"]}))
    category = st.sampled_from(sorted({e["category"] for e in directory}))
    candidates = {
        "search": draw(
            st.sampled_from([" ".join(prefixes), " ".join(prefixes).upper(), f" {prefixes[0]}!"])
        ),
        "categories": draw(st.lists(category, max_size=4)),
        "minRating": draw(st.one_of(rating, st.floats(0, 5))),
        "maxHourlyRate": draw(st.one_of(rate, rate.map(lambda amount: amount - 1))),
        "languages": draw(st.lists(language | language.map(str.upper), max_size=3)),
    }
    names = draw(st.sets(st.sampled_from(sorted(candidates)), max_size=3))
    return {name: value for name, value in candidates.items() if name in names}


@st.composite
def list_queries(draw: st.DrawFn, directory: list[Expert]) -> tuple[dict[str, Any], list[str]]:
    """Draw variables for a list, with the expected ids in order."""
    criteria = draw(filters(directory))
    field = draw(st.sampled_from(FIELDS))
    direction = draw(st.sampled_from(["ASC", "DESC"]))
    rows = [expert for expert in directory if matches(expert, criteria)]
    rows.sort(key=SORT_KEYS[field], reverse=direction == "DESC")
    variables = {"filter": criteria, "orderBy": {"field": field, "direction": direction}}
    return variables, [row["id"] for row in rows]


async def fetch_page(api: Api, variables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    """Return a page, after checking that its nodes, edges and cursors agree."""
    page: dict[str, Any] = (await api.ask(EXPERTS, **variables, **arguments))["experts"]
    edges, info = page["edges"], page["pageInfo"]
    assert page["nodes"] == [{"id": edge["node"]["id"]} for edge in edges]
    assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
    assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
    return page


def ids(page: dict[str, Any]) -> list[str]:
    """Return the ids of the experts on a page."""
    return [node["id"] for node in page["nodes"]]


def has_neighbours(page: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether items precede and follow a page."""
    return page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"]


@fewer_examples
@given(st.data())
async def test_forward_pagination_returns_every_expert_once(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """Pages and totals equal those of the list filtered and sorted in Python."""
    variables, expected = data.draw(list_queries(directory))
    size = data.draw(st.sampled_from(SIZES))
    seen: list[str] = []
    after = None
    while True:
        page = await fetch_page(api, variables, first=size, after=after)
        assert page["totalCount"] == len(expected)
        assert has_neighbours(page) == (after is not None, len(seen) + size < len(expected))
        seen += ids(page)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == expected


@fewer_examples
@given(st.data())
async def test_backward_pagination_returns_every_expert_once(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """`last` and `before` return the same list in the same order."""
    variables, expected = data.draw(list_queries(directory))
    size = data.draw(st.sampled_from(SIZES))
    seen: list[str] = []
    before = None
    while True:
        page = await fetch_page(api, variables, last=size, before=before)
        assert page["totalCount"] == len(expected)
        assert has_neighbours(page) == (len(seen) + size < len(expected), before is not None)
        seen = ids(page) + seen
        before = page["pageInfo"]["startCursor"]
        if not page["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == expected


@fewer_examples
@given(st.data())
async def test_after_and_before_restrict_a_page_together(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """The page lies between both cursors, counted from either end."""
    variables, expected = data.draw(list_queries(directory))
    whole = await fetch_page(api, variables, first=100)
    cursors = [edge["cursor"] for edge in whole["edges"]]
    assert ids(whole) == expected
    if not cursors:
        assert has_neighbours(whole) == (False, False)
        return
    after, before = data.draw(st.tuples(*[st.integers(0, len(cursors) - 1)] * 2))
    between = expected[after + 1 : before]
    size = data.draw(st.integers(1, 20))
    bounds = {"after": cursors[after], "before": cursors[before]}
    first = await fetch_page(api, variables, first=size, **bounds)
    last = await fetch_page(api, variables, last=size, **bounds)
    assert ids(first) == between[:size]
    assert ids(last) == between[-size:]
    assert first["pageInfo"]["hasNextPage"] is (len(between) > size)
    assert last["pageInfo"]["hasPreviousPage"] is (len(between) > size)
    assert first["totalCount"] == last["totalCount"] == len(expected)


async def test_default_page_is_the_best_rated_twenty(api: Api, directory: list[Expert]) -> None:
    """Null arguments and empty cursors mean the same as omitted ones."""
    nulls = dict.fromkeys(["filter", "orderBy", "first", "last"]) | {"after": "", "before": ""}
    default = await fetch_page(api, {})
    best = sorted(directory, key=SORT_KEYS["RATING"], reverse=True)
    assert ids(default) == [expert["id"] for expert in best[:20]]
    assert has_neighbours(default) == (False, True)
    assert await fetch_page(api, nulls) == default
    order = {"orderBy": {"field": "RATING"}}
    assert await fetch_page(api, order) == default
    empty = {"search": "", "categories": [], "languages": []}
    assert await fetch_page(api, {"filter": empty}) == default


@pytest.mark.parametrize(
    "criteria",
    [
        {"search": "zzzzzz"},
        {"search": "!!!"},
        {"search": ".*"},
        {"search": "$where"},
        {"maxHourlyRate": -1},
        {"minRating": 5.01},
        {"languages": ["Klingon"]},
    ],
)
async def test_filter_without_matches_returns_an_empty_page(
    api: Api, criteria: dict[str, Any]
) -> None:
    """An empty page has no cursors and no neighbours."""
    for size in ({"first": 5}, {"last": 5}):
        page = await fetch_page(api, {"filter": criteria}, **size)
        assert (page["edges"], page["totalCount"], has_neighbours(page)) == (
            [],
            0,
            (False, False),
        )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 0}, "first: must lie between 1 and 100"),
        ({"first": -1}, "first: must lie between 1 and 100"),
        ({"first": 101}, "first: must lie between 1 and 100"),
        ({"last": 0}, "last: must lie between 1 and 100"),
        ({"last": -1}, "last: must lie between 1 and 100"),
        ({"last": 101}, "last: must lie between 1 and 100"),
        ({"first": 1, "last": 1}, "last: give either first or last"),
        ({"filter": {"search": "x" * 201}}, "filter.search: at most 200 characters"),
    ],
)
async def test_invalid_arguments_are_refused(
    api: Api, arguments: dict[str, Any], message: str
) -> None:
    """The message names the argument."""
    await check_refused(api, arguments, message)


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "0",
        "garbage",
        "Ünïcödé",
        "=" * 1_000,
        encode("RATING-desc"),
        encode("RATING-asc:0500"),
        encode("NAME-desc:ada"),
        encode("Event:" + "a" * 24 + ":1"),
    ],
)
async def test_foreign_and_malformed_cursors_are_refused(
    api: Api, argument: str, cursor: str
) -> None:
    if cursor == encode("RATING-desc"):
        cursor += "="
    message = f"{argument}: not a cursor of this list in this order"
    await check_refused(api, {argument: cursor}, message)


async def test_a_cursor_is_valid_for_its_order_only(api: Api) -> None:
    """A cursor includes field and direction of the order, but not the filter."""
    orders = [
        {"field": field, "direction": direction}
        for field in FIELDS
        for direction in ("ASC", "DESC")
    ]
    for order in orders:
        page = await fetch_page(api, {"orderBy": order}, first=1)
        cursor = page["pageInfo"]["endCursor"]
        for other in orders:
            if other == order:
                await fetch_page(api, {"orderBy": other}, first=1, after=cursor)
                await fetch_page(
                    api, {"orderBy": other, "filter": {"search": "a"}}, last=1, before=cursor
                )
            else:
                message = "after: not a cursor of this list in this order"
                await check_refused(api, {"orderBy": other, "after": cursor}, message)


async def check_refused(api: Api, arguments: dict[str, Any], message: str) -> None:
    """Check that the response is a single BAD_USER_INPUT error with this message."""
    answer = await api.post(EXPERTS, **arguments)
    [error] = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == (message, "BAD_USER_INPUT")
    assert answer["data"] is None
