"""The application: everything is wired here, and nowhere else."""

from __future__ import annotations

from contextlib import asynccontextmanager
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from auth.passwords import Passwords
from auth.tokens import Tokens
from models.database import open_database
from models.ledger import Ledger
from models.settings import shared_secret
from schema.context import Services
from subscriptions.backends import broadcast
from subscriptions.hub import Hub
from web.assets import HashedFiles, graphiql_page
from web.graphql import answer
from web.health import ROUTES
from web.portraits import portrait
from web.socket import Connection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from web.settings import Settings

LONGEST_SLUG = 120


def create_app(settings: Settings, mongodb_url: str) -> FastAPI:
    """Make the application; it opens its parts when it starts and closes them when it stops.

    Args:
        settings: what was read from the environment.
        mongodb_url: a replica set or sharded cluster.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hub = Hub(broadcast(settings.broadcast_url))
        async with open_database(mongodb_url) as client, hub.open():
            ledger = Ledger(client, hub.announce)
            async with ledger.open():
                secret = settings.secret or await shared_secret(token_urlsafe())
                app.state.client = client
                app.state.services = Services(
                    ledger=ledger,
                    hub=hub,
                    passwords=Passwords(),
                    tokens=Tokens(secret, settings.access_token_lifetime),
                    currency=settings.currency,
                    phone_region=settings.phone_region,
                )
                yield

    app = FastAPI(
        title="ExpertBook", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.mount("/assets", HashedFiles())
    app.router.routes.extend(ROUTES)
    page = graphiql_page() if settings.shows_graphiql else None

    @app.get("/")
    async def home() -> Response:
        return RedirectResponse("/graphql")

    @app.api_route("/graphql", methods=["GET", "POST"])
    async def graphql(request: Request) -> Response:
        if page and _is_browser(request):
            return page
        return await answer(request, request.app.state.services)

    @app.websocket("/graphql")
    async def socket(websocket: WebSocket) -> None:
        await Connection(websocket, websocket.app.state.services).serve()

    @app.get("/photos/{name}.svg")
    async def photo(name: str) -> Response:
        if not name.isascii() or len(name) > LONGEST_SLUG:
            raise HTTPException(404)
        headers = {
            "Cache-Control": "public, max-age=86400",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(portrait(name), headers=headers, media_type="image/svg+xml")

    return app


def _is_browser(request: Request) -> bool:
    """Whether a person opened the address, rather than a program asked a query."""
    wants_page = "text/html" in request.headers.get("accept", "")
    return request.method == "GET" and wants_page and "query" not in request.query_params
