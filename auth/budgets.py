"""Rate limiting by query cost, with a token bucket for each user and each network address.

A bucket is stored as the time at which it will be full again, so full buckets need no storage. All
processes share their buckets in a Redis or Valkey server if one is configured. While the configured
server is unreachable, each process charges its requests to buckets of its own.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

from auth.budget_accounts import Balance
from auth.live_costs import LiveCosts, LiveSubscription
from models.errors import RateLimited
from models.telemetry.metrics import BUDGET_REFUSALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Hashable, Sequence

    from auth.budget_accounts import BudgetAccount
    from auth.shared_budgets import SharedBuckets

log = logging.getLogger(__name__)

MAX_BUCKETS = 20_000
RETRY_SECONDS = 2.0


class TokenBuckets:
    """The token buckets of this process that are not full.

    Args:
        max_buckets: maximum number of buckets to keep; the fullest buckets are evicted first.
        clock: returns the time in seconds.
    """

    def __init__(
        self, max_buckets: int = MAX_BUCKETS, clock: Callable[[], float] = monotonic
    ) -> None:
        self._full_at: dict[str, float] = {}
        self._max_buckets = max_buckets
        self._clock = clock

    def __len__(self) -> int:
        return len(self._full_at)

    def debt(self, account: BudgetAccount) -> float:
        """Return the number of seconds until an account's bucket is full."""
        return max(self._full_at.get(account.key, 0.0) - self._clock(), 0.0)

    def set(self, account: BudgetAccount, debt: float) -> None:
        """Set the number of seconds until an account's bucket is full."""
        if len(self._full_at) >= self._max_buckets and account.key not in self._full_at:
            self._evict()
        self._full_at[account.key] = self._clock() + debt

    def take(
        self, accounts: Sequence[BudgetAccount], cost: float, *, always: bool
    ) -> tuple[float, list[float]]:
        """Charge a cost to every account, or to none if any of them has too little left.

        Args:
            accounts: the accounts to charge.
            cost: the cost to charge.
            always: charge even if too little is left; the balance does not fall below 0.

        Returns:
            The seconds until every account has enough for the cost, and for each account the
            seconds until its bucket is full.
        """
        debts = [self.debt(account) for account in accounts]
        wait = self.wait(accounts, cost)
        if always or wait <= 0:
            for i, account in enumerate(accounts):
                debts[i] = min(
                    debts[i] + account.policy.refill_seconds(cost), account.policy.seconds
                )
                self.set(account, debts[i])
        return wait, debts

    def wait(self, accounts: Sequence[BudgetAccount], cost: float) -> float:
        """Return the number of seconds until every account has enough left for a cost."""
        lacks = [a.policy.refill_seconds(cost) + self.debt(a) - a.policy.seconds for a in accounts]
        return max(0.0, *lacks)

    def _evict(self) -> None:
        """Evict all full buckets, then the fullest others, until half of `max_buckets` are left."""
        now = self._clock()
        kept = sorted((full, key) for key, full in self._full_at.items() if full > now)
        self._full_at = {key: full for full, key in kept[-(self._max_buckets // 2) :]}


class Budgets:
    """Rate limiter for all clients.

    Args:
        is_on: whether the limits apply.
        url: URL of the Redis or Valkey server that all processes share, if any.
    """

    def __init__(self, *, is_on: bool = True, url: str | None = None) -> None:
        self._is_on = is_on
        self._local = TokenBuckets()
        self._shared = _shared(url) if is_on and url else None
        self._retry_at = 0.0
        self.live_costs = LiveCosts()

    def live_subscription(
        self, accounts: Sequence[BudgetAccount], channel: Hashable, rendering: Hashable, cost: int
    ) -> LiveSubscription:
        """Return a context manager that counts a subscription while it is live.

        Args:
            accounts: the accounts to which the subscription counts.
            channel: identifies the events that the subscription receives.
            rendering: identifies the rendering of these events, which subscriptions may share.
            cost: the cost of rendering one event.
        """
        costs = self.live_costs if self._is_on else None
        return LiveSubscription(costs, accounts, channel, rendering, cost)

    def check(self, accounts: Sequence[BudgetAccount], cost: int) -> None:
        """Check that the accounts have enough left, without charging them.

        Only the buckets in this process are consulted.

        Raises:
            RateLimited: if an account has too little left; the error says how many seconds to wait.
        """
        if not self._is_on:
            return
        wait = self._local.wait(accounts, cost)
        if wait > 0:
            raise _rate_limited(wait)

    async def spend(
        self, accounts: Sequence[BudgetAccount], cost: int, *, always: bool = False
    ) -> list[Balance]:
        """Charge a cost to the accounts and return their balances.

        Args:
            accounts: the accounts to charge.
            cost: the cost to charge.
            always: charge even if too little is left.

        Returns:
            The balance of each account; an empty list if rate limiting is off.

        Raises:
            RateLimited: if an account has too little left, unless `always` is set; the error says
                how many seconds to wait.
        """
        if not self._is_on:
            return []
        wait, debts = await self._take(accounts, cost, always=always)
        if wait > 0 and not always:
            raise _rate_limited(wait)
        return list(map(_balance, accounts, debts))

    def balances(self, accounts: Sequence[BudgetAccount]) -> list[Balance]:
        """Return the balance of each account; all are full if rate limiting is off.

        Only the buckets in this process are consulted; every charge updates these buckets.
        """
        return [_balance(each, self._local.debt(each)) for each in accounts]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Budgets]:
        """Yield the rate limiter, then close its connections to the shared server."""
        try:
            yield self
        finally:
            if self._shared:
                await self._shared.close()

    async def _take(
        self, accounts: Sequence[BudgetAccount], cost: int, *, always: bool
    ) -> tuple[float, list[float]]:
        now = monotonic()
        if self._shared and now >= self._retry_at:
            is_back = self._retry_at > 0
            if is_back:  # Only this request probes the server; others do not wait.
                self._retry_at = now + RETRY_SECONDS
            try:
                wait, debts = await self._shared.take(accounts, cost, always=always)
            except OSError as error:
                if not self._retry_at:
                    log.warning("rate limits are counted per process: %s", type(error).__name__)
                self._retry_at = monotonic() + RETRY_SECONDS
            else:
                if is_back:
                    log.info("rate limits are shared between processes again")
                    self._retry_at = 0.0
                for account, debt in zip(accounts, debts, strict=True):
                    self._local.set(account, debt)
                return wait, debts
        return self._local.take(accounts, cost, always=always)


def _shared(url: str) -> SharedBuckets:
    from auth.shared_budgets import SharedBuckets  # noqa: PLC0415 - saves loading the driver

    return SharedBuckets(url)


def _balance(account: BudgetAccount, debt: float) -> Balance:
    policy = account.policy
    return Balance(policy, int(policy.quota * (1 - debt / policy.seconds)), ceil(debt))


def _rate_limited(wait: float) -> RateLimited:
    BUDGET_REFUSALS.inc()
    return RateLimited(max(1, ceil(wait)))
