"""Compiled selections produce the same responses as graphql-core's executor."""

from __future__ import annotations

import asyncio
import gc
import inspect
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from graphql import ExecutionResult, Executor, execute_subscription_event
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from models.accounts.users import Role
from models.calendar.slots import SlotKey, slot_id
from resolvers.lookups import Lookups
from schema.bookings import Booking
from schema.context import Context
from schema.execution.documents import prepare
from schema.execution.operations import executor_of, run
from schema.execution.prepared import RequestFailed
from schema.root import core
from tests.support.clients import CONTACT
from tests.support.generated_documents import KEY, NOON, ResultFactory, random_document
from tests.support.reserving import reserving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auth.viewers import Viewer
    from models.ledger.ledger import Ledger
    from schema.context import Services
    from schema.execution.prepared import Prepared
    from schema.loaders import Loaders

pytestmark = [
    pytest.mark.usefixtures("collect_after_test"),
    # After a failure, graphql-core's executor drops coroutines that it has not awaited yet.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

VARIABLES = ({"yes": True, "no": False}, {"yes": False, "no": True})
BOOKING_INPUT = {
    "slotId": slot_id(SlotKey(KEY, 2_000_000, 30)),
    "contact": CONTACT,
    "note": "a note",
}
BOOKING_VARIABLES: tuple[dict[str, Any], ...] = tuple(
    {**flags, "input": booking_input}
    for flags, booking_input in zip(
        VARIABLES * 3,
        (
            BOOKING_INPUT,
            {
                **BOOKING_INPUT,
                "idempotencyKey": None,
                "contact": {**CONTACT, "timeZone": "Europe/Paris"},
            },
            {**BOOKING_INPUT, "note": 5},
            {**BOOKING_INPUT, "slotId": 7},
            {**BOOKING_INPUT, "unknown": "text"},
            None,
        ),
        strict=True,
    )
)
LITERAL = (
    f'input: {{ slotId: "{BOOKING_INPUT["slotId"]}", contact: '
    '{ name: "Ada", email: "ada@example.com", phone: "+442079460018" } }'
)
BOOKING_FIELDS = (
    ("bookSlot(input: $input)", "$input: BookSlotInput!"),
    ("bookSlot(input: $input)", "$input: BookSlotInput!"),
    (f"bookSlot({LITERAL})",),
)
ROOT_FIELDS = (
    (
        "mutation",
        f"bookSlot({LITERAL}) {{ __typename ... on Booking {{ id price {{ amount }} }} }}",
    ),
    (
        "mutation",
        f"second: bookSlot({LITERAL}) {{ ... on SlotTaken {{ message alternatives {{ id }} }} }}",
    ),
    (
        "mutation",
        f"third: bookSlot({LITERAL}) @skip(if: false) {{ ... on Refusal {{ code message }} }}",
    ),
    ("mutation", f"bookSlot({LITERAL}) @skip(if: true) {{ ... on Booking {{ status }} }}"),
    ("mutation", f"fourth: bookSlot({LITERAL}) {{ ... on Booking {{ expert {{ name }} }} }}"),
    (
        "mutation",
        f"fifth: bookSlot({LITERAL}) {{ ... on Node {{ id ... on Booking {{ note }} }} }}",
    ),
    ("query", "experts { edges { cursor } nodes { name hourlyRate { amount } } }"),
    ("query", "more: experts(first: 3, after: null) { nodes { id nextSlot { id } } totalCount }"),
    ("query", 'node(id: "RXhwZXJ0OjY1ZjAwMDAwMDAwMDAwMDAwMDAwMDAwMQ") { __typename id }'),
    ("query", 'expert(id: "no id") { name }'),
    ("query", "viewer { id }"),
    ("query", "__typename"),
)


class FailingLoaders:
    """Stand-in for the batch loaders that raises an error if any loader is used."""

    def __getattr__(self, name: str) -> object:
        raise LookupError(f"no loader {name}")


class FakeLedger:
    """Fake ledger that returns a preset result and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.raises = False
        self.result: object = None

    async def post(self, _: object) -> list[object]:
        """Return or raise the preset result."""
        self.calls += 1
        if self.raises:
            raise cast("Exception", self.result)
        return [self.result]


def context_with(ledger: FakeLedger | None = None, *, use_caches: bool) -> Context:
    """Return a context without a database."""
    services = {"currency": "EUR", "operation_seconds": 10, "use_caches": use_caches}
    reservations = reserving(cast("Ledger", ledger))
    services |= {"ledger": ledger, "reservations": reservations, "lookups": Lookups()}
    viewer = (
        SimpleNamespace(id=KEY, role=Role.CLIENT, expert_id=None, is_guest=False)
        if ledger
        else None
    )
    context = Context(
        cast("Services", SimpleNamespace(**services)), cast("Viewer", viewer), now=NOON
    )
    context.loaders = cast("Loaders", FailingLoaders())
    return context


def comparable(result: ExecutionResult) -> object:
    """Return a result in a form for comparisons, which preserves key order and error details."""
    errors = [
        (error.message, error.path, error.locations, error.positions, repr(error.original_error))
        for error in result.errors or ()
    ]
    return repr(result.data), errors


@pytest.fixture
def collect_after_test() -> Iterator[None]:
    """Garbage-collect dropped coroutines after the test, while their warnings are ignored."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="module")
def pages() -> Iterator[list[object]]:
    """Patch the resolver of `experts` to return the last item of the yielded list."""
    assert core.query_type
    field = core.query_type.fields["experts"]
    pages: list[object] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(field, "resolve", lambda *_, **__: pages[-1])
        yield pages


@pytest.fixture(scope="module")
def ledger() -> Iterator[FakeLedger]:
    """Yield a fake ledger whose bookings are returned without conversion."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Booking, "of", lambda booking, _: booking)
        yield FakeLedger()


async def response_to(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    ledger: FakeLedger | None = None,
    *,
    use_caches: bool,
) -> object:
    """Return the response to a query or mutation."""
    try:
        return comparable(
            await run(prepared, variables, context_with(ledger, use_caches=use_caches))
        )
    except RequestFailed as failed:
        return [str(error) for error in failed.errors]


async def event_response(
    prepared: Prepared, variables: dict[str, Any], event: object, *, use_caches: bool
) -> object:
    """Return the response that a subscription sends for an event."""
    executor = executor_of(prepared, variables, context_with(use_caches=use_caches))
    result: Any = execute_subscription_event(executor.build_per_event_executor(event))
    return comparable(await result if inspect.isawaitable(result) else result)


@given(st.integers(0, 2**32))
@settings(suppress_health_check=list(HealthCheck))
def test_compiled_response_with_a_page_equals_that_of_the_executor(
    pages: list[object], seed: int
) -> None:
    """Compares data, key order and errors, in the first and later executions of a document."""
    random = Random(seed)
    prepared = prepare(random_document(random, "query", "experts"), None, use_cache=False)
    factory = ResultFactory(random)

    async def compare() -> None:
        for _ in range(3):
            pages.append(factory.page())
            for variables in VARIABLES:
                expected = await response_to(prepared, variables, use_caches=False)
                assert await response_to(prepared, variables, use_caches=True) == expected
            pages.clear()

    asyncio.run(compare())
    gc.collect(1)


@given(st.integers(0, 2**32))
def test_compiled_response_with_an_event_equals_that_of_the_executor(seed: int) -> None:
    random = Random(seed)
    text = random_document(random, "subscription", 'slotChanged(expertId: "x")')
    prepared = prepare(text, None, use_cache=False)
    factory = ResultFactory(random)

    async def compare() -> None:
        for _ in range(3):
            event = factory.event()
            for variables in VARIABLES:
                expected = await event_response(prepared, variables, event, use_caches=False)
                assert await event_response(prepared, variables, event, use_caches=True) == expected

    asyncio.run(compare())
    gc.collect(1)


@given(st.integers(0, 2**32))
@settings(suppress_health_check=list(HealthCheck))
def test_compiled_response_to_a_booking_equals_that_of_the_executor(
    ledger: FakeLedger, seed: int
) -> None:
    """Covers bookings, refusals and exceptions; both runs must call the ledger equally often."""
    random = Random(seed)
    text = random_document(random, "mutation", *random.choice(BOOKING_FIELDS))
    try:
        prepared = prepare(text, None, use_cache=False)
    except RequestFailed:  # two fields with the same response name have conflicting types
        reject()
    factory = ResultFactory(random)

    async def compare() -> None:
        for _ in range(3):
            ledger.raises, ledger.result = factory.outcome()
            for variables in BOOKING_VARIABLES:
                ledger.calls = 0  # other tests use this fake ledger, too
                expected = await response_to(prepared, variables, ledger, use_caches=False)
                calls, ledger.calls = ledger.calls, 0
                assert await response_to(prepared, variables, ledger, use_caches=True) == expected
                assert ledger.calls == calls

    asyncio.run(compare())
    gc.collect(1)


@given(st.integers(0, 2**32))
@settings(suppress_health_check=list(HealthCheck))
def test_compiled_responses_with_several_root_fields_equal_those_of_the_executor(
    ledger: FakeLedger, pages: list[object], seed: int
) -> None:
    """Covers mutations, whose fields run serially, and queries, whose fields run in parallel."""
    random = Random(seed)
    factory = ResultFactory(random)
    chosen = [random.choice(ROOT_FIELDS) for _ in range(random.randint(1, 4))]
    kind = random.choice(["mutation", "query"])
    fields = " ".join(each for at, each in chosen if at == kind)
    if not fields:
        reject()
    try:
        prepared = prepare(f"{kind} {{ {fields} }}", None, use_cache=False)
    except RequestFailed:
        reject()

    async def compare() -> None:
        for _ in range(2):
            ledger.raises, ledger.result = factory.outcome()
            pages.append(factory.page())
            expected = await response_to(prepared, None, ledger, use_caches=False)
            assert await response_to(prepared, None, ledger, use_caches=True) == expected
            pages.clear()

    asyncio.run(compare())
    gc.collect(1)


async def test_fields_without_a_resolver_bypass_the_executor(ledger: FakeLedger) -> None:
    factory = ResultFactory(Random(1))
    ledger.raises, ledger.result = False, factory.valid_booking()
    document = """mutation ($input: BookSlotInput!) { bookSlot(input: $input) {
      __typename ... on Booking { id status price { amount } } } }"""
    prepared = prepare(document, None, use_cache=False)
    executed: list[str] = []
    execute_field = Executor.execute_field

    def record(self: Any, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        executed.append(details[0].node.name.value)
        return execute_field(self, parent_type, source, details, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Executor, "execute_field", record)
        result = await run(prepared, BOOKING_VARIABLES[0], context_with(ledger, use_caches=True))
    assert result.data
    assert result.data["bookSlot"]["__typename"] == "Booking"
    assert executed == ["bookSlot"]
