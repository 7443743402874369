"""Throttling of what could be guessed: so many attempts by account and by address.

They are counted in fixed windows, in the database, so that all processes share the counters.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from models.accounts import attempts
from models.errors import TooManyAttempts

WINDOW_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Limit:
    """How many attempts a window has room for, of everyone or everything of that kind."""

    kind: str
    most: int

    def key(self, purpose: str, who: str) -> str:
        """The counter's name among all."""
        return f"{self.kind}/{purpose}/{who}"


BY_ACCOUNT = Limit("account", 10)
BY_ACCOUNT_OF = {"reset": Limit("account", 3)}
BY_ADDRESS = Limit("address", 100)


class Throttle:
    """Lets so many attempts pass."""

    def __init__(self, *, is_on: bool = True) -> None:
        self._is_on = is_on

    async def attempt(self, purpose: str, *, address: str, account: str | None = None) -> None:
        """Count an attempt before it is made.

        Raises:
            TooManyAttempts: with the seconds to wait.
            Unavailable: when the database does not answer.
        """
        if not self._is_on:
            return
        await _hit(BY_ADDRESS, purpose, address)
        if account is not None:
            await _hit(BY_ACCOUNT_OF.get(purpose, BY_ACCOUNT), purpose, _name(account))

    async def succeeded(self, purpose: str, account: str) -> None:
        """Forget the failures before a success; the address keeps its count."""
        if self._is_on:
            await attempts.reset(BY_ACCOUNT.key(purpose, _name(account)))


async def _hit(limit: Limit, purpose: str, who: str) -> None:
    key = limit.key(purpose, who)
    if await attempts.count(key, WINDOW_SECONDS, 1) > limit.most:
        found = await attempts.counter(key)
        seconds = (found.expires_at - datetime.now(UTC)).total_seconds() if found else 0
        raise TooManyAttempts(max(1, round(seconds)))


def _name(account: str) -> str:
    # The counters' ids are no place for addresses of people.
    return hashlib.sha256(account.casefold().encode()).hexdigest()[:32]
