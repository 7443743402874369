"""Cost of operations, as computed by `schema.execution.cost`, and limits on GraphQL documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from graphql import GraphQLObjectType

from schema.execution.documents import cost_of, prepare
from schema.execution.limits import (
    MAX_ALIASES,
    MAX_COST,
    MAX_DEFINITIONS,
    MAX_DEPTH,
    MAX_DIRECTIVES,
    MAX_DIRECTIVES_PER_NODE,
    MAX_ERRORS,
    MAX_ROOT_FIELDS,
    MAX_TOKENS,
)
from schema.execution.operations import formatted
from schema.execution.prepared import RequestFailed
from schema.execution.prices import FIELD_COSTS, LIST_SIZES, ROW_COSTS, is_list_of_objects
from schema.root import core
from tests.support.call_counts import max_function_calls
from tests.support.introspection import INTROSPECTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLError

MAX_CALLS = 800_000
"""Maximum number of function calls for computing the cost of nested fragments."""
MAX_CALLS_WHEN_PREPARED = 100
"""Maximum number of function calls for computing the cost of a prepared document."""
SLOTS = """query ($from: DateTime!, $to: DateTime!) {
  expert(id: "x") { slots(from: $from, to: $to) { id } } }"""
FIELDS = "fields { name description type { name kind } args { name } }"
FIRST = "Ask for less with `first` of `experts`."


def cost(query: str, **variables: Any) -> int:
    """Return the cost of an operation."""
    return cost_of(prepare(query, None), variables)


def error_of(query: str, **variables: Any) -> GraphQLError:
    """Return the first error of an operation that must be refused."""
    with pytest.raises(RequestFailed) as failure:
        cost_of(prepare(query, None), variables)
    return failure.value.errors[0]


def code_of(query: str, **variables: Any) -> str:
    """Return the error code of an operation that must be refused."""
    [error] = formatted([error_of(query, **variables)])
    code: str = error["extensions"]["code"]
    return code


def object_types() -> Iterator[GraphQLObjectType]:
    """Yield every object type of the schema, including introspection types."""
    for type_ in core.type_map.values():
        if isinstance(type_, GraphQLObjectType):
            yield type_


def test_a_session_refresh_costs_more_than_other_mutations() -> None:
    """Each refresh stores a token; its cost limits a network address to about 600 a minute."""
    assert cost("mutation { refreshSession { __typename } }") == 2_001


def test_every_unpaginated_list_has_an_assumed_size() -> None:
    """Conversely, every assumed list size and every field cost belongs to an existing field."""
    connections = {
        str(field.type).rstrip("!")
        for type_ in object_types()
        for field in type_.fields.values()
        if "first" in field.args
    }
    lists = {
        f"{type_.name}.{name}"
        for type_ in object_types()
        for name, field in type_.fields.items()
        if type_.name not in connections and is_list_of_objects(field.type)
    }
    fields = {f"{type_.name}.{name}" for type_ in object_types() for name in type_.fields}
    assert LIST_SIZES.keys() - {"__Type.ofType"} == lists
    assert LIST_SIZES.keys() | FIELD_COSTS.keys() <= fields
    assert ROW_COSTS.keys() <= LIST_SIZES.keys()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ __typename }", 1),
        ("{ viewer { id } }", 100 + 1),
        ("{ viewer { id expert { name } } }", 100 + 1 + 10 + 1),
        ("{ viewer { id ... @include(if: false) { name } } }", 100 + 2),
        ("{ viewer { id id } }", 100 + 2),
        ("{ experts { nodes { id name } } }", 100 + 1 + 20 * (20 + 2)),
        ("{ experts(first: 3) { nodes { id } } }", 100 + 1 + 3 * (20 + 1)),
        ("{ experts(last: 7) { edges { node { id } } } }", 100 + 1 + 7 * (20 + 2)),
        ("{ experts(first: 999) { nodes { id } } }", 100 + 1 + 100 * (20 + 1)),
        ("{ experts(first: -1) { nodes { id } } }", 100 + 1 + 100 * (20 + 1)),
        ("{ experts(first: null) { nodes { id } } }", 100 + 1 + 20 * (20 + 1)),
        ("{ experts { totalCount pageInfo { endCursor } } }", 100 + 100 + 1 + 1),
        ("{ expert(id: 1) { nextSlot { id } } }", 100 + 100 + 1),
        ("{ expert(id: 1) { nextSlots { id } } }", 100 + 100 + 3),
        ("{ expert(id: 1) { nextSlots(count: 7) { id } } }", 100 + 100 + 7),
        ("{ expert(id: 1) { nextSlots(count: 700) { id } } }", 100 + 100 + 10),
        ("{ expert(id: 1) { offers { minutes price { amount } } } }", 100 + 10 + 3 * 3),
        ('{ expert(id: 1) { days(from: "2027-01-01") { date } } }', 100 + 20 + 7 * (20 + 1)),
        (
            '{ expert(id: 1) { days(from: "2027-01-01", count: 2) { slots { id } } } }',
            100 + 20 + 2 * (20 + 1 + 16 * (3 + 1)),
        ),
        (
            "{ experts(first: 3) { nodes { reviews(first: 2) { nodes { text } } } } }",
            100 + 1 + 3 * (20 + 100 + 1 + 2 * (20 + 1)),
        ),
        ("{ node(id: 1) { id } }", 100 + 1),
        ("{ node(id: 1) { id ... on User { name } ... on Expert { nextSlot { id } } } }", 202),
        ("{ node(id: 1) { ... on Node { ... on User { name email } } } }", 100 + 2),
        ("mutation { logout }", 200),
        ('subscription { slotBooked(expertId: "x") { changed { id } } }', 200 + 1 + 4),
        ("{ ...A ...A } fragment A on Query { viewer { ...B } } fragment B on User { id }", 202),
    ],
)
def test_cost_of_example_queries(query: str, expected: int) -> None:
    assert cost(query) == expected


@pytest.mark.parametrize(
    ("variables", "rows"),
    [({}, 30), ({"n": None}, 20), ({"n": 5}, 5), ({"n": 1e30}, 100), ({"n": "many"}, 100)],
)
def test_page_size_in_a_variable_is_costed_by_its_value_or_default(
    variables: dict[str, Any], rows: int
) -> None:
    query = "query ($n: Int = 30) { experts(first: $n) { nodes { id } } }"
    assert cost(query, **variables) == 100 + 1 + rows * 21


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("2027-01-01T00:30:00Z", 1),
        ("2027-01-03T00:00:00Z", 2),
        ("2027-01-03T00:00:01Z", 3),
        ("2099-01-01T00:00:00Z", 62),
        ("2020-01-01T00:00:00Z", 1),
        ("not a date", 62),
        (None, 62),
        ([{}], 62),
    ],
)
def test_slots_are_costed_by_the_number_of_days_requested(until: object, days: int) -> None:
    """A span beyond the resolver's limit of 62 days costs as much as one of 62 days."""
    variables = {"from": "2027-01-01T00:00:00Z", "to": until}
    assert cost(SLOTS, **variables) == 100 + 20 + days * 16 * 5


def test_the_most_expensive_fragment_may_depend_on_variables() -> None:
    query = """query ($n: Int!) { node(id: 1) {
      ... on Expert { days(from: "2027-01-01", count: $n) { date } } ... on User { id name } } }"""
    assert [cost(query, n=n) for n in (1, 40)] == [100 + 20 + 21, 100 + 20 + 40 * 21]


@pytest.mark.parametrize("rows", ["$n", "3"])
def test_nested_fragments_are_costed_quickly_and_refused(rows: str) -> None:
    """Each of 40 fragments spreads the next one twice, which makes 2⁴⁰ selections."""
    chain = "".join(f"fragment F{i} on User {{ ...F{i + 1} ...F{i + 1} }} " for i in range(40))
    last = f"fragment F40 on User {{ expert {{ days(from: $d, count: {rows}) {{ date }} }} }}"
    declared = "$d: Date!, $n: Int!" if rows == "$n" else "$d: Date!"
    query = f"query ({declared}) {{ viewer {{ ...F0 }} }} {chain} {last}"
    with max_function_calls(MAX_CALLS):
        error = error_of(query, d="2027-01-01", n=2)
    assert error.extensions == {
        "code": "OPERATION_TOO_COMPLEX",
        "cost": {"requested": 10**9, "limit": MAX_COST},
    }
    message = f"The operation costs 1,000,000,000; the limit is {MAX_COST:,}."
    assert error.message == f"{message} Select fewer fields."


def test_costing_a_prepared_document_does_not_walk_it_again() -> None:
    span = {"from": "2027-01-01T00:00:00Z", "to": "2027-01-31T00:00:00Z"}
    for query in (SLOTS, "{ experts(first: 20) { nodes { id name } } }"):
        prepared = prepare(query, None)
        with max_function_calls(MAX_CALLS_WHEN_PREPARED):
            cost_of(prepared, span)


def test_standard_introspection_passes_but_deeply_nested_introspection_does_not() -> None:
    assert cost(INTROSPECTION) < MAX_COST / 2
    assert cost("{ __schema { types { name } } }") < MAX_COST / 50
    nested = "fields { type { " * 3 + "name" + " } }" * 3
    assert code_of(f"{{ __schema {{ types {{ {nested} }} }} }}") == "GRAPHQL_VALIDATION_FAILED"
    wide = "__schema { types { fields { type { fields { name args { name } } } } } } "
    many = " ".join(f"a{i}: {wide}" for i in range(8))
    assert code_of(f"{{ {many} }}") == "OPERATION_TOO_COMPLEX"
    deep = "ofType { " * 100 + "name" + " }" * 100
    assert code_of(f'{{ __type(name: "User") {{ {deep} }} }}') == "OPERATION_TOO_DEEP"
    deepest = "ofType { " * 190 + "name" + " }" * 190
    assert code_of(f'{{ __type(name: "User") {{ {deepest} }} }}') == "OPERATION_TOO_DEEP"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ " + " ".join(f"a{i}: __typename" for i in range(MAX_ALIASES + 1)) + " }", "ALIASES"),
        ("{ " + "__typename " * (MAX_ROOT_FIELDS + 1) + " }", "ROOT_FIELDS"),
        (
            "{ ...A ...A } fragment A on Query { " + "__typename " * 11 + " }",
            "ROOT_FIELDS",
        ),
        ("{ viewer { id " + "@skip(if: true) " * (MAX_DIRECTIVES_PER_NODE + 1) + "} }", "DIREC"),
        ("{ viewer { " + "id @skip(if: true) " * (MAX_DIRECTIVES + 1) + "} }", "DIRECTIVES"),
        ("query ($a: Int " + "@a " * (MAX_DIRECTIVES + 1) + ") { viewer { id } }", "DIRECTIVES"),
        ("{ viewer { id } } " * (MAX_DEFINITIONS + 1), "DOCUMENT_TOO_LARGE"),
        ("{ " + "id " * MAX_TOKENS + "}", "DOCUMENT_TOO_LARGE"),
        ("{ a " * 5_000 + "}" * 5_000, "OPERATION_TOO_DEEP"),
        ("{ a(b: " + "[" * 5_000 + "]" * 5_000 + ") }", "OPERATION_TOO_DEEP"),
        ("{ " + "... { " * 5_000 + "id" + " }" * 5_001, "OPERATION_TOO_DEEP"),
        ("{ viewer { " + "expert { id } " * 300 + "} }", "OPERATION_TOO_COMPLEX"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "GRAPHQL_VALID"),
        ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_documents_beyond_a_limit_are_refused_with_the_error_code_of_that_limit(
    query: str, expected: str
) -> None:
    assert expected in code_of(query)


def test_limit_errors_name_the_value_and_the_limit() -> None:
    aliases = " ".join(f"a{i}: __typename" for i in range(MAX_ALIASES + 3))
    message = f"{MAX_ALIASES + 3} aliases; the limit is {MAX_ALIASES}."
    assert error_of(f"{{ {aliases} }}").message == message


@pytest.mark.parametrize(
    ("query", "advice"),
    [
        ("experts(first: 100) { nodes { days(from: $d, count: 5) { slots { id } } } }", FIRST),
        (
            "experts(first: 5) { nodes { days(from: $d, count: $n) { slots { id } } } }",
            "Ask for less with `count` of `days`.",
        ),
        (
            "experts { nodes { slots(from: $t, to: $u) { id } } }",
            "Ask for less with `from` and `to` of `slots`.",
        ),
        ("experts { nodes { days(from: $d, count: 10) { slots { id startsAt } } } }", FIRST),
        (
            " ".join(f"a{i}: __schema {{ types {{ {FIELDS} }} }}" for i in range(20)),
            "Select fewer fields.",
        ),
    ],
)
def test_a_refusal_for_cost_names_the_arguments_whose_reduction_saves_most(
    query: str, advice: str
) -> None:
    declared = {"$d": "Date!", "$n": "Int!", "$t": "DateTime!", "$u": "DateTime!"}
    used = ", ".join(f"{name}: {type_}" for name, type_ in declared.items() if name in query)
    span = {"t": "2027-01-01T00:00:00Z", "u": "2027-03-01T00:00:00Z"}
    text = f"query {f'({used})' if used else ''} {{ {query} }}"
    error = error_of(text, d="2027-01-01", n=62, **span)
    assert error.message.partition("20,000. ")[2] == advice


def test_documents_at_the_limits_pass() -> None:
    aliases = " ".join(f"a{i}: id" for i in range(MAX_ALIASES))
    skipped = "name @skip(if: true) " * (MAX_DIRECTIVES - MAX_DIRECTIVES_PER_NODE)
    once = "@skip(if: true)"
    roots = "__typename " * (MAX_ROOT_FIELDS - 1)
    prepare(f"{{ {roots} viewer {{ {aliases} {skipped} email {once} }} }}", None)
    deep = "ofType { " * (MAX_DEPTH - 2) + "name" + " }" * (MAX_DEPTH - 2)
    assert prepare(f'{{ __type(name: "User") {{ {deep} }} }}', None).plan.depth == MAX_DEPTH


def test_number_and_length_of_errors_are_limited() -> None:
    with pytest.raises(RequestFailed) as failure:
        prepare("{ " + " ".join(f"{'x' * 500}{i}" for i in range(100)) + " }", None)
    errors = formatted(failure.value.errors)
    assert 1 < len(errors) <= MAX_ERRORS
    assert all(len(error["message"]) <= 301 for error in errors)
    many = formatted(list(failure.value.errors) * 10)
    omitted = len(failure.value.errors) * 10 - MAX_ERRORS
    assert many[MAX_ERRORS:] == [
        {
            "message": f"Errors not shown: {omitted}.",
            "extensions": {"code": "TOO_MANY_ERRORS"},
        }
    ]
