"""Who pays for a request: the viewer and, less strictly, the address; a stranger's address alone.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auth.budget_accounts import accounts_of
from schema.execution.documents import cost_of
from schema.execution.prepared import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from auth.budget_accounts import Balance
    from auth.budgets import Budgets
    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from web.edge.headers import RawHeaders

REQUEST_COST = 50
"""What a request costs beside its operation."""


class RateLimitCharge:
    """Pays for one request; what is left then is told by `headers`."""

    def __init__(self, budgets: Budgets, viewer: Viewer | None, address: str) -> None:
        self._budgets = budgets
        self._accounts = accounts_of(str(viewer.id) if viewer else None, address)
        self._balances: list[Balance] = []

    async def prepared(self, prepare: Callable[[], Prepared]) -> Prepared:
        """Prepare an operation; one that cannot be prepared is paid for at once.

        Raises:
            RequestFailed: when it cannot be prepared.
            RateLimited: when nothing is left to pay with.
        """
        self._budgets.check(self._accounts, REQUEST_COST)
        try:
            return prepare()
        except RequestFailed as error:
            await self._pay(error.cost, always=True)
            raise

    async def pay(self, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Pay for an operation, and for reading its document where that was new.

        Raises:
            RequestFailed: when it costs more than any operation may.
            RateLimited: when there is not enough left.
        """
        try:
            cost = cost_of(prepared, variables)
        except RequestFailed as error:
            await self._pay(error.cost + prepared.parse_cost, always=True)
            raise
        await self._pay(REQUEST_COST + cost + prepared.parse_cost)

    async def repeat(self, cost: int) -> None:
        """Pay for an operation whose answer is there.

        Raises:
            RateLimited: when there is not enough left.
        """
        self._budgets.check(self._accounts, REQUEST_COST)
        await self._pay(REQUEST_COST + cost)

    async def _pay(self, cost: int, *, always: bool = False) -> None:
        self._balances = await self._budgets.spend(self._accounts, cost, always=always)

    @property
    def headers(self) -> dict[str, str]:
        """What the client may ask for, and what is left of it."""
        if not self._balances:
            return {}
        policies = [balance.policy for balance in self._balances]
        return {
            "RateLimit-Policy": ", ".join(
                f'"{policy.name}";q={policy.quota};w={policy.seconds}' for policy in policies
            ),
            "RateLimit": ", ".join(
                f'"{balance.policy.name}";r={balance.left};t={balance.seconds}'
                for balance in self._balances
            ),
        }

    @property
    def raw_headers(self) -> RawHeaders:
        """The same as they are sent."""
        return [(name.lower().encode(), text.encode()) for name, text in self.headers.items()]
