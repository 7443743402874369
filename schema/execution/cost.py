"""Cost of an operation, computed before it runs: the maximum number of fields in its response.

- Each field costs 1 per row of the lists that enclose it. A list field itself costs 1.
- A page has `first` or `last` rows: 20 by default, at most 100.
- `slots` has 16 rows per day, or part of a day, from `from` to `to`. `days` has `count` rows of 16
  slots. Other lists have a fixed size (`prices.LIST_SIZES`), whatever their actual length.
- Fields that are expensive to read or compute cost more (`prices.FIELD_COSTS`).
- Some rows cost extra, besides their fields: 20 per row of a page, 4 per slot of `slots`, 20 per
  day of `days` (even if its slots are not selected), and 3 per slot of a day.
- A root field costs 100 in a query and 200 in a mutation or subscription.
- A union or interface costs as much as its most expensive possible type. `@skip` and `@include`
  are ignored, and a field that is selected twice counts twice.
- Variables count with their values, or with their defaults if they are not provided.
- Input costs 1 per 8 bytes beyond 1,024 bytes. The 1,024 free bytes apply separately to the
  variables as JSON, to their defaults, and to the literals of each field.
- A subscription costs as much as one of its events. Each event that is replayed from `after` costs
  as much as its fields below the root field, plus 20.
- Each word of a search of the directory costs 100 and a search by time 500, charged when the search
  runs (`schema.directory`).
- Stored rows beyond the assumed number, such as entries of a booking's history, cost 10 each,
  charged when they are read (`schema.context.Context.count_rows`).

Each selection set is visited once per type that it applies to, so nested fragments stay cheap. The
part of the cost that depends on variables is kept as a list of steps, evaluated per request.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nlargest
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
    value_from_ast_untyped,
)

from schema.execution.input_cost import cost_of_literals, cost_of_variables
from schema.execution.prices import (
    FIELD_COSTS,
    LIST_SIZES,
    PAGE_ROW_COST,
    ROOT_FIELD_COSTS,
    ROW_COSTS,
    SIZE_ARGUMENTS,
    is_list_of_objects,
    page,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from graphql import (
        DocumentNode,
        GraphQLField,
        GraphQLObjectType,
        GraphQLSchema,
        OperationDefinitionNode,
        SelectionNode,
        SelectionSetNode,
    )

    from schema.execution.prices import Arguments, Rule

MAX_REPORTED_COST = 10**9
MAX_COMPARED_LISTS = 8


class _Expression(NamedTuple):
    """Linear expression: a constant plus a sum of products, each of a step's value and a factor.

    `terms` are pairs of a step's index and its factor.
    """

    constant: float = 0
    terms: tuple[tuple[int, float], ...] = ()

    def plus(self, other: _Expression) -> _Expression:
        return _Expression(self.constant + other.constant, self.terms + other.terms)

    def times(self, factor: float) -> _Expression:
        terms = tuple((step, times * factor) for step, times in self.terms)
        return _Expression(self.constant * factor, terms)

    def evaluate(self, step_values: Sequence[float]) -> float:
        return self.constant + sum(factor * step_values[step] for step, factor in self.terms)


ZERO: Final = _Expression()


@dataclass(frozen=True, slots=True)
class _Size:
    """Size of a list whose arguments contain variables.

    `field` is the list's name. `variables` are pairs of an argument's name and its variable's name.
    """

    field: str
    rule: Rule
    constants: Arguments
    variables: tuple[tuple[str, str], ...]

    def evaluate(self, values: Mapping[str, object]) -> float:
        given = {argument: values.get(name) for argument, name in self.variables}
        present = {argument: value for argument, value in given.items() if value is not None}
        return self.rule({**self.constants, **present})

    @property
    def arguments(self) -> str:
        """The arguments that determine the size, as text for a message."""
        names = {*self.constants, *(argument for argument, _ in self.variables)}
        shown = names & {"first", "last", "count"} or names or {"first"}
        return f"{' and '.join(f'`{name}`' for name in sorted(shown))} of `{self.field}`"


@dataclass(frozen=True, slots=True)
class _Step:
    """Step of a plan: the largest value of its expressions, multiplied by any list's `size`.

    The expressions refer to earlier steps only.
    """

    size: _Size | None
    expressions: tuple[_Expression, ...]


class _SelectionCost(NamedTuple):
    """Cost and depth of a selection set, and the number of its fields.

    `per_row` is the cost per row of a page; the parent field multiplies it by the number of rows.
    """

    total: _Expression = ZERO
    per_row: _Expression = ZERO
    depth: int = 0
    fields: int = 0


NO_COST: Final = _SelectionCost()


@dataclass(frozen=True, slots=True)
class Plan:
    """Depth, number of root fields and cost of an operation; the cost depends on the variables."""

    depth: int
    root_fields: int
    defaults: Mapping[str, object]
    steps: tuple[_Step, ...]
    total: _Expression

    def cost(self, variables: Mapping[str, object] | None, single_row: _Step | None = None) -> int:
        """Return the cost for the given variables, which need not match their declared types.

        The list whose size `single_row` computes counts as one row.
        """
        step_values: list[float] = []
        if self.steps:
            values = {**self.defaults, **(variables or {})}
            for step in self.steps:
                value = max(each.evaluate(step_values) for each in step.expressions)
                if step.size and step is not single_row:
                    value *= step.size.evaluate(values)
                step_values.append(value)
        total = self.total.evaluate(step_values) + cost_of_variables(variables)
        return ceil(min(total, MAX_REPORTED_COST))

    def arguments_to_shrink(self, variables: Mapping[str, object] | None) -> str | None:
        """Return, as text, the arguments whose reduction lowers the cost most.

        Return None if no reduction lowers the cost. The plan must be made with `keeps_sizes`.
        """
        values = {**self.defaults, **(variables or {})}
        lists = [(step.size.evaluate(values), step) for step in self.steps if step.size]
        longest = nlargest(MAX_COMPARED_LISTS, lists, key=lambda each: each[0])
        costs = [(self.cost(variables, step), step.size) for _, step in longest]
        cost, size = min(costs, key=lambda each: each[0], default=(0, None))
        return size.arguments if size and cost < self.cost(variables) else None


def plan_of(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    keeps_sizes: bool = False,
) -> Plan:
    """Return the cost plan of an operation of a valid document.

    Args:
        schema: the schema.
        document: the document.
        operation: the operation.
        keeps_sizes: whether to keep constant sizes of lists, which `arguments_to_shrink` needs.
    """
    compiler = _Compiler(schema, document, operation.operation, keeps_sizes=keeps_sizes)
    root = schema.get_root_type(operation.operation)
    cost = compiler.selection_cost(operation.selection_set, root)
    sizing = {name for step in compiler.steps if step.size for _, name in step.size.variables}
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value and definition.variable.name.value in sizing
    }
    input_ = _Expression(cost_of_literals(operation.variable_definitions))
    return Plan(cost.depth, cost.fields, defaults, tuple(compiler.steps), cost.total.plus(input_))


class _Compiler:
    """Computes the costs of selection sets, once per type that they apply to."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        kind: OperationType,
        *,
        keeps_sizes: bool,
    ) -> None:
        self.steps: list[_Step] = []
        self._keeps_sizes = keeps_sizes
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
        """Return the cost of a selection set on a type."""
        key = (id(selected), type_.name)
        if key not in self._costs:
            if is_abstract_type(type_):
                possible = self._schema.get_possible_types(type_)
                cost = self._most_expensive(
                    [self.selection_cost(selected, branch) for branch in possible]
                )
            else:
                cost = self._sum(self._selection(node, type_) for node in selected.selections)
            self._costs[key] = cost
        return self._costs[key]

    def _selection(self, node: SelectionNode, type_: GraphQLObjectType) -> _SelectionCost:
        if isinstance(node, FieldNode):
            return self._field_cost(node, type_)
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            fragment = self._fragments[node.name.value]
        condition = fragment.type_condition
        if condition and condition.name.value != type_.name:
            on: Any = self._schema.type_map[condition.name.value]
            if not is_abstract_type(on) or not self._schema.is_sub_type(on, type_):
                return NO_COST
        return self.selection_cost(fragment.selection_set, type_)

    def _field_cost(self, node: FieldNode, type_: GraphQLObjectType) -> _SelectionCost:
        name = node.name.value
        coordinate = f"{type_.name}.{name}"
        definition = self._schema.get_field(type_, name)
        inner = NO_COST
        if definition and node.selection_set:
            inner = self.selection_cost(node.selection_set, get_named_type(definition.type))
        is_root = type_ is self._root and not name.startswith("__")
        usual_cost = self._root_field_cost if is_root else 1
        field_cost = _Expression(
            FIELD_COSTS.get(coordinate, usual_cost) + cost_of_literals(node.arguments)
        )
        total, per_row = field_cost.plus(inner.total), ZERO
        if definition and "first" in definition.args:
            total = total.plus(self._multiply_by_rows(page, node, definition, inner.per_row))
        elif coordinate in LIST_SIZES:
            row = _Expression(ROW_COSTS.get(coordinate, 0)).plus(inner.total)
            total = field_cost.plus(
                self._multiply_by_rows(LIST_SIZES[coordinate], node, definition, row)
            )
        elif definition and is_list_of_objects(definition.type):
            # Rows of a page: the parent field multiplies their cost by the size of the page.
            total, per_row = field_cost, _Expression(PAGE_ROW_COST).plus(inner.total)
        return _SelectionCost(total, per_row, inner.depth + 1, 1)

    def _multiply_by_rows(
        self,
        rule: float | Rule,
        node: FieldNode,
        definition: GraphQLField | None,
        expression: _Expression,
    ) -> _Expression:
        """Return an expression multiplied by the number of rows of a list."""
        if not callable(rule):
            return expression.times(rule)
        constants: Arguments = {
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
                constants[name] = value_from_ast_untyped(argument.value)
        if not variables and not self._keeps_sizes:
            return expression.times(rule(constants))
        size = _Size(node.name.value, rule, constants, tuple(variables))
        return self._add_step(_Step(size, (expression,)))

    def _most_expensive(self, costs: Sequence[_SelectionCost]) -> _SelectionCost:
        return _SelectionCost(
            self._maximum([cost.total for cost in costs]),
            self._maximum([cost.per_row for cost in costs]),
            max((cost.depth for cost in costs), default=0),
            max((cost.fields for cost in costs), default=0),
        )

    def _maximum(self, expressions: Sequence[_Expression]) -> _Expression:
        if not any(each.terms for each in expressions):
            return _Expression(max((each.constant for each in expressions), default=0))
        return self._add_step(_Step(None, tuple(expressions)))

    def _sum(self, costs: Iterable[_SelectionCost]) -> _SelectionCost:
        total, per_row, depth, fields = ZERO, ZERO, 0, 0
        for cost in costs:
            total = total.plus(cost.total)
            if cost.per_row is not ZERO:
                per_row = per_row.plus(cost.per_row)
            depth = max(depth, cost.depth)
            fields += cost.fields
        return _SelectionCost(self._simplify(total), self._simplify(per_row), depth, fields)

    def _simplify(self, expression: _Expression) -> _Expression:
        """Return an equivalent expression with at most one term, so that nesting adds no terms."""
        if len(expression.terms) <= 1:
            return expression
        return self._add_step(_Step(None, (expression,)))

    def _add_step(self, step: _Step) -> _Expression:
        self.steps.append(step)
        return _Expression(terms=((len(self.steps) - 1, 1),))
