"""LRU caches with limits on the number of entries and on memory, and with metrics."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

from models.caching.sizes import bytes_of
from models.telemetry.metrics import CacheMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


MAX_BYTES: Final = 4 * 1024 * 1024
"""Default limit on the memory of a cache, in bytes."""

ENTRY_BYTES: Final = 200
"""Estimated memory of a cache entry in addition to its key and its value."""


class Cache(Generic[Key, Value]):
    """Cache that evicts the least recently used entries; values must not be None.

    Args:
        name: label of the cache in the metrics.
        max_entries: maximum number of entries.
        max_bytes: maximum memory of all entries in bytes, including their keys.
    """

    def __init__(self, name: str, max_entries: int, max_bytes: int = MAX_BYTES) -> None:
        self._entries: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._bytes = 0
        self._meter = CacheMeter(name)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._entries)

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, or None if the key is not cached."""
        found = self._entries.get(key)
        if found is None:
            self._meter.misses.inc()
            return None
        self._meter.hits.inc()
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int | None = None) -> None:
        """Store or replace a value, and evict entries until the cache is within its limits.

        Args:
            key: the key, whose memory is counted as well.
            value: the value.
            size: memory of the value in bytes; None to measure it.
        """
        self.remove(key)
        size = ENTRY_BYTES + bytes_of(key) + (bytes_of(value) if size is None else size)
        self._entries[key] = value, size
        self._bytes += size
        while len(self._entries) > self._max_entries or self._bytes > self._max_bytes:
            self.remove(next(iter(self._entries)))
            self._meter.evictions.inc()
        self._report_size()

    def remove_where(self, is_unwanted: Callable[[Key, Value], bool]) -> None:
        """Remove the entries for which the predicate holds."""
        unwanted = [key for key, (value, _) in self._entries.items() if is_unwanted(key, value)]
        for key in unwanted:
            self.remove(key)
        self._report_size()

    def remove(self, key: Key) -> None:
        """Remove a key, if it is stored."""
        _, size = self._entries.pop(key, (None, 0))
        self._bytes -= size

    def clear(self) -> None:
        """Remove all entries."""
        self._entries.clear()
        self._bytes = 0
        self._report_size()

    def _report_size(self) -> None:
        self._meter.size(len(self._entries), self._bytes)


class Doorkeeper:
    """Cache admission filter: recognizes keys that are requested a second time.

    Most keys are requested only once; caching their values would evict more useful values. Keys are
    remembered as 64-bit hashes, so a false positive is possible but harmless.

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
