"""Builds the ASGI application, and is the only module that wires all packages together."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from email.utils import parseaddr
from typing import TYPE_CHECKING

from fastapi import FastAPI, WebSocket
from starlette.responses import Response
from starlette.routing import Route

from schema.root import schema
from web.assets import HashedFiles
from web.calendar_files import calendar_route
from web.container import mail_worker, open_container
from web.edge.addresses import ForwardedClients
from web.edge.cookies import Cookies
from web.edge.headers import SecurityHeaders
from web.edge.hosts import AllowedHosts
from web.edge.origins import CrossOrigin
from web.edge.refusals import FOREIGN_PAGE, TOO_MANY_SOCKETS
from web.exports import EXPORTS
from web.graphql.endpoint import PATH, Endpoint
from web.graphql.persisted_documents import load_documents
from web.graphql.requests import ALLOWED_METHODS
from web.graphql.socket import Connection
from web.graphql.sockets import address_of
from web.memory import settle_memory
from web.pages.previews import preview_routes
from web.pages.routes import page_routes, without_trailing_slash
from web.photos import photo_routes
from web.telemetry.health import ROUTES
from web.telemetry.metrics import metrics_route
from web.telemetry.request_ids import RequestIds, internal_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from web.settings import Settings

log = logging.getLogger(__name__)


def create_app(settings: Settings, mongodb_url: str) -> ASGIApp:
    """Build the ASGI application, whose lifespan opens and closes the container of services.

    Args:
        settings: the program's settings.
        mongodb_url: the URL of a replica set or of a sharded cluster.

    Raises:
        RuntimeError: if no mail server is configured in production, or if the manifest of trusted
            documents is invalid.
    """
    mails = mail_worker(settings)
    documents = load_documents(
        settings.trusted_documents,
        introspection=settings.allows_introspection,
        use_cache=settings.caches == "on",
    )

    origins = settings.origins
    endpoint = Endpoint(documents, origins, shows_graphiql=settings.shows_graphiql)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        is_running = False
        try:
            async with open_container(settings, mongodb_url, mails) as container:
                app.state.container = endpoint.container = container
                settle_memory()
                is_running = True
                yield
        except Exception:
            if not is_running:
                raise
            # AnnouncingServer.on_tick stops the server when its lifespan has ended.
            log.critical("A background task failed; the server stops.", exc_info=True)

    app = FastAPI(
        title="ExpertBook",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # FastAPI's own telemetry would record URLs, which may contain input from clients.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.mount("/assets", HashedFiles())
    app.router.routes.extend(ROUTES)
    app.router.routes.append(
        metrics_route(settings.metrics_token, is_open=not settings.is_production)
    )

    def socket(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        websocket = WebSocket(scope, receive, send)
        cookies = Cookies(websocket, origins)
        if cookies.is_foreign:
            return FOREIGN_PAGE(scope, receive, send)
        container = endpoint.container
        if not container.sockets.admits(address_of(websocket)):
            return TOO_MANY_SOCKETS(scope, receive, send)
        connection = Connection(websocket, container.services, documents, cookies)
        return connection.serve(container.sockets)

    # Plain Starlette routes: FastAPI's routes parse the cookies of every request, which can be
    # slow.
    app.router.routes += [
        Route(PATH, endpoint),
        Route(f"{PATH}/", without_trailing_slash, methods=ALLOWED_METHODS),
        Route("/schema.graphql", schema_language),
        calendar_route(parseaddr(settings.mail_from)[1], settings.link_base),
        EXPORTS,
        *photo_routes(origins),
        *preview_routes(),
        *page_routes(settings.link_base, prints_mails=settings.smtp_url is None),
    ]
    app.add_exception_handler(Exception, internal_error)

    def route(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_graphql = scope.get("path") == PATH
        apps: dict[str, ASGIApp] = {"http": endpoint, "websocket": socket} if is_graphql else {}
        return apps.get(scope["type"], app)(scope, receive, send)

    return add_middlewares(route, settings)


async def schema_language(_request: Request) -> Response:
    """Return the schema in GraphQL's schema definition language, even without introspection."""
    return Response(schema.as_str(), headers={"Cache-Control": "no-cache"}, media_type="text/plain")


def add_middlewares(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Wrap the application in its middlewares, innermost first.

    Every middleware except the outermost returns the awaitable of the application that it wraps,
    instead of awaiting it. For each open socket, this saves the memory of a coroutine.
    """
    app = CrossOrigin(app, settings.origins)
    app = AllowedHosts(app, settings.hosts)
    app = SecurityHeaders(app)
    if settings.trusted_proxies:
        app = ForwardedClients(app, settings.proxies)
    return RequestIds(app, settings.proxies)
