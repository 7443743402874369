"""Six-digit codes that are sent by e-mail, and keyed hashes of these codes."""

from __future__ import annotations

import secrets as random
import unicodedata
from typing import TYPE_CHECKING, Final

from auth.address_keys import AddressKeys
from auth.passwords import MIN_LENGTH
from models.accounts.emails import email_key

if TYPE_CHECKING:
    from collections.abc import Sequence

CODE_CHARS: Final = 6
SEPARATORS: Final = frozenset({"Pd", "Zs", "Cf"})
"""Unicode categories of the hyphens, spaces and invisible marks that a typed code may contain."""


class CodeKeys:
    """Hashes six-digit codes, and compares codes with stored hashes; see `AddressKeys`.

    The hashes are keyed, because all possible codes could be tried against a plain hash in a
    second.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("sign-in codes", secrets)

    def digest(self, email: str, code: str) -> str:
        """Return the hash to store for a code that is sent to an e-mail address."""
        return self._keys.key(f"{email_key(email)} {code}")

    def admits(self, email: str, code: str, digest: str) -> bool:
        """Return whether a code matches the hash stored for it, comparing in constant time."""
        return self._keys.admits(f"{email_key(email)} {code}", digest)


def new_code() -> str:
    """Return a random six-digit code."""
    return f"{random.randbelow(10**CODE_CHARS):0{CODE_CHARS}}"


def typed_code(text: str) -> str:
    """Return a typed code in ASCII digits, without spaces, hyphens and invisible marks.

    Digits of other scripts become ASCII digits. Other characters are kept, so that a text that
    contains any does not match a sent code.
    """
    return "".join(
        str(unicodedata.decimal(char, char))
        for char in text[: 4 * CODE_CHARS]
        if unicodedata.category(char) not in SEPARATORS and not char.isspace()
    )


def is_code(text: str) -> bool:
    """Return whether a text is a six-digit code rather than a password; passwords are longer."""
    code = typed_code(text) if len(text.strip()) < MIN_LENGTH else ""
    return len(code) == CODE_CHARS and code.isascii() and code.isdecimal()
