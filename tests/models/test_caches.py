"""Tests of the LRU cache: its limits, eviction and metrics."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from models.caching.cache import ENTRY_BYTES, Cache, Doorkeeper
from models.caching.sizes import bytes_of
from tests.support.metrics import cache_metrics


def test_least_recently_used_entry_is_evicted_first() -> None:
    """An entry counts as used when its value is read, and when the value is replaced."""
    cache = Cache[str, int]("bounded", 2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        cache.put(key, value)
    assert [cache.get(key) for key in "acb"] == [3, 4, None]
    cache.get("a")
    cache.put("d", 5)
    assert [cache.get(key) for key in "acd"] == [3, None, 5]
    assert cache_metrics("bounded") == [5, 2, 2, 2]


def test_entries_are_evicted_when_their_total_size_exceeds_the_limit() -> None:
    """A value that alone exceeds the limit is not kept; the limit ignores replaced values."""
    entry = ENTRY_BYTES + bytes_of("a")
    cache = Cache[str, int]("sized", 9, max_bytes=2 * entry + 10)
    for key, size in (("a", 5), ("b", 4), ("b", 5), ("c", 6)):
        cache.put(key, 1, size)
    assert list(cache) == ["c"]
    cache.put("d", 1, 4)
    assert list(cache) == ["c", "d"]
    cache.put("e", 1, 2 * entry)
    assert list(cache) == []
    assert cache_metrics("sized")[2:] == [5, 0]


@pytest.mark.parametrize(
    ("key", "value"),
    [("k" * 1_000, 1), ("k", "v" * 1_000), (("k", ("l" * 500, b"m" * 500)), 1), ("k", ["é"] * 125)],
)
def test_size_of_an_entry_includes_nested_keys_and_values(key: object, value: object) -> None:
    cache = Cache[object, object]("measured", 9)
    cache.put(key, value)
    size = REGISTRY.get_sample_value("expertbook_cache_bytes", {"cache": "measured"})
    assert size
    assert 1_000 < size < 12_000
    cache.put(key, 1)
    cache.clear()
    assert REGISTRY.get_sample_value("expertbook_cache_bytes", {"cache": "measured"}) == 0


def test_remove_where_removes_only_matching_entries() -> None:
    cache = Cache[str, int]("removed", 9)
    for key, value in (("a", 1), ("b", 2), ("c", 1)):
        cache.put(key, value)
    cache.remove_where(lambda key, value: key == "b" or value == 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 1]
    assert cache_metrics("removed") == [2, 1, 0, 2]


def test_doorkeeper_recognizes_only_recent_keys() -> None:
    doorkeeper = Doorkeeper("door", 2)
    assert [doorkeeper.seen_before(key) for key in ("a", "b", "a", "c", "a", "b")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
