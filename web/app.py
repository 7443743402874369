"""The application: everything is wired here, and nowhere else."""

from __future__ import annotations

import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI, WebSocket
from starlette.routing import Route

from models.caching.fast_paths import FastPath
from web.assets import HashedFiles
from web.container import mail_worker, open_container
from web.deferred import check_deferred
from web.edge.cookies import Cookies
from web.edge.headers import SecurityHeaders
from web.edge.hosts import AllowedHosts
from web.edge.origins import CrossOrigin
from web.edge.proxies import ForwardedClients
from web.edge.refusals import FOREIGN_PAGE, TOO_MANY_SOCKETS
from web.graphql.endpoint import PATH, Endpoint
from web.graphql.persisted_documents import documents_of
from web.graphql.socket import Connection
from web.graphql.sockets import address_of
from web.memory import give_back
from web.pages import page_routes
from web.telemetry.health import ROUTES
from web.telemetry.metrics import metrics_route
from web.telemetry.request_ids import RequestIds, failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from web.settings import Settings


def create_app(settings: Settings, mongodb_url: str) -> ASGIApp:
    """Make the application; it opens its parts when it starts and closes them when it stops.

    Args:
        settings: what was read from the environment.
        mongodb_url: a replica set or sharded cluster.

    Raises:
        RuntimeError: in production without a mail server, where a part is not installed, or where
            the trusted documents cannot be used.
    """
    check_deferred()
    mails = mail_worker(settings)
    documents = documents_of(
        settings.trusted_documents,
        introspection=settings.allows_introspection,
        remembers=FastPath.DOCUMENTS in settings.fast,
    )

    origins = settings.origins
    endpoint = Endpoint(documents, origins, shows_graphiql=settings.shows_graphiql)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_container(settings, mongodb_url, mails) as container:
            app.state.container = endpoint.container = container
            # What lasts as long as the program is not looked through by every collection any more,
            # which would hold up everybody for some 80 ms. The second one finds next to nothing,
            # from which it is concluded how much may gather until all is looked through again.
            gc.collect()
            gc.freeze()
            gc.collect()
            # To look for cycles every 700 objects is a sixth of the time of 500 bookings at once.
            # What 1,000 new sockets have left, looked through in one go, holds up all for 90 ms.
            gc.set_threshold(10_000, 1, 100)
            give_back()
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

    async def socket(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        cookies = Cookies(websocket, origins)
        if cookies.is_foreign:
            await FOREIGN_PAGE(scope, receive, send)
            return
        container = endpoint.container
        address = address_of(websocket)
        if not container.sockets.admits(address):
            await TOO_MANY_SOCKETS(scope, receive, send)
            return
        connection = Connection(websocket, container.services, documents, cookies)
        with container.sockets.registered(connection, address):
            await connection.serve()

    # FastAPI's own routes read the cookies of every request, which can take seconds.
    app.router.routes += [
        Route(PATH, endpoint),
        *page_routes(),
    ]
    app.add_exception_handler(Exception, failed)

    def routed(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_asked = scope.get("path") == PATH
        own: dict[str, ASGIApp] = {"http": endpoint, "websocket": socket} if is_asked else {}
        return own.get(scope["type"], app)(scope, receive, send)

    return within_middlewares(routed, settings)


def within_middlewares(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application within what every request passes, the outermost last.

    All but that one hand on what the next gives: a coroutine of each for as long as a socket is
    open would be 1.5 KB.
    """
    app = CrossOrigin(app, settings.origins)
    app = AllowedHosts(app, settings.hosts)
    app = SecurityHeaders(app)
    app = ForwardedClients(app, settings.proxies)
    return RequestIds(app, settings.proxies)
