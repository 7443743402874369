"""Signed URLs of exports: each grants access for an hour, without signing in."""

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
    """Makes and checks keys, each for one account and one expiry time; see `AddressKeys`."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = AddressKeys("exports", secrets)

    def path(self, user_id: Id, now: datetime) -> str:
        """Return the path and query of an account's export."""
        until = int((now + LIFETIME).timestamp())
        return f"/exports/{user_id}.json?until={until}&key={self._keys.key(f'{user_id} {until}')}"

    def admits(self, user_id: Id, until: int, key: str, now: datetime) -> bool:
        """Return whether a key opens an account's export now."""
        return self._keys.admits(f"{user_id} {until}", key) and now.timestamp() < until
