"""Tests of the limits on sign-in attempts per account and network address."""

from __future__ import annotations

from uuid import uuid4

import pytest

from auth.throttle import LIMITS, LIMITS_BY_PURPOSE, Throttle
from models.accounts import attempts
from models.accounts.emails import email_pseudonym
from models.errors import TooManyAttempts

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def account() -> str:
    """E-mail address that no other test uses."""
    return f"{uuid4().hex}@example.com"


@pytest.fixture
def addresses() -> list[str]:
    """Network addresses that no other test uses."""
    return [f"2001:db8::{uuid4().hex[:4]}:{number:x}" for number in range(20)]


async def guess(throttle: Throttle, account: str, address: str, times: int) -> None:
    """Make the given number of failed attempts to sign in."""
    for _ in range(times):
        await throttle.attempt("login", address=address, account=account)


async def test_a_strangers_guesses_do_not_lock_the_owner_out(
    account: str, addresses: list[str]
) -> None:
    throttle = Throttle()
    await guess(throttle, account, addresses[0], LIMITS.account_at_address)
    with pytest.raises(TooManyAttempts) as refused:
        await guess(throttle, account, addresses[0], 1)
    assert 0 < refused.value.retry_after_seconds <= 900
    await guess(throttle, account, addresses[1], 1)


async def test_many_strangers_share_a_limit_that_does_not_apply_to_a_known_network_address(
    account: str, addresses: list[str]
) -> None:
    throttle = Throttle()
    await throttle.attempt("login", address=addresses[0], account=account)
    await throttle.succeeded("login", account, addresses[0], is_verified=True)
    for address in addresses[1:10]:
        await guess(throttle, account, address, LIMITS.account_at_address)
    await guess(throttle, account, addresses[10], LIMITS.account_at_address - 1)
    with pytest.raises(TooManyAttempts):
        await guess(throttle, account, addresses[11], 2)
    await guess(throttle, account, addresses[0], LIMITS.account_at_address)


async def test_successful_sign_in_resets_the_failures_of_its_network_address(
    account: str, addresses: list[str]
) -> None:
    throttle = Throttle()
    for _ in range(3):
        await guess(throttle, account, addresses[0], LIMITS.account_at_address)
        await throttle.succeeded("login", account, addresses[0], is_verified=True)


async def test_sign_in_with_a_code_resets_the_limit_on_code_requests(
    account: str, addresses: list[str]
) -> None:
    throttle = Throttle()
    for _ in range(3):
        for _ in range(LIMITS_BY_PURPOSE["code request"].account_at_address):
            await throttle.attempt("code request", address=addresses[0], account=account)
        await throttle.succeeded("code", account, addresses[0], is_verified=True)


async def test_one_stranger_cannot_use_up_the_daily_attempts_to_enter_a_code(
    account: str, addresses: list[str]
) -> None:
    """A stranger who has used up one network address's share of the attempts is refused for hours.

    The share does not limit a network address from which the account has signed in.
    """
    throttle, share = Throttle(), LIMITS_BY_PURPOSE["code"].account_share
    assert share

    async def guess_codes(address: str, times: int) -> None:
        for number in range(times):
            if number % LIMITS.account_at_address == 0:
                await attempts.reset(f"pair/code/{email_pseudonym(account)}/{address}")
            await throttle.attempt("code", address=address, account=account)

    for address in addresses[:4]:
        await guess_codes(address, share)
        with pytest.raises(TooManyAttempts) as refused:
            await guess_codes(address, 1)
        assert 900 < refused.value.retry_after_seconds <= 24 * 3600
    await guess_codes(addresses[4], share - 1)
    await throttle.attempt("code", address=addresses[5], account=account)
    with pytest.raises(TooManyAttempts):
        await throttle.attempt("code", address=addresses[6], account=account)
    await throttle.succeeded("code", account, addresses[7], is_verified=True)
    await guess_codes(addresses[7], 2 * share)


async def test_password_resets_have_limits_of_their_own(account: str, addresses: list[str]) -> None:
    throttle = Throttle()
    limits = LIMITS_BY_PURPOSE["reset"]
    for _ in range(limits.account_at_address):
        await throttle.attempt("reset", address=addresses[0], account=account)
    with pytest.raises(TooManyAttempts):
        await throttle.attempt("reset", address=addresses[0], account=account)
    await throttle.attempt("reset", address=addresses[1], account=account)
    await guess(throttle, account, addresses[0], 1)


async def test_throttle_that_is_off_counts_no_attempts(account: str, addresses: list[str]) -> None:
    await guess(Throttle(is_on=False), account, addresses[0], 3 * LIMITS.account_at_address)
    await guess(Throttle(), account, addresses[0], LIMITS.account_at_address)
