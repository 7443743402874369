"""Bounded LRU caches with hit and eviction metrics."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from models.telemetry.metrics import CacheMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Cache that evicts the least recently used entries; values must not be None.

    Args:
        name: label of the cache in the metrics.
        max_entries: maximum number of entries.
        max_size: maximum sum of the sizes passed to `put`.
    """

    def __init__(self, name: str, max_entries: int, max_size: float = math.inf) -> None:
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._max_entries = max_entries
        self._max_size = max_size
        self._size = 0
        self._meter = CacheMeter(name)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None."""
        found = self._entries.get(key)
        if found is None:
            self._meter.misses.inc()
            return None
        self._meter.hits.inc()
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int = 0) -> None:
        """Store or replace a value, and evict entries until the bounds are met."""
        self.remove(key)
        self._entries[key] = value, size
        self._size += size
        while len(self._entries) > self._max_entries or self._size > self._max_size:
            self.remove(next(iter(self._entries)))
            self._meter.evictions.inc()
        self._meter.size(len(self._entries))

    def remove_where(self, is_unwanted: Callable[[Key, Value], bool]) -> None:
        """Remove the entries for which the predicate holds."""
        unwanted = [key for key, (value, _) in self._entries.items() if is_unwanted(key, value)]
        for key in unwanted:
            self.remove(key)
        self._meter.size(len(self._entries))

    def remove(self, key: Key) -> None:
        """Remove a key, if it is stored."""
        _, size = self._entries.pop(key, (None, 0))
        self._size -= size

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()
        self._size = 0
        self._meter.size(0)


class Doorkeeper:
    """Cache admission filter: recognizes keys that are requested a second time.

    Most keys are requested only once; caching their values would evict the useful ones. Keys are
    remembered by their 64-bit hash, so a false positive is possible but harmless.

    Source: Einziger, Friedman, Manes, "TinyLFU" (2017), section 3.4.2.

    Args:
        name: label of the filter in the metrics.
        max_entries: number of recent keys to remember.
    """

    def __init__(self, name: str, max_entries: int = 4_096) -> None:
        self._seen: Cache[int, Literal[True]] = Cache(name, max_entries)

    def seen_before(self, key: Hashable) -> bool:
        """Return whether the key was seen recently, and remember it."""
        was_seen = self._seen.get(hash(key)) is not None
        if not was_seen:
            self._seen.put(hash(key), value=True)
        return was_seen
