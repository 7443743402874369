"""What follows from a text, remembered: the latest used, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

from models.meters import CacheMeter

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

Key = TypeVar("Key", bound="Hashable")
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """Values by what they follow from; none of them is None.

    Args:
        cache: the name under which it counts.
        most: so many values.
        most_characters: so many in the texts that they follow from.
    """

    def __init__(self, cache: str, most: int, most_characters: int) -> None:
        self._most = most
        self._most_characters = most_characters
        self._characters = 0
        self._known: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._meter = CacheMeter(cache)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._known)

    def get(self, key: Key) -> Value | None:
        """The value, if it is known still."""
        found = self._known.get(key)
        if found is None:
            self._meter.misses.inc()
            return None
        self._meter.hits.inc()
        self._known.move_to_end(key)
        return found[0]

    def keep(self, key: Key, value: Value, characters: int) -> None:
        """Remember a value that was not known, of a text of that length."""
        self._known[key] = value, characters
        self._characters += characters
        while len(self._known) > self._most or self._characters > self._most_characters:
            _, (_, freed) = self._known.popitem(last=False)
            self._characters -= freed
            self._meter.evictions.inc()
        self._meter.size(len(self._known))
