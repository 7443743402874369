"""Secret keys for URLs that work without signing in, such as the URLs of calendar files."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class AddressKeys:
    """Makes and checks the keys for one purpose, each of which is valid for one text.

    A key is the HMAC-SHA-256 of its text, in base64.

    Args:
        purpose: name of the purpose; keys for one purpose are not valid for other purposes.
        secrets: the secrets from which keys are derived; the first secret makes new keys, and keys
            made with any other secret stay valid.
        length: number of characters of a key, at most 43.
    """

    def __init__(self, purpose: str, secrets: Sequence[str], length: int = 43) -> None:
        self._length = length
        self._secrets = [
            hashlib.sha256(f"expertbook {purpose}\0{secret}".encode()).digest()
            for secret in secrets
        ]

    def key(self, text: str) -> str:
        """Return the key for a text."""
        return self._key(self._secrets[0], text)

    def admits(self, text: str, key: str) -> bool:
        """Return whether a key is valid for a text, comparing in constant time."""
        given = key.encode(errors="replace")
        expected = [self._key(secret, text).encode() for secret in self._secrets]
        return any(hmac.compare_digest(each, given) for each in expected)

    def _key(self, secret: bytes, text: str) -> str:
        digest = hmac.digest(secret, text.encode(), hashlib.sha256)
        return urlsafe_b64encode(digest).decode()[: self._length]
