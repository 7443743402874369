"""Lint rules of Relay's Cursor Connections and Global Object Identification specifications."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from tests.support.coordinates import fields_of, own_types, typed_elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graphql import GraphQLArgument, GraphQLField, GraphQLSchema

PAGE_INFO: Final = {
    "hasNextPage": "Boolean!",
    "hasPreviousPage": "Boolean!",
    "startCursor": "String",
    "endCursor": "String",
}
ARGUMENTS: Final = {"first": "Int", "after": "String", "last": "Int", "before": "String"}
SIZES: Final = frozenset({"first", "last"})
ID: Final = re.compile(r"ids?|\w+Ids?")


def _types(definitions: dict[str, GraphQLField] | dict[str, GraphQLArgument]) -> dict[str, str]:
    return {name: str(definition.type) for name, definition in definitions.items()}


def connections(schema: GraphQLSchema) -> Iterator[str]:
    """Require `edges` and `pageInfo` on a FooConnection, and `node` and `cursor` on a FooEdge."""
    for type_ in own_types(schema):
        item, shape = type_.name, _types(fields_of(type_))
        if item.endswith("Connection"):
            item = item.removesuffix("Connection")
            expected = {"edges": f"[{item}Edge!]!", "pageInfo": "PageInfo!"}
        elif item.endswith("Edge"):
            item = item.removesuffix("Edge")
            expected = {"node": f"{item}!", "cursor": "String!"}
        else:
            continue
        for name, of in expected.items():
            if shape.get(name) != of:
                yield f"{type_.name}.{name}: is not {of}"


def pages(schema: GraphQLSchema) -> Iterator[str]:
    """Require paginated fields to return a connection and to be paginated in both directions."""
    for type_ in own_types(schema):
        for name, field in fields_of(type_).items():
            coordinate, shape = f"{type_.name}.{name}", _types(field.args)
            if get_named_type(field.type).name.endswith("Connection"):
                yield from (
                    f"{coordinate}({key}): is not {of}"
                    for key, of in ARGUMENTS.items()
                    if shape.get(key) != of
                )
            elif SIZES & shape.keys():
                yield f"{coordinate}: is paginated but not a connection"


def page_info(schema: GraphQLSchema) -> Iterator[str]:
    """Require `PageInfo` to have exactly the fields that Relay's specification demands."""
    type_ = schema.get_type("PageInfo")
    if type_ is not None and _types(fields_of(type_)) != PAGE_INFO:
        yield "PageInfo: differs from the specification"


def global_ids(schema: GraphQLSchema) -> Iterator[str]:
    """Require `Query.node`, and the `Node` interface on every type with an `id`."""
    node, root = schema.get_type("Node"), fields_of(schema.query_type).get("node")
    if not isinstance(node, GraphQLInterfaceType) or _types(node.fields) != {"id": "ID!"}:
        yield "Node: differs from the specification"
    if root is None or (str(root.type), _types(root.args)) != ("Node", {"id": "ID!"}):
        yield "Query.node: differs from the specification"
    for type_ in own_types(schema):
        if type_ is node or not isinstance(type_, (GraphQLInterfaceType, GraphQLObjectType)):
            continue
        if "id" in type_.fields and node not in type_.interfaces:
            yield f"{type_.name}: has an id but is not a Node"


def ids(schema: GraphQLSchema) -> Iterator[str]:
    """Require the type ID for elements named `id`, `fooId` or `fooIds`, and for no others."""
    for coordinate, name, definition in typed_elements(schema):
        if bool(ID.fullmatch(name)) is not (get_named_type(definition.type).name == "ID"):
            yield f"{coordinate}: is an id by name or by type, but not both"


RULES: Final[tuple[Callable[[GraphQLSchema], Iterator[str]], ...]] = (
    *(connections, pages, page_info, global_ids, ids),
)
