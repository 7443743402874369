"""`/graphql` over HTTP: straight from the middlewares, and first to the answers that are kept.

FastAPI's own way to a route costs 18 µs of CPU a request, which would be a fifth of a kept answer.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from starlette.requests import Request

from models.errors import RateLimited
from schema.execution.observation import repeated
from web.assets import GRAPHIQL_PAGE, read_page
from web.edge.addresses import address_key
from web.edge.cookies import HEADER, Cookies
from web.graphql.caching import unless_known
from web.graphql.http import answer, refused
from web.graphql.media import EVENT_STREAM, JSON, accepted, is_json
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import READING, BadRequest, received
from web.graphql.response_cache import CacheKey
from web.pages import wants_page
from web.telemetry.request_ids import internal_error

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from web.container import Container
    from web.edge.headers import RawHeaders
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.response_cache import CachedResponse

PATH = "/graphql"
PERSONAL = frozenset({b"authorization", b"cache-control", b"content-encoding"})
"""Headers with which a request gets an answer of its own."""

FOR_COOKIES = HEADER.encode()


class Endpoint:
    """Answers GraphQL requests, and shows browsers GraphiQL.

    `parts` are set while the application serves.
    """

    container: Container

    def __init__(
        self, documents: PersistedDocuments, origins: frozenset[str], *, shows_graphiql: bool
    ) -> None:
        self._documents = documents
        self._origins = origins
        self._graphiql = read_page(GRAPHIQL_PAGE) if shows_graphiql else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; one on which the program fails is answered, too."""
        is_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal is_begun
            is_begun = True
            await send(message)

        try:
            app = await self._answer(scope, receive)
            await app(scope, receive, send_noting)
        except Exception as error:
            if not is_begun:
                response = await internal_error(Request(scope), error)
                await response(scope, receive, send)
            raise

    async def _answer(self, scope: Scope, receive: Receive) -> ASGIApp:
        question = None
        if self.container.shared:
            media_type = self._media_type_of(scope)
            try:
                if media_type is not None:
                    question = await question_of(scope, receive, media_type)
                    if found := self.container.shared.answers.find(question):
                        return await self._again(scope, question, found)
            except (BadRequest, RateLimited) as error:
                return refused(error, media_type or JSON)
        request = Request(scope, receive)
        if self._graphiql and _is_browser(request):
            return self._graphiql
        cookies = Cookies(request, self._origins)
        return await answer(request, self.container, self._documents, cookies, question)

    def _media_type_of(self, scope: Scope) -> str | None:
        """The media type of an answer that may be another's, too; None where it may not."""
        headers = dict(scope["headers"])
        if len(headers) < len(scope["headers"]) or not PERSONAL.isdisjoint(headers):
            return None
        if FOR_COOKIES in headers and not self._is_without_session(scope):
            return None
        if scope["method"] == "POST":
            if not is_json(headers.get(b"content-type", b"").decode("latin-1")):
                return None
        elif scope["method"] not in READING:
            return None
        taken = accepted(headers.get(b"accept", b"").decode("latin-1"))
        return taken[0] if taken and taken[0] != EVENT_STREAM else None

    def _is_without_session(self, scope: Scope) -> bool:
        """Whether a page of ours asks that would have its session in cookies, but has none."""
        cookies = Cookies(Request(scope), self._origins)
        # An answer to GET would be labelled for other caches, which must not take this one for it.
        return scope["method"] == "POST" and not (cookies.is_foreign or cookies.access_token)

    async def _again(self, scope: Scope, question: CacheKey, found: CachedResponse) -> ASGIApp:
        """An answer that is there.

        Raises:
            RateLimited: when the client cannot pay for it.
        """
        began = perf_counter()
        client = scope.get("client")
        address = address_key(client[0]) if client else ""
        payer = RateLimitCharge(self.container.services.budgets, None, address)
        await payer.repeat(found.cost)
        repeated(found.subject, began)
        if not question.is_in_address:
            return partial(_send, [*found.headers, *payer.raw_headers], found.body)
        if any(name == b"if-none-match" for name, _ in scope["headers"]):
            return unless_known(found.response(), Request(scope))
        return partial(_send, found.headers, found.body)


async def question_of(scope: Scope, receive: Receive, media_type: str) -> CacheKey:
    """What is asked.

    Raises:
        BadRequest: where that does not come to its end.
    """
    if scope["method"] == "POST":
        return CacheKey(is_in_address=False, media_type=media_type, asked=await received(receive))
    return CacheKey(is_in_address=True, media_type=media_type, asked=scope["query_string"])


async def _send(
    headers: RawHeaders, body: bytes, _scope: Scope, _receive: Receive, send: Send
) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _is_browser(request: Request) -> bool:
    """Whether a person opened the address, rather than a program asked a query."""
    asks = {"query", "documentId", "extensions"} & request.query_params.keys()
    return request.method in READING and wants_page(request) and not asks
