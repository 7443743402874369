"""Manifests of trusted GraphQL documents, which the build tools of clients write.

Two formats are supported: Apollo's persisted query manifest, and the JSON object {id: text} that
Relay's compiler and GraphQL Code Generator write.
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


class InvalidManifest(RuntimeError):
    """Raised if a manifest is unreadable or invalid; the message names the entry and the reason."""


def read_manifest(path: Path, *, introspection: bool) -> dict[str, str]:
    """Return the validated texts of a manifest's GraphQL documents, keyed by document ID.

    Args:
        path: path of the manifest.
        introspection: whether the manifest's documents may use introspection.

    Raises:
        InvalidManifest: if the manifest is unreadable or one of its documents is invalid.
    """
    try:
        content = orjson.loads(path.read_bytes())
    except OSError as error:
        raise InvalidManifest(f"{path} cannot be read: {error.strerror}.") from error
    except orjson.JSONDecodeError as error:
        raise InvalidManifest(f"{path} is not valid JSON: {error}.") from error
    texts: dict[str, str] = {}
    for id_, text, label in _entries(content, path):
        if texts.setdefault(id_, text) != text:
            raise InvalidManifest(f"{path}: two documents have the id {id_}.")
        if reason := _error_of(text, introspection=introspection):
            raise InvalidManifest(f"{path}: {label} cannot run: {reason}")
    return texts


def _entries(content: Any, path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield each GraphQL document's ID, its text, and how error messages name it."""
    if not isinstance(content, dict):
        raise InvalidManifest(f"{path}: {SHAPE}.")
    if isinstance(content.get("format"), str) and "operations" in content:
        if (content["format"], content.get("version")) != (APOLLO, 1):
            raise InvalidManifest(f"{path}: {SHAPE}.")
        operations = content["operations"]
        if not isinstance(operations, list):
            raise InvalidManifest(f"{path}: operations must be a list.")
        for index, operation in enumerate(operations):
            fields = (
                [operation.get(key) for key in ("id", "body")]
                if isinstance(operation, dict)
                else []
            )
            match fields:
                case [str(id_), str(text)] if id_:
                    yield id_, text, f"the operation {operation.get('name') or id_}"
                case _:
                    raise InvalidManifest(f"{path}: operation {index} needs an id and a body.")
        return
    for id_, text in content.items():
        if not isinstance(text, str):
            raise InvalidManifest(f"{path}: {id_}: the document must be a string. {SHAPE}.")
        yield id_, text, f"the document {id_}"


def _error_of(text: str, *, introspection: bool) -> str | None:
    """Return the reason why a GraphQL document is invalid, or None if it is valid."""
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
        return "The document is nested too deeply."
    except RequestFailed as error:
        return str(error)
    return None
