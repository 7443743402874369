"""GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft).

With the media type `application/graphql-response+json`, the HTTP status shows the kind of failure:
invalid GraphQL requests get status 400, and executed requests get status 200, as the audit of the
graphql-http library expects. With `application/json` and in event streams, even a request with an
invalid GraphQL document gets status 200.

The specification's draft of September 2026 recommends status 422 for some failures before
execution, and status 294 for partial results; this server uses neither for GraphQL.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import OperationType
from starlette.responses import Response

from models.errors import ExpertBookError, RateLimited, Unauthenticated
from schema.context import Context
from schema.execution.absence import given_variables
from schema.execution.freshness import public_seconds
from schema.execution.operations import body_of, formatted, run
from schema.execution.prepared import RequestFailed
from web.graphql.caching import (
    PRIVATE_HEADERS,
    apply_if_none_match,
    is_anonymous_read,
    is_public,
    make_public,
)
from web.graphql.connection_parameters import with_token
from web.graphql.media import (
    EVENT_STREAM,
    GRAPHQL_JSON,
    JSON,
    MULTIPART,
    SUPPORTED_TYPES,
    accepted_types,
    result_type,
)
from web.graphql.multipart import MultipartStream
from web.graphql.persisted_documents import NotPersisted
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import ALLOWED_METHODS, READ_METHODS, BadRequest, read
from web.graphql.sockets import address_of
from web.graphql.sse import AFTER_VARIABLE, EventStream, is_resumable, single_result
from web.graphql.streams import SubscriptionResponse
from web.graphql.subscribers import errors_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    from web.graphql.streams import StreamEncoding

SESSION_FIELDS = frozenset(
    {
        *("__typename", "register", "login", "logout", "refreshSession"),
        *("requestPasswordReset", "resetPassword", "verifyEmail"),
        *("startGuestSession", "requestSignInCode", "signInWithCode"),
    }
)
"""Root fields for signing in and out; clients may send an expired token along with them."""

STREAMS = frozenset({EVENT_STREAM, MULTIPART})


async def answer(
    request: Request,
    container: Container,
    documents: PersistedDocuments,
    cookies: Cookies,
    cache_key: CacheKey | None = None,
) -> Response:
    """Respond to an HTTP request; the response to a subscription is long-lived.

    Args:
        request: the HTTP request, whose body may have been read already.
        container: services and caches of this process.
        documents: finds and validates the GraphQL documents of requests.
        cookies: the request's session cookies.
        cache_key: the request's key in the response cache, which includes the request body; None
            bypasses the cache.
    """
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": ", ".join(ALLOWED_METHODS)})
    services = container.services
    media_type = JSON
    charge = context = None
    try:
        media_types = _negotiate(request)
        media_type = result_type(media_types)
        graphql = await read(request, cache_key.body if cache_key else None)
        rejected = viewer = None
        try:
            viewer = await authenticate(request, services, cookies)
        except Unauthenticated as error:
            rejected = error
        context = Context(
            services, viewer, address_of(request), cookies.browser_session(), request.headers
        )
        charge = RateLimitCharge(services.budgets, viewer, context.address)
        introspection = services.allows_introspection
        prepared = await charge.prepare(
            partial(documents.prepare, graphql, introspection=introspection)
        )
        if rejected and not _only_starts_or_ends_sessions(prepared):
            raise rejected
        variables = given_variables(prepared, graphql.variables)
        await charge.pay(prepared, variables)
        _check(request, prepared.kind, media_types, cookies)
        if prepared.kind is OperationType.SUBSCRIPTION:
            variables = _resume_variables(request, prepared, variables)
            encoding = _stream_encoding(prepared, media_types)
            response: Response = _stream(prepared, variables, context, encoding, container.sockets)
        else:
            max_age = public_seconds(prepared)
            is_cacheable = max_age is not None and is_anonymous_read(request, cookies)
            compute = partial(
                execute,
                prepared,
                variables,
                context,
                media_type,
                max_age if is_cacheable else None,
            )
            if (
                container.coalescer is None
                or cache_key is None
                or max_age is None
                or graphql.registers_document
            ):
                response, _ = await compute()
            else:
                response = await container.coalescer.answer(
                    cache_key, prepared, variables, context, compute
                )
            if is_public(response):
                response = apply_if_none_match(response, request)
    except (BadRequest, ExpertBookError, RequestFailed) as error:
        response = error_response(error, media_type)
    # Set cookies even if the request failed: the session may have changed before the failure.
    if context and context.browser:
        cookies.apply(context.browser, response)
    # Shared caches must not store one client's rate-limit headers.
    if charge and not is_public(response):
        response.headers.update(charge.headers)
    return response


async def execute(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    context: Context,
    media_type: str,
    max_age: int | None,
) -> tuple[Response, ExecutionResult]:
    """Run a query or mutation; a response without errors is public for `max_age` seconds.

    If `max_age` is None, or the query searches for experts with free time, the response is private.
    """
    result = await run(prepared, variables, context)
    response = respond(body_of(result), 200, media_type)
    if max_age is not None and not (result.errors or context.loaders.reads.is_momentary):
        make_public(response, max_age)
    return response, result


def error_response(
    error: BadRequest | ExpertBookError | RequestFailed, media_type: str
) -> Response:
    """Return the error response to a request that was not executed."""
    match error:
        case BadRequest():
            status, headers = error.status, error.headers
        case Unauthenticated():
            status, headers = 401, {"WWW-Authenticate": "Bearer"}
        case RateLimited():
            status, headers = 429, {"Retry-After": str(error.retry_after_seconds)}
        case ExpertBookError():
            status, headers = 503, {"Retry-After": "1"}
        case RequestFailed():
            is_apollo = isinstance(error, NotPersisted) and error.is_automatic
            status = 400 if media_type == GRAPHQL_JSON and not is_apollo else 200
            return respond({"errors": formatted(error.errors)}, status, media_type)
    # An event stream always has status 200, so JSON is sent instead to show the failure.
    error_type = JSON if media_type == EVENT_STREAM else media_type
    return respond({"errors": formatted(errors_of(error))}, status, error_type, headers)


def _negotiate(request: Request) -> tuple[str, ...]:
    """Return the acceptable media types, best first, or raise BadRequest (406)."""
    media_types = accepted_types(",".join(request.headers.getlist("accept")))
    if not media_types:
        raise BadRequest(406, f"Accept {', '.join(SUPPORTED_TYPES)}.")
    return media_types


def _stream_encoding(prepared: Prepared, media_types: Sequence[str]) -> StreamEncoding:
    """Return the stream encoding that the client prefers for a subscription."""
    if next(each for each in media_types if each in STREAMS) == MULTIPART:
        return MultipartStream()
    return EventStream(resumable=is_resumable(prepared))


def _stream(
    prepared: Prepared,
    variables: dict[str, Any] | None,
    context: Context,
    encoding: StreamEncoding,
    sockets: Sockets,
) -> Response:
    if not sockets.admits(context.address):
        raise BadRequest(429, "Too many open subscriptions.", {"Retry-After": "10"})
    context = Context(context.services, context.viewer, context.address)  # without the cookies
    return SubscriptionResponse(prepared, variables, context, encoding, sockets)


def respond(
    body: dict[str, Any], status: int, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a GraphQL response, which is private unless `headers` says otherwise."""
    if media_type == EVENT_STREAM:
        return single_result(body)
    return Response(
        orjson.dumps(body),
        status,
        {**PRIVATE_HEADERS, **(headers or {})},
        f"{media_type}; charset=utf-8",
    )


def _check(
    request: Request, kind: OperationType, media_types: Sequence[str], cookies: Cookies
) -> None:
    """Raise BadRequest if the method, media type or origin does not fit the operation."""
    if kind is OperationType.SUBSCRIPTION and STREAMS.isdisjoint(media_types):
        raise BadRequest(
            400,
            f"A subscription needs `Accept: {EVENT_STREAM}` (graphql-sse), `Accept: {MULTIPART}` "
            "(Apollo's clients) or a WebSocket (graphql-transport-ws).",
        )
    if kind is OperationType.MUTATION and request.method in READ_METHODS:
        raise BadRequest(405, "A mutation needs POST.", {"Allow": "POST"})
    if kind is OperationType.SUBSCRIPTION and request.method == "HEAD":
        raise BadRequest(405, "A subscription needs GET or POST.", {"Allow": "GET, POST"})
    if cookies.is_requested and cookies.is_foreign:
        raise BadRequest(403, "Only pages of this server can use session cookies.")


def _only_starts_or_ends_sessions(prepared: Prepared) -> bool:
    """Return whether all root fields are in SESSION_FIELDS, and thus need no valid token."""
    names = prepared.root_fields()
    return bool(names - {"__typename"}) and names <= SESSION_FIELDS


def _resume_variables(
    request: Request, prepared: Prepared, variables: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Return the variables; if an `EventSource` reconnects, `$after` is its last event ID."""
    last = request.headers.get("last-event-id")
    if last and is_resumable(prepared):
        return {**(variables or {}), AFTER_VARIABLE: last}
    return variables


async def authenticate(request: Request, services: Services, cookies: Cookies) -> Viewer | None:
    """Return the viewer whose token is in the Authorization header, or else in the cookie.

    Return None if there is no token, or if the cookie's token is invalid.

    Raises:
        Unauthenticated: if the header's token is invalid. An invalid cookie is ignored, so that
            the browser can use its refresh token.
    """
    header = with_token(request.headers.get("authorization"))
    if header or not cookies.is_requested or not cookies.access_token:
        return await authenticate_header(header, services)
    try:
        return await services.viewers.authenticate(cookies.access_token)
    except Unauthenticated:
        return None


async def authenticate_header(header: str | None, services: Services) -> Viewer | None:
    """Return the viewer whose token is in `Authorization: Bearer …`, or None without a token.

    Raises:
        Unauthenticated: if the token is invalid.
    """
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise Unauthenticated("Send `Authorization: Bearer` and the access token.")
    return await services.viewers.authenticate(token.strip())
