"""Limits on sign-in and similar attempts, per account and per network address.

Attempts are counted in fixed windows. The counters are in the database, shared by all processes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from models.accounts import attempts
from models.accounts.emails import email_key
from models.errors import TooManyAttempts

WINDOW_SECONDS = 15 * 60


@dataclass(frozen=True, slots=True)
class Limit:
    """The maximum number of attempts per window for one account or network address."""

    kind: str
    max_attempts: int

    def key(self, purpose: str, subject: str) -> str:
        """Return the id of a counter."""
        return f"{self.kind}/{purpose}/{subject}"


ACCOUNT_LIMIT = Limit("account", 10)
ACCOUNT_LIMITS_BY_PURPOSE = {"reset": Limit("account", 3)}
ADDRESS_LIMIT = Limit("address", 100)


class Throttle:
    """Counts attempts and refuses those above the limits.

    Args:
        is_on: whether to limit anything.
    """

    def __init__(self, *, is_on: bool = True) -> None:
        self._is_on = is_on

    async def attempt(self, purpose: str, *, address: str, account: str | None = None) -> None:
        """Count an attempt; call this before making it.

        Args:
            purpose: the kind of attempt, such as "login"; each has counters of its own.
            address: the client's network address.
            account: the e-mail address of the account, if the attempt concerns one.

        Raises:
            TooManyAttempts: with the seconds to wait.
            Unavailable: if the database does not answer.
        """
        if not self._is_on:
            return
        await _count(ADDRESS_LIMIT, purpose, address)
        if account is not None:
            await _count(
                ACCOUNT_LIMITS_BY_PURPOSE.get(purpose, ACCOUNT_LIMIT), purpose, _pseudonym(account)
            )

    async def succeeded(self, purpose: str, account: str) -> None:
        """Reset an account's counter after a success; the address's counter stays."""
        if self._is_on:
            await attempts.reset(ACCOUNT_LIMIT.key(purpose, _pseudonym(account)))


async def _count(limit: Limit, purpose: str, subject: str) -> None:
    key = limit.key(purpose, subject)
    if await attempts.count(key, WINDOW_SECONDS, 1) > limit.max_attempts:
        found = await attempts.counter(key)
        seconds = (found.expires_at - datetime.now(UTC)).total_seconds() if found else 0
        raise TooManyAttempts(max(1, round(seconds)))


def _pseudonym(account: str) -> str:
    # Counter ids must not contain e-mail addresses.
    return hashlib.sha256(email_key(account).encode()).hexdigest()[:32]
