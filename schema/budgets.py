"""The rate limit of the requesting client."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry

from schema.context import Info


@strawberry.type(
    description="A budget for the cost of operations, refilled at a constant rate. Requests that "
    "exceed the budget are refused with the error `RATE_LIMITED`."
)
class RateLimit:
    """The size of a budget, and the cost that is left in it."""

    limit: int = strawberry.field(
        description="Cost that the full budget covers; an empty budget refills in a minute."
    )
    remaining: int = strawberry.field(
        description="Cost that is left in the budget after this operation."
    )
    reset_at: datetime = strawberry.field(description="Time when the budget is full again.")


@strawberry.type
class RateLimitQuery:
    """Query for the rate limit."""

    @strawberry.field(
        description="The budget with the least cost left among those that this request is charged "
        "to: the budget of the network address and, for a signed-in viewer, the viewer's budget."
    )
    def rate_limit(self, info: Info) -> RateLimit:
        """Return the budget with the least cost left."""
        context = info.context
        balances = context.services.budgets.balances(context.budget_accounts)
        tightest = min(balances, key=lambda balance: balance.left)
        return RateLimit(
            limit=tightest.policy.quota,
            remaining=tightest.left,
            reset_at=context.now + timedelta(seconds=tightest.seconds),
        )
