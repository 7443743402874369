"""Directory search over HTTP, and the number of matching experts in each category."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.directories import (
    SORT_KEYS,
    check_refused,
    fetch_page,
    filters,
    ids,
    matches,
    words,
)

if TYPE_CHECKING:
    from tests.support.clients import Api
    from tests.support.directories import Expert


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
async def test_categories_count_the_experts_that_match_a_filter(
    api: Api, directory: list[Expert], data: st.DataObject
) -> None:
    criteria = data.draw(filters(directory))
    query = "query ($filter: ExpertFilter) { categories(filter: $filter) { category count } }"
    counted = (await api.ask(query, filter=criteria))["categories"]
    expected = Counter(each["category"] for each in directory if matches(each, criteria))
    assert {row["category"]: row["count"] for row in counted if row["count"]} == expected
    assert len(counted) == 8


@pytest.mark.parametrize(
    ("search", "best"),
    [
        ("back pain", {"Elsa Wallin"}),
        ("BACK-PAIN", {"Elsa Wallin"}),
        ("divorce", {"Inés Serrano"}),
        ("python", {"Daniel Njoroge", "Maria Winther"}),
        ("pyhton", {"Daniel Njoroge", "Maria Winther"}),
        ("taxes", {"Mariam Haddad"}),
        ("help with my taxs", set()),
        ("walin", {"Elsa Wallin"}),
        ("physiotherapits", {"Elsa Wallin"}),
    ],
)
async def test_search_finds_experts_by_what_they_do(api: Api, search: str, best: set[str]) -> None:
    """Words in the biography match, even with one typing error; the best matches come first."""
    page = await fetch_page(api, {"filter": {"search": search}}, first=100)
    names = [edge["node"]["name"] for edge in page["edges"]]
    assert set(names[: len(best)]) == best if best else not names


async def test_a_search_is_ordered_by_relevance_then_rating(
    api: Api, directory: list[Expert]
) -> None:
    """Forward and backward pages have the same order; an explicit `orderBy` takes precedence."""
    variables = {"filter": {"search": "design"}}
    whole = await fetch_page(api, variables, first=100)
    in_title = [each["id"] for each in directory if "design" in words(each["title"])]
    in_bio = [each["id"] for each in directory if "design" in words(each["bio"])]
    others = [id_ for id_ in in_bio if id_ not in in_title]
    exact = len(in_title + others)
    assert ids(whole)[:exact] == in_title + others
    assert in_title
    assert others
    assert exact < len(ids(whole))
    after = whole["edges"][0]["cursor"]
    assert ids(await fetch_page(api, variables, first=2, after=after)) == ids(whole)[1:3]
    last = await fetch_page(api, variables, last=2, before=whole["edges"][3]["cursor"])
    assert ids(last) == ids(whole)[1:3]
    by_name = {**variables, "orderBy": {"field": "NAME", "direction": "ASC"}}
    named = sorted((edge["node"] for edge in whole["edges"]), key=SORT_KEYS["NAME"])
    assert ids(await fetch_page(api, by_name, first=100)) == [each["id"] for each in named]
    await check_refused(
        api,
        {**by_name, "after": after},
        "after: not a cursor of this list in this order",
    )
