"""ASGI application for `/graphql`, which tries the response cache first.

Requests do not pass through FastAPI's routing, so that cached responses stay cheap.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import Request

from models.errors import RateLimited
from schema.execution.observation import observe_cached_response
from web.assets import GRAPHIQL_PAGE, read_page
from web.edge.addresses import address_key
from web.edge.cookies import HEADER, Cookies
from web.graphql.caching import apply_if_none_match
from web.graphql.http import answer, error_response
from web.graphql.media import EVENT_STREAM, JSON, accepted_types, is_json, result_type
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import READ_METHODS, BadRequest, receive_body
from web.graphql.response_cache import CacheKey
from web.pages.routes import wants_page
from web.telemetry.request_ids import internal_error

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from web.container import Container
    from web.edge.headers import RawHeaders
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.response_cache import CachedResponse

PATH = "/graphql"
UNCACHEABLE_HEADERS = frozenset({b"authorization", b"cache-control", b"content-encoding"})
"""Names of request headers that make a request bypass the response cache."""

SESSION_HEADER = HEADER.encode()


class Endpoint:
    """Responds to GraphQL requests, and serves GraphiQL to browsers.

    `container` is set while the application runs.
    """

    container: Container

    def __init__(
        self, documents: PersistedDocuments, origins: frozenset[str], *, shows_graphiql: bool
    ) -> None:
        self._documents = documents
        self._origins = origins
        self._graphiql = read_page(GRAPHIQL_PAGE) if shows_graphiql else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request; if an unexpected error occurs, mask it and raise it again."""
        has_started = False

        async def tracking_send(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        try:
            app = await self._answer(scope, receive)
            await app(scope, receive, tracking_send)
        except Exception as error:
            if not has_started:
                response = await internal_error(Request(scope), error)
                await response(scope, receive, send)
            raise

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        cache_key = None
        if self.container.coalescer:
            media_type = self._cacheable_media_type(scope)
            try:
                if media_type is not None:
                    cache_key = await read_cache_key(scope, receive, media_type)
                    if cached := self.container.coalescer.cache.find(cache_key):
                        return await self._serve_cached(scope, cache_key, cached)
            except (BadRequest, RateLimited) as error:
                return error_response(error, media_type or JSON)
        request = Request(scope, receive)
        if self._graphiql and _is_browser(request):
            return self._graphiql
        cookies = Cookies(request, self._origins)
        return await answer(request, self.container, self._documents, cookies, cache_key)

    def _cacheable_media_type(self, scope: Scope) -> str | None:
        """Return the media type of the response if it may be cached, else None."""
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]) or not UNCACHEABLE_HEADERS.isdisjoint(headers):
            return None
        if SESSION_HEADER in headers and not self._is_without_session(scope):
            return None
        if scope["method"] == "POST":
            if not is_json(headers.get(b"content-type", b"").decode("latin-1")):
                return None
        elif scope["method"] not in READ_METHODS:
            return None
        media_types = accepted_types(headers.get(b"accept", b"").decode("latin-1"))
        if not media_types:
            return None
        media_type = result_type(media_types)
        return media_type if media_type != EVENT_STREAM else None

    def _is_without_session(self, scope: Scope) -> bool:
        """Return whether a POST request asks for session cookies, but does not have any yet."""
        cookies = Cookies(Request(scope), self._origins)
        # Cached responses to GET requests are public, but X-Session makes a response private, so
        # the cache must not answer a GET request with this header.
        return scope["method"] == "POST" and not (cookies.is_foreign or cookies.access_token)

    async def _serve_cached(
        self, scope: Scope, cache_key: CacheKey, cached: CachedResponse
    ) -> ASGIApp:
        """Charge the client for a cached response, and return the response.

        Raises:
            RateLimited: if the client's rate-limit budget is exhausted.
        """
        started_at = perf_counter()
        client = scope.get("client")
        address = address_key(client[0]) if client else ""
        charge = RateLimitCharge(self.container.services.budgets, None, address)
        await charge.pay_for_cached(cached.cost)
        observe_cached_response(cached.subject, started_at)
        if not cache_key.is_from_url:
            return partial(_send, [*cached.headers, *charge.raw_headers], cached.body)
        if any(name == b"if-none-match" for name, _ in scope["headers"]):
            return apply_if_none_match(cached.response(), Request(scope))
        return partial(_send, cached.headers, cached.body)


async def read_cache_key(scope: Scope, receive: Receive, media_type: str) -> CacheKey:
    """Return the cache key of a request; this reads the body of a POST request.

    Raises:
        BadRequest: if the body is too long or incomplete.
    """
    if scope["method"] == "POST":
        body = await receive_body(receive)
        return CacheKey(is_from_url=False, media_type=media_type, content=body)
    return CacheKey(is_from_url=True, media_type=media_type, content=scope["query_string"])


async def _send(
    headers: RawHeaders, body: bytes, _scope: Scope, _receive: Receive, send: Send
) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_browser(request: Request) -> bool:
    """Return whether a browser navigated to the endpoint without GraphQL parameters in the URL."""
    if request.method not in READ_METHODS or not wants_page(request):
        return False
    return request.query_params.keys().isdisjoint({"query", "documentId", "doc_id", "extensions"})
