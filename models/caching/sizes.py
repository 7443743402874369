"""Estimates of the memory that values take, for caches with a limit on bytes."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from sys import getsizeof
from typing import Final

_LEAVES: Final = frozenset({str, bytes, int, float, bool, type(None)})


def bytes_of(value: object) -> int:
    """Return the approximate number of bytes that a value and its nested values take in memory.

    Values inside tuples, lists, dictionaries and dataclasses are included. A nested value that
    occurs more than once is counted each time.
    """
    size = getsizeof(value)
    if type(value) in _LEAVES:
        return size
    if isinstance(value, (tuple, list)):
        return size + sum(map(bytes_of, value))
    if isinstance(value, dict):
        return size + sum(map(bytes_of, value)) + sum(map(bytes_of, value.values()))
    if is_dataclass(value):
        return size + sum(bytes_of(getattr(value, each.name)) for each in fields(value))
    return size
