"""Keys in the addresses of calendar files, which calendar programs read without a session."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Final

from models.bookings.outbox import Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ids import Id

KEY_BYTES: Final = 24


class CalendarKeys:
    """Makes and checks keys, each for one booking and one of its parties.

    Args:
        secrets: the secrets from which keys are derived; the first one makes new keys, and keys
            made with any of the others stay valid.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [
            hashlib.sha256(b"expertbook calendar files\0" + secret.encode()).digest()
            for secret in secrets
        ]

    def key(self, booking_id: Id, party: Party) -> str:
        """Return the key to a party's calendar file of a booking."""
        return _key(self._secrets[0], booking_id, party)

    def party(self, booking_id: Id, key: str) -> Party | None:
        """Return the party whose key to a booking this is, or None if it is no key."""
        for secret in self._secrets:
            for party in (Party.CLIENT, Party.EXPERT):
                expected = _key(secret, booking_id, party)
                if hmac.compare_digest(expected.encode(), key.encode(errors="replace")):
                    return party
        return None


def _key(secret: bytes, booking_id: Id, party: Party) -> str:
    digest = hmac.digest(secret, f"{booking_id} {party}".encode(), hashlib.sha256)
    return urlsafe_b64encode(digest[:KEY_BYTES]).decode()
