"""Charges on top of an operation's cost: for replayed events, search words and excess rows."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from auth.budget_accounts import ADDRESS, accounts_of
from auth.budgets import Budgets, TokenBuckets
from models.bookings.events import Position, cursor_of
from models.errors import CursorExpired, RateLimited
from models.ids import global_id, new_id
from models.store.documents import Record
from models.store.pages import Page, count
from schema.context import Context
from schema.directory import SEARCH_WORD_COST
from schema.execution.documents import event_cost, prepare
from schema.execution.operations import run, watch
from schema.execution.prices import EXCESS_ROW_COST
from schema.execution.shared_subscriptions import share_subscription
from schema.slots import MAX_REPLAY_COST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from models.store.pages import Order
    from schema.context import Services

WATCH = """subscription ($id: ID!, $after: String) {
  slotChanged(expertId: $id, after: $after) { ... on SlotEvent { kind slot { id } } } }"""
LAST = 1_000_000
EXPERT = SimpleNamespace(id=new_id(), disabled=False)


def unrefilled() -> Budgets:
    """Return request budgets that are never refilled, however slow the machine is."""
    budgets = Budgets()
    budgets._local = TokenBuckets(clock=lambda: 0)
    return budgets


async def no_events(*_: object, **__: object) -> AsyncIterator[object]:
    for event in list[object]():
        yield event


def context_with(budgets: Budgets) -> Context:
    """Return a context with an expert whose calendar has had a million events."""

    async def experts(ids: list[object]) -> list[Any]:
        return [EXPERT for _ in ids]

    async def latest(_expert_id: object) -> Position:
        return Position(LAST)

    async def page(_filter: object, order: Order, _arguments: object) -> Page[Any]:
        return Page([], order, False, False, Record, (), count)  # noqa: FBT003 - no page precedes or follows

    async def categories(_filter: object) -> dict[Any, int]:
        return {}

    services = SimpleNamespace(
        listings=SimpleNamespace(page=page, categories=categories),
        use_caches=True,
        operation_seconds=60.0,
        lookups=SimpleNamespace(experts=experts),
        hub=SimpleNamespace(follow=no_events, latest=latest),
        budgets=budgets,
        currency="EUR",
    )
    return Context(cast("Services", services), None, "192.0.2.1")


async def spent(budgets: Budgets) -> int:
    """Return the budget that the test's network address has spent."""
    [balance] = await budgets.spend(accounts_of(None, "192.0.2.1"), 0)
    return ADDRESS.quota - balance.left


@pytest.fixture(params=["shared", "separate"])
def subscribe(request: pytest.FixtureRequest) -> Any:
    """Return a function that resumes a shared or a separate subscription from a past event."""

    async def start(budgets: Budgets, missed: int) -> int:
        """Subscribe so that `missed` events are replayed; return the cost of one event."""
        prepared, context = prepare(WATCH, None), context_with(budgets)
        after = cursor_of(EXPERT.id, Position(LAST - missed, new_id()))
        variables = {"id": global_id("Expert", EXPERT.id), "after": after}
        if request.param == "shared":
            assert await share_subscription(prepared, variables, context)
        else:
            assert [event async for event in watch(prepared, variables, context)] == []
        return event_cost(prepared, variables)

    return start


async def test_replay_is_charged_by_the_number_of_missed_events(subscribe: Any) -> None:
    for missed in (0, 300, 3_000):
        budgets = unrefilled()
        expected = missed * await subscribe(budgets, missed)
        assert await spent(budgets) == expected


async def test_replay_beyond_the_budget_is_refused(subscribe: Any) -> None:
    budgets = unrefilled()
    await budgets.spend(accounts_of(None, "192.0.2.1"), ADDRESS.quota)
    with pytest.raises(Exception, match=r"Request budget exceeded") as refused:
        await subscribe(budgets, 5_000)
    assert isinstance(refused.value, RateLimited) or isinstance(
        refused.value.__cause__, RateLimited
    )


async def test_replay_that_costs_more_than_reading_the_slots_is_refused_as_expired(
    subscribe: Any,
) -> None:
    budgets = unrefilled()
    with pytest.raises(Exception, match="read the slots again") as refused:
        await subscribe(budgets, MAX_REPLAY_COST)
    assert CursorExpired in {type(refused.value), type(refused.value.__cause__)}
    assert await spent(budgets) == 0


@pytest.mark.parametrize(
    "query",
    [
        "{ experts(filter: {search: $}) { nodes { id } } }",
        "{ categories(filter: {search: $}) { count } }",
    ],
)
async def test_each_word_of_a_search_is_charged_before_the_search_begins(query: str) -> None:
    words = " ".join(f"word{number}" for number in range(100))
    for search, expected in (("", 0), ("ada ada", 100), (words[:200], 8 * SEARCH_WORD_COST)):
        budgets = unrefilled()
        context = context_with(budgets)
        text = query.replace("$", json.dumps(search))
        answer = await run(prepare(text, None), None, context)
        assert answer.errors is None
        assert await spent(budgets) == expected
    await budgets.spend(accounts_of(None, "192.0.2.1"), ADDRESS.quota, always=True)
    answer = await run(prepare(text, None), None, context)
    assert isinstance((answer.errors or [])[0].original_error, RateLimited)


async def test_rows_beyond_the_assumed_number_are_charged_after_they_are_read() -> None:
    for rows, expected in ((5, 0), (6, EXCESS_ROW_COST), (3_005, 3_000 * EXCESS_ROW_COST)):
        budgets = unrefilled()
        context = context_with(budgets)
        context.count_rows(rows, assumed=5)
        await run(prepare("{ __typename }", None), None, context)
        assert await spent(budgets) == expected
