"""The rate limit of the requesting client."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry

from schema.context import Info


@strawberry.type(
    description="Budget of query cost, which refills steadily. Requests beyond it are refused with "
    "the error `RATE_LIMITED`."
)
class RateLimit:
    """A budget and what is left of it."""

    limit: int = strawberry.field(
        description="Cost of the whole budget, which refills in a minute."
    )
    remaining: int = strawberry.field(description="Cost that is left, after this operation.")
    reset_at: datetime = strawberry.field(description="Time when the budget is full again.")


@strawberry.type
class RateLimitQuery:
    """Query for the rate limit."""

    @strawberry.field(
        description="The tightest budget that this request is charged to: that of the viewer or of "
        "the network address."
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
