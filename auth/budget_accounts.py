"""Rate limit policies and the accounts that a request is charged to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """A rate limit: a quota of query cost per number of seconds."""

    name: str
    quota: int
    seconds: int

    def refill_seconds(self, cost: float) -> float:
        """Return the seconds in which the bucket regains a cost."""
        return cost * self.seconds / self.quota


USER = Policy("user", 600_000, 60)
ADDRESS = Policy("address", 1_200_000, 60)
NETWORK = Policy("network", 6_000_000, 60)
"""Limit shared by all signed-in users of one address, such as an office or a carrier's gateway."""


@dataclass(frozen=True, slots=True)
class BudgetAccount:
    """A token bucket's owner (a user id or an address) and its policy."""

    policy: Policy
    owner: str

    @property
    def key(self) -> str:
        """Key that identifies the bucket."""
        return f"{self.policy.name}:{self.owner}"


@dataclass(frozen=True, slots=True)
class Balance:
    """The cost that remains in a budget, and the seconds until the budget is full again."""

    policy: Policy
    left: int
    seconds: int


def accounts_of(user: str | None, address: str) -> tuple[BudgetAccount, ...]:
    """Return the accounts that a request is charged to.

    Requests of a signed-in user are charged to the user and to the network; anonymous requests are
    charged to the address alone.
    """
    if user is None:
        return (BudgetAccount(ADDRESS, address),)
    return (BudgetAccount(USER, user), BudgetAccount(NETWORK, address))
