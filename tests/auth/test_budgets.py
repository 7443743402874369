"""Budgets: what is taken out comes back with time, alone or with other processes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from auth.budget_accounts import ADDRESS, NETWORK, USER, BudgetAccount, Policy, accounts_of
from auth.budgets import Budgets, TokenBuckets
from auth.shared_budgets import PREFIX, SharedBuckets
from models.errors import RateLimited
from tests.valkeys import Valkey, valkey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HUNDRED = Policy("test", 100, 10)
HOUR = Policy("hour", 1_000, 3_600)
DAY = Policy("day", 1_000, 86_400)
PATIENCE_SECONDS = 60
NEVER = 1e9


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock to move."""
    return Clock()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey to break."""
    with valkey(tmp_path) as server:
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, the server is waited for."""
    monkeypatch.setattr("auth.shared_budgets.ANSWER_SECONDS", PATIENCE_SECONDS)


class Counted:
    """Shared buckets whose use is counted."""

    def __init__(self, shared: SharedBuckets, tries: Iterator[int]) -> None:
        self._shared = shared
        self._tries = tries

    async def take(
        self, accounts: Sequence[BudgetAccount], cost: float, *, always: bool
    ) -> tuple[float, list[float]]:
        """Count, and take."""
        next(self._tries)
        return await self._shared.take(accounts, cost, always=always)

    async def close(self) -> None:
        """Close them."""
        await self._shared.close()


def take(buckets: TokenBuckets, cost: float, owner: str = "ada", *, always: bool = False) -> float:
    """In how many seconds there is enough; the cost is taken if there is."""
    return buckets.take([BudgetAccount(HUNDRED, owner)], cost, always=always)[0]


def test_what_is_taken_out_comes_back_at_a_steady_rate(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    assert take(buckets, 60) == 0
    assert take(buckets, 60) == pytest.approx(2)
    clock.now += 1.9
    assert take(buckets, 60) == pytest.approx(0.1)
    clock.now += 0.2
    assert take(buckets, 60) == 0
    assert take(buckets, 60, "bob") == 0


def test_a_bucket_never_has_more_than_its_quota(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    take(buckets, 10)
    clock.now += 1_000
    assert take(buckets, 100) == 0
    assert take(buckets, 1) > 0


def test_what_is_taken_always_empties_a_bucket_and_no_more(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    for _ in range(5):
        take(buckets, 90, always=True)
    clock.now += 1
    assert take(buckets, 10) == 0


def test_one_account_without_enough_saves_all_the_others(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    ada, bob = BudgetAccount(HUNDRED, "ada"), BudgetAccount(HOUR, "bob")
    buckets.take([ada], 80, always=False)
    wait, debts = buckets.take([ada, bob], 40, always=False)
    assert wait == pytest.approx(2)
    assert debts[1] == 0
    assert buckets.debt(bob) == 0


def test_many_addresses_do_not_fill_the_memory(clock: Clock) -> None:
    """The full ones are forgotten first, then the fullest; who owes most stays."""
    buckets = TokenBuckets(most=100, clock=clock)
    take(buckets, 100, "attacker")
    for i in range(10_000):
        take(buckets, 1 + i % 50, f"2001:db8:{i:x}::/64")
        assert len(buckets) <= 100
    assert take(buckets, 1, "attacker") > 0
    clock.now += 10
    take(buckets, 1, "last")
    for i in range(100):
        take(buckets, 1, f"more {i}")
    assert take(buckets, 100, "attacker") == 0


def test_a_user_pays_for_itself_and_a_stranger_with_its_address() -> None:
    assert accounts_of(None, "192.0.2.1") == (BudgetAccount(ADDRESS, "192.0.2.1"),)
    assert accounts_of("u1", "192.0.2.1") == (
        BudgetAccount(USER, "u1"),
        BudgetAccount(NETWORK, "192.0.2.1"),
    )
    assert NETWORK.quota > ADDRESS.quota >= USER.quota


async def test_who_has_spent_all_is_told_how_long_to_wait(clock: Clock) -> None:
    budgets = Budgets()
    budgets._own = TokenBuckets(clock=clock)
    account = [BudgetAccount(HOUR, "ada")]
    [balance] = await budgets.spend(account, 400)
    assert (balance.left, balance.seconds) == (600, 1_440)
    with pytest.raises(RateLimited) as refusal:
        await budgets.spend(account, 700)
    assert refusal.value.retry_after_seconds == 360
    clock.now += 359.5
    with pytest.raises(RateLimited) as refusal:
        await budgets.spend(account, 700)
    assert refusal.value.retry_after_seconds == 1
    budgets.check(account, 500)
    await budgets.spend(account, 5_000, always=True)
    with pytest.raises(RateLimited):
        budgets.check(account, 1)


async def test_nothing_is_counted_where_budgets_are_off() -> None:
    budgets = Budgets(is_on=False, url="redis://127.0.0.1:1")
    for _ in range(5):
        assert await budgets.spend([BudgetAccount(HOUR, "ada")], 1_000) == []
        budgets.check([BudgetAccount(HOUR, "ada")], 1)


@pytest.mark.usefixtures("patient")
async def test_processes_share_what_is_left(server: Valkey) -> None:
    """Whoever asks, and however many at once: together they get the quota and not one more."""
    account = [BudgetAccount(DAY, "ada")]
    async with AsyncExitStack() as stack:
        several = [
            await stack.enter_async_context(Budgets(url=server.url).open()) for _ in range(3)
        ]
        began = monotonic()
        spending = (several[i % 3].spend(account, 10) for i in range(150))
        results = await asyncio.gather(*spending, return_exceptions=True)
        taken = monotonic() - began
        refused = [result for result in results if isinstance(result, RateLimited)]
        assert len(results) - len(refused) == 100
        # 10 of 1,000 a day come back in 864 seconds; the rounding takes up to one.
        assert all(863 - taken <= each.retry_after_seconds <= 864 for each in refused)
        await several[0].spend(account, 5_000, always=True)
        with pytest.raises(RateLimited):
            await several[1].spend(account, 1)
        with pytest.raises(RateLimited):
            several[0].check(account, 1)


@pytest.mark.usefixtures("patient")
async def test_the_server_forgets_buckets_that_are_full(server: Valkey) -> None:
    async with Budgets(url=server.url).open() as budgets, Redis.from_url(server.url) as client:
        # Costs that take minutes to refill, so that no key expires before it is looked at.
        ada, bob = BudgetAccount(HOUR, "ada"), BudgetAccount(DAY, "bob")
        await budgets.spend([ada, bob], 100)
        assert 0 < await client.pttl(PREFIX + ada.key) <= 360_001
        assert 0 < await client.pttl(PREFIX + bob.key) <= 8_640_001


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("harm", ["kill", "freeze"])
async def test_without_the_server_each_process_counts_and_one_request_waits_for_it(
    server: Valkey, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it knew from the server counts on; once that is back, all count together again."""
    account = [BudgetAccount(DAY, "ada")]
    async with Budgets(url=server.url).open() as budgets, Budgets(url=server.url).open() as other:
        await budgets.spend(account, 900)
        shared = budgets._shared
        assert shared
        tries = count()
        monkeypatch.setattr(budgets, "_shared", Counted(shared, tries))
        monkeypatch.setattr("auth.budgets.AWAY_SECONDS", NEVER)
        monkeypatch.setattr("auth.shared_budgets.ANSWER_SECONDS", 0.1)
        server.kill() if harm == "kill" else server.freeze()
        try:
            [balance] = await budgets.spend(account, 50)
            assert 45 <= balance.left <= 55
            for _ in range(4):
                await budgets.spend(account, 10)
            with pytest.raises(RateLimited):
                await budgets.spend(account, 100)
            assert next(tries) == 1
        finally:
            server.start() if harm == "kill" else server.thaw()
        monkeypatch.setattr("auth.shared_budgets.ANSWER_SECONDS", PATIENCE_SECONDS)
        budgets._away_until = monotonic()
        [balance] = await budgets.spend(account, 20)
        # One that was killed has lost its numbers.
        assert (balance.left > 900) is (harm == "kill")
        [seen] = await other.spend(account, 0)
        assert abs(seen.left - balance.left) <= 3
        await budgets.spend(account, 0)
        assert next(tries) == 4  # this look counts too
