"""Values that are remembered, so many at most, with what that saved in the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from models.meters import CacheMeter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class Cache(Generic[Key, Value]):
    """Values by key, of which the one that came first goes first; none of them is None.

    Args:
        name: the name under which it counts.
        most: so many values.
    """

    def __init__(self, name: str, most: int) -> None:
        self._known: dict[Key, Value] = {}
        self._most = most
        self._meter = CacheMeter(name)

    def get(self, key: Key) -> Value | None:
        """The value of a key, if there is one."""
        found = self._known.get(key)
        (self._meter.misses if found is None else self._meter.hits).inc()
        return found

    def keep(self, key: Key, value: Value) -> None:
        """Remember a value, which takes the place of an earlier one."""
        self._known.pop(key, None)
        self._known[key] = value
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]
            self._meter.evictions.inc()
        self._meter.size(len(self._known))

    def drop(self, is_unwanted: Callable[[Key, Value], bool]) -> None:
        """Forget some values."""
        unwanted = [key for key, value in self._known.items() if is_unwanted(key, value)]
        for key in unwanted:
            del self._known[key]
        self._meter.size(len(self._known))
