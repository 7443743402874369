"""GraphQL over HTTP (the specification's draft of 2025): one endpoint, GET and POST.

The status says what kind of failure it was for `application/graphql-response+json`; under
`application/json` and in a stream every well-formed request is answered with 200.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.responses import Response

from models.errors import ExpertBookError, Unauthenticated
from schema.context import Context, Services
from schema.operations import (
    RequestFailed,
    body_of,
    formatted,
    of_cause,
    prepare,
    run,
    watch,
)
from web.sockets import address_of
from web.sse import AFTER, EVENT_STREAM, EventStream, is_resumable, once

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from graphql import ExecutionResult
    from starlette.requests import Request

    from auth.viewers import Viewer
    from schema.operations import Prepared
    from web.cookies import Cookies
    from web.sockets import Sockets

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
OFFERED = (GRAPHQL_JSON, JSON, EVENT_STREAM)
ANY = {"*/*": GRAPHQL_JSON, "application/*": GRAPHQL_JSON, "text/*": EVENT_STREAM}
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


async def answer(
    request: Request, services: Services, cookies: Cookies, sockets: Sockets
) -> Response:
    """Answer one HTTP request; a subscription with a stream, whose session ends as a socket's."""
    media_type = JSON
    try:
        taken = accepted(request.headers.get("accept"))
        media_type = taken[0]
        asked = await _read(request)
        prepared = prepare(
            asked.query, asked.operation_name, introspection=services.allows_introspection
        )
        browser = cookies.browser_session()
        _check(request, prepared.kind, taken, cookies)
        viewer = await _viewer(request, services, cookies)
        context = Context(services, viewer, address_of(request), browser)
        if prepared.kind is OperationType.SUBSCRIPTION:
            results = watch(prepared, _resumed(request, prepared, asked.variables), context)
            return _stream(results, prepared, context, sockets)
        result = await run(prepared, asked.variables, context)
    except BadRequest as error:
        return _failed(error.status, media_type, [GraphQLError(str(error))], error.headers)
    except Unauthenticated as error:
        return _failed(401, media_type, [of_cause(error)], {"WWW-Authenticate": "Bearer"})
    except ExpertBookError as error:
        return _failed(503, media_type, [of_cause(error)], {"Retry-After": "1"})
    except RequestFailed as error:
        body = {"errors": formatted(error.errors)}
        return respond(body, 400 if media_type == GRAPHQL_JSON else 200, media_type)
    response = respond(body_of(result), 200, media_type)
    if browser:
        cookies.apply(browser, response)
    return response


def _stream(
    results: AsyncGenerator[ExecutionResult, None],
    prepared: Prepared,
    context: Context,
    sockets: Sockets,
) -> Response:
    if not sockets.admits(context.address):
        raise BadRequest(429, "Too many open subscriptions.", {"Retry-After": "10"})
    resumable = is_resumable(prepared)
    return EventStream(results, context.viewer, sockets, context.address, resumable=resumable)


def respond(
    body: dict[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A GraphQL response; never kept by caches, since it may be the viewer's own."""
    if media_type == EVENT_STREAM:
        return once(body)
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
    # What is no GraphQL request gets no stream: a client would take its status for success.
    shown = JSON if media_type == EVENT_STREAM else media_type
    return respond({"errors": formatted(errors)}, status, shown, headers)


def _check(request: Request, kind: OperationType, taken: list[str], cookies: Cookies) -> None:
    if kind is OperationType.SUBSCRIPTION and EVENT_STREAM not in taken:
        raise BadRequest(
            400,
            f"A subscription needs `Accept: {EVENT_STREAM}` (graphql-sse) or a WebSocket "
            "(graphql-transport-ws).",
        )
    if kind is OperationType.MUTATION and request.method == "GET":
        raise BadRequest(405, "A mutation needs POST.", {"Allow": "POST"})
    if cookies.is_asked_for and cookies.is_foreign:
        raise BadRequest(403, "Session cookies are for this server's own pages.")


def _resumed(
    request: Request, prepared: Prepared, variables: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The variables; those of an `EventSource` that connects anew go on after its last event."""
    last = request.headers.get("last-event-id")
    if last and is_resumable(prepared):
        return {**(variables or {}), AFTER: last}
    return variables


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


def accepted(header: str | None) -> list[str]:
    """The media types to answer with, by weight, then as the client lists them (RFC 9110, 12.5.1).

    Raises:
        BadRequest: 406, when the client takes none.
    """
    if not header:
        return [JSON]
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        found = name if name in OFFERED else ANY.get(name)
        if found:
            weights[found] = max(_quality(parameters), weights.get(found, 0.0))
    taken = sorted((name for name in weights if weights[name] > 0), key=lambda name: -weights[name])
    if not taken:
        raise BadRequest(406, f"Accept {', '.join(OFFERED)}.")
    return taken


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
