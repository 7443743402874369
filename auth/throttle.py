"""Throttling of what could be guessed: so many attempts by account and by address.

The library `limits` counts in fixed windows; the counters are in the database, so that all
processes share them.
"""

from __future__ import annotations

import hashlib
from time import time
from typing import TYPE_CHECKING

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from models import attempts
from models.errors import TooManyAttempts

if TYPE_CHECKING:
    from limits import RateLimitItem

BY_ACCOUNT = RateLimitItemPerMinute(10, 15, namespace="account")
BY_ACCOUNT_OF = {"reset": RateLimitItemPerMinute(3, 15, namespace="account")}
BY_ADDRESS = RateLimitItemPerMinute(100, 15, namespace="address")


class SharedStorage(Storage):
    """The library's counters, in the database."""

    STORAGE_SCHEME = None

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """What the library may wrap: nothing, ours say what happened."""
        return ()

    async def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add to a counter."""
        return await attempts.count(key, expiry, amount)

    async def get(self, key: str) -> int:
        """Read a counter."""
        found = await attempts.counter(key)
        return found.tries if found else 0

    async def get_expiry(self, key: str) -> float:
        """When a counter's window has passed, in seconds since 1970."""
        found = await attempts.counter(key)
        return found.expires_at.timestamp() if found else time()

    async def clear(self, key: str) -> None:
        """Begin a counter anew."""
        await attempts.reset(key)

    async def reset(self) -> int | None:
        """Nothing asks for all counters to be reset."""
        return None

    async def check(self) -> bool:
        """The database is watched elsewhere."""
        return True


class Throttle:
    """Lets so many attempts pass."""

    def __init__(self, *, is_on: bool = True) -> None:
        self._is_on = is_on
        self._limiter = FixedWindowRateLimiter(SharedStorage())

    async def attempt(self, purpose: str, *, address: str, account: str | None = None) -> None:
        """Count an attempt before it is made.

        Raises:
            TooManyAttempts: with the seconds to wait.
            Unavailable: when the database does not answer.
        """
        if not self._is_on:
            return
        await self._hit(BY_ADDRESS, purpose, address)
        if account is not None:
            limit = BY_ACCOUNT_OF.get(purpose, BY_ACCOUNT)
            await self._hit(limit, purpose, _name(account))

    async def succeeded(self, purpose: str, account: str) -> None:
        """Forget the failures before a success; the address keeps its count."""
        if self._is_on:
            await self._limiter.clear(BY_ACCOUNT, purpose, _name(account))

    async def _hit(self, limit: RateLimitItem, purpose: str, who: str) -> None:
        if not await self._limiter.hit(limit, purpose, who):
            stats = await self._limiter.get_window_stats(limit, purpose, who)
            raise TooManyAttempts(max(1, round(stats.reset_time - time())))


def _name(account: str) -> str:
    # The counters' ids are no place for addresses of people.
    return hashlib.sha256(account.casefold().encode()).hexdigest()[:32]
