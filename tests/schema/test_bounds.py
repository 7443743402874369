"""Tests every list and text argument of every operation with values far beyond its maximum."""

from __future__ import annotations

import gc
import re
from dataclasses import dataclass
from time import thread_time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import orjson
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from models.errors import BadUserInput
from models.ids import MAX_ID_LENGTH
from schema.bounds import MAX_CHARS, MAX_ITEMS
from schema.context import Context
from schema.errors import MAX_PROBLEMS
from schema.execution.documents import cost_of, prepare
from schema.execution.input_cost import BYTES_PER_UNIT, FREE_BYTES, cost_of_variables
from schema.execution.operations import body_of, run, watch
from schema.execution.prepared import RequestFailed
from schema.execution.shared_subscriptions import share_subscription
from schema.root import core
from web.edge.request_heads import MAX_BODY_BYTES
from web.graphql.requests import MAX_LIST_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.context import Services

FACTOR = 100
SECONDS_PER_UNIT = 50e-6
"""Ten times the usual CPU time per unit of cost, since other programs may slow the test down."""

SECONDS_BESIDES = 0.1
SCALARS: dict[str, Any] = {
    "Boolean": True,
    "Date": "2027-03-28",
    "DateTime": "2027-03-28T09:00:00Z",
    "Float": 1.5,
    "ID": "x",
    "Int": 1,
    "LocalTime": "09:00",
    "String": "x",
    "TimeZone": "Europe/Paris",
}


@dataclass(frozen=True)
class Position:
    """An argument or input field of an operation that is a list or a text."""

    operation: str
    path: tuple[str, ...]
    type: Any

    def __str__(self) -> str:
        return f"{self.operation}({'.'.join(self.path)})"

    @property
    def _arguments(self) -> Any:
        type_name, name = self.operation.split(".")
        parent: Any = core.type_map[type_name]
        return parent.fields[name].args

    @property
    def field(self) -> str:
        """The dotted path under which an error message names this list or text."""
        parts: list[str] = []
        fields = self._arguments
        for name in self.path:
            parts += [] if name == "input" else [name]
            if name != self.path[-1]:
                parts += ["0"] if is_list_type(get_nullable_type(fields[name].type)) else []
                fields = get_named_type(fields[name].type).fields
        return ".".join(parts)

    @property
    def coordinate(self) -> str:
        """The schema coordinate of the argument or input field."""
        fields, owner = self._arguments, f"{self.operation}({self.path[-1]})"
        for key in self.path[:-1]:
            input_type = get_named_type(fields[key].type)
            fields, owner = input_type.fields, f"{input_type.name}.{self.path[-1]}"
        return owner

    @property
    def item_bound(self) -> int:
        """The maximum length of each text in a list of texts; 0 for any other type."""
        named = get_named_type(self.type)
        if not is_list_type(self.type) or named.name not in {"ID", "String"}:
            return 0
        return MAX_ID_LENGTH if named.name == "ID" else MAX_CHARS[self.path[-1]]

    def variables(self, value: object) -> dict[str, Any]:
        """Return minimal variables for the operation, with the given value in this position."""
        values = minimum(self._arguments)
        here, fields = values, self._arguments
        for key in self.path[:-1]:
            fields = get_named_type(fields[key].type).fields
            if key not in here:
                here[key] = minimum(fields)
            here = here[key]
            if isinstance(here, list):
                here = here[0]
        here[self.path[-1]] = value
        return values


def minimum(fields: Any) -> dict[str, Any]:
    """Return sample values for the required ones among the given arguments or input fields."""
    return {
        name: value_of(field.type) for name, field in fields.items() if is_non_null_type(field.type)
    }


def value_of(type_: Any) -> Any:
    """Return a short sample value of an input type."""
    nullable = get_nullable_type(type_)
    if is_list_type(nullable):
        return [value_of(nullable.of_type)]
    if isinstance(nullable, GraphQLInputObjectType):
        return minimum(nullable.fields)
    if isinstance(nullable, GraphQLEnumType):
        return next(iter(nullable.values))
    return SCALARS[nullable.name]


def positions_in(operation: str, path: tuple[str, ...], fields: Any) -> Iterator[Position]:
    """Yield the lists and texts among the given arguments or input fields, at any depth."""
    for name, field in fields.items():
        here = (*path, name)
        nullable, named = get_nullable_type(field.type), get_named_type(field.type)
        if is_list_type(nullable) or named.name in {"ID", "String"}:
            yield Position(operation, here, nullable)
        if isinstance(named, GraphQLInputObjectType):
            yield from positions_in(operation, here, named.fields)


def positions() -> Iterator[Position]:
    """Yield every list and text among the arguments of every operation."""
    for root in (core.query_type, core.mutation_type, core.subscription_type):
        assert isinstance(root, GraphQLObjectType)
        for name, field in root.fields.items():
            yield from positions_in(f"{root.name}.{name}", (), field.args)


POSITIONS = list(positions())


def excessive(position: Position) -> Any:
    """Return a value far beyond the position's maximum size, but short enough for a request."""
    room = MAX_BODY_BYTES - 1_000
    if not is_list_type(position.type):
        is_id = position.type.name == "ID"
        bound = MAX_ID_LENGTH if is_id else MAX_CHARS[position.path[-1]]
        return "x" * min(FACTOR * bound, room)
    item = value_of(position.type.of_type)
    return [item] * min(MAX_LIST_LENGTH, room // (len(orjson.dumps(item)) + 1))


def context() -> Context:
    """Return a context without real services, so that using a service is an internal error."""
    lookups = SimpleNamespace(experts=None, calendars=None)
    services = SimpleNamespace(use_caches=True, operation_seconds=60.0, lookups=lookups)
    return Context(cast("Services", services), None)


async def answer_to(position: Position, value: object) -> str:
    """Execute an operation with the value in the given position; return the refusal's message."""
    variables = position.variables(value)
    type_name, name = position.operation.split(".")
    root: Any = core.type_map[type_name]
    field = root.fields[name]
    members = {member.name for member in getattr(get_named_type(field.type), "types", ())}
    selected = "fields { field message } omitted" if "InvalidInput" in members else ""
    selection = "{ __typename ... on InvalidInput { " + selected + " } }" if selected else ""
    if not selection and is_composite_type(get_named_type(field.type)):
        selection = "{ __typename }"
    declared = ", ".join(f"${key}: {field.args[key].type}" for key in variables)
    given = ", ".join(f"{key}: ${key}" for key in variables)
    text = f"{type_name.lower()} ({declared}) {{ {name} ({given}) {selection} }}"
    prepared = prepare(text, None)
    if type_name == "Subscription":
        with pytest.raises(BadUserInput) as refused:
            await share_subscription(prepared, variables, context())
        with pytest.raises(RequestFailed) as failed:
            await anext(watch(prepared, variables, context()))
        assert str(failed.value) == str(refused.value)
        return str(refused.value)
    body = body_of(await run(prepared, variables, context()))
    if not selected:
        [error] = body["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        return str(error["message"])
    answer = body["data"][name]
    assert answer["__typename"] == "InvalidInput"
    assert len(answer["fields"]) <= MAX_PROBLEMS
    first = answer["fields"][0]
    return f"{first['field']}: {first['message']}"


def test_every_list_and_text_has_a_maximum_size() -> None:
    """Every list and text has a maximum, and every maximum belongs to an existing list or text."""
    lists = {each.coordinate for each in POSITIONS if is_list_type(each.type)}
    texts = {each.path[-1] for each in POSITIONS if get_named_type(each.type).name == "String"}
    assert lists == MAX_ITEMS.keys()
    assert texts == MAX_CHARS.keys()


@pytest.mark.parametrize("position", POSITIONS, ids=str)
async def test_excessive_value_is_refused_before_any_work(position: Position) -> None:
    """The refused operation uses no service, and its CPU time is proportional to its cost."""
    value = excessive(position)
    variables = position.variables(value)
    unit = "items" if is_list_type(position.type) else "characters"
    # A garbage collection would add the time to traverse the objects of all earlier tests.
    gc.disable()
    try:
        began = thread_time()
        answer = await answer_to(position, value)
        seconds = thread_time() - began
    finally:
        gc.enable()
    assert re.fullmatch(
        rf"{re.escape(position.field)}: {len(value):,} {unit}; the limit is [\d,]+\.", answer
    )
    cost = 100 + cost_of_variables(variables)
    assert seconds < SECONDS_BESIDES + SECONDS_PER_UNIT * cost


@pytest.mark.parametrize(
    "position", [each for each in POSITIONS if each.item_bound], ids=lambda each: f"{each}[]"
)
async def test_excessive_text_in_a_list_is_refused(position: Position) -> None:
    value = ["x" * (FACTOR * position.item_bound)]
    assert (await answer_to(position, value)).startswith(
        f"{position.field}.0: {len(value[0]):,} characters; the limit is "
    )


@pytest.mark.parametrize(
    "text",
    [
        "query ($s: String) { experts(filter: {search: $s}) { pageInfo { endCursor } } }",
        'query ($s: String = "%s") { experts(filter: {search: $s}) { pageInfo { endCursor } } }',
        'query { experts(filter: {search: "%s"}) { pageInfo { endCursor } } }',
    ],
    ids=["variable", "default", "literal"],
)
def test_input_is_charged_by_its_size(text: str) -> None:
    """Only the bytes beyond the first `FREE_BYTES` are charged."""
    costs = []
    for length in (1, FREE_BYTES + 8 * BYTES_PER_UNIT, FREE_BYTES + 8_000):
        search = "x" * length
        is_variable = "%s" not in text
        prepared = prepare(text if is_variable else text % search, None)
        costs.append(cost_of(prepared, {"s": search} if is_variable else None))
    assert costs[0] == 102
    assert 8 <= costs[1] - costs[0] <= 12
    assert 1_000 <= costs[2] - costs[0] <= 1_005
