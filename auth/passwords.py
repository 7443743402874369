"""Passwords: argon2id, off the event loop and at most two at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200


class Passwords:
    """Hashes and checks passwords.

    The parameters are OWASP's for argon2id (19 MiB, two passes, one lane); each computation takes
    some 20 ms of a core and that much memory, hence the bound.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._room = asyncio.Semaphore(at_once)
        # Checked for unknown addresses, so that they take as long as known ones.
        self._nobody = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The encoded hash of a new password, its salt and parameters included."""
        async with self._room:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Whether that is the password; takes as long where there is no hash to compare with."""
        async with self._room:
            found = await asyncio.to_thread(self._verify, encoded or self._nobody, password)
        return found and encoded is not None

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
