"""Reading a request: its parameters, from an address, a body or a socket's message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from web.edge.request_heads import MAX_BODY_BYTES
from web.graphql.media import JSON, is_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import QueryParams
    from starlette.requests import Request
    from starlette.types import Receive

DEEPEST_JSON = 64
LONGEST_LIST = 1_000
"""In variables: of each value a copy is made for each field that takes the list."""
READING = {"GET", "HEAD"}
METHODS = ("GET", "HEAD", "POST", "OPTIONS")
NAMES = ("query", "documentId", "operationName", "variables", "extensions")


class BadRequest(Exception):
    """A request that is not GraphQL over HTTP; answered with that status."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of a request.

    Its document is `query`, or the one that is known by `document_id` (the specification's
    appendix on persisted documents) or by `hash`, in hex (Apollo's automatic persisted queries).
    """

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None = None
    hash: str | None = None

    @property
    def teaches(self) -> bool:
        """Whether it has a document together with the name by which to know it later."""
        return self.query is not None and (self.document_id or self.hash) is not None


async def read(request: Request, body: bytes | None = None) -> GraphQLRequest:
    """Read an HTTP request.

    Args:
        request: its head.
        body: if it was received already.

    Raises:
        BadRequest: when it is none of GraphQL.
    """
    if request.method in READING:
        return parameters(_filled(_of_address(request.query_params)))
    if request.method != "POST":
        raise BadRequest(405, "Send GET or POST.", {"Allow": ", ".join(METHODS)})
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise BadRequest(415, "Send the body as it is.", {"Accept-Encoding": "identity"})
    kinds = request.headers.getlist("content-type")
    if len(kinds) != 1 or not is_json(kinds[0]):
        raise BadRequest(415, f"Send {JSON} in UTF-8.", {"Accept-Post": JSON})
    if body is None:
        body = await received(request.receive)
    values = _json(body, "The body")
    if not isinstance(values, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    return parameters(_filled(values))


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """The parameters, where a query of nothing but space is as good as none."""
    query = values.get("query")
    if isinstance(query, str) and not query.strip():
        return {**values, "query": None}
    return values


def parameters(values: Mapping[str, Any]) -> GraphQLRequest:
    """Read the parameters; what has no name of ours is ignored.

    Raises:
        BadRequest: when one is missing or makes no sense.
    """
    query = _typed(values, "query", str, "a string")
    document_id = _typed(values, "documentId", str, "a string")
    name = _typed(values, "operationName", str, "a string")
    variables = _typed(values, "variables", dict, "an object")
    extensions = _typed(values, "extensions", dict, "an object")
    hash_ = _hash((extensions or {}).get("persistedQuery"))
    if document_id is None and hash_ is None:
        if query is None:
            raise BadRequest(400, "query must be a string that is not empty.")
    elif query is not None and not query.strip():  # as graphql-ws sends it, which wants one
        query = None
    return GraphQLRequest(query, variables, name or None, document_id, hash_)


def _typed(values: Mapping[str, Any], name: str, kind: type, what: str) -> Any:
    value = values.get(name)
    if not isinstance(value, kind | None):
        raise BadRequest(400, f"{name} must be {what}.")
    if isinstance(value, dict) and (flaw := _flaw(value)):
        raise BadRequest(400, f"{name} must not {flaw}.")
    return value


def _hash(persisted: object) -> str | None:
    """The hash in `extensions.persistedQuery`, which only version 1 has in that form."""
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or not isinstance(persisted.get("sha256Hash"), str):
        raise BadRequest(400, "extensions.persistedQuery must have a version and a sha256Hash.")
    if persisted.get("version") != 1:
        raise BadRequest(400, "Unsupported persisted query version")
    hash_: str = persisted["sha256Hash"]
    return hash_


def _of_address(query: QueryParams) -> dict[str, Any]:
    """The parameters in an address, where an empty one is as good as none."""
    values: dict[str, Any] = {}
    for name, text in query.multi_items():
        if name in values:
            raise BadRequest(400, f"{name} must not be repeated.")
        if name in NAMES:
            values[name] = text or None
    for name in ("variables", "extensions"):
        if values.get(name):
            values[name] = _json(values[name], name)
    return values


async def received(receive: Receive) -> bytes:
    """The whole body, which the server bounds as well (web/edge/http_protocol.py).

    Raises:
        BadRequest: when it is too long, or does not come to its end.
    """
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest(400, "The body has not come to its end.")
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > MAX_BODY_BYTES:
            raise BadRequest(413, f"The body has more than {MAX_BODY_BYTES} bytes.")
        is_more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _json(text: str | bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"{name} must be JSON: {error.msg}") from error


def _flaw(value: dict[str, Any]) -> str | None:
    """Why an object is too much to be looked at, if it is."""
    layer: list[Any] = [value]
    for _ in range(DEEPEST_JSON):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if any(len(child) > LONGEST_LIST for child in layer):
            return f"have lists of more than {LONGEST_LIST} values"
        if not layer:
            return None
    return f"be nested deeper than {DEEPEST_JSON} levels"
