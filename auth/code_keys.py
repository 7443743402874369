"""Codes of six digits that are mailed, and their keyed hashes."""

from __future__ import annotations

import secrets as random
from typing import TYPE_CHECKING, Final

from auth.address_keys import AddressKeys
from auth.passwords import MIN_LENGTH
from models.accounts.emails import email_key

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE_CHARS: Final = 6


class CodeKeys:
    """Makes codes, and hashes and compares them; see `AddressKeys`.

    The hash is keyed with the secret: without it, all codes could be tried in a second.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("sign-in codes", secrets)

    def digest(self, email: str, code: str) -> str:
        """Return what is stored of an address's code."""
        return self._keys.key(f"{email_key(email)} {code}")

    def admits(self, email: str, code: str, digest: str) -> bool:
        """Return whether this is the address's code, in constant time."""
        return self._keys.admits(f"{email_key(email)} {code}", digest)


def new_code() -> str:
    """Return a random code."""
    return f"{random.randbelow(10**CODE_CHARS):0{CODE_CHARS}}"


def typed_code(text: str) -> str:
    """Return a code as it was mailed: people type it with blanks and hyphens."""
    return "".join(text[: 4 * CODE_CHARS].replace("-", " ").split())


def is_code(text: str) -> bool:
    """Return whether a text can be a code, unlike any password, which is longer."""
    code = typed_code(text) if len(text.strip()) < MIN_LENGTH else ""
    return len(code) == CODE_CHARS and code.isascii() and code.isdecimal()
