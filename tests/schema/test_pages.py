"""The directory over the wire: every page of every list, forwards and backwards."""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64decode
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ids import encode

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.clients import Api

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
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plain(text: str) -> str:
    """A text without case and accents."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def words(text: str) -> list[str]:
    """The words of a text."""
    return "".join(c if c.isalnum() else " " for c in plain(text)).split()


def key(expert: Expert) -> str:
    """What settles a tie."""
    opaque = expert["id"]
    return urlsafe_b64decode(opaque + "=" * (-len(opaque) % 4)).decode().partition(":")[2]


RANKS: dict[str, Callable[[Expert], Any]] = {
    "RATING": lambda expert: (expert["rating"] or 0, expert["reviewCount"], key(expert)),
    "EXPERIENCE": lambda expert: (expert["experienceYears"], key(expert)),
    "RATE": lambda expert: (expert["hourlyRate"]["amount"], key(expert)),
    "NAME": lambda expert: (" ".join(words(expert["name"])), key(expert)),
}


def matches(expert: Expert, wanted: dict[str, Any]) -> bool:
    """Whether an expert has everything that a filter asks for."""
    spoken = words(" ".join([expert["name"], expert["title"], *expert["languages"]]))
    languages = {plain(language) for language in expert["languages"]}
    asked = {plain(language) for language in wanted.get("languages") or []}
    least = wanted.get("minRating")
    most = wanted.get("maxHourlyRate")
    return (
        all(any(s.startswith(w) for s in spoken) for w in words(wanted.get("search") or ""))
        and (not wanted.get("categories") or expert["category"] in wanted["categories"])
        and (least is None or (expert["rating"] is not None and expert["rating"] >= least))
        and (most is None or expert["hourlyRate"]["amount"] <= most)
        and (not asked or not asked.isdisjoint(languages))
    )


@pytest.fixture(scope="session")
async def directory(api: Api) -> list[Expert]:
    """All experts, in the usual order."""
    page = (await api.ask(EXPERTS, first=100))["experts"]
    assert page["totalCount"] == len(page["edges"]) == 60
    return [edge["node"] for edge in page["edges"]]


@st.composite
def filters(draw: st.DrawFn, directory: list[Expert]) -> dict[str, Any]:
    """A filter that some experts match, as likely as not several."""
    expert = draw(st.sampled_from(directory))
    said = words(f"{expert['name']} {expert['title']} {expert['languages'][0]}")
    chosen = draw(st.lists(st.sampled_from(said), min_size=1, max_size=2))
    begun = [word[: draw(st.integers(1, 5))] for word in chosen]
    rating = st.sampled_from([e["rating"] for e in directory if e["rating"] is not None])
    rate = st.sampled_from([e["hourlyRate"]["amount"] for e in directory])
    language = st.sampled_from(sorted({spoken for e in directory for spoken in e["languages"]}))
    category = st.sampled_from(sorted({e["category"] for e in directory}))
    some = {
        "search": draw(
            st.sampled_from([" ".join(begun), " ".join(begun).upper(), f" {begun[0]}!"])
        ),
        "categories": draw(st.lists(category, max_size=4)),
        "minRating": draw(st.one_of(rating, st.floats(0, 5))),
        "maxHourlyRate": draw(st.one_of(rate, rate.map(lambda amount: amount - 1))),
        "languages": draw(st.lists(language | language.map(str.upper), max_size=3)),
    }
    names = draw(st.sets(st.sampled_from(sorted(some)), max_size=3))
    return {name: value for name, value in some.items() if name in names}


@st.composite
def questions(draw: st.DrawFn, directory: list[Expert]) -> tuple[dict[str, Any], list[str]]:
    """Variables that choose a list, and the ids that are in it, in its order."""
    wanted = draw(filters(directory))
    field = draw(st.sampled_from(FIELDS))
    direction = draw(st.sampled_from(["ASC", "DESC"]))
    rows = [expert for expert in directory if matches(expert, wanted)]
    rows.sort(key=RANKS[field], reverse=direction == "DESC")
    variables = {"filter": wanted, "orderBy": {"field": field, "direction": direction}}
    return variables, [row["id"] for row in rows]


async def page(api: Api, variables: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A page, which agrees with itself."""
    found: dict[str, Any] = (await api.ask(EXPERTS, **variables, **more))["experts"]
    edges, info = found["edges"], found["pageInfo"]
    assert found["nodes"] == [{"id": edge["node"]["id"]} for edge in edges]
    assert info["startCursor"] == (edges[0]["cursor"] if edges else None)
    assert info["endCursor"] == (edges[-1]["cursor"] if edges else None)
    return found


def ids(found: dict[str, Any]) -> list[str]:
    """The experts of a page."""
    return [node["id"] for node in found["nodes"]]


def ends(found: dict[str, Any]) -> tuple[bool, bool]:
    """Whether there is more before a page, and after it."""
    return found["pageInfo"]["hasPreviousPage"], found["pageInfo"]["hasNextPage"]


@few
@given(st.data())
async def test_paging_forwards_gives_everyone_once(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """Page after page is the list that Python makes of all experts; so is the total."""
    variables, expected = data.draw(questions(directory))
    size = data.draw(st.sampled_from(SIZES))
    seen: list[str] = []
    after = None
    while True:
        found = await page(api, variables, first=size, after=after)
        assert found["totalCount"] == len(expected)
        assert ends(found) == (after is not None, len(seen) + size < len(expected))
        seen += ids(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == expected


@few
@given(st.data())
async def test_paging_backwards_gives_everyone_once(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """From the end, with `last` and `before`, it is the same list in the same order."""
    variables, expected = data.draw(questions(directory))
    size = data.draw(st.sampled_from(SIZES))
    seen: list[str] = []
    before = None
    while True:
        found = await page(api, variables, last=size, before=before)
        assert found["totalCount"] == len(expected)
        assert ends(found) == (len(seen) + size < len(expected), before is not None)
        seen = ids(found) + seen
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == expected


@few
@given(st.data())
async def test_a_page_between_two_cursors(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """`after` and `before` together leave what lies between, counted from either side."""
    variables, expected = data.draw(questions(directory))
    whole = await page(api, variables, first=100)
    cursors = [edge["cursor"] for edge in whole["edges"]]
    assert ids(whole) == expected
    if not cursors:
        assert ends(whole) == (False, False)
        return
    low, high = data.draw(st.tuples(*[st.integers(0, len(cursors) - 1)] * 2))
    between = expected[low + 1 : high]
    size = data.draw(st.integers(1, 20))
    bounds = {"after": cursors[low], "before": cursors[high]}
    first = await page(api, variables, first=size, **bounds)
    last = await page(api, variables, last=size, **bounds)
    assert ids(first) == between[:size]
    assert ids(last) == between[-size:]
    assert first["pageInfo"]["hasNextPage"] is (len(between) > size)
    assert last["pageInfo"]["hasPreviousPage"] is (len(between) > size)
    assert first["totalCount"] == last["totalCount"] == len(expected)


async def test_the_usual_page(api: Api, directory: list[Expert]) -> None:
    """Asked for nothing, the best rated twenty are answered; nulls mean the same."""
    nulls: dict[str, None] = dict.fromkeys(
        ["filter", "orderBy", "first", "after", "last", "before"]
    )
    usual = await page(api, {})
    best = sorted(directory, key=RANKS["RATING"], reverse=True)
    assert ids(usual) == [expert["id"] for expert in best[:20]]
    assert ends(usual) == (False, True)
    assert await page(api, nulls) == usual
    order = {"orderBy": {"field": "RATING"}}
    assert await page(api, order) == usual
    empty = {"search": "", "categories": [], "languages": []}
    assert await page(api, {"filter": empty}) == usual


@pytest.mark.parametrize(
    "wanted",
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
async def test_nobody_matches(api: Api, wanted: dict[str, Any]) -> None:
    """An empty page has no cursors, and nothing around it."""
    for size in ({"first": 5}, {"last": 5}):
        found = await page(api, {"filter": wanted}, **size)
        assert (found["edges"], found["totalCount"], ends(found)) == ([], 0, (False, False))


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
async def test_what_makes_no_sense_is_refused(
    api: Api, arguments: dict[str, Any], message: str
) -> None:
    """By the argument's name."""
    await is_refused(api, arguments, message)


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        "",
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
async def test_what_is_no_cursor_of_the_list_is_refused(
    api: Api, argument: str, cursor: str
) -> None:
    """Garbage, and the cursors of other lists."""
    if cursor == encode("RATING-desc"):
        cursor += "="
    message = f"{argument}: not a cursor of this list in this order"
    await is_refused(api, {argument: cursor}, message)


async def test_a_cursor_belongs_to_its_order(api: Api) -> None:
    """Field and direction are part of a cursor; its filter is not."""
    orders = [
        {"field": field, "direction": direction}
        for field in FIELDS
        for direction in ("ASC", "DESC")
    ]
    for order in orders:
        found = await page(api, {"orderBy": order}, first=1)
        cursor = found["pageInfo"]["endCursor"]
        for other in orders:
            if other == order:
                await page(api, {"orderBy": other}, first=1, after=cursor)
                await page(
                    api, {"orderBy": other, "filter": {"search": "a"}}, last=1, before=cursor
                )
            else:
                message = "after: not a cursor of this list in this order"
                await is_refused(api, {"orderBy": other, "after": cursor}, message)


async def is_refused(api: Api, arguments: dict[str, Any], message: str) -> None:
    """Check that the one answer is this error."""
    answer = await api.post(EXPERTS, **arguments)
    [error] = answer["errors"]
    assert (error["message"], error["extensions"]["code"]) == (message, "BAD_USER_INPUT")
    assert answer["data"] is None
