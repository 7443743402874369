"""Passwords: argon2id, off the event loop and at most two at a time."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Those of the 30,000 commonest passwords that are long enough (zxcvbn's list, MIT)."""
    listed = resources.files("auth").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(listed.split("\n"))


def weakness(password: str) -> str | None:
    """What is wrong with a new password, or None (NIST SP 800-63B, 5.1.1.2)."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"Use {SHORTEST} to {LONGEST} characters"
    if password.casefold() in common_passwords() or len(set(password)) == 1:
        return "This is one of the commonest passwords. Choose another one"
    return None


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
        known = encoded if encoded and encoded.startswith("$argon2") else None
        async with self._room:
            found = await asyncio.to_thread(self._verify, known or self._nobody, password)
        return found and known is not None

    def is_outdated(self, encoded: str) -> bool:
        """Whether a hash was made with other parameters than a new one would be."""
        return self._hasher.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
