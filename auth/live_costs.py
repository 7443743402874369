"""Limits on live subscriptions: the cost of one event for all subscriptions of an account.

Live events are not charged to budgets, because they come whenever others book. Therefore, an
account may only have so many subscriptions to one channel, such as the calendar of an expert, that
an event does not cost more than `Policy.max_event_cost`. Subscriptions that share a rendering cost
as much as one of them. An account may always have one subscription, whatever its events cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import TooManyOperations

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from auth.budget_accounts import BudgetAccount


@dataclass(slots=True)
class _Rendering:
    """The cost of rendering an event once, and the number of subscriptions that share it."""

    cost: int
    subscriptions: int = 0


class LiveCosts:
    """Costs of an event for the accounts that have live subscriptions in this process."""

    def __init__(self) -> None:
        self._renderings: dict[tuple[str, Hashable], dict[Hashable, _Rendering]] = {}

    def __len__(self) -> int:
        return len(self._renderings)

    def check(
        self, account: BudgetAccount, channel: Hashable, rendering: Hashable, cost: int
    ) -> None:
        """Check that an account may start a subscription.

        Raises:
            TooManyOperations: if an event would cost the account too much.
        """
        live = self._renderings.get((account.key, channel))
        if not live or rendering in live:
            return
        total, limit = (
            cost + sum(each.cost for each in live.values()),
            account.policy.max_event_cost,
        )
        if total > limit:
            message = (
                f"Each event would cost {total:,} for these subscriptions together; the limit is "
                f"{limit:,}. Complete one of them, or select fewer fields."
            )
            raise TooManyOperations(message)

    def add(
        self, account: BudgetAccount, channel: Hashable, rendering: Hashable, cost: int
    ) -> None:
        """Count a subscription."""
        live = self._renderings.setdefault((account.key, channel), {})
        live.setdefault(rendering, _Rendering(cost)).subscriptions += 1

    def remove(self, account: BudgetAccount, channel: Hashable, rendering: Hashable) -> None:
        """Stop counting a subscription that has ended."""
        live = self._renderings[account.key, channel]
        live[rendering].subscriptions -= 1
        if not live[rendering].subscriptions:
            del live[rendering]
        if not live:
            del self._renderings[account.key, channel]


class LiveSubscription:
    """Context manager that counts a subscription while it is live.

    This is a class because a generator would use more memory while the subscription is open.

    Args:
        costs: the costs of all live subscriptions; None for no limit.
        accounts: the accounts to which the subscription counts.
        channel: identifies the events that the subscription receives.
        rendering: identifies the rendering of these events, which subscriptions may share.
        cost: the cost of rendering one event.
    """

    __slots__ = ("_accounts", "_channel", "_cost", "_costs", "_rendering")

    def __init__(
        self,
        costs: LiveCosts | None,
        accounts: Sequence[BudgetAccount],
        channel: Hashable,
        rendering: Hashable,
        cost: int,
    ) -> None:
        self._costs = costs
        self._accounts = accounts
        self._channel = channel
        self._rendering = rendering
        self._cost = cost

    def __enter__(self) -> None:
        """Start counting the subscription.

        Raises:
            TooManyOperations: if an event would cost an account too much.
        """
        if self._costs is None:
            return
        for account in self._accounts:
            self._costs.check(account, self._channel, self._rendering, self._cost)
        for account in self._accounts:
            self._costs.add(account, self._channel, self._rendering, self._cost)

    def __exit__(self, *_: object) -> None:
        """Stop counting the subscription."""
        if self._costs is None:
            return
        for account in self._accounts:
            self._costs.remove(account, self._channel, self._rendering)
