"""Values that are remembered within bounds, with what that saved in the metrics."""

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
    """The latest used values by key; none of them is None.

    Args:
        name: the name under which it counts.
        most: so many values.
        max_size: so much of the sizes that they are kept with.
    """

    def __init__(self, name: str, max_entries: int, max_size: float = math.inf) -> None:
        self._known: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._max_entries = max_entries
        self._max_size = max_size
        self._size = 0
        self._meter = CacheMeter(name)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._known)

    def get(self, key: Key) -> Value | None:
        """The value of a key, if there is one."""
        found = self._known.get(key)
        if found is None:
            self._meter.misses.inc()
            return None
        self._meter.hits.inc()
        self._known.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int = 0) -> None:
        """Remember a value, which takes the place of an earlier one."""
        self._forget(key)
        self._known[key] = value, size
        self._size += size
        while len(self._known) > self._max_entries or self._size > self._max_size:
            self._forget(next(iter(self._known)))
            self._meter.evictions.inc()
        self._meter.size(len(self._known))

    def remove_where(self, is_unwanted: Callable[[Key, Value], bool]) -> None:
        """Forget some values."""
        unwanted = [key for key, (value, _) in self._known.items() if is_unwanted(key, value)]
        for key in unwanted:
            self._forget(key)
        self._meter.size(len(self._known))

    def _forget(self, key: Key) -> None:
        _, size = self._known.pop(key, (None, 0))
        self._size -= size


class Doorkeeper:
    """Tells what comes again from what comes for the first time, for caches to keep only the one.

    What is asked only once is most of what is asked, and would take the place of the rest. The
    latest keys are known by their hashes, so that one in 2⁶⁴ is taken for another.

    Source: Einziger, Friedman, Manes, "TinyLFU" (2017), section 3.4.2.

    Args:
        name: the name under which it counts.
        most: so many keys.
    """

    def __init__(self, name: str, max_entries: int = 4_096) -> None:
        self._came: Cache[int, Literal[True]] = Cache(name, max_entries)

    def seen_before(self, key: Hashable) -> bool:
        """Whether it came before, as far as is known; from now on it did."""
        came_before = self._came.get(hash(key)) is not None
        if not came_before:
            self._came.put(hash(key), value=True)
        return came_before
