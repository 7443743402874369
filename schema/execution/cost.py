"""What an operation costs, known before it runs: the fields that its answer can have at most.

- Each field counts one, as often as the lists around it have rows; so does a list itself.
- A page has as many rows as `first` or `last` asks for, 20 where neither does, 100 at most.
- `slots` has 16 rows for each day begun between `from` and `to`; `days` has `count` rows, each
  with 16 slots; any other list has what `prices.LIST_SIZES` says, whatever the answer then has.
- What makes the server work more than a field does counts more: what is read or computed for it
  (`prices.FIELD_COSTS`), each row of a page 20, each slot of `slots` 4, each day of `days` 20,
  its slots are asked for or not, and each of these 3 beside their fields, and each field at the
  root 100 in a query, 200 in a mutation or subscription.
- Of the branches of a union or interface the dearest counts. `@skip` and `@include` change
  nothing, and a field that is selected twice counts twice.
- Variables count with their values, or with their defaults where they are not given.
- A subscription costs what one of its events does.

A document is gone through once: each selection set once for each type that it is applied to, so
nested fragments cannot make it long. What depends on variables remains as a short list of steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationType,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    value_from_ast_untyped,
)

from schema.execution.prices import (
    FIELD_COSTS,
    LIST_SIZES,
    PAGE_ROW_COST,
    ROOT_FIELD_COSTS,
    ROW_COSTS,
    SIZE_ARGUMENTS,
    page,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import (
        DocumentNode,
        GraphQLField,
        GraphQLObjectType,
        GraphQLOutputType,
        GraphQLSchema,
        OperationDefinitionNode,
        SelectionNode,
        SelectionSetNode,
    )

    from schema.execution.prices import Arguments, Rule

MAX_REPORTED_COST = 10**9


class _Expression(NamedTuple):
    """A number, and so many times the value of some steps."""

    constant: float = 0
    terms: tuple[tuple[int, float], ...] = ()

    def plus(self, other: _Expression) -> _Expression:
        return _Expression(self.constant + other.constant, self.terms + other.terms)

    def times(self, times: float) -> _Expression:
        return _Expression(self.constant * times, tuple((at, n * times) for at, n in self.terms))

    def of(self, values: Sequence[float]) -> float:
        return self.constant + sum(times * values[at] for at, times in self.terms)


ZERO: Final = _Expression()


@dataclass(frozen=True, slots=True)
class _Size:
    """The rows of a list whose arguments have variables in them."""

    rule: Rule
    given: Arguments
    variables: tuple[tuple[str, str], ...]

    def of(self, values: Mapping[str, object]) -> float:
        varying = {argument: values.get(name) for argument, name in self.variables}
        return self.rule({**self.given, **varying})


@dataclass(frozen=True, slots=True)
class _Step:
    """So many times the largest of some amounts."""

    size: _Size | None
    amounts: tuple[_Expression, ...]


class _SelectionCost(NamedTuple):
    """What some selections come to; `rows` is what a page of them has as often as it has rows."""

    own: _Expression = ZERO
    rows: _Expression = ZERO
    depth: int = 0
    fields: int = 0


NO_COST: Final = _SelectionCost()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of an operation without its variables, and how its cost follows from them."""

    depth: int
    root_fields: int
    defaults: Mapping[str, object]
    steps: tuple[_Step, ...]
    amount: _Expression

    def cost(self, variables: Mapping[str, object] | None) -> int:
        """The cost with these variables, which need not be what the operation declares."""
        values: list[float] = []
        if self.steps:
            given = {**self.defaults, **(variables or {})}
            for step in self.steps:
                most = max(amount.of(values) for amount in step.amounts)
                values.append(most * step.size.of(given) if step.size else most)
        return ceil(min(self.amount.of(values), MAX_REPORTED_COST))


def plan_of(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> Plan:
    """Go through a valid document once, from one of its operations."""
    compiler = _Compiler(schema, document, operation.operation)
    root = schema.get_root_type(operation.operation)
    whole = compiler.selection_cost(operation.selection_set, root)
    sizing = {name for step in compiler.steps if step.size for _, name in step.size.variables}
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value and definition.variable.name.value in sizing
    }
    return Plan(whole.depth, whole.fields, defaults, tuple(compiler.steps), whole.own)


class _Compiler:
    """Makes amounts of selections, each once for each type that it is applied to."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, kind: OperationType) -> None:
        self.steps: list[_Step] = []
        self._schema = schema
        self._root = schema.get_root_type(kind)
        self._root_field_cost = ROOT_FIELD_COSTS[kind]
        self._costs: dict[tuple[int, str], _SelectionCost] = {}
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def selection_cost(self, selected: SelectionSetNode, type_: Any) -> _SelectionCost:
        """What a selection set comes to on a type."""
        key = (id(selected), type_.name)
        if key not in self._costs:
            if is_abstract_type(type_):
                possible = self._schema.get_possible_types(type_)
                selection_cost = self._most_expensive(
                    [self.selection_cost(selected, branch) for branch in possible]
                )
            else:
                selection_cost = self._sum(
                    self._selection(node, type_) for node in selected.selections
                )
            self._costs[key] = selection_cost
        return self._costs[key]

    def _selection(self, node: SelectionNode, type_: GraphQLObjectType) -> _SelectionCost:
        if isinstance(node, FieldNode):
            return self._field(node, type_)
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments[node.name.value]
        condition = fragment.type_condition
        if condition and condition.name.value != type_.name:
            on: Any = self._schema.type_map[condition.name.value]
            if not is_abstract_type(on) or not self._schema.is_sub_type(on, type_):
                return NO_COST
        return self.selection_cost(fragment.selection_set, type_)

    def _field(self, node: FieldNode, type_: GraphQLObjectType) -> _SelectionCost:
        name = node.name.value
        coordinate = f"{type_.name}.{name}"
        definition = self._schema.get_field(type_, name)
        inner = NO_COST
        if definition and node.selection_set:
            inner = self.selection_cost(node.selection_set, get_named_type(definition.type))
        is_root = type_ is self._root and not name.startswith("__")
        weight = _Expression(self._root_field_cost if is_root else FIELD_COSTS.get(coordinate, 1))
        own, rows = weight.plus(inner.own), ZERO
        if definition and "first" in definition.args:
            own = own.plus(self._multiply_by_rows(page, node, definition, inner.rows))
        elif coordinate in LIST_SIZES:
            row = _Expression(ROW_COSTS.get(coordinate, 0)).plus(inner.own)
            own = weight.plus(self._multiply_by_rows(LIST_SIZES[coordinate], node, definition, row))
        elif definition and is_list_of_objects(definition.type):
            # A page's rows: how many there are is told by the field that gives the page.
            own, rows = weight, _Expression(PAGE_ROW_COST).plus(inner.own)
        return _SelectionCost(own, rows, inner.depth + 1, 1)

    def _multiply_by_rows(
        self,
        rule: float | Rule,
        node: FieldNode,
        definition: GraphQLField | None,
        amount: _Expression,
    ) -> _Expression:
        """So many times an amount as a list has rows."""
        if not callable(rule):
            return amount.times(rule)
        given: Arguments = {
            name: argument.default_value
            for name, argument in (definition.args if definition else {}).items()
            if name in SIZE_ARGUMENTS and isinstance(argument.default_value, int)
        }
        variables = []
        for argument in node.arguments or ():
            name = argument.name.value
            if name in SIZE_ARGUMENTS and isinstance(argument.value, VariableNode):
                variables.append((name, argument.value.name.value))
            elif name in SIZE_ARGUMENTS:
                given[name] = value_from_ast_untyped(argument.value)
        if not variables:
            return amount.times(rule(given))
        return self._add_step(_Step(_Size(rule, given, tuple(variables)), (amount,)))

    def _most_expensive(self, parts: Sequence[_SelectionCost]) -> _SelectionCost:
        return _SelectionCost(
            self._maximum([selection_cost.own for selection_cost in parts]),
            self._maximum([selection_cost.rows for selection_cost in parts]),
            max((selection_cost.depth for selection_cost in parts), default=0),
            max((selection_cost.fields for selection_cost in parts), default=0),
        )

    def _maximum(self, amounts: Sequence[_Expression]) -> _Expression:
        if not any(amount.terms for amount in amounts):
            return _Expression(max((amount.constant for amount in amounts), default=0))
        return self._add_step(_Step(None, tuple(amounts)))

    def _sum(self, parts: Iterable[_SelectionCost]) -> _SelectionCost:
        own, rows, depth, fields = ZERO, ZERO, 0, 0
        for selection_cost in parts:
            own = own.plus(selection_cost.own)
            if selection_cost.rows is not ZERO:
                rows = rows.plus(selection_cost.rows)
            depth = max(depth, selection_cost.depth)
            fields += selection_cost.fields
        return _SelectionCost(self._simplify(own), self._simplify(rows), depth, fields)

    def _simplify(self, amount: _Expression) -> _Expression:
        """The same in one term, so that what is spread often does not grow."""
        return self._add_step(_Step(None, (amount,))) if len(amount.terms) > 1 else amount

    def _add_step(self, step: _Step) -> _Expression:
        self.steps.append(step)
        return _Expression(terms=((len(self.steps) - 1, 1),))


def is_list_of_objects(type_: GraphQLOutputType) -> bool:
    """Whether a field of that type has rows with fields of their own."""
    inner = type_.of_type if is_non_null_type(type_) else type_
    return is_list_type(inner) and is_composite_type(get_named_type(inner))
