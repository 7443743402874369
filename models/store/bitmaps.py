"""Sets of small integers, stored as bits and combined by bitwise operations on integers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_ZERO: Final = re.compile(rb"[^\0]", re.DOTALL)
_BITS: Final = [[bit for bit in range(8) if byte >> bit & 1] for byte in range(256)]


class Bitmap:
    """A set of numbers that is changed one member at a time and read as one integer."""

    __slots__ = ("_bytes", "_value")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._value: int | None = 0

    def add(self, number: int) -> None:
        """Add a number."""
        byte = number >> 3
        if byte >= len(self._bytes):
            self._bytes.extend(bytes(byte + 1 - len(self._bytes)))
        self._bytes[byte] |= 1 << (number & 7)
        self._value = None

    def discard(self, number: int) -> None:
        """Remove a number, if it is a member of the set."""
        byte = number >> 3
        if byte < len(self._bytes):
            self._bytes[byte] &= ~(1 << (number & 7))
            self._value = None

    @property
    def value(self) -> int:
        """The set as an integer: bit `n` is set if `n` is a member."""
        if self._value is None:
            self._value = int.from_bytes(self._bytes, "little")
        return self._value


def to_bytes(value: int) -> bytes:
    """Convert a set that is given as an integer to the bytes that `has` reads."""
    return value.to_bytes((value.bit_length() + 7) // 8, "little")


def has(members: bytes, number: int) -> bool:
    """Return whether a number is a member of a set."""
    byte = number >> 3
    return byte < len(members) and bool(members[byte] >> (number & 7) & 1)


def numbers_of(value: int) -> Iterator[int]:
    """Yield the members of a set, lowest first."""
    members = to_bytes(value)
    for found in _NOT_ZERO.finditer(members):
        byte = found.start()
        for bit in _BITS[members[byte]]:
            yield 8 * byte + bit
