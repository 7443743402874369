"""The cost of one event for all subscriptions of an account to a channel is limited."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from auth.budget_accounts import NETWORK, USER, BudgetAccount, Policy, accounts_of
from auth.budgets import Budgets
from models.errors import TooManyOperations

SMALL = BudgetAccount(Policy("small", 3_000, 60), "one")
OTHER = BudgetAccount(Policy("small", 3_000, 60), "other")


def test_subscriptions_are_refused_if_an_event_costs_an_account_too_much() -> None:
    budgets, stack = Budgets(), ExitStack()
    with stack:
        for rendering in "ab":
            stack.enter_context(budgets.live_subscription([SMALL], "expert", rendering, 4))
        refused = budgets.live_subscription([OTHER, SMALL], "expert", "c", 3)
        with pytest.raises(TooManyOperations, match=r"would cost 11 .* limit is 10\."), refused:
            pass
        stack.enter_context(budgets.live_subscription([SMALL], "expert", "c", 2))
        stack.enter_context(budgets.live_subscription([SMALL], "other expert", "d", 10))
        stack.enter_context(budgets.live_subscription([OTHER], "expert", "d", 10))
    assert len(budgets.live_costs) == 0


def test_subscriptions_that_share_a_rendering_cost_as_much_as_one() -> None:
    budgets, stack = Budgets(), ExitStack()
    with stack:
        for _ in range(1_000):
            stack.enter_context(budgets.live_subscription([SMALL], "expert", "shared", 10))
        refused = budgets.live_subscription([SMALL], "expert", "other", 1)
        with pytest.raises(TooManyOperations), refused:
            pass
    assert len(budgets.live_costs) == 0


def test_one_subscription_may_cost_more_than_the_limit() -> None:
    budgets = Budgets()
    with budgets.live_subscription([SMALL], "expert", "a", 20_000):
        pass
    assert len(budgets.live_costs) == 0


def test_users_of_a_network_address_share_a_larger_limit() -> None:
    budgets, stack = Budgets(), ExitStack()
    with stack:
        users = NETWORK.max_event_cost // USER.max_event_cost
        for number in range(users):
            live = budgets.live_subscription(
                accounts_of(str(number), "192.0.2.1"), "expert", number, USER.max_event_cost
            )
            stack.enter_context(live)
        for user in ("0", "new"):
            refused = budgets.live_subscription(
                accounts_of(user, "192.0.2.1"), "expert", "another", 1
            )
            with pytest.raises(TooManyOperations), refused:
                pass
        elsewhere = accounts_of("new", "192.0.2.2")
        stack.enter_context(budgets.live_subscription(elsewhere, "expert", "another", 1))


def test_subscriptions_are_not_limited_if_budgets_are_off() -> None:
    budgets = Budgets(is_on=False)
    with (
        budgets.live_subscription([SMALL], "expert", "a", 10),
        budgets.live_subscription([SMALL], "expert", "b", 10),
    ):
        assert len(budgets.live_costs) == 0
