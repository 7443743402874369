"""A valid operation that is ready to run, and the failure of a request that has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType

    from schema.execution.cost import Plan
    from schema.execution.selections import Selections

FAILURE_COST = 50


class RequestFailed(Exception):
    """A request that failed before its execution: it has errors and no data.

    Args:
        errors: what is wrong with it.
        cost: what finding that out has cost.
    """

    def __init__(self, errors: Sequence[GraphQLError], cost: int = FAILURE_COST) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.cost = cost


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid document and the operation of it that is to run."""

    text: str
    name: str | None
    document: DocumentNode = field(compare=False)
    operation: OperationDefinitionNode = field(compare=False)
    plan: Plan = field(compare=False)
    selections: Selections | None = field(compare=False)
    parse_cost: int = field(compare=False)
    is_cached: bool = field(compare=False)

    @property
    def kind(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.operation.operation
