"""The budgets that a request is charged to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """So much cost in so many seconds."""

    name: str
    quota: int
    seconds: int

    def worth(self, cost: float) -> float:
        """How many seconds it takes to fill in what a cost takes out."""
        return cost * self.seconds / self.quota


USER = Policy("user", 600_000, 60)
ADDRESS = Policy("address", 1_200_000, 60)
NETWORK = Policy("network", 6_000_000, 60)
"""Of an address, for all the signed-in users behind it: an office, a carrier's gateway."""


@dataclass(frozen=True, slots=True)
class BudgetAccount:
    """Whose bucket it is, and its policy."""

    policy: Policy
    owner: str

    @property
    def key(self) -> str:
        """The bucket's name among all."""
        return f"{self.policy.name}:{self.owner}"


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of a budget, and in how many seconds it is whole again."""

    policy: Policy
    left: int
    seconds: int


def accounts_of(user: str | None, address: str) -> tuple[BudgetAccount, ...]:
    """Whose budgets a request takes from: the user's, or for strangers the address's alone."""
    if user is None:
        return (BudgetAccount(ADDRESS, address),)
    return (BudgetAccount(USER, user), BudgetAccount(NETWORK, address))
