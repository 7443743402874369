"""Variables and arguments are coerced as GraphQL does it."""

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

ODD: tuple[Any, ...] = (
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


def good(random: Random, type_: Any) -> Any:
    """A value of a type, as often as not."""
    if random.random() < 0.05:
        return random.choice(ODD)
    if isinstance(type_, GraphQLNonNull):
        return good(random, type_.of_type)
    if isinstance(type_, GraphQLList):
        return [good(random, type_.of_type) for _ in range(random.randint(0, 3))]
    if isinstance(type_, GraphQLInputObjectType):
        return {
            name: good(random, field.type)
            for name, field in type_.fields.items()
            if isinstance(field.type, GraphQLNonNull) or random.random() < 0.6
        }
    if isinstance(type_, GraphQLEnumType):
        return random.choice([*type_.values])
    return scalar(random, type_.name)


def scalar(random: Random, name: str) -> Any:
    """A value of a scalar."""
    return {
        "Int": 30,
        "Float": 0.5,
        "Boolean": random.random() < 0.5,
        "DateTime": "2027-03-01T12:00:00Z",
        "Date": "2027-03-01",
    }.get(name, "text")


def document(random: Random) -> tuple[Any, str, OperationDefinitionNode, dict[str, Any]]:
    """A field, an operation that asks for it with arguments of all kinds, and its variables."""
    type_, name = random.choice(FIELDS)
    declared, given_, variables = [], [], {}
    for index, (argument, each) in enumerate(type_.fields[name].args.items()):
        kind = random.choice(["variable"] * 4 + ["none", "null", "literal", "undeclared"])
        if kind == "variable":
            default = DEFAULTS.get(str(each.type)) if random.random() < 0.5 else None
            of = each.type if random.random() < 0.7 else str(each.type).rstrip("!")
            declared.append(f"$v{index}: {of}{f' = {default}' if default else ''}")
            given_.append(f"{argument}: $v{index}")
            if random.random() < 0.8:
                variables[f"v{index}"] = good(random, each.type)
        elif kind != "none":
            literal = {"null": "null", "undeclared": "$nobody"}.get(
                kind, random.choice(["7", '"text"', '"2027-03-01T12:00:00Z"', "[HEALTH]", "{}"])
            )
            given_.append(f"{argument}: {literal}")
    head = f"query ({', '.join(declared)})" if declared else "query"
    asked = f"{name}({', '.join(given_)})" if given_ else name
    operation = parse(f"{head} {{ {asked} }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return type_, name, operation, variables


def own(operation: OperationDefinitionNode, given_: dict[str, Any]) -> VariableValues | None:
    """The values of the variables, if GraphQL need not be asked."""
    try:
        return Variables(core, operation).of(given_)
    except Exception:  # noqa: BLE001 - whatever it is, GraphQL is asked
        return None


def told(found: VariableValues | list[GraphQLError]) -> object:
    """What is known of some values, or what is wrong with them."""
    if isinstance(found, list):
        return found
    sources = {
        name: (str(source.signature.type), repr(source.value))
        for name, source in found.sources.items()
    }
    return repr(found.coerced), sources


@given(st.integers(0, 2**32))
@settings(max_examples=1_500, deadline=None)
def test_values_are_those_of_graphql(seed: int) -> None:
    """Where they are not, and where GraphQL finds something wrong, it is asked."""
    random = Random(seed)
    type_, name, operation, given_ = document(random)
    plain = get_variable_values(core, operation.variable_definitions or (), given_)
    found = own(operation, given_)
    assert found is None or told(found) == told(plain)
    if isinstance(plain, list):
        return
    node = operation.selection_set.selections[0]
    assert isinstance(node, FieldNode)
    try:
        values = Arguments(type_.fields[name], node).of(plain.coerced)
    except Exception:  # noqa: BLE001 - whatever it is, GraphQL is asked
        return
    assert values == get_argument_values(type_.fields[name], node, plain)


def test_what_is_as_it_should_be_is_coerced_here() -> None:
    """All inputs of the schema: GraphQL is asked about few of them, such as an item for a list."""
    random = Random(1)
    right = coerced = 0
    for type_, name in FIELDS:
        for argument, each in type_.fields[name].args.items():
            text = f"query ($v: {each.type}) {{ {name}({argument}: $v) }}"
            operation = parse(text).definitions[0]
            assert isinstance(operation, OperationDefinitionNode)
            for _ in range(100):
                value = good(random, each.type)
                plain = get_variable_values(
                    core, operation.variable_definitions or (), {"v": value}
                )
                if isinstance(plain, list):
                    continue
                found = own(operation, {"v": value})
                assert found is None or told(found) == told(plain)
                right += 1
                coerced += found is not None
    assert coerced > 0.8 * right > 100


def test_a_default_is_made_anew_for_each() -> None:
    """Whoever changes the list that it got changes no other's."""
    operation = parse("query ($v: [Category!] = [HEALTH]) { experts }").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    variables = Variables(core, operation)
    first, second = variables.of({}).coerced["v"], variables.of({}).coerced["v"]
    assert first == second
    assert first is not second
