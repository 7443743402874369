"""Rate limit policies and the accounts that a request is charged to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

QUOTA_PER_EVENT: Final = 300
"""The quota of a rate limit, as a multiple of the limit on the cost of one live event."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A rate limit: the query cost (`quota`) that may be spent within a number of seconds."""

    name: str
    quota: int
    seconds: int

    def refill_seconds(self, cost: float) -> float:
        """Return the number of seconds in which a token bucket regains the given cost."""
        return cost * self.seconds / self.quota

    @property
    def max_event_cost(self) -> int:
        """Limit on the cost of one live event for all subscriptions of an account to a channel."""
        return self.quota // QUOTA_PER_EVENT


USER = Policy("user", 600_000, 60)
ADDRESS = Policy("address", 1_200_000, 60)
NETWORK = Policy("network", 6_000_000, 60)
"""Limit shared by all signed-in users of one network address, such as that of an office or of a
carrier's gateway."""


@dataclass(frozen=True, slots=True)
class BudgetAccount:
    """The owner of a token bucket (a user id or a network address), and the bucket's policy."""

    policy: Policy
    owner: str

    @property
    def key(self) -> str:
        """The key that identifies the token bucket."""
        return f"{self.policy.name}:{self.owner}"


@dataclass(frozen=True, slots=True)
class Balance:
    """The cost that remains in a budget, and the seconds until the budget is full again."""

    policy: Policy
    left: int
    seconds: int


def accounts_of(user: str | None, address: str) -> tuple[BudgetAccount, ...]:
    """Return the budget accounts that a request is charged to.

    A request of a signed-in user is charged to the user's own account, and to the account that all
    signed-in users of the network address share. An anonymous request is charged to the account of
    its network address alone.
    """
    if user is None:
        return (BudgetAccount(ADDRESS, address),)
    return (BudgetAccount(USER, user), BudgetAccount(NETWORK, address))
