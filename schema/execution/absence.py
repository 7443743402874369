"""Treat empty strings and nulls in optional places as absent.

Generated clients send "" (Go) or null (Java, Kotlin) for everything that their caller left unset,
also for cursors, ids, enums and scalars, none of which can be empty. A text of an update may be
empty: "" removes what it said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import (
    REMOVE,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLString,
    StringValueNode,
    TypeInfo,
    TypeInfoVisitor,
    Undefined,
    Visitor,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
    is_required_input_field,
    type_from_ast,
    visit,
)

from schema.root import core

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import (
        ArgumentNode,
        DocumentNode,
        GraphQLNamedType,
        ObjectFieldNode,
        VariableDefinitionNode,
    )

    from schema.execution.prepared import Prepared


def given_variables(prepared: Prepared, variables: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the variables of an operation without unset ones, also within input objects.

    A variable or input field is unset if it is "" or null although it may be omitted.
    """
    if not variables or not _has_unset(variables):
        return variables
    definitions = {
        each.variable.name.value: each for each in prepared.operation.variable_definitions or ()
    }
    return {
        name: _given(value, type_from_ast(core, definitions[name].type))
        if name in definitions
        else value
        for name, value in variables.items()
        if not (_is_unset(value) and name in definitions and _is_optional(definitions[name]))
    }


def without_empty_literals(document: DocumentNode) -> DocumentNode:
    """Return a document without optional arguments and input fields that are ""."""
    info = TypeInfo(core)
    pruned: DocumentNode = visit(document, TypeInfoVisitor(info, _EmptyLiterals(info)))
    return pruned


class _EmptyLiterals(Visitor):
    """Visitor that removes optional empty strings."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info

    def enter_argument(self, node: ArgumentNode, *_: object) -> object:
        return self._remove_if_unset(node)

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> object:
        return self._remove_if_unset(node)

    def _remove_if_unset(self, node: ArgumentNode | ObjectFieldNode) -> object:
        if not isinstance(node.value, StringValueNode) or node.value.value:
            return None
        type_ = self._info.get_input_type()
        has_default = self._info.get_default_value() is not Undefined
        is_optional = type_ is not None and (has_default or not is_non_null_type(type_))
        parent = self._info.get_parent_input_type()
        is_text = parent is not None and _is_text_of_update(get_named_type(parent), type_)
        return REMOVE if is_optional and not is_text else None


def _given(value: Any, type_: Any) -> Any:
    """Return a value without the unset fields of its input objects."""
    type_ = get_nullable_type(type_)
    if isinstance(type_, GraphQLList):
        return [_given(item, type_.of_type) for item in value] if isinstance(value, list) else value
    if isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        return _given_fields(value, type_)
    return value


def _given_fields(values: Mapping[str, Any], type_: GraphQLInputObjectType) -> dict[str, Any]:
    given = {}
    for name, value in values.items():
        field = type_.fields.get(name)
        if field is None:  # coercion reports it
            given[name] = value
        elif (
            not _is_unset(value)
            or is_required_input_field(field)
            or (value == "" and _is_text_of_update(type_, field.type))
        ):
            given[name] = _given(value, field.type)
    return given


def _is_text_of_update(parent: GraphQLNamedType, type_: Any) -> bool:
    return parent.name.startswith("Update") and get_nullable_type(type_) is GraphQLString


def _is_optional(definition: VariableDefinitionNode) -> bool:
    is_required = is_non_null_type(type_from_ast(core, definition.type))
    return definition.default_value is not None or not is_required


def _is_unset(value: object) -> bool:
    return value is None or value == ""


def _has_unset(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unset, value.values()))
    return any(map(_has_unset, value)) if isinstance(value, list) else _is_unset(value)
