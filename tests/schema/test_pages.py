"""Pagination of the directory over HTTP, forwards and backwards, in filtered and sorted lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ids import encode
from tests.support.directories import (
    FIELDS,
    SORT_KEYS,
    check_refused,
    fetch_page,
    has_neighbours,
    ids,
    list_queries,
)

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.directories import Expert

SIZES = (1, 2, 3, 7, 20, 59, 60, 61, 100)
fewer_examples = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@fewer_examples
@given(st.data())
async def test_forward_pagination_returns_every_expert_once(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    """The pages and totals match those of the directory, filtered and sorted in Python."""
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
    """The pages requested with `last` and `before` add up to the whole list, in its order."""
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
    """`first` and `last` return the rows at either end of the range between the two cursors."""
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


async def test_default_page_has_the_twenty_best_rated_experts(
    api: Api, directory: list[Expert]
) -> None:
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
    """An empty page has no edges, and no page precedes or follows it."""
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
    """The error message names the invalid argument."""
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


async def test_a_cursor_is_valid_only_for_its_own_sort_order(api: Api) -> None:
    """A cursor contains the field and the direction of the order, but not the filter."""
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
