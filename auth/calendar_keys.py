"""Secret keys in the URLs of calendar files, which calendar programs read without signing in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from auth.address_keys import AddressKeys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.ids import Id

KEY_CHARS: Final = 32


class CalendarCopy(StrEnum):
    """Variant of a booking's calendar file, named after the role of its reader.

    Administrators get the expert's file without the details of the place.
    """

    CLIENT = "CLIENT"
    EXPERT = "EXPERT"
    ADMIN = "ADMIN"


class CalendarKeys:
    """Makes and checks secret keys; each key opens one variant of a booking's calendar file."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("calendar files", secrets, KEY_CHARS)

    def key(self, booking_id: Id, copy: CalendarCopy) -> str:
        """Return the key for a variant of a booking's calendar file."""
        return self._keys.key(f"{booking_id} {copy}")

    def copy(self, booking_id: Id, key: str) -> CalendarCopy | None:
        """Return the variant of the file to which a key gives access; None for an invalid key."""
        for copy in CalendarCopy:
            if self._keys.admits(f"{booking_id} {copy}", key):
                return copy
        return None
