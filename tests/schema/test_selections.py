"""What is compiled answers as GraphQL's executor does."""

from __future__ import annotations

import asyncio
import gc
import inspect
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest
from graphql import ExecutionResult, execute_subscription_event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.fast_paths import FastPath
from schema.context import Context
from schema.documents import RequestFailed, core, prepare
from schema.operations import executor_of, run
from tests.schema.generated import Maker, document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.context import Services
    from schema.documents import Prepared
    from schema.loaders import Loaders

pytestmark = [
    pytest.mark.usefixtures("tidied"),
    # GraphQL's executor gives up what it has not begun to wait for when something beside it fails.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

VARIABLES = ({"yes": True, "no": False}, {"yes": False, "no": True})
COMPILED = frozenset({FastPath.SELECTIONS})
PLAIN: frozenset[FastPath] = frozenset()


class NoLoaders:
    """Every reading fails."""

    def __getattr__(self, name: str) -> object:
        raise LookupError(f"no {name} here")


def context_with(fast: frozenset[FastPath]) -> Context:
    """A context without a database."""
    made = type("NoServices", (), {"currency": "EUR", "operation_seconds": 10, "fast": fast})
    return Context(cast("Services", made), None, loaders=cast("Loaders", NoLoaders()))


def told(result: ExecutionResult) -> object:
    """A result with the order of its keys and all that is known of its errors."""
    errors = [
        (error.message, error.path, error.locations, error.positions, repr(error.original_error))
        for error in result.errors or ()
    ]
    return repr(result.data), errors


@pytest.fixture
def tidied() -> Iterator[None]:
    """What was given up is collected here, where that may be told, not in the midst of anything."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module")
def page() -> Iterator[list[object]]:
    """What `experts` answers for the time being."""
    assert core.query_type
    field = core.query_type.fields["experts"]
    found: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(field, "resolve", lambda *_, **__: found[-1])
        yield found


async def asked(prepared: Prepared, variables: dict[str, Any], fast: frozenset[FastPath]) -> object:
    """What a query is answered with."""
    try:
        return told(await run(prepared, variables, context_with(fast)))
    except RequestFailed as failed:
        return [str(error) for error in failed.errors]


async def sent(
    prepared: Prepared, variables: dict[str, Any], event: object, fast: frozenset[FastPath]
) -> object:
    """What a subscription is sent for an event."""
    executor = executor_of(prepared, variables, context_with(fast))
    found: Any = execute_subscription_event(executor.build_per_event_executor(event))
    return told(await found if inspect.isawaitable(found) else found)


@given(st.integers(0, 2**32))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_page_is_the_same_compiled(page: list[object], seed: int) -> None:
    """Data, the order of keys, errors and their places: at first and from then on."""
    random = Random(seed)
    prepared = prepare(document(random, "query", "experts"), None, remembers=False)
    maker = Maker(random)

    async def compare() -> None:
        for _ in range(3):
            page.append(maker.page())
            for variables in VARIABLES:
                plain = await asked(prepared, variables, PLAIN)
                assert await asked(prepared, variables, COMPILED) == plain
            page.clear()

    asyncio.run(compare())
    gc.collect(1)


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_an_event_is_the_same_compiled(seed: int) -> None:
    """Of a union's members each as it is."""
    random = Random(seed)
    text = document(random, "subscription", 'slotChanged(expertId: "x")')
    prepared = prepare(text, None, remembers=False)
    maker = Maker(random)

    async def compare() -> None:
        for _ in range(3):
            event = maker.event()
            for variables in VARIABLES:
                plain = await sent(prepared, variables, event, PLAIN)
                assert await sent(prepared, variables, event, COMPILED) == plain

    asyncio.run(compare())
    gc.collect(1)
