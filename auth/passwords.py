"""Password hashing with argon2id, in threads and with bounded concurrency."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from importlib import resources

from argon2 import Parameters, PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from precis_i18n import get_profile

MIN_LENGTH = 10
MAX_LENGTH = 200
PARAMETERS = Parameters(
    type=Type.ID,
    version=19,
    salt_len=16,
    hash_len=32,
    time_cost=2,
    memory_cost=19_456,
    parallelism=1,
)
"""OWASP's parameters for argon2id: two passes, 19 MiB, one lane."""
MAX_TYPED_LENGTH = 4 * MAX_LENGTH
"""Maximum length of a password as typed: four times `MAX_LENGTH`, because `prepare` composes up to
four code points into one character."""


@lru_cache(maxsize=1)
def common_passwords() -> frozenset[str]:
    """Return the 30,000 most common passwords, without those that are too short.

    The list comes from zxcvbn (MIT licence).
    """
    listed = resources.files("auth").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(listed.split("\n"))


def weakness(password: str) -> str | None:
    """Return why a new password is too weak, or None if it is strong enough.

    The rules are those of NIST SP 800-63B, section 5.1.1.2.
    """
    prepared = prepare(password) if len(password) <= MAX_TYPED_LENGTH else None
    if not MIN_LENGTH <= len(prepared or password) <= MAX_LENGTH:
        return f"Use {MIN_LENGTH} to {MAX_LENGTH} characters"
    if prepared is None:
        return "Use letters, digits, punctuation, symbols and spaces only"
    if prepared.casefold() in common_passwords() or len(set(prepared)) == 1:
        return "This is one of the commonest passwords. Choose another one"
    return None


def prepare(password: str) -> str | None:
    """Return the form in which a password is hashed, or None if it contains forbidden characters.

    RFC 8265 defines this form in its profile OpaqueString. The form does not depend on how a
    keyboard composes letters.
    """
    try:
        return get_profile("OpaqueString").enforce(password)
    except UnicodeEncodeError:
        return None


class Passwords:
    """Hashes and checks passwords.

    Args:
        max_concurrent: maximum number of hash computations that run at the same time; each needs
            19 MiB of memory.
    """

    def __init__(self, max_concurrent: int = 2) -> None:
        self._hasher = PasswordHasher.from_parameters(PARAMETERS)
        self._semaphore = asyncio.Semaphore(max_concurrent)
        # For an unknown e-mail address, the password is checked against this hash, so that the
        # check takes as long as for a known address.
        self._dummy_hash = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password, which includes the salt and the parameters."""
        async with self._semaphore:
            return await asyncio.to_thread(self._hasher.hash, prepare(password) or password)

    async def matches(self, encoded: str | None, password: str) -> bool:
        """Return whether a password matches an encoded hash.

        If there is no hash, the result is False, after the same computing time.
        """
        password = password[: MAX_TYPED_LENGTH + 1]
        known = encoded if encoded and encoded.startswith("$argon2") else None
        # Earlier versions of the program hashed the password as it was typed, so try this form,
        # too.
        for form in dict.fromkeys((prepare(password) or password, password)):
            async with self._semaphore:
                found = await asyncio.to_thread(self._verify, known or self._dummy_hash, form)
            if found and known is not None:
                return True
        return False

    def is_outdated(self, encoded: str) -> bool:
        """Return whether the parameters of a hash differ from the current parameters."""
        return self._hasher.check_needs_rehash(encoded)

    def _verify(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False
