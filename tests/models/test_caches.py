"""A cache: bounded, and counted."""

from __future__ import annotations

from prometheus_client import REGISTRY

from models.caching.cache import Cache, Doorkeeper


def counted(name: str) -> list[float | None]:
    """The hits, misses, evictions and entries of a cache."""
    kinds = ("hits_total", "misses_total", "evictions_total", "entries")
    labels = {"cache": name}
    return [REGISTRY.get_sample_value(f"expertbook_cache_{kind}", labels) for kind in kinds]


def test_what_was_not_used_for_longest_goes_first() -> None:
    """A value that is asked for or kept again counts as used."""
    cache = Cache[str, int]("bounded", 2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        cache.put(key, value)
    assert [cache.get(key) for key in "acb"] == [3, 4, None]
    cache.get("a")
    cache.put("d", 5)
    assert [cache.get(key) for key in "acd"] == [3, None, 5]
    assert counted("bounded") == [5, 2, 2, 2]


def test_large_values_leave_room_for_fewer() -> None:
    """One that is larger than all the room is not kept; what takes a place has its own size."""
    cache = Cache[str, int]("sized", 9, max_size=10)
    for key, size in (("a", 5), ("b", 4), ("b", 5), ("c", 6)):
        cache.put(key, 1, size)
    assert list(cache) == ["c"]
    cache.put("d", 1, 4)
    assert list(cache) == ["c", "d"]
    cache.put("e", 1, 11)
    assert list(cache) == []
    assert counted("sized")[2:] == [5, 0]


def test_some_can_be_dropped() -> None:
    """Those of which it is said, and no others."""
    cache = Cache[str, int]("dropped", 9)
    for key, value in (("a", 1), ("b", 2), ("c", 1)):
        cache.put(key, value)
    cache.remove_where(lambda key, value: key == "b" or value == 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 1]
    assert counted("dropped") == [2, 1, 0, 2]


def test_what_comes_again_is_known() -> None:
    """As long as not too many others have come since."""
    door = Doorkeeper("door", 2)
    assert [door.seen_before(key) for key in ("a", "b", "a", "c", "a", "b")] == [
        False,
        False,
        True,
        False,
        True,
        False,
    ]
