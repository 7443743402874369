"""GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft): one endpoint.

The status says what kind of failure it was for `application/graphql-response+json`; under
`application/json` and in a stream every well-formed request is answered with 200. What could not be
executed is 400 and what was executed 200, as graphql-http's audit has it; the edition of September
2026 would rather have 422 for some of the former and, against its own example, 294 where a field
failed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.responses import Response

from models.errors import ExpertBookError, RateLimited, Unauthenticated
from schema.context import Context
from schema.execution.freshness import public_seconds
from schema.execution.operations import body_of, formatted, of_cause, run, watch
from schema.execution.prepared import RequestFailed
from web.graphql.caching import OWN, is_of_a_stranger, is_public, label, unless_known
from web.graphql.media import EVENT_STREAM, GRAPHQL_JSON, JSON, OFFERED, accepted
from web.graphql.persisted_documents import NotPersisted
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import METHODS, READING, BadRequest, read
from web.graphql.sockets import address_of
from web.graphql.sse import AFTER, EventStream, is_resumable, once

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from graphql import ExecutionResult
    from starlette.requests import Request

    from auth.viewers import Viewer
    from schema.context import Services
    from schema.execution.prepared import Prepared
    from web.container import Container
    from web.edge.cookies import Cookies
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.response_cache import CacheKey
    from web.graphql.sockets import Sockets


async def answer(
    request: Request,
    container: Container,
    documents: PersistedDocuments,
    cookies: Cookies,
    question: CacheKey | None = None,
) -> Response:
    """Answer one HTTP request; a subscription with a stream, whose session ends as a socket's.

    Args:
        request: its head, and where its body comes from.
        container: the services and caches of the program.
        documents: those that requests may name.
        cookies: what its browser sent.
        question: what it asks, with its body, where an answer for others may do.
    """
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(METHODS)})
    services = container.services
    media_type = JSON
    payer = context = None
    try:
        taken = _taken(request)
        media_type = taken[0]
        asked = await read(request, question.body if question else None)
        viewer = await _viewer(request, services, cookies)
        context = Context(services, viewer, address_of(request), cookies.browser_session())
        payer = RateLimitCharge(services.budgets, viewer, context.address)
        introspection = services.allows_introspection
        prepared = await payer.prepared(
            partial(documents.prepare, asked, introspection=introspection)
        )
        await payer.pay(prepared, asked.variables)
        _check(request, prepared.kind, taken, cookies)
        if prepared.kind is OperationType.SUBSCRIPTION:
            results = watch(prepared, _resumed(request, prepared, asked.variables), context)
            response: Response = _stream(results, prepared, context, container.sockets)
        else:
            seconds = public_seconds(prepared)
            is_kept = seconds is not None and is_of_a_stranger(request, cookies)
            make = partial(
                _made, prepared, asked.variables, context, media_type, seconds if is_kept else None
            )
            if container.shared is None or question is None or seconds is None or asked.teaches:
                response, _ = await make()
            else:
                response = await container.shared.answer(
                    question, prepared, asked.variables, context, make
                )
            if is_public(response):
                response = unless_known(response, request)
    except (BadRequest, ExpertBookError, RequestFailed) as error:
        response = refused(error, media_type)
    # Also where the request failed: what a session has become may be done already.
    if context and context.browser:
        cookies.apply(context.browser, response)
    if payer and not is_public(response):  # a cache would show others what this client has left
        response.headers.update(payer.headers)
    return response


async def _made(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    context: Context,
    media_type: str,
    seconds: int | None,
) -> tuple[Response, ExecutionResult]:
    """The answer to a query or mutation, which caches may keep for so many seconds, if any."""
    result = await run(prepared, variables, context)
    response = respond(body_of(result), 200, media_type)
    if seconds is not None and not result.errors:
        label(response, seconds)
    return response, result


def refused(error: BadRequest | ExpertBookError | RequestFailed, media_type: str) -> Response:
    """The answer to a request that was not executed."""
    match error:
        case BadRequest():
            return _failed(error.status, media_type, [GraphQLError(str(error))], error.headers)
        case Unauthenticated():
            return _failed(401, media_type, [of_cause(error)], {"WWW-Authenticate": "Bearer"})
        case RateLimited():
            wait = {"Retry-After": str(error.retry_after_seconds)}
            return _failed(429, media_type, [of_cause(error)], wait)
        case ExpertBookError():
            return _failed(503, media_type, [of_cause(error)], {"Retry-After": "1"})
    is_told = isinstance(error, NotPersisted) and error.is_automatic
    status = 400 if media_type == GRAPHQL_JSON and not is_told else 200
    return respond({"errors": formatted(error.errors)}, status, media_type)


def _taken(request: Request) -> tuple[str, ...]:
    taken = accepted(",".join(request.headers.getlist("accept")))
    if not taken:
        raise BadRequest(406, f"Accept {', '.join(OFFERED)}.")
    return taken


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
    """A GraphQL response, which caches do not keep unless they are told to."""
    if media_type == EVENT_STREAM:
        return once(body)
    return Response(
        orjson.dumps(body),
        status,
        {**OWN, **(headers or {})},
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


def _check(request: Request, kind: OperationType, taken: Sequence[str], cookies: Cookies) -> None:
    if kind is OperationType.SUBSCRIPTION and EVENT_STREAM not in taken:
        raise BadRequest(
            400,
            f"A subscription needs `Accept: {EVENT_STREAM}` (graphql-sse) or a WebSocket "
            "(graphql-transport-ws).",
        )
    if kind is OperationType.MUTATION and request.method in READING:
        raise BadRequest(405, "A mutation needs POST.", {"Allow": "POST"})
    if kind is OperationType.SUBSCRIPTION and request.method == "HEAD":
        raise BadRequest(405, "A subscription needs GET or POST.", {"Allow": "GET, POST"})
    if cookies.is_requested and cookies.is_foreign:
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
    if header or not cookies.is_requested or not cookies.access_token:
        return await viewer_of_header(header, services)
    try:
        return await services.viewers.authenticate(cookies.access_token)
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
    return await services.viewers.authenticate(token.strip())
