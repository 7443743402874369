"""Rate limits per viewer and, with a larger budget, per network address.

Anonymous requests are limited only per network address.

The RateLimit headers follow an IETF draft:
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
"""Cost of every request, in addition to the cost of its operation."""


class RateLimitCharge:
    """Charges one request to the rate-limit budgets of its viewer and its network address."""

    def __init__(self, budgets: Budgets, viewer: Viewer | None, address: str) -> None:
        self._budgets = budgets
        self._accounts = accounts_of(str(viewer.id) if viewer else None, address)
        self._balances: list[Balance] = []

    async def prepare(self, prepare: Callable[[], Prepared]) -> Prepared:
        """Return the result of `prepare`; if `prepare` fails, charge the cost of parsing.

        Raises:
            RequestFailed: if `prepare` fails.
            RateLimited: if a rate-limit budget is exhausted.
        """
        self._budgets.check(self._accounts, REQUEST_COST)
        try:
            return prepare()
        except RequestFailed as error:
            await self._pay(error.cost, always=True)
            raise

    async def pay(self, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Charge the cost of an operation, including the cost of parsing its document if it is new.

        Raises:
            RequestFailed: if the cost exceeds the limit for a single operation.
            RateLimited: if a rate-limit budget does not cover the cost.
        """
        try:
            cost = cost_of(prepared, variables)
        except RequestFailed as error:
            await self._pay(error.cost + prepared.parse_cost, always=True)
            raise
        await self._pay(REQUEST_COST + cost + prepared.parse_cost)

    async def pay_for_cached(self, cost: int) -> None:
        """Charge the cost of an operation whose response is cached.

        Raises:
            RateLimited: if a rate-limit budget does not cover the cost.
        """
        self._budgets.check(self._accounts, REQUEST_COST)
        await self._pay(REQUEST_COST + cost)

    async def _pay(self, cost: int, *, always: bool = False) -> None:
        self._balances = await self._budgets.spend(self._accounts, cost, always=always)

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit headers with the budgets and their balances; none before the first charge."""
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
        """The same headers as `headers`, in the form that ASGI requires."""
        return [(name.lower().encode(), text.encode()) for name, text in self.headers.items()]
