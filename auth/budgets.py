"""Budgets of cost: how much each user and each address may ask for at a time.

A budget is a bucket that fills at a steady rate (a token bucket). It is kept as one number, the
moment at which it will be full again, so that a full one need not be kept at all. Where a Redis or
Valkey server is set, all processes share the numbers there; while it is away each counts by itself.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING

from auth.budget_accounts import Balance
from models.errors import RateLimited
from models.telemetry.metrics import BUDGET_REFUSALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from auth.budget_accounts import BudgetAccount
    from auth.shared_budgets import SharedBuckets

log = logging.getLogger(__name__)

MOST_BUCKETS = 20_000
AWAY_SECONDS = 2.0


class TokenBuckets:
    """The buckets that this process knows not to be full: at most so many."""

    def __init__(self, most: int = MOST_BUCKETS, clock: Callable[[], float] = monotonic) -> None:
        self._full_at: dict[str, float] = {}
        self._most = most
        self._clock = clock

    def __len__(self) -> int:
        return len(self._full_at)

    def debt(self, account: BudgetAccount) -> float:
        """In how many seconds a bucket is full."""
        return max(self._full_at.get(account.key, 0.0) - self._clock(), 0.0)

    def set(self, account: BudgetAccount, debt: float) -> None:
        """Note in how many seconds a bucket is full."""
        if len(self._full_at) >= self._most and account.key not in self._full_at:
            self._forget()
        self._full_at[account.key] = self._clock() + debt

    def take(
        self, accounts: Sequence[BudgetAccount], cost: float, *, always: bool
    ) -> tuple[float, list[float]]:
        """Take a cost from every account, or from none where one has not enough.

        Args:
            accounts: from which to take.
            cost: how much.
            always: whether to take it all the same, or what there is.

        Returns:
            In how many seconds there is enough, and in how many each is full.
        """
        debts = [self.debt(account) for account in accounts]
        wait = self.wait(accounts, cost)
        if always or wait <= 0:
            for i, account in enumerate(accounts):
                debts[i] = min(debts[i] + account.policy.worth(cost), account.policy.seconds)
                self.set(account, debts[i])
        return wait, debts

    def wait(self, accounts: Sequence[BudgetAccount], cost: float) -> float:
        """In how many seconds every account has enough."""
        lacks = [a.policy.worth(cost) + self.debt(a) - a.policy.seconds for a in accounts]
        return max(0.0, *lacks)

    def _forget(self) -> None:
        """Forget the full buckets; if that is not half of all, the fullest of the others too."""
        now = self._clock()
        kept = sorted((full, key) for key, full in self._full_at.items() if full > now)
        self._full_at = {key: full for full, key in kept[-(self._most // 2) :]}


class Budgets:
    """The budgets of every client.

    Args:
        is_on: whether anything is counted.
        url: of the Redis or Valkey server where all processes count together, if there is one.
    """

    def __init__(self, *, is_on: bool = True, url: str | None = None) -> None:
        self._is_on = is_on
        self._own = TokenBuckets()
        self._shared = _shared(url) if is_on and url else None
        self._away_until = 0.0

    def check(self, accounts: Sequence[BudgetAccount], cost: int) -> None:
        """Refuse whoever has not that much left, as far as this process knows; nothing is taken.

        Raises:
            RateLimited: with the seconds to wait.
        """
        if not self._is_on:
            return
        wait = self._own.wait(accounts, cost)
        if wait > 0:
            raise _refused(wait)

    async def spend(
        self, accounts: Sequence[BudgetAccount], cost: int, *, always: bool = False
    ) -> list[Balance]:
        """Take a cost from the accounts, and say what is left; nothing where nothing is counted.

        Raises:
            RateLimited: where it is not to be taken always, with the seconds until there is enough.
        """
        if not self._is_on:
            return []
        wait, debts = await self._take(accounts, cost, always=always)
        if wait > 0 and not always:
            raise _refused(wait)
        return [
            Balance(
                account.policy,
                int(account.policy.quota * (1 - debt / account.policy.seconds)),
                ceil(debt),
            )
            for account, debt in zip(accounts, debts, strict=True)
        ]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Budgets]:
        """Count for as long as the context lasts; the server, if there is one, is left then."""
        try:
            yield self
        finally:
            if self._shared:
                await self._shared.close()

    async def _take(
        self, accounts: Sequence[BudgetAccount], cost: int, *, always: bool
    ) -> tuple[float, list[float]]:
        now = monotonic()
        if self._shared and now >= self._away_until:
            is_back = self._away_until > 0
            if is_back:  # perhaps: one request finds out, and no other waits for it
                self._away_until = now + AWAY_SECONDS
            try:
                wait, debts = await self._shared.take(accounts, cost, always=always)
            except OSError as error:
                if not self._away_until:
                    log.warning("each process counts budgets by itself: %s", type(error).__name__)
                self._away_until = monotonic() + AWAY_SECONDS
            else:
                if is_back:
                    log.info("the processes count budgets together again")
                    self._away_until = 0.0
                for account, debt in zip(accounts, debts, strict=True):
                    self._own.set(account, debt)
                return wait, debts
        return self._own.take(accounts, cost, always=always)


def _shared(url: str) -> SharedBuckets:
    """The buckets in that server."""
    from auth.shared_budgets import SharedBuckets  # noqa: PLC0415 - the driver takes 8 MB

    return SharedBuckets(url)


def _refused(wait: float) -> RateLimited:
    BUDGET_REFUSALS.inc()
    return RateLimited(max(1, ceil(wait)))
