"""Limits on sign-in and similar attempts, per account and per network address.

Attempts are counted in fixed time windows. The counters are in the database, where all processes
share them. Attempts at an account are limited strictly for each network address, and loosely for
all network addresses together, so that a stranger's guesses do not lock the account's owner out.
The loose limit does not apply to network addresses from which the owner has signed in before. Only
a verified e-mail address has an owner, because a stranger may have registered an unverified one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from models.accounts import attempts
from models.accounts.emails import email_pseudonym
from models.errors import TooManyAttempts

WINDOW_SECONDS = 15 * 60
KNOWN_SECONDS = 30 * 24 * 3600
"""Time for which a network address counts as known to an account after a sign-in from there."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The maximum numbers of attempts per time window for one purpose.

    `account` limits the attempts at an account from all unknown network addresses together, and
    `account_share` limits the attempts from each single unknown network address; both are counted
    in a window of `account_seconds`.
    """

    account_at_address: int = 10
    account: int = 100
    address: int = 100
    account_seconds: int = WINDOW_SECONDS
    account_share: int | None = None


LIMITS = Limits()
LIMITS_BY_PURPOSE = {
    "reset": Limits(account_at_address=3, account=12),
    "verification": Limits(account_at_address=3, account=12),
    "code request": Limits(account_at_address=3, account=12, address=50),
    # At 100 guesses a day, guessing a six-digit code succeeds once in 27 years on average.
    # `account_share` keeps one network address from using up all attempts of a day, which would
    # lock the owner out at network addresses that are new to the account.
    "code": Limits(account_seconds=24 * 3600, account_share=20),
    "guest": Limits(address=30),
    "guest session": Limits(account_at_address=20, account=40, address=200),
    "photo": Limits(account_at_address=20, account=20),
}
FORGOTTEN_WITH = {"code": "code request"}
"""A success for the first purpose also resets the second one's counter, for the same account and
network address: after entering a correct code, a user may request more codes."""


class Throttle:
    """Counts attempts, and refuses attempts that exceed the limits.

    Args:
        is_on: whether the limits apply.
    """

    def __init__(self, *, is_on: bool = True) -> None:
        self._is_on = is_on

    async def attempt(self, purpose: str, *, address: str, account: str | None = None) -> None:
        """Count an attempt, before it is made.

        Args:
            purpose: the kind of attempt, such as "login"; each has counters of its own.
            address: the client's network address.
            account: the e-mail address of the account, if the attempt concerns an account.

        Raises:
            TooManyAttempts: if a limit is exceeded; the error says how many seconds to wait.
            Unavailable: if the database does not respond.
        """
        if not self._is_on:
            return
        limits = LIMITS_BY_PURPOSE.get(purpose, LIMITS)
        await _count(f"address/{purpose}/{address}", limits.address)
        if account is None:
            return
        subject = email_pseudonym(account)
        await _count(_pair(purpose, subject, address), limits.account_at_address)
        if await attempts.counter(_known(subject, address)) is None:
            key = f"account/{purpose}/{subject}"
            if limits.account_share is not None:
                await _count(f"{key}/{address}", limits.account_share, limits.account_seconds)
            await _count(key, limits.account, limits.account_seconds)

    async def left(self, purpose: str, *, address: str, account: str) -> int:
        """Return how many attempts at an account are left to a network address."""
        limit = LIMITS_BY_PURPOSE.get(purpose, LIMITS).account_at_address
        found = await attempts.counter(_pair(purpose, email_pseudonym(account), address))
        return max(0, limit - (found.tries if found else 0))

    async def succeeded(
        self, purpose: str, account: str, address: str, *, is_verified: bool
    ) -> None:
        """Reset an account's attempts from a network address.

        All other counters keep their values, such as the counter of the network address itself and
        the account's counter for all unknown network addresses.

        Args:
            purpose: the kind of attempt that succeeded.
            account: the e-mail address of the account.
            address: the client's network address.
            is_verified: whether the account's e-mail address is verified; only then does the
                network address become known.
        """
        if not self._is_on:
            return
        subject = email_pseudonym(account)
        await attempts.reset(_pair(purpose, subject, address))
        if forgotten := FORGOTTEN_WITH.get(purpose):
            await attempts.reset(_pair(forgotten, subject, address))
        if is_verified:
            await attempts.reset(_known(subject, address))
            await attempts.count(_known(subject, address), KNOWN_SECONDS, 1)


async def _count(key: str, max_attempts: int, seconds: int = WINDOW_SECONDS) -> None:
    if await attempts.count(key, seconds, 1) > max_attempts:
        found = await attempts.counter(key)
        left = (found.expires_at - datetime.now(UTC)).total_seconds() if found else 0
        raise TooManyAttempts(max(1, round(left)))


def _pair(purpose: str, subject: str, address: str) -> str:
    return f"pair/{purpose}/{subject}/{address}"


def _known(subject: str, address: str) -> str:
    return f"known/{subject}/{address}"
