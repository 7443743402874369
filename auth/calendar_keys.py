"""Keys in the addresses of calendar files, which calendar programs read without a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auth.address_keys import AddressKeys
from models.bookings.outbox import Party

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ids import Id

KEY_CHARS: Final = 32


class CalendarKeys:
    """Makes and checks keys, each for one booking and one of its parties; see `AddressKeys`."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("calendar files", secrets, KEY_CHARS)

    def key(self, booking_id: Id, party: Party) -> str:
        """Return the key to a party's calendar file of a booking."""
        return self._keys.key(f"{booking_id} {party}")

    def party(self, booking_id: Id, key: str) -> Party | None:
        """Return the party whose key to a booking this is, or None if it is no key."""
        for party in (Party.CLIENT, Party.EXPERT):
            if self._keys.admits(f"{booking_id} {party}", key):
                return party
        return None
