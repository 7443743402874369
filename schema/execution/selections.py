"""Per-document compilation, reused across requests.

Compiles how values are completed (`schema.execution.readers`), how resolvers are called
(`schema.execution.calls`), where arguments come from (`schema.execution.arguments`) and which
fields are selected. An operation of one root field, the usual case, awaits that field directly.

Whatever is unusual is left to graphql-core's executor: values, errors, their order and paths are
its own, and no resolver is called twice. Documents in which a variable decides what is skipped are
not compiled.
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
    """A field with a resolver: its arguments, and what completes its value."""

    definition: GraphQLField
    call: ResolverCall
    arguments: Arguments
    reader: Reader | None


class _RootField(NamedTuple):
    """The one field of an operation."""

    type: GraphQLObjectType
    name: str
    details: FieldDetailsList


class _OperationParts(NamedTuple):
    """An operation's variables, the fragments of its document, and its field if it has only one."""

    variables: Variables
    fragments: dict[str, FragmentDetails]
    root: _RootField | None


class Selections:
    """What is compiled of one operation, and the fields that its selections come to."""

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
        """What is known of the operation before any of its fields is executed."""
        if self._parts is None:
            self._parts = _operation_parts(self._document, self._operation)
        return self._parts

    def executor(
        self, variables: dict[str, Any] | None, context: Context
    ) -> GraphQLExecutor[Any] | list[GraphQLError]:
        """What executes the operation, or what is wrong with its variables."""
        parts, operation = self.parts, self._operation
        try:
            values = parts.variables.coerce(variables or {})
        except Exception:  # noqa: BLE001 - GraphQL finds it again, and tells it
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
        """The fields below some fields, collected once an operation rather than a request."""
        key = _selection_key(return_type, details)
        found = self._collected_fields.get(key)
        if found is None:
            found = self._collected_fields[key] = collect_subfields(
                core, self.parts.fragments, NO_VARIABLES, self._operation, return_type, details
            )
        return found

    def compiled_field(
        self, parent_type: GraphQLObjectType, details: FieldDetailsList
    ) -> Attribute | _ResolvedField | None:
        """How a field is executed; None where GraphQL has to see to it."""
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
        """What completes a list that a resolver has given, where its list_reader are compiled."""
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
    # What is nested in fragments, however deep, GraphQL collects where that can fail.
    if type_ and len(selections) == 1 and isinstance(selections[0], FieldNode):
        collected = collect_fields(core, fragments, NO_VARIABLES, type_, operation)
        found = [*collected.grouped_field_set.items()]
        if len(found) == 1:
            root = _RootField(type_, *found[0])
    return _OperationParts(Variables(core, operation), fragments, root)


def selections_of(
    document: DocumentNode, operation: OperationDefinitionNode, text: str
) -> Selections | None:
    """Where what is compiled of an operation is kept; None where variables decide on fields."""
    if "@" in text:
        search = _ConditionalVariableFinder()
        visit(document, search)
        if search.found:
            return None
    return Selections(document, operation)


class CompiledExecutor(Executor):
    """Executes an operation, by what is compiled of it.

    Args:
        selections: of this operation; kept as long as its document.
    """

    def __init__(self, *args: Any, selections: Selections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._selections = selections

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute the operation; one field with a resolver without GraphQL's steps around it."""
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
            found = self.execute_field(root.type, self.root_value, root.details, path, None)
            data = {root.name: await found if isawaitable(found) else found}
        except GraphQLError as error:
            self.collected_errors.add(error, None)
        return self.build_response(data)

    def collect_subfields(
        self, return_type: GraphQLObjectType, field_details_list: FieldDetailsList
    ) -> CollectedFields:
        """The fields below some fields, collected once an operation rather than a request."""
        return self._selections.collect(return_type, field_details_list)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        *rest: Any,
    ) -> Any:
        """Read a field, or call its resolver, where that is compiled."""
        compiled_field = self._selections.compiled_field(parent_type, field_details_list)
        if isinstance(compiled_field, Attribute):
            try:
                return compiled_field.read(source)
            except Exception:  # noqa: BLE001, S110 - the executor finds it again, and tells it
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
        """What the resolver of a field answers, completed."""
        type_ = compiled_field.definition.type
        try:
            value = await compiled_field.call.invoke(source, info, arguments)
            if compiled_field.reader:
                try:
                    return compiled_field.reader(value)
                except Exception:  # noqa: BLE001, S110 - the executor finds it again, and tells it
                    pass
            completed = self.complete_value(type_, details, info, info.path, value, *rest)
            return await completed if isawaitable(completed) else completed
        except Exception as error:  # noqa: BLE001 - GraphQL's errors are made of any
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
        """Read a list that a resolver has given, where its list_reader are compiled."""
        reader = self._selections.list_reader(return_type, field_details_list)
        if reader:
            try:
                return reader(result)
            except Exception:  # noqa: BLE001, S110 - the executor finds it again, and tells it
                pass
        return super().complete_list_value(
            return_type, field_details_list, info, path, result, position_context
        )


class _ConditionalVariableFinder(Visitor):
    """Looks for variables that decide what is skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if any(isinstance(argument.value, VariableNode) for argument in node.arguments or ()):
            self.found = True


def _selection_key(type_: GraphQLOutputType, details: FieldDetailsList) -> Any:
    """What tells selections of one document apart: the type and the nodes, which it keeps alive."""
    if len(details) == 1:
        return type_, id(details[0].node)
    return type_, *[id(each.node) for each in details]
