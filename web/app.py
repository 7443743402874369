"""The application: everything is wired here, and nowhere else."""

from __future__ import annotations

import gc
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import timedelta
from email.utils import parseaddr
from functools import partial
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from auth.budgets import Budgets
from auth.passwords import Passwords
from auth.throttle import Throttle
from auth.tokens import Tokens
from auth.viewers import Viewers
from models.database import open_database
from models.ledger import Ledger
from models.settings import shared_secret
from resolvers.sessions import SignIns
from schema.context import Services
from subscriptions.backends import broadcast
from subscriptions.bookings import BookingFeed
from subscriptions.hub import Hub
from subscriptions.sessions import SessionEnds
from web.assets import HashedFiles, graphiql_page
from web.edge.cookies import Cookies
from web.edge.headers import SecurityHeaders
from web.edge.hosts import AllowedHosts
from web.edge.origins import CrossOrigin
from web.edge.proxies import ForwardedClients
from web.edge.refusals import FOREIGN_PAGE, TOO_MANY_SOCKETS
from web.graphql.documents import documents_of
from web.graphql.http import answer
from web.graphql.socket import Connection
from web.graphql.sockets import MOST_PER_ADDRESS, Sockets, address_of
from web.mails.letters import Letters
from web.mails.post import FolderPost, SmtpPost
from web.mails.worker import MailWorker
from web.samples.portraits import portrait
from web.sweeper import sweeping
from web.telemetry.health import ROUTES
from web.telemetry.metrics import measuring_lag, metrics_route
from web.telemetry.request_ids import RequestIds, failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from starlette.types import ASGIApp

    from models.events import Event
    from web.mails.post import Post
    from web.settings import Settings

LONGEST_SLUG = 120
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
    mails = MailWorker(
        Letters(settings.mail_from, settings.link_base, settings.currency), _post(settings)
    )

    documents = documents_of(
        settings.trusted_documents, introspection=settings.allows_introspection
    )

    traces = _tracing(settings.otlp_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        bus = broadcast(settings.bus_url)
        hub, ends = Hub(bus), SessionEnds(bus)
        feed = BookingFeed(bus, hub)
        sockets = Sockets(MOST_PER_ADDRESS if settings.throttle == "on" else None)
        async with (
            traces,
            measuring_lag(),
            open_database(mongodb_url) as client,
            bus,
            hub.open(),
            feed.open(),
            ends.open(),
            Ledger(client, partial(_announce, hub, feed)).open() as ledger,
            sweeping(ledger),
            sockets.open(),
            mails.open(),
            Budgets(is_on=settings.throttle == "on", url=settings.budgets_url).open() as budgets,
        ):
            secret = settings.secret or await shared_secret(token_urlsafe())
            tokens = Tokens([secret, *settings.former_secrets], settings.access_token_lifetime)
            viewers = Viewers(tokens)
            ends.listen(lambda ended: viewers.forget(ended.session_ids, ended.user_id))
            ends.listen(sockets.end)
            app.state.client = client
            app.state.mails = mails
            app.state.bus = bus
            app.state.sockets = sockets
            app.state.services = Services(
                ledger=ledger,
                hub=hub,
                feed=feed,
                viewers=viewers,
                budgets=budgets,
                sign_ins=SignIns(
                    passwords=Passwords(),
                    tokens=tokens,
                    throttle=Throttle(is_on=settings.throttle == "on"),
                    ends=ends,
                    lifetime=settings.refresh_token_lifetime,
                ),
                allows_introspection=settings.allows_introspection,
                currency=settings.currency,
                phone_region=settings.phone_region,
                hold_lifetime=timedelta(seconds=settings.hold_seconds),
                operation_seconds=settings.operation_seconds,
            )
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
    page = graphiql_page() if settings.shows_graphiql else None

    @app.get("/")
    async def home() -> Response:
        return RedirectResponse("/graphql")

    @app.api_route("/graphql", methods=ANY_METHOD)
    async def graphql(request: Request) -> Response:
        if page and _is_browser(request):
            return page
        cookies = Cookies(request, settings.origins)
        state = request.app.state
        return await answer(request, state.services, documents, cookies, state.sockets)

    @app.websocket("/graphql")
    async def socket(websocket: WebSocket) -> None:
        cookies = Cookies(websocket, settings.origins)
        if cookies.is_foreign:
            await FOREIGN_PAGE(websocket.scope, websocket.receive, websocket.send)
            return
        state = websocket.app.state
        address = address_of(websocket)
        if not state.sockets.admits(address):
            await TOO_MANY_SOCKETS(websocket.scope, websocket.receive, websocket.send)
            return
        connection = Connection(websocket, state.services, documents, cookies)
        with state.sockets.registered(connection, address):
            await connection.serve()

    @app.get("/photos/{name}.svg")
    async def photo(name: str) -> Response:
        if not name.isascii() or len(name) > LONGEST_SLUG:
            raise HTTPException(404)
        headers = {
            "Cache-Control": "public, max-age=86400",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(portrait(name), headers=headers, media_type="image/svg+xml")

    app.add_exception_handler(Exception, failed)
    return within_middlewares(app, settings)


def within_middlewares(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application within what every request passes, the outermost last."""
    app = CrossOrigin(app, settings.origins)
    app = AllowedHosts(app, settings.hosts)
    app = SecurityHeaders(app)
    app = ForwardedClients(app, settings.proxies)
    return RequestIds(app, settings.proxies)


async def _announce(hub: Hub, feed: BookingFeed, events: Sequence[Event]) -> None:
    await hub.announce(events)
    await feed.announce(events)


def _tracing(url: str | None) -> AbstractAsyncContextManager[None]:
    """What sends traces there, if anything.

    Raises:
        RuntimeError: when that is not installed.
    """
    if url is None:
        return nullcontext()
    try:
        from web.telemetry.traces import tracing  # noqa: PLC0415 - large, and not always installed
    except ModuleNotFoundError as error:
        raise RuntimeError(
            "EXPERTBOOK_OTLP_URL needs more packages: pip install 'expertbook[traces]'"
        ) from error
    return tracing(url)


def _post(settings: Settings) -> Post:
    """Where mails are handed in.

    Raises:
        RuntimeError: in production without a mail server.
    """
    if server := settings.mail_server:
        return SmtpPost(server, parseaddr(settings.mail_from)[1])
    if settings.is_production:
        raise RuntimeError(
            "Set EXPERTBOOK_SMTP_URL and EXPERTBOOK_MAIL_FROM: in production people get mails."
        )
    return FolderPost(settings.data / "mail")


def _is_browser(request: Request) -> bool:
    """Whether a person opened the address, rather than a program asked a query."""
    wants_page = "text/html" in request.headers.get("accept", "")
    asks = {"query", "documentId", "extensions"} & request.query_params.keys()
    return request.method in {"GET", "HEAD"} and wants_page and not asks
