"""Whether the program is there and can serve, for whatever watches it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from models.errors import DatabaseError
from models.store.connection import ping

if TYPE_CHECKING:
    from starlette.requests import Request

    from web.container import Container

PATIENCE_SECONDS = 6.0
"""For a database that takes the question and does not answer."""


async def alive(_request: Request) -> JSONResponse:
    """The program runs."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> JSONResponse:
    """The program can serve: 200, or 503 when the database does not answer.

    A broadcast server that is away is told of, and no reason to send nobody here: what it would
    carry comes from the event log, a second later at most. Nor is a mail server: mails wait.
    """
    container: Container = request.app.state.container
    checks = {"database": "ok"}
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ping(container.client)
    except (TimeoutError, DatabaseError):
        checks["database"] = "unreachable"
    checks["broadcast"] = "ok" if container.bus.is_connected else "reconnecting"
    checks["mail"] = "ok" if container.mails.is_reachable else "unreachable"
    is_ready = checks["database"] == "ok"
    said = {"status": "ok" if is_ready else "unavailable", "checks": checks}
    return JSONResponse(said, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/healthz", alive), Route("/readyz", ready)]
