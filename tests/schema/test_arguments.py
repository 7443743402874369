"""Variables and arguments are coerced as by graphql-core."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_argument_values,
    get_variable_values,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.execution.arguments import Arguments, Variables
from schema.execution.documents import core

if TYPE_CHECKING:
    from graphql.execution.values import VariableValues

UNUSUAL_VALUES: tuple[Any, ...] = (
    *(None, None, None, 5, -1, 2**31, 0.5, 5.0, True, "", "text", "HEALTH", "2027-03-01T12:00:00Z"),
    *("2027-03-01", "Europe/Paris", [], ["HEALTH"], [None], {}, {"unknown": 1}),
)
FIELDS = [
    (type_, name)
    for type_ in (core.query_type, core.mutation_type, core.type_map["Expert"])
    if isinstance(type_, GraphQLObjectType)
    for name, field in type_.fields.items()
    if field.args
]
DEFAULTS = {"Int": "7", "String": '"text"', "[Category!]": "[HEALTH]", "DateTime": '"2027-03-01"'}


def random_value(random: Random, type_: Any) -> Any:
    """Return a random value for a type, usually a valid one."""
    if random.random() < 0.05:
        return random.choice(UNUSUAL_VALUES)
    if isinstance(type_, GraphQLNonNull):
        return random_value(random, type_.of_type)
    if isinstance(type_, GraphQLList):
        return [random_value(random, type_.of_type) for _ in range(random.randint(0, 3))]
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: random_value(random, field.type)
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or random.random() < 0.6
        }
    if isinstance(type_, GraphQLEnumType):
        return random.choice([*type_.values])
    return random_scalar(random, type_.name)


def random_scalar(random: Random, name: str) -> Any:
    """Return a value for a scalar."""
    return {
        "Int": 30,
        "Float": 0.5,
        "Boolean": random.random() < 0.5,
        "DateTime": "2027-03-01T12:00:00Z",
        "Date": "2027-03-01",
    }.get(name, "text")


def random_operation(random: Random) -> tuple[Any, str, OperationDefinitionNode, dict[str, Any]]:
    """Return a type, its field, an operation that selects the field, and the variables."""
    type_, name = random.choice(FIELDS)
    declarations, arguments, variables = [], [], {}
    for index, (argument, definition) in enumerate(type_.fields[name].args.items()):
        kind = random.choice(["variable"] * 4 + ["none", "null", "literal", "undeclared"])
        if kind == "variable":
            default = DEFAULTS.get(str(definition.type)) if random.random() < 0.5 else None
            declared_type = str(definition.type)
            if random.random() >= 0.7:
                declared_type = declared_type.rstrip("!")
            suffix = f" = {default}" if default else ""
            declarations.append(f"$v{index}: {declared_type}{suffix}")
            arguments.append(f"{argument}: $v{index}")
            if random.random() < 0.8:
                variables[f"v{index}"] = random_value(random, definition.type)
        elif kind != "none":
            literal = {"null": "null", "undeclared": "$undeclared"}.get(
                kind, random.choice(["7", '"text"', '"2027-03-01T12:00:00Z"', "[HEALTH]", "{}"])
            )
            arguments.append(f"{argument}: {literal}")
    head = f"query ({', '.join(declarations)})" if declarations else "query"
    selection = f"{name}({', '.join(arguments)})" if arguments else name
    operation = parse(f"{head} {{ {selection} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return type_, name, operation, variables


def fast_values(
    operation: OperationDefinitionNode, variables: dict[str, Any]
) -> VariableValues | None:
    """Return the coerced variables, or None if the fast path leaves them to graphql-core."""
    try:
        return Variables(core, operation).coerce(variables)
    except Exception:  # noqa: BLE001 - any failure falls back to graphql-core
        return None


def comparable(values: VariableValues | list[GraphQLError]) -> object:
    """Return coerced values with their sources, or the errors, for comparison."""
    if isinstance(values, list):
        return values
    sources = {
        name: (str(source.signature.type), repr(source.value))
        for name, source in values.sources.items()
    }
    return repr(values.coerced), sources


@given(st.integers(0, 2**32))
@settings(max_examples=1_500, deadline=None)
def test_coerced_values_equal_those_of_graphql_core(seed: int) -> None:
    """The fast path may leave values to graphql-core, but never disagrees with it."""
    random = Random(seed)
    type_, name, operation, variables = random_operation(random)
    expected = get_variable_values(core, operation.variable_definitions or (), variables)
    fast = fast_values(operation, variables)
    assert fast is None or comparable(fast) == comparable(expected)
    if isinstance(expected, list):
        return
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    try:
        arguments = Arguments(type_.fields[name], node).coerce(expected.coerced)
    except Exception:  # noqa: BLE001 - any failure falls back to graphql-core
        return
    assert arguments == get_argument_values(type_.fields[name], node, expected)


def test_most_valid_values_take_the_fast_path() -> None:
    """Covers all arguments of the schema; a single item for a list is one of the exceptions."""
    random = Random(1)
    valid = fast_count = 0
    for type_, name in FIELDS:
        for argument, definition in type_.fields[name].args.items():
            text = f"query ($v: {definition.type}) {{ {name}({argument}: $v) }}"
            operation = parse(text).definitions[0]
            assert isinstance(operation, OperationDefinitionNode)
            for _ in range(100):
                value = random_value(random, definition.type)
                expected = get_variable_values(
                    core, operation.variable_definitions or (), {"v": value}
                )
                if isinstance(expected, list):
                    continue
                fast = fast_values(operation, {"v": value})
                assert fast is None or comparable(fast) == comparable(expected)
                valid += 1
                fast_count += fast is not None
    assert fast_count > 0.8 * valid > 100


def test_each_request_gets_its_own_copy_of_a_default() -> None:
    operation = parse("query ($v: [Category!] = [HEALTH]) { experts }").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    variables = Variables(core, operation)
    first, second = variables.coerce({}).coerced["v"], variables.coerce({}).coerced["v"]
    assert first == second
    assert first is not second
