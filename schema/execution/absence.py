"""Treat empty strings and nulls in optional arguments and input fields as absent.

Generated clients send "" (Go) or null (Java, Kotlin) for everything that their caller left unset,
including cursors, ids, enums and scalars, which cannot be empty. Some text fields of updates may be
empty: there, "" removes the stored text. For an unset input object, generated Go clients send an
object whose fields all have zero values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    REMOVE,
    GraphQLInputObjectType,
    GraphQLList,
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


EMPTIABLE_TEXTS: Final = frozenset({"bio", "contactEmail", "phone"})
"""Fields of `Update…Input` types that may be "", which removes the stored text."""


def given_variables(prepared: Prepared, variables: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the variables of an operation without the unset variables and input fields.

    An optional variable or input field is unset if it is "" or null, or if it is an input object
    that has only zero values, among them "" for a required field.
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
        if name not in definitions or not _is_omitted(value, definitions[name])
    }


def without_empty_literals(document: DocumentNode) -> DocumentNode:
    """Return a document without those optional arguments and input fields whose value is ""."""
    info = TypeInfo(core)
    pruned: DocumentNode = visit(document, TypeInfoVisitor(info, _EmptyLiterals(info)))
    return pruned


class _EmptyLiterals(Visitor):
    """Visitor that removes optional arguments and input fields whose value is an empty string."""

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
        may_be_empty = parent is not None and _may_be_empty(get_named_type(parent), node.name.value)
        return REMOVE if is_optional and not may_be_empty else None


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
        if field is None:  # coercion reports the unknown field
            given[name] = value
        elif (
            is_required_input_field(field)
            or not _is_unset(value, field.type)
            or (value == "" and _may_be_empty(type_, name))
        ):
            given[name] = _given(value, field.type)
    return given


def _may_be_empty(parent: GraphQLNamedType, field: str) -> bool:
    return parent.name.startswith("Update") and field in EMPTIABLE_TEXTS


def _is_omitted(value: object, definition: VariableDefinitionNode) -> bool:
    type_ = type_from_ast(core, definition.type)
    is_optional = definition.default_value is not None or not is_non_null_type(type_)
    return is_optional and _is_unset(value, type_)


def _is_unset(value: object, type_: Any) -> bool:
    return value is None or value == "" or _is_zero_object(value, get_nullable_type(type_))


def _is_zero_object(value: object, type_: Any) -> bool:
    """Return whether an input object has only zero values, among them "" for a required field."""
    return (
        isinstance(type_, GraphQLInputObjectType)
        and isinstance(value, dict)
        and not any(value.values())
        and any(
            is_required_input_field(field) and value.get(name) == ""
            for name, field in type_.fields.items()
        )
    )


def _has_unset(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_has_unset, value.values()))
    if isinstance(value, list):
        return any(map(_has_unset, value))
    return value is None or value == ""
