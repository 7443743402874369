"""GraphQL over HTTP (the specification's draft of 2025): one endpoint, GET and POST.

The status says what kind of failure it was for `application/graphql-response+json`; under
`application/json` every well-formed request is answered with 200.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.responses import Response

from models.errors import ExpertBookError, Unauthenticated
from schema.context import Context, Services
from schema.operations import RequestFailed, formatted, prepare, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import ExecutionResult
    from starlette.requests import Request

    from auth.viewers import Viewer
    from web.cookies import Cookies

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
LONGEST_BODY = 100 * 1024
DEEPEST_JSON = 64


class BadRequest(Exception):
    """A request that is not GraphQL over HTTP; answered with that status."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """The parameters of a request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


async def answer(request: Request, services: Services, cookies: Cookies) -> Response:
    """Answer one HTTP request."""
    media_type = JSON
    try:
        media_type = accepted(request.headers.get("accept"))
        asked = await _read(request)
        prepared = prepare(
            asked.query, asked.operation_name, introspection=services.allows_introspection
        )
        browser = cookies.browser_session()
        _check(request, prepared.kind, cookies)
        viewer = await _viewer(request, services, cookies)
        context = Context(services, viewer, _address(request), browser)
        result = await run(prepared, asked.variables, context)
    except BadRequest as error:
        return _failed(error.status, media_type, [GraphQLError(str(error))], error.headers)
    except Unauthenticated as error:
        shown = GraphQLError(str(error), original_error=error)
        return _failed(401, media_type, [shown], {"WWW-Authenticate": "Bearer"})
    except ExpertBookError as error:
        shown = GraphQLError(str(error), original_error=error)
        return _failed(503, media_type, [shown], {"Retry-After": "1"})
    except RequestFailed as error:
        return _failed(200 if media_type == JSON else 400, media_type, error.errors)
    response = respond(_body(result), 200, media_type)
    if browser:
        cookies.apply(browser, response)
    return response


def respond(
    body: dict[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A GraphQL response; never kept by caches, since it may be the viewer's own."""
    return Response(
        orjson.dumps(body),
        status,
        {"Cache-Control": "no-store", "Vary": "Accept", **(headers or {})},
        f"{media_type}; charset=utf-8",
    )


def _failed(
    status: int,
    media_type: str,
    errors: Any,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return respond({"errors": formatted(errors)}, status, media_type, headers)


def _body(result: ExecutionResult) -> dict[str, Any]:
    if result.errors:
        return {"errors": formatted(result.errors), "data": result.data}
    return {"data": result.data}


def _check(request: Request, kind: OperationType, cookies: Cookies) -> None:
    if kind is OperationType.SUBSCRIPTION:
        raise BadRequest(400, "Subscriptions need a WebSocket (graphql-transport-ws).")
    if kind is OperationType.MUTATION and request.method == "GET":
        raise BadRequest(405, "A mutation needs POST.", {"Allow": "POST"})
    if cookies.is_asked_for and cookies.is_foreign:
        raise BadRequest(403, "Session cookies are for this server's own pages.")


async def _viewer(request: Request, services: Services, cookies: Cookies) -> Viewer | None:
    """Who asks: by the header, or by the cookie where the client asks for cookies.

    Raises:
        Unauthenticated: when the header's token does not count. A cookie's that does not count is
            as good as none, so that the browser can use its refresh token.
    """
    header = request.headers.get("authorization")
    if header or not cookies.is_asked_for or not cookies.access_token:
        return await viewer_of_header(header, services)
    try:
        return await services.viewers.of(cookies.access_token)
    except Unauthenticated:
        return None


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


async def viewer_of_header(header: str | None, services: Services) -> Viewer | None:
    """Who sends `Authorization: Bearer …`; nobody without the header.

    Raises:
        Unauthenticated: when the token does not count.
    """
    if not header:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send `Authorization: Bearer` and the access token.")
    return await services.viewers.of(token.strip())


def accepted(header: str | None) -> str:
    """The media type to answer with, by weight, then as the client lists them (RFC 9110, 12.5.1).

    Raises:
        BadRequest: 406, when the client takes neither.
    """
    if not header:
        return JSON
    best, weight = "", 0.0
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found = {GRAPHQL_JSON: GRAPHQL_JSON, JSON: JSON, "application/*": GRAPHQL_JSON}.get(
            name, GRAPHQL_JSON if name == "*/*" else ""
        )
        quality = _quality(parameters)
        if found and quality > weight:
            best, weight = found, quality
    if not best:
        raise BadRequest(406, f"Accept {GRAPHQL_JSON} or {JSON}.")
    return best


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


async def _read(request: Request) -> GraphQLRequest:
    if request.method == "GET":
        return _parameters(
            {
                "query": request.query_params.get("query"),
                "operationName": request.query_params.get("operationName"),
                "variables": _json(request.query_params.get("variables") or "null", "variables"),
                "extensions": _json(request.query_params.get("extensions") or "null", "extensions"),
            }
        )
    kind, _, charset = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() != JSON or charset.strip() not in {"", "charset=utf-8", 'charset="utf-8"'}:
        raise BadRequest(415, f"Send {JSON} in UTF-8.")
    body = _json(await _bytes(request), "The body")
    if not isinstance(body, dict):
        raise BadRequest(400, "The body must be a JSON object.")
    return _parameters(body)


async def _bytes(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise BadRequest(413, f"The body has more than {LONGEST_BODY} bytes.")
    return bytes(body)


def _json(text: str | bytes, name: str) -> Any:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(400, f"{name} must be JSON: {error.msg}") from error
    if _is_deeper(value, DEEPEST_JSON):
        raise BadRequest(400, f"{name} must not be nested deeper than {DEEPEST_JSON} levels.")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value] if isinstance(value, (dict, list)) else []
    for _ in range(levels):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not layer:
            return False
    return True


def _parameters(values: dict[str, Any]) -> GraphQLRequest:
    query = values.get("query")
    variables = values.get("variables")
    name = values.get("operationName")
    extensions = values.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise BadRequest(400, "query must be a string that is not empty.")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "variables must be an object.")
    if not isinstance(name, str | None):
        raise BadRequest(400, "operationName must be a string.")
    if not isinstance(extensions, dict | None):
        raise BadRequest(400, "extensions must be an object.")
    return GraphQLRequest(query, variables, name or None)
