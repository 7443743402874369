"""What is compiled answers as GraphQL's executor does."""

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
from models.caching.fast_paths import FastPath
from models.calendar.slot_ids import slot_id
from models.calendar.slots import SlotKey
from resolvers.lookups import Lookups
from schema.bookings import Booking
from schema.context import Context
from schema.execution.documents import core, prepare
from schema.execution.operations import executor_of, run
from schema.execution.prepared import RequestFailed
from tests.benchmarks.questions import BOOK, CONTACT
from tests.schema.generated import KEY, NOON, Maker, document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auth.viewers import Viewer
    from schema.context import Services
    from schema.execution.prepared import Prepared
    from schema.loaders import Loaders

pytestmark = [
    pytest.mark.usefixtures("tidied"),
    # GraphQL's executor gives up what it has not begun to wait for when something beside it fails.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]

VARIABLES = ({"yes": True, "no": False}, {"yes": False, "no": True})
WANTED = {"slotId": slot_id(SlotKey(KEY, 2_000_000, 30)), "contact": CONTACT, "note": "a note"}
BOOKED: tuple[dict[str, Any], ...] = tuple(
    {**flags, "input": wanted}
    for flags, wanted in zip(
        VARIABLES * 3,
        (
            WANTED,
            {**WANTED, "idempotencyKey": None, "contact": {**CONTACT, "timeZone": "Europe/Paris"}},
            {**WANTED, "note": 5},
            {**WANTED, "slotId": 7},
            {**WANTED, "unknown": "text"},
            None,
        ),
        strict=True,
    )
)
LITERAL = (
    f'input: {{ slotId: "{WANTED["slotId"]}", contact: '
    '{ name: "Ada", email: "ada@example.com", phone: "+442079460018" } }'
)
BOOKINGS = (
    ("bookSlot(input: $input)", "$input: BookSlotInput!"),
    ("bookSlot(input: $input)", "$input: BookSlotInput!"),
    (f"bookSlot({LITERAL})",),
)
ROOTS = (
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
COMPILED = frozenset({FastPath.SELECTIONS})
PLAIN: frozenset[FastPath] = frozenset()


class NoLoaders:
    """Every reading fails."""

    def __getattr__(self, name: str) -> object:
        raise LookupError(f"no {name} here")


class Desk:
    """A ledger that answers what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False
        self.answer: object = None

    async def post(self, _: object) -> list[object]:
        """Answer, or fail."""
        self.asked += 1
        if self.fails:
            raise cast("Exception", self.answer)
        return [self.answer]


def context_with(fast: frozenset[FastPath], desk: Desk | None = None) -> Context:
    """A context without a database."""
    given = {"currency": "EUR", "operation_seconds": 10, "fast": fast}
    given |= {"ledger": desk, "phone_region": None, "lookups": Lookups()}
    viewer = SimpleNamespace(id=KEY, role=Role.CLIENT, expert_id=None) if desk else None
    context = Context(cast("Services", SimpleNamespace(**given)), cast("Viewer", viewer), now=NOON)
    context.loaders = cast("Loaders", NoLoaders())
    return context


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


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """What a booking becomes is shown as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Booking, "of", lambda booking, _: booking)
        yield Desk()


async def asked(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    fast: frozenset[FastPath],
    desk: Desk | None = None,
) -> object:
    """What a query or mutation is answered with."""
    try:
        return told(await run(prepared, variables, context_with(fast, desk)))
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


@given(st.integers(0, 2**32))
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_booking_is_the_same_compiled(desk: Desk, seed: int) -> None:
    """Of a union's members each as it is, refusals and failures too; no resolver runs twice."""
    random = Random(seed)
    text = document(random, "mutation", *random.choice(BOOKINGS))
    try:
        prepared = prepare(text, None, remembers=False)
    except RequestFailed:  # members have fields of one name and several types
        reject()
    maker = Maker(random)

    async def compare() -> None:
        for _ in range(3):
            desk.fails, desk.answer = maker.outcome()
            for variables in BOOKED:
                plain = await asked(prepared, variables, PLAIN, desk)
                times, desk.asked = desk.asked, 0
                assert await asked(prepared, variables, COMPILED, desk) == plain
                assert desk.asked == times
                desk.asked = 0

    asyncio.run(compare())
    gc.collect(1)


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_several_fields_are_the_same_compiled(desk: Desk, page: list[object], seed: int) -> None:
    """One after the other in a mutation, beside each other in a query, under whatever names."""
    random = Random(seed)
    maker = Maker(random)
    chosen = [random.choice(ROOTS) for _ in range(random.randint(1, 4))]
    kind = random.choice(["mutation", "query"])
    fields = " ".join(each for at, each in chosen if at == kind)
    if not fields:
        reject()
    try:
        prepared = prepare(f"{kind} {{ {fields} }}", None, remembers=False)
    except RequestFailed:
        reject()

    async def compare() -> None:
        for _ in range(2):
            desk.fails, desk.answer = maker.outcome()
            page.append(maker.page())
            plain = await asked(prepared, None, PLAIN, desk)
            assert await asked(prepared, None, COMPILED, desk) == plain
            page.clear()

    asyncio.run(compare())
    gc.collect(1)


async def test_a_booking_that_goes_well_takes_the_short_way(desk: Desk) -> None:
    """GraphQL's executor completes nothing of it, and so no other answer either."""
    maker = Maker(Random(1))
    desk.fails, desk.answer = False, maker.good_booking()
    prepared = prepare(BOOK, None, remembers=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Executor, "complete_value", None)
        result = await run(prepared, BOOKED[0], context_with(COMPILED, desk))
    assert result.data
    assert result.data["bookSlot"]["__typename"] == "Booking"
