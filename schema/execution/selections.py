"""Per-document compilation of the selected fields, reused across requests.

Determines which fields are selected and how their values are converted to response data
(`schema.execution.readers`). graphql-core's executor still calls the resolvers and handles all
unusual cases, so the values and errors in a response are the same as without compilation, including
their order and paths. Documents with variables in directives are not compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import FragmentDefinitionNode, VariableNode, Visitor, visit
from graphql.execution.collect_fields import FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executor

from schema.execution.limits import MAX_ERRORS
from schema.execution.readers import attribute_of, reader_of
from schema.root import core

if TYPE_CHECKING:
    from graphql import (
        DirectiveNode,
        DocumentNode,
        GraphQLError,
        GraphQLList,
        GraphQLObjectType,
        GraphQLOutputType,
        OperationDefinitionNode,
    )
    from graphql import Executor as GraphQLExecutor
    from graphql.execution.collect_fields import CollectedFields, FieldDetailsList
    from graphql.pyutils import Path

    from schema.context import Context
    from schema.execution.readers import Attribute, Reader

NO_VARIABLES: Final = VariableValues({}, {})


class Selections:
    """Compiled selections of one operation. Each field is compiled on first use."""

    __slots__ = (
        "_attributes",
        "_collected_fields",
        "_document",
        "_fragments",
        "_list_readers",
        "_operation",
    )

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._document = document
        self._operation = operation
        self._fragments = {
            each.name.value: FragmentDetails(each, None)
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self._attributes: dict[Any, Attribute | None] = {}
        self._collected_fields: dict[Any, CollectedFields] = {}
        self._list_readers: dict[Any, Reader | None] = {}

    def executor(
        self, variables: dict[str, Any] | None, context: Context
    ) -> GraphQLExecutor[Any] | list[GraphQLError]:
        """Return an executor for the operation, or the errors in its variables."""
        name = self._operation.name
        return CompiledExecutor.build(
            core,
            self._document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=name.value if name else None,
            hide_suggestions=True,
            max_coercion_errors=MAX_ERRORS,
            selections=self,
        )

    def collect(self, return_type: GraphQLObjectType, details: FieldDetailsList) -> CollectedFields:
        """Return the fields that are selected below a field; collect them once per operation."""
        key = _selection_key(return_type, details)
        collected = self._collected_fields.get(key)
        if collected is None:
            collected = self._collected_fields[key] = collect_subfields(
                core, self._fragments, NO_VARIABLES, self._operation, return_type, details
            )
        return collected

    def attribute(
        self, parent_type: GraphQLObjectType, details: FieldDetailsList
    ) -> Attribute | None:
        """Return the compiled form of a field, or None if graphql-core has to execute the field."""
        key = _selection_key(parent_type, details)
        if key not in self._attributes:
            self._attributes[key] = attribute_of(parent_type, details, self.collect)
        return self._attributes[key]

    def list_reader(
        self, return_type: GraphQLList[GraphQLOutputType], details: FieldDetailsList
    ) -> Reader | None:
        """Return the reader for a list from a resolver, or None if the list cannot be compiled."""
        key = _selection_key(return_type, details)
        if key not in self._list_readers:
            self._list_readers[key] = reader_of(return_type, details, self.collect)
        return self._list_readers[key]


def selections_of(
    document: DocumentNode, operation: OperationDefinitionNode, text: str
) -> Selections | None:
    """Return the compiled selections of an operation, or None if a directive uses a variable."""
    if "@" in text:
        finder = _ConditionalVariableFinder()
        visit(document, finder)
        if finder.found:
            return None
    return Selections(document, operation)


class CompiledExecutor(Executor):
    """Executor that uses the compiled selections of an operation.

    Args:
        args: positional arguments for graphql-core's executor.
        selections: compiled selections of the operation.
        kwargs: keyword arguments for graphql-core's executor.
    """

    def __init__(self, *args: Any, selections: Selections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._selections = selections

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        """Return the fields that are selected below a field; collect them once per operation."""
        return self._selections.collect(return_type, field_details_list)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        *rest: Any,
    ) -> Any:
        """Read the field if it is compiled; otherwise let graphql-core execute it."""
        attribute = self._selections.attribute(parent_type, field_details_list)
        if attribute:
            try:
                return attribute.read(source)
            except Exception:  # noqa: BLE001, S110 - graphql-core retries and reports the error
                pass
        return super().execute_field(parent_type, source, field_details_list, path, *rest)

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Read the list if its fields are compiled; otherwise let graphql-core complete it."""
        reader = self._selections.list_reader(return_type, field_details_list)
        if reader:
            try:
                return reader(result)
            except Exception:  # noqa: BLE001, S110 - graphql-core retries and reports the error
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )


class _ConditionalVariableFinder(Visitor):
    """Visitor that looks for variables in the arguments of directives."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if any(isinstance(argument.value, VariableNode) for argument in node.arguments or ()):
            self.found = True


def _selection_key(type_: GraphQLOutputType, details: FieldDetailsList) -> Any:
    """Return the cache key of a selection: its type and the `id()` of each of its syntax nodes.

    The ids stay unique because the document keeps the nodes alive.
    """
    if len(details) == 1:
        return type_, id(details[0].node)
    return type_, *[id(each.node) for each in details]
