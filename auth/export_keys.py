"""Addresses of exports: they admit their bearer for an hour, without a session."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from models.ids import Id

LIFETIME: Final = timedelta(hours=1)


class ExportKeys:
    """Makes and checks keys, each for one account and until one moment.

    Args:
        secrets: the secrets from which keys are derived; the first one makes new keys, and keys
            made with any of the others stay valid.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [
            hashlib.sha256(b"expertbook exports\0" + secret.encode()).digest() for secret in secrets
        ]

    def path(self, user_id: Id, now: datetime) -> str:
        """Return the path and query of an account's export."""
        until = int((now + LIFETIME).timestamp())
        return f"/exports/{user_id}.json?until={until}&key={_key(self._secrets[0], user_id, until)}"

    def admits(self, user_id: Id, until: int, key: str, now: datetime) -> bool:
        """Return whether a key opens an account's export now."""
        expected = [_key(secret, user_id, until).encode() for secret in self._secrets]
        given = key.encode(errors="replace")
        is_known = any(hmac.compare_digest(one, given) for one in expected)
        return is_known and now.timestamp() < until


def _key(secret: bytes, user_id: Id, until: int) -> str:
    digest = hmac.digest(secret, f"{user_id} {until}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")
