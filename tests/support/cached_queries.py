"""Queries whose responses the server caches, and the metric that counts cache hits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.clients import Api

PAGE = "query ($id: ID!) { expert(id: $id) { title bio sequence } }"
DAY = """query ($id: ID!, $day: Date!) { expert(id: $id) {
  sequence days(from: $day, count: 1) { slots { id status sequence } } } }"""
COUNTS = "{ categories { category count } }"
HITS = 'expertbook_cache_hits_total{cache="answers"}'


async def ask_twice(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    """Send a query twice, so that its response is cached, and return the data."""
    answer = await api.ask(query, **variables)
    assert await api.ask(query, **variables) == answer
    return answer
