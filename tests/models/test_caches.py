"""A cache: bounded, and counted."""

from __future__ import annotations

from prometheus_client import REGISTRY

from models.caches import Cache


def counted(name: str) -> list[float | None]:
    """The hits, misses, evictions and entries of a cache."""
    kinds = ("hits_total", "misses_total", "evictions_total", "entries")
    labels = {"cache": name}
    return [REGISTRY.get_sample_value(f"expertbook_cache_{kind}", labels) for kind in kinds]


def test_what_came_first_goes_first() -> None:
    """A value that is kept again counts as new."""
    cache = Cache[str, int]("bounded", 2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        cache.keep(key, value)
    assert [cache.get(key) for key in "abc"] == [3, None, 4]
    assert counted("bounded") == [2, 1, 1, 2]


def test_some_can_be_dropped() -> None:
    """Those of which it is said, and no others."""
    cache = Cache[str, int]("dropped", 9)
    for key, value in (("a", 1), ("b", 2), ("c", 1)):
        cache.keep(key, value)
    cache.drop(lambda key, value: key == "b" or value == 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 1]
    assert counted("dropped") == [2, 1, 0, 2]
