"""Per-document compilation, reused across requests.

Compiles the completion of values (`schema.execution.readers`), calls of resolvers
(`schema.execution.calls`), coercion of arguments (`schema.execution.arguments`) and the selected
fields. An operation with a single root field, the usual case, awaits that field directly.

graphql-core's executor handles all unusual cases, so values and errors are identical to its own,
including their order and paths. No resolver is called twice. Documents with variables in
directives are not compiled.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    VariableNode,
    Visitor,
    default_field_resolver,
    default_type_resolver,
    visit,
)
from graphql.execution.collect_fields import FragmentDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as Executor

from schema.execution.arguments import Arguments, UncoercedError, Variables
from schema.execution.calls import ResolverCall, resolver_call
from schema.execution.readers import Attribute, attribute_of, reader_of
from schema.root import schema

if TYPE_CHECKING:
    from graphql import (
        DirectiveNode,
        DocumentNode,
        GraphQLField,
        GraphQLList,
        GraphQLObjectType,
        GraphQLOutputType,
        GraphQLResolveInfo,
        OperationDefinitionNode,
    )
    from graphql import Executor as GraphQLExecutor
    from graphql.execution.collect_fields import CollectedFields, FieldDetailsList

    from schema.context import Context
    from schema.execution.readers import Reader

NO_VARIABLES: Final = VariableValues({}, {})

core = schema._schema  # noqa: SLF001 - Strawberry has no public name for it


class _ResolvedField(NamedTuple):
    """A compiled field with a resolver; its reader completes the value."""

    definition: GraphQLField
    call: ResolverCall
    arguments: Arguments
    reader: Reader | None


class _RootField(NamedTuple):
    """The only root field of an operation."""

    type: GraphQLObjectType
    name: str
    details: FieldDetailsList


class _OperationParts(NamedTuple):
    """Variables, fragments and root field of an operation; no root field if it has several."""

    variables: Variables
    fragments: dict[str, FragmentDetails]
    root: _RootField | None


class Selections:
    """Compiled selections of one operation. Each field is compiled on first use."""

    __slots__ = (
        "_collected_fields",
        "_compiled_fields",
        "_document",
        "_list_readers",
        "_operation",
        "_parts",
    )

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self._document = document
        self._operation = operation
        self._collected_fields: dict[Any, CollectedFields] = {}
        self._parts: _OperationParts | None = None
        self._list_readers: dict[Any, Reader | None] = {}
        self._compiled_fields: dict[Any, Attribute | _ResolvedField | None] = {}

    @property
    def parts(self) -> _OperationParts:
        """Variables, fragments and root field of the operation."""
        if self._parts is None:
            self._parts = _operation_parts(self._document, self._operation)
        return self._parts

    def executor(
        self, variables: dict[str, Any] | None, context: Context
    ) -> GraphQLExecutor[Any] | list[GraphQLError]:
        """Return an executor for the operation, or the errors of its variables."""
        parts, operation = self.parts, self._operation
        try:
            values = parts.variables.coerce(variables or {})
        except Exception:  # noqa: BLE001 - graphql-core reports the error
            return CompiledExecutor.build(
                core,
                self._document,
                context_value=context,
                raw_variable_values=variables,
                operation_name=operation.name.value if operation.name else None,
                hide_suggestions=True,
                selections=self,
            )
        return CompiledExecutor(
            core,
            {name: each.definition for name, each in parts.fragments.items()},
            parts.fragments,
            None,
            context,
            operation,
            values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
            hide_suggestions=True,
            selections=self,
        )

    def collect(self, return_type: GraphQLObjectType, details: FieldDetailsList) -> CollectedFields:
        """Return the fields that are selected below a field, collected once per operation."""
        key = _selection_key(return_type, details)
        collected = self._collected_fields.get(key)
        if collected is None:
            collected = self._collected_fields[key] = collect_subfields(
                core, self.parts.fragments, NO_VARIABLES, self._operation, return_type, details
            )
        return collected

    def compiled_field(
        self, parent_type: GraphQLObjectType, details: FieldDetailsList
    ) -> Attribute | _ResolvedField | None:
        """Return a compiled field; None if graphql-core has to execute it."""
        key = _selection_key(parent_type, details)
        if key not in self._compiled_fields:
            attribute = attribute_of(parent_type, details, self.collect)
            self._compiled_fields[key] = attribute or self._compile_resolved_field(
                parent_type, details
            )
        return self._compiled_fields[key]

    def _compile_resolved_field(
        self, parent_type: GraphQLObjectType, details: FieldDetailsList
    ) -> _ResolvedField | None:
        node = details[0].node
        call = resolver_call(parent_type, node.name.value)
        if call is None or details[0].fragment_variable_values:
            return None
        definition = parent_type.fields[node.name.value]
        try:
            arguments = Arguments(definition, node)
        except UncoercedError:
            return None
        reader = reader_of(definition.type, details, self.collect, nullable=True)
        return _ResolvedField(definition, call, arguments, reader)

    def list_reader(
        self, return_type: GraphQLList[GraphQLOutputType], details: FieldDetailsList
    ) -> Reader | None:
        """Return the reader of a list that a resolver returned; None if it cannot be compiled."""
        key = _selection_key(return_type, details)
        if key not in self._list_readers:
            self._list_readers[key] = reader_of(return_type, details, self.collect)
        return self._list_readers[key]


def _operation_parts(document: DocumentNode, operation: OperationDefinitionNode) -> _OperationParts:
    fragments = {
        each.name.value: FragmentDetails(each, None)
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    root = None
    type_ = core.get_root_type(operation.operation)
    selections = operation.selection_set.selections
    # A fragment at the root is left to graphql-core, which handles excessive nesting as an error.
    if type_ and len(selections) == 1 and isinstance(selections[0], FieldNode):
        collected = collect_fields(core, fragments, NO_VARIABLES, type_, operation)
        fields = [*collected.grouped_field_set.items()]
        if len(fields) == 1:
            root = _RootField(type_, *fields[0])
    return _OperationParts(Variables(core, operation), fragments, root)


def selections_of(
    document: DocumentNode, operation: OperationDefinitionNode, text: str
) -> Selections | None:
    """Return the selections of an operation; None if a directive depends on a variable."""
    if "@" in text:
        finder = _ConditionalVariableFinder()
        visit(document, finder)
        if finder.found:
            return None
    return Selections(document, operation)


class CompiledExecutor(Executor):
    """Executor that uses the compiled selections of an operation.

    Args:
        args: arguments of graphql-core's executor.
        selections: compiled selections of the operation.
        kwargs: keyword arguments of graphql-core's executor.
    """

    def __init__(self, *args: Any, selections: Selections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._selections = selections

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute the operation; a single root field with a resolver is executed directly."""
        root = self._selections.parts.root
        if root and isinstance(
            self._selections.compiled_field(root.type, root.details), _ResolvedField
        ):
            return self._execute_single_field(root)
        return super().execute_operation(serially)

    async def _execute_single_field(self, root: _RootField) -> Any:
        data = None
        try:
            path = Path(None, root.name, root.type.name)
            value = self.execute_field(root.type, self.root_value, root.details, path, None)
            data = {root.name: await value if isawaitable(value) else value}
        except GraphQLError as error:
            self.collected_errors.add(error, None)
        return self.build_response(data)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        """Return the fields that are selected below a field, collected once per operation."""
        return self._selections.collect(return_type, field_details_list)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        *rest: Any,
    ) -> Any:
        """Read a compiled field or call its resolver; otherwise use graphql-core."""
        compiled_field = self._selections.compiled_field(parent_type, field_details_list)
        if isinstance(compiled_field, Attribute):
            try:
                return compiled_field.read(source)
            except Exception:  # noqa: BLE001, S110 - graphql-core reports the error
                pass
        elif compiled_field:
            try:
                arguments = compiled_field.arguments.coerce(self.variable_values.coerced)
            except Exception:  # noqa: BLE001, S110 - as above
                pass
            else:
                nodes = [each.node for each in field_details_list]
                info = self.build_resolve_info(compiled_field.definition, nodes, parent_type, path)
                return self._resolve(
                    compiled_field, source, info, arguments, field_details_list, *rest
                )
        return super().execute_field(parent_type, source, field_details_list, path, *rest)

    async def _resolve(
        self,
        compiled_field: _ResolvedField,
        source: Any,
        info: GraphQLResolveInfo[Any],
        arguments: dict[str, Any],
        details: FieldDetailsList,
        *rest: Any,
    ) -> Any:
        """Call the resolver of a field and return its completed value."""
        type_ = compiled_field.definition.type
        try:
            value = await compiled_field.call.invoke(source, info, arguments)
            if compiled_field.reader:
                try:
                    return compiled_field.reader(value)
                except Exception:  # noqa: BLE001, S110 - graphql-core reports the error
                    pass
            completed = self.complete_value(type_, details, info, info.path, value, *rest)
            return await completed if isawaitable(completed) else completed
        except Exception as error:  # noqa: BLE001 - graphql-core handles any exception
            self.handle_field_error(error, type_, details, info.path)
            return None

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Read a list that a resolver returned, if its reader is compiled."""
        reader = self._selections.list_reader(return_type, field_details_list)
        if reader:
            try:
                return reader(result)
            except Exception:  # noqa: BLE001, S110 - graphql-core reports the error
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )


class _ConditionalVariableFinder(Visitor):
    """Visitor that looks for directives with variables."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if any(isinstance(argument.value, VariableNode) for argument in node.arguments or ()):
            self.found = True


def _selection_key(type_: GraphQLOutputType, details: FieldDetailsList) -> Any:
    """Return the cache key of a selection: its type and the ids of its nodes.

    The ids stay unique because the document keeps the nodes alive.
    """
    if len(details) == 1:
        return type_, id(details[0].node)
    return type_, *[id(each.node) for each in details]
