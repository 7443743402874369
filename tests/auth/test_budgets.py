"""Tests of token buckets, in one process and shared between processes."""

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
from auth.shared_budgets import KEY_PREFIX, SharedBuckets
from models.errors import RateLimited
from tests.support.valkey import Valkey, run_valkey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HUNDRED = Policy("test", 100, 10)
HOUR = Policy("hour", 1_000, 3_600)
DAY = Policy("day", 1_000, 86_400)
PATIENCE_SECONDS = 60
NEVER = 1e9


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that is set by hand."""
    return Clock()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey server that a test may kill or freeze."""
    with run_valkey(tmp_path) as server:
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the timeout of calls to the server, so that a busy machine does not exceed it."""
    monkeypatch.setattr("auth.shared_budgets.TIMEOUT_SECONDS", PATIENCE_SECONDS)


class CountingBuckets:
    """Shared buckets that count the calls to `take`."""

    def __init__(self, shared: SharedBuckets, tries: Iterator[int]) -> None:
        self._shared = shared
        self._tries = tries

    async def take(
        self, accounts: Sequence[BudgetAccount], cost: float, *, always: bool
    ) -> tuple[float, list[float]]:
        """Count the call and forward it."""
        next(self._tries)
        return await self._shared.take(accounts, cost, always=always)

    async def close(self) -> None:
        """Close the shared buckets."""
        await self._shared.close()


def take(buckets: TokenBuckets, cost: float, owner: str = "ada", *, always: bool = False) -> float:
    """Charge a cost to an account; return the seconds until the account can pay it."""
    return buckets.take([BudgetAccount(HUNDRED, owner)], cost, always=always)[0]


def test_bucket_refills_at_a_steady_rate(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    assert take(buckets, 60) == 0
    assert take(buckets, 60) == pytest.approx(2)
    clock.now += 1.9
    assert take(buckets, 60) == pytest.approx(0.1)
    clock.now += 0.2
    assert take(buckets, 60) == 0
    assert take(buckets, 60, "bob") == 0


def test_bucket_never_exceeds_its_quota(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    take(buckets, 10)
    clock.now += 1_000
    assert take(buckets, 100) == 0
    assert take(buckets, 1) > 0


def test_forced_charges_leave_an_empty_bucket_but_no_debt(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    for _ in range(5):
        take(buckets, 90, always=True)
    clock.now += 1
    assert take(buckets, 10) == 0


def test_no_account_is_charged_if_one_of_them_has_too_little(clock: Clock) -> None:
    buckets = TokenBuckets(clock=clock)
    ada, bob = BudgetAccount(HUNDRED, "ada"), BudgetAccount(HOUR, "bob")
    buckets.take([ada], 80, always=False)
    wait, debts = buckets.take([ada, bob], 40, always=False)
    assert wait == pytest.approx(2)
    assert debts[1] == 0
    assert buckets.debt(bob) == 0


def test_number_of_stored_buckets_is_bounded(clock: Clock) -> None:
    """Full buckets are evicted first, then the fullest of the others; the emptiest buckets stay."""
    buckets = TokenBuckets(max_buckets=100, clock=clock)
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


def test_users_are_charged_per_account_and_network_and_visitors_per_network_address() -> None:
    assert accounts_of(None, "192.0.2.1") == (BudgetAccount(ADDRESS, "192.0.2.1"),)
    assert accounts_of("u1", "192.0.2.1") == (
        BudgetAccount(USER, "u1"),
        BudgetAccount(NETWORK, "192.0.2.1"),
    )
    assert NETWORK.quota > ADDRESS.quota >= USER.quota


async def test_refusal_states_the_seconds_to_wait(clock: Clock) -> None:
    budgets = Budgets()
    budgets._local = TokenBuckets(clock=clock)
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


async def test_disabled_budgets_charge_nothing() -> None:
    budgets = Budgets(is_on=False, url="redis://127.0.0.1:1")
    for _ in range(5):
        assert await budgets.spend([BudgetAccount(HOUR, "ada")], 1_000) == []
        budgets.check([BudgetAccount(HOUR, "ada")], 1)


@pytest.mark.usefixtures("patient")
async def test_processes_share_one_budget(server: Valkey) -> None:
    """Concurrent requests to several processes together get exactly the quota."""
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
        # With a quota of 1,000 a day, a charge of 10 is refilled in 864 seconds; rounding may make
        # this up to one second less.
        assert all(863 - taken <= each.retry_after_seconds <= 864 for each in refused)
        await several[0].spend(account, 5_000, always=True)
        with pytest.raises(RateLimited):
            await several[1].spend(account, 1)
        with pytest.raises(RateLimited):
            several[0].check(account, 1)


@pytest.mark.usefixtures("patient")
async def test_keys_in_valkey_expire_when_their_bucket_is_full(server: Valkey) -> None:
    async with Budgets(url=server.url).open() as budgets, Redis.from_url(server.url) as client:
        # These charges take minutes to refill, so no key expires before it is checked.
        ada, bob = BudgetAccount(HOUR, "ada"), BudgetAccount(DAY, "bob")
        await budgets.spend([ada, bob], 100)
        assert 0 < await client.pttl(KEY_PREFIX + ada.key) <= 360_001
        assert 0 < await client.pttl(KEY_PREFIX + bob.key) <= 8_640_001


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("failure", ["kill", "freeze"])
async def test_each_process_counts_on_its_own_while_the_server_is_unreachable(
    server: Valkey, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process continues from the last shared values; it shares again once the server is back."""
    account = [BudgetAccount(DAY, "ada")]
    async with Budgets(url=server.url).open() as budgets, Budgets(url=server.url).open() as other:
        await budgets.spend(account, 900)
        shared = budgets._shared
        assert shared
        tries = count()
        monkeypatch.setattr(budgets, "_shared", CountingBuckets(shared, tries))
        monkeypatch.setattr("auth.budgets.RETRY_SECONDS", NEVER)
        monkeypatch.setattr("auth.shared_budgets.TIMEOUT_SECONDS", 0.1)
        server.kill() if failure == "kill" else server.freeze()
        try:
            [balance] = await budgets.spend(account, 50)
            assert 45 <= balance.left <= 55
            for _ in range(4):
                await budgets.spend(account, 10)
            with pytest.raises(RateLimited):
                await budgets.spend(account, 100)
            assert next(tries) == 1
        finally:
            server.start() if failure == "kill" else server.thaw()
        monkeypatch.setattr("auth.shared_budgets.TIMEOUT_SECONDS", PATIENCE_SECONDS)
        budgets._retry_at = monotonic()
        [balance] = await budgets.spend(account, 20)
        # A killed server has lost its buckets.
        assert (balance.left > 900) is (failure == "kill")
        [seen] = await other.spend(account, 0)
        assert abs(seen.left - balance.left) <= 3
        await budgets.spend(account, 0)
        assert next(tries) == 4  # the check above also advanced the counter
