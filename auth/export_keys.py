"""Signed URLs of data exports, each of which gives access for an hour without signing in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from auth.address_keys import AddressKeys

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from models.ids import Id

LIFETIME: Final = timedelta(hours=1)


class ExportKeys:
    """Makes and checks keys for downloading data exports, each for one account and expiry time."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("exports", secrets)

    def path(self, user_id: Id, now: datetime) -> str:
        """Return the path and query string of the URL of an account's data export."""
        until = int((now + LIFETIME).timestamp())
        return f"/exports/{user_id}.json?until={until}&key={self._keys.key(f'{user_id} {until}')}"

    def admits(self, user_id: Id, until: int, key: str, now: datetime) -> bool:
        """Return whether a key gives access to an account's data export at the time `now`."""
        return self._keys.admits(f"{user_id} {until}", key) and now.timestamp() < until
