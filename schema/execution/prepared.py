"""Operations that are ready to execute, and the exception for requests that cannot execute."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import (
        DocumentNode,
        GraphQLError,
        OperationDefinitionNode,
        OperationType,
        SelectionSetNode,
    )

    from schema.execution.cost import Plan
    from schema.execution.selections import Selections

FAILURE_COST = 50


class RequestFailed(Exception):
    """Raised if a request fails as a whole: its response has errors but no data.

    Args:
        errors: the errors of the response.
        cost: the cost that is charged for the failed request.
    """

    def __init__(self, errors: Sequence[GraphQLError], cost: int = FAILURE_COST) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
        self.cost = cost


@dataclass(frozen=True, slots=True)
class Prepared:
    """A valid GraphQL document, and the operation in it that is to be executed.

    `parse_cost` is 0 if an earlier request has been charged for parsing the document. `is_cached`
    says whether the document is in the cache of parsed documents.
    """

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
        """The operation's type: query, mutation or subscription."""
        return self.operation.operation

    def root_fields(self) -> set[str]:
        """Return the names of the operation's top-level fields, including those in fragments."""
        fragments = {
            each.name.value: each.selection_set
            for each in self.document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        names: set[str] = set()
        pending: list[SelectionSetNode] = [self.operation.selection_set]
        while pending:
            for node in pending.pop().selections:
                if isinstance(node, FieldNode):
                    names.add(node.name.value)
                elif isinstance(node, InlineFragmentNode):
                    pending.append(node.selection_set)
                elif isinstance(node, FragmentSpreadNode):
                    # Each fragment is visited only once.
                    pending += filter(None, [fragments.pop(node.name.value, None)])
        return names
