"""What Relay asks of a schema: connections that can be paged both ways, and objects by id.

Sources: the Cursor Connections and the Global Object Identification specifications.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type

from tests.schema.places import fields_of, typed, types_of

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


def _shape(parts: dict[str, GraphQLField] | dict[str, GraphQLArgument]) -> dict[str, str]:
    return {name: str(part.type) for name, part in parts.items()}


def connections(schema: GraphQLSchema) -> Iterator[str]:
    """A FooConnection has `edges` and `pageInfo`, and a FooEdge its `node` and `cursor`."""
    for type_ in types_of(schema):
        row, shape = type_.name, _shape(fields_of(type_))
        if row.endswith("Connection"):
            row = row.removesuffix("Connection")
            expected = {"edges": f"[{row}Edge!]!", "pageInfo": "PageInfo!"}
        elif row.endswith("Edge"):
            row = row.removesuffix("Edge")
            expected = {"node": f"{row}!", "cursor": "String!"}
        else:
            continue
        for name, of in expected.items():
            if shape.get(name) != of:
                yield f"{type_.name}.{name}: is not {of}"


def pages(schema: GraphQLSchema) -> Iterator[str]:
    """A list with pages is a connection, and every connection can be paged both ways."""
    for type_ in types_of(schema):
        for name, field in fields_of(type_).items():
            path, shape = f"{type_.name}.{name}", _shape(field.args)
            if get_named_type(field.type).name.endswith("Connection"):
                yield from (
                    f"{path}({key}): is not {of}"
                    for key, of in ARGUMENTS.items()
                    if shape.get(key) != of
                )
            elif SIZES & shape.keys():
                yield f"{path}: has pages and is no connection"


def page_info(schema: GraphQLSchema) -> Iterator[str]:
    """`PageInfo` is as it was specified."""
    type_ = schema.get_type("PageInfo")
    if type_ is not None and _shape(fields_of(type_)) != PAGE_INFO:
        yield "PageInfo: is not the one of the specification"


def global_ids(schema: GraphQLSchema) -> Iterator[str]:
    """What has an `id` is a `Node`, and `node` finds it."""
    node, root = schema.get_type("Node"), fields_of(schema.query_type).get("node")
    if not isinstance(node, GraphQLInterfaceType) or _shape(node.fields) != {"id": "ID!"}:
        yield "Node: is not the one of the specification"
    if root is None or (str(root.type), _shape(root.args)) != ("Node", {"id": "ID!"}):
        yield "Query.node: is not the one of the specification"
    for type_ in types_of(schema):
        if type_ is node or not isinstance(type_, (GraphQLInterfaceType, GraphQLObjectType)):
            continue
        if "id" in type_.fields and node not in type_.interfaces:
            yield f"{type_.name}: has an id and is no Node"


def ids(schema: GraphQLSchema) -> Iterator[str]:
    """`id`, `fooId` and `fooIds` are of the type ID, and nothing else is."""
    for path, name, part in typed(schema):
        if bool(ID.fullmatch(name)) is not (get_named_type(part.type).name == "ID"):
            yield f"{path}: is an id only by its name or only by its type"


RULES: Final[tuple[Callable[[GraphQLSchema], Iterator[str]], ...]] = (
    *(connections, pages, page_info, global_ids, ids),
)
