"""Lists of trusted documents, as the build of a client writes them.

Apollo's manifest of persisted queries, and the plain object {id: text} of Relay's compiler and
GraphQL Code Generator.
https://www.apollographql.com/docs/graphos/platform/security/persisted-queries
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLSyntaxError, OperationDefinitionNode, parse

from schema.execution.documents import prepare
from schema.execution.prepared import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APOLLO = "apollo-persisted-query-manifest"
SHAPE = "it must be an Apollo persisted query manifest of version 1, or an object {id: text}"


class ManifestBroken(RuntimeError):
    """The list cannot be used; the message says where and why."""


def read_manifest(path: Path, *, introspection: bool) -> dict[str, str]:
    """Read and check the documents of a list, by their ids.

    Args:
        path: the file.
        introspection: whether its documents may ask for the schema.

    Raises:
        ManifestBroken: when one of them would not run.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except OSError as error:
        raise ManifestBroken(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise ManifestBroken(f"{path} is no JSON: {error}.") from error
    texts: dict[str, str] = {}
    for id_, text, label in _entries(found, path):
        if texts.setdefault(id_, text) != text:
            raise ManifestBroken(f"{path}: two documents have the id {id_}.")
        if why := _failure(text, introspection=introspection):
            raise ManifestBroken(f"{path}: {label} cannot run: {why}")
    return texts


def _entries(found: Any, path: Path) -> Iterator[tuple[str, str, str]]:
    """The id and text of each document, and what to call it."""
    if not isinstance(found, dict):
        raise ManifestBroken(f"{path}: {SHAPE}.")
    if isinstance(found.get("format"), str) and "operations" in found:
        if (found["format"], found.get("version")) != (APOLLO, 1):
            raise ManifestBroken(f"{path}: {SHAPE}.")
        operations = found["operations"]
        if not isinstance(operations, list):
            raise ManifestBroken(f"{path}: operations must be a list.")
        for place, each in enumerate(operations):
            fields = [each.get(key) for key in ("id", "body")] if isinstance(each, dict) else []
            match fields:
                case [str(id_), str(text)] if id_:
                    yield id_, text, f"the operation {each.get('name') or id_}"
                case _:
                    raise ManifestBroken(f"{path}: operation {place} needs an id and a body.")
        return
    for id_, text in found.items():
        if not isinstance(text, str):
            raise ManifestBroken(f"{path}: {id_}: the document must be a string. {SHAPE}.")
        yield id_, text, f"the document {id_}"


def _failure(text: str, *, introspection: bool) -> str | None:
    """Why a document would not run, if it would not."""
    try:
        document = parse(text)
        names = [
            node.name.value if node.name else None
            for node in document.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        for name in names or [None]:
            prepare(text, name, introspection=introspection)
    except GraphQLSyntaxError as error:
        return error.message
    except RecursionError:
        return "It is nested too deeply."
    except RequestFailed as error:
        return str(error)
    return None
