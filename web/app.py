"""The application: everything is wired here, and nowhere else."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, WebSocket
from starlette.routing import Route, WebSocketRoute

from web.assets import GRAPHIQL_PAGE, HashedFiles, page_of
from web.edge.cookies import Cookies
from web.edge.headers import SecurityHeaders
from web.edge.hosts import AllowedHosts
from web.edge.origins import CrossOrigin
from web.edge.proxies import ForwardedClients
from web.edge.refusals import FOREIGN_PAGE, TOO_MANY_SOCKETS
from web.graphql.documents import documents_of
from web.graphql.http import answer
from web.graphql.socket import Connection
from web.graphql.sockets import address_of
from web.pages import page_routes, wants_page
from web.parts import Parts, mail_worker, open_parts
from web.telemetry.health import ROUTES
from web.telemetry.metrics import metrics_route
from web.telemetry.request_ids import RequestIds, failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from fastapi.responses import Response
    from starlette.types import ASGIApp

    from web.settings import Settings

# What `answer` refuses it refuses as GraphQL over HTTP does.
ANY_METHOD = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"]


def create_app(settings: Settings, mongodb_url: str) -> ASGIApp:
    """Make the application; it opens its parts when it starts and closes them when it stops.

    Args:
        settings: what was read from the environment.
        mongodb_url: a replica set or sharded cluster.

    Raises:
        RuntimeError: in production without a mail server, where a part is not installed, or where
            the trusted documents cannot be used.
    """
    mails = mail_worker(settings)
    documents = documents_of(
        settings.trusted_documents, introspection=settings.allows_introspection
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_parts(settings, mongodb_url, mails) as parts:
            app.state.parts = parts
            # What lasts as long as the program is not looked through by every collection any more,
            # which would hold up everybody for some 80 ms.
            gc.collect()
            gc.freeze()
            yield

    app = FastAPI(
        title="ExpertBook",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # Its own would tell addresses with what clients have written in them.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.mount("/assets", HashedFiles())
    app.router.routes.extend(ROUTES)
    app.router.routes.append(
        metrics_route(settings.metrics_token, is_open=not settings.is_production)
    )
    graphiql = page_of(GRAPHIQL_PAGE) if settings.shows_graphiql else None

    async def graphql_or_page(request: Request) -> Response:
        if graphiql and _is_browser(request):
            return graphiql
        cookies = Cookies(request, settings.origins)
        parts: Parts = request.app.state.parts
        return await answer(request, parts.services, documents, cookies, parts.sockets)

    async def socket(websocket: WebSocket) -> None:
        cookies = Cookies(websocket, settings.origins)
        if cookies.is_foreign:
            await FOREIGN_PAGE(websocket.scope, websocket.receive, websocket.send)
            return
        parts: Parts = websocket.app.state.parts
        address = address_of(websocket)
        if not parts.sockets.admits(address):
            await TOO_MANY_SOCKETS(websocket.scope, websocket.receive, websocket.send)
            return
        connection = Connection(websocket, parts.services, documents, cookies)
        with parts.sockets.registered(connection, address):
            await connection.serve()

    # FastAPI's own routes read the cookies of every request, which can take seconds.
    app.router.routes += [
        Route("/graphql", graphql_or_page, methods=ANY_METHOD),
        WebSocketRoute("/graphql", socket),
        *page_routes(),
    ]
    app.add_exception_handler(Exception, failed)
    return within_middlewares(app, settings)


def within_middlewares(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application within what every request passes, the outermost last."""
    app = CrossOrigin(app, settings.origins)
    app = AllowedHosts(app, settings.hosts)
    app = SecurityHeaders(app)
    app = ForwardedClients(app, settings.proxies)
    return RequestIds(app, settings.proxies)


def _is_browser(request: Request) -> bool:
    """Whether a person opened the address, rather than a program asked a query."""
    asks = {"query", "documentId", "extensions"} & request.query_params.keys()
    return request.method in {"GET", "HEAD"} and wants_page(request) and not asks
