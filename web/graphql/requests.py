"""Parsing of GraphQL requests from a URL, an HTTP body or a WebSocket message."""

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

MAX_JSON_DEPTH = 64
MAX_LIST_LENGTH = 1_000
"""Maximum length of a list or object in the variables. It is limited because each field that uses a
list copies it."""
READ_METHODS = {"GET", "HEAD"}
ALLOWED_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
PARAMETER_NAMES = ("query", "documentId", "doc_id", "operationName", "variables", "extensions")


class BadRequest(Exception):
    """Raised for an invalid GraphQL request; `status` is the HTTP status of the response."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """Parameters of a GraphQL request.

    The GraphQL document is given as `query`, or identified by `document_id` (the specification's
    appendix on persisted documents) or by `hash` in hex (Apollo's automatic persisted queries).
    """

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    document_id: str | None = None
    hash: str | None = None

    @property
    def registers_document(self) -> bool:
        """Whether the request sends a document together with its ID or hash."""
        return self.query is not None and (self.document_id or self.hash) is not None


async def read(request: Request, body: bytes | None = None) -> GraphQLRequest:
    """Return the parameters of an HTTP request.

    Args:
        request: the HTTP request.
        body: the request body, if it has been received already.

    Raises:
        BadRequest: if the method, media type, encoding or a parameter is invalid.
    """
    if request.method in READ_METHODS:
        return parse_parameters(_without_blank_query(_url_parameters(request.query_params)))
    if request.method != "POST":
        raise BadRequest(405, "Send GET or POST.", {"Allow": ", ".join(ALLOWED_METHODS)})
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise BadRequest(415, "Send the body without compression.", {"Accept-Encoding": "identity"})
    content_types = request.headers.getlist("content-type")
    if len(content_types) != 1 or not is_json(content_types[0]):
        raise BadRequest(415, f"Send {JSON} in UTF-8.", {"Accept-Post": JSON})
    if body is None:
        body = await receive_body(request.receive)
    values = _json(body, "The body")
    if isinstance(values, list):
        raise BadRequest(400, "Send one operation in a request; batches are not supported.")
    if not isinstance(values, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    return parse_parameters(_without_blank_query(values))


def _without_blank_query(values: dict[str, Any]) -> dict[str, Any]:
    """Return the request's parameters, with a blank query replaced by None."""
    query = values.get("query")
    if isinstance(query, str) and not query.strip():
        return {**values, "query": None}
    return values


def parse_parameters(values: Mapping[str, Any]) -> GraphQLRequest:
    """Validate the parameters of a GraphQL request; unknown parameters are ignored.

    Raises:
        BadRequest: if a parameter is missing or invalid.
    """
    query = _typed(values, "query", str, "a string")
    # Also accept `doc_id`, which the examples in Relay's documentation send.
    given_id = values.get("documentId")
    id_name = "doc_id" if given_id is None or given_id == "" else "documentId"
    document_id = _typed(values, id_name, str, "a string") or None
    name = _typed(values, "operationName", str, "a string")
    variables = _object(values, "variables")
    extensions = _object(values, "extensions")
    hash_ = _hash((extensions or {}).get("persistedQuery"))
    if document_id is None and hash_ is None:
        if query is None:
            raise BadRequest(400, "query must be a non-empty string.")
    elif query is not None and not query.strip():  # graphql-ws requires a query, so clients send ""
        query = None
    return GraphQLRequest(query, variables, name or None, document_id, hash_)


def _typed(values: Mapping[str, Any], name: str, type_: type, description: str) -> Any:
    value = values.get(name)
    if not isinstance(value, type_ | None):
        raise BadRequest(400, f"{name} must be {description}.")
    return value


def _object(values: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    """Return an object, or None for "", which generated clients send for an unset object."""
    if values.get(name) == "":
        return None
    value: dict[str, Any] | None = _typed(values, name, dict, "an object")
    if value and (excess := _excess(value)):
        raise BadRequest(400, f"{name} must not {excess}.")
    return value


def _hash(persisted: object) -> str | None:
    """Return the hash in `extensions.persistedQuery`, if any; only version 1 is supported."""
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or not isinstance(persisted.get("sha256Hash"), str):
        raise BadRequest(400, "extensions.persistedQuery must have a version and a sha256Hash.")
    if persisted.get("version") != 1:
        raise BadRequest(400, "Unsupported persisted query version")
    hash_: str = persisted["sha256Hash"].lower()
    return hash_


def _url_parameters(query: QueryParams) -> dict[str, Any]:
    """Return the GraphQL parameters of a URL's query; an empty parameter is treated as missing."""
    values: dict[str, Any] = {}
    for name, text in query.multi_items():
        if name in values:
            raise BadRequest(400, f"{name} must not be repeated.")
        if name in PARAMETER_NAMES:
            values[name] = text or None
    for name in ("variables", "extensions"):
        if values.get(name):
            values[name] = _json(values[name], name)
    return values


async def receive_body(receive: Receive, limit: int = MAX_BODY_BYTES) -> bytes:
    """Return the whole request body.

    `web/edge/http_protocol.py` also limits the body's size, and the time in which it must arrive.

    Args:
        receive: the function that receives ASGI messages.
        limit: maximum size of the body, in bytes.

    Raises:
        BadRequest: if the body is too long or incomplete.
    """
    parts: list[bytes] = []
    size, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] != "http.request":
            raise BadRequest(400, "The body is incomplete.")
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > limit:
            raise BadRequest(413, f"The body is too long; the limit is {limit} bytes.")
        is_more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _json(text: str | bytes, name: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"{name} must be JSON: {error.msg}") from error


def _excess(value: dict[str, Any]) -> str | None:
    """Return which limit on nested values the object exceeds, or None if it exceeds none."""
    layer: list[Any] = [value]
    for _ in range(MAX_JSON_DEPTH):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if any(len(child) > MAX_LIST_LENGTH for child in layer):
            return f"have lists of more than {MAX_LIST_LENGTH} values"
        if not layer:
            return None
    return f"be nested deeper than {MAX_JSON_DEPTH} levels"
