"""Memory use of subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphql import Executor, build_schema, map_source_to_response_event, parse

from schema.execution.operations import execute_event

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

SCHEMA = build_schema("""
type Query { one: Int }
type Part { number: Int }
type Whole { part: Part parts: [Part] }
type Subscription { whole: Whole }
""")
WATCH = parse("subscription { whole { part { number } parts { number } } }")


async def test_a_subscription_keeps_no_past_event_in_memory() -> None:

    async def events() -> AsyncGenerator[object, None]:
        for number in range(200):
            part = {"number": number}
            yield {"whole": {"part": part, "parts": [part, part]}}

    executor = Executor[None].build(SCHEMA, WATCH)
    assert isinstance(executor, Executor)
    results = map_source_to_response_event(executor, events(), execute_event)
    responses = [result.data async for result in results]
    expected = [
        {"whole": {"part": {"number": n}, "parts": [{"number": n}] * 2}} for n in range(200)
    ]
    assert responses == expected
    assert executor._relevant_sub_fields == {}
