"""Fast proof that a GraphQL document is valid, if it uses only the most common constructs.

graphql-core's validator walks the document and applies 32 rules to every node; the proof does much
less work per node. The proof succeeds only if the document satisfies every rule of the
specification (https://spec.graphql.org/September2025/#sec-Validation). The validator checks all
other documents, some of which are valid, such as documents with introspection, with directives
other than @skip and @include, with one-of inputs, with fields that have arguments and are selected
twice, and with nullable variables whose default value makes them acceptable for a non-null type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    TypeNameMetaFieldDef,
    Undefined,
    VariableNode,
    do_types_overlap,
    get_named_type,
    is_composite_type,
    is_input_type,
    is_required_argument,
    is_required_input_field,
    is_type_sub_type_of,
    type_from_ast,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graphql import (
        ArgumentNode,
        DirectiveNode,
        DocumentNode,
        GraphQLArgument,
        GraphQLInputType,
        GraphQLOutputType,
        GraphQLSchema,
        NamedTypeNode,
        SelectionSetNode,
        ValueNode,
    )

    _Set = tuple[SelectionSetNode, Any, frozenset[str]]

MAX_STEPS = 1_000
"""Maximum number of selections and values that a proof visits; those in a fragment are counted each
time the fragment is spread."""

MAX_PAIRS = 1_000
"""Maximum number of pairs of fields with the same response key; the two fields of each pair must be
mergeable."""

CONDITIONAL_DIRECTIVES = frozenset({"skip", "include"})
LITERALS = (BooleanValueNode, EnumValueNode, FloatValueNode, IntValueNode, StringValueNode)


class UnprovenError(Exception):
    """The document is not proven valid, but it may still be valid."""


def is_provably_valid(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """Return whether the document is proven valid; an unproven document may still be valid."""
    try:
        _Proof(schema, document).prove()
    except Exception:  # noqa: BLE001 - such as an invalid literal, which the validator reports
        return False
    return True


class _Field(NamedTuple):
    """A selected field, its type, and the names of the fragments around it."""

    node: FieldNode
    type: GraphQLOutputType
    within: frozenset[str]

    def is_mergeable(self, other: _Field) -> bool:
        """Return whether this field can be merged with another field of the same response key."""
        ours, theirs = self.node, other.node
        return (
            ours.name.value == theirs.name.value
            and not (ours.arguments or theirs.arguments)
            and (self.type is other.type or str(self.type) == str(other.type))
        )


class _Proof:
    """Proof of one document, which walks each operation and the fragments that it spreads."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        self._spread_fragments: set[str] = set()
        self._declared: dict[str, GraphQLInputType] = {}
        self._used_variables: set[str] = set()
        self._steps = 0
        self._pairs = 0

    def prove(self) -> None:
        """Prove that the document is valid.

        Raises:
            UnprovenError: if the document is not proven valid.
            Exception: if a literal is invalid for its type.
        """
        operations = []
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations.append(definition)
            elif isinstance(definition, FragmentDefinitionNode):
                _require(not (definition.directives or definition.variable_definitions))
                _require(definition.name.value not in self._fragments)
                self._fragments[definition.name.value] = definition
            else:
                raise UnprovenError
        names = [operation.name.value if operation.name else None for operation in operations]
        _require(_is_unique(names) and (None not in names or len(names) == 1))
        for operation in operations:
            self._prove_operation(operation)
        _require(self._spread_fragments == self._fragments.keys())

    def _prove_operation(self, operation: OperationDefinitionNode) -> None:
        root = self._schema.get_root_type(operation.operation)
        _require(root is not None and not operation.directives)
        if operation.operation is OperationType.SUBSCRIPTION:
            selections = operation.selection_set.selections
            _require(len(selections) == 1 and isinstance(selections[0], FieldNode))
            _require(not selections[0].directives)
        self._declared, self._used_variables = {}, set()
        for each in operation.variable_definitions or ():
            name, type_ = each.variable.name.value, type_from_ast(self._schema, each.type)
            _require(name not in self._declared and not each.directives and is_input_type(type_))
            if each.default_value:
                self._prove_value(each.default_value, type_)
            self._declared[name] = type_  # type: ignore[assignment] # checked to be an input type
        self._prove_selections([(operation.selection_set, root, frozenset())])
        _require(self._used_variables == self._declared.keys())

    def _prove_selections(self, sets: Sequence[_Set]) -> None:
        """Prove that selection sets of one object are valid and that their fields can be merged."""
        fields_by_key: dict[str, list[_Field]] = {}
        for selection_set, parent, within in sets:
            self._collect(selection_set, parent, within, fields_by_key)
        for fields in fields_by_key.values():
            first = fields[0]
            self._pairs += len(fields) * (len(fields) - 1) // 2
            _require(self._pairs <= MAX_PAIRS)
            below: list[_Set] = []
            for field in fields:
                _require(field is first or field.is_mergeable(first))
                if field.node.selection_set:
                    inner = get_named_type(field.type)
                    below.append((field.node.selection_set, inner, field.within))
            if below:
                self._prove_selections(below)

    def _collect(
        self,
        selection_set: SelectionSetNode,
        parent: Any,
        within: frozenset[str],
        fields_by_key: dict[str, list[_Field]],
    ) -> None:
        for node in selection_set.selections:
            self._steps += 1
            _require(self._steps <= MAX_STEPS)
            if node.directives:
                self._prove_directives(node.directives)
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                fields_by_key.setdefault(key, []).append(self._prove_field(node, parent, within))
            elif isinstance(node, InlineFragmentNode):
                on = self._type_condition(node.type_condition, parent)
                self._collect(node.selection_set, on, within, fields_by_key)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                fragment = self._fragments.get(name)
                if fragment is None or name in within or node.arguments:
                    raise UnprovenError
                self._spread_fragments.add(name)
                on = self._type_condition(fragment.type_condition, parent)
                self._collect(fragment.selection_set, on, within | {name}, fields_by_key)

    def _prove_field(self, node: FieldNode, parent: Any, within: frozenset[str]) -> _Field:
        name = node.name.value
        definition = self._schema.get_field(parent, name)
        if definition is None:
            raise UnprovenError
        if name.startswith("__"):
            _require(definition is TypeNameMetaFieldDef)
            _require(parent is not self._schema.subscription_type)
        if node.arguments or definition.args:
            self._prove_arguments(node.arguments or (), definition.args)
        _require(is_composite_type(get_named_type(definition.type)) == bool(node.selection_set))
        return _Field(node, definition.type, within)

    def _type_condition(self, condition: NamedTypeNode | None, parent: Any) -> Any:
        """Return the type of a fragment's type condition; it must overlap with the parent type."""
        if condition is None:
            return parent
        on: Any = self._schema.type_map.get(condition.name.value)
        _require(is_composite_type(on))
        _require(on is parent or do_types_overlap(self._schema, parent, on))
        return on

    def _prove_directives(self, directives: Sequence[DirectiveNode]) -> None:
        _require(_is_unique([each.name.value for each in directives]))
        for each in directives:
            _require(each.name.value in CONDITIONAL_DIRECTIVES)
            definition = self._schema.get_directive(each.name.value)
            if definition is None:
                raise UnprovenError
            self._prove_arguments(each.arguments or (), definition.args)

    def _prove_arguments(
        self, arguments: Sequence[ArgumentNode], definitions: Mapping[str, GraphQLArgument]
    ) -> None:
        names = [argument.name.value for argument in arguments]
        _require(_is_unique(names))
        for argument, name in zip(arguments, names, strict=True):
            _require(name in definitions)
            self._prove_value(argument.value, definitions[name].type)
        for name, each in definitions.items():
            _require(name in names or not is_required_argument(each))

    def _prove_value(self, node: ValueNode, type_: Any) -> None:
        """Prove that a value is valid for the given input type."""
        self._steps += 1
        _require(self._steps <= MAX_STEPS)
        if isinstance(node, VariableNode):
            name = node.name.value
            declared = self._declared.get(name)
            if declared is None or not is_type_sub_type_of(self._schema, declared, type_):
                raise UnprovenError
            self._used_variables.add(name)
            return
        if isinstance(type_, GraphQLNonNull):
            _require(not isinstance(node, NullValueNode))
            type_ = type_.of_type
        elif isinstance(node, NullValueNode):
            return
        if isinstance(type_, GraphQLList):
            for each in node.values if isinstance(node, ListValueNode) else [node]:
                self._prove_value(each, type_.of_type)
        elif isinstance(type_, GraphQLInputObjectType):
            self._prove_input_object(node, type_)
        else:
            _require(isinstance(node, LITERALS))
            _require(type_.coerce_input_literal(node) is not Undefined)

    def _prove_input_object(self, node: ValueNode, type_: GraphQLInputObjectType) -> None:
        if not isinstance(node, ObjectValueNode) or type_.is_one_of:
            raise UnprovenError
        names = [field.name.value for field in node.fields]
        _require(_is_unique(names))
        for field, name in zip(node.fields, names, strict=True):
            _require(name in type_.fields)
            self._prove_value(field.value, type_.fields[name].type)
        for name, each in type_.fields.items():
            _require(name in names or not is_required_input_field(each))


def _require(condition: object) -> None:
    if not condition:
        raise UnprovenError


def _is_unique(names: Sequence[str | None]) -> bool:
    return len(set(names)) == len(names)
