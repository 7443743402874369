"""Whether the program is there and can serve, for whatever watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from models.database import ping
from models.errors import DatabaseError

if TYPE_CHECKING:
    from starlette.requests import Request


async def alive(_request: Request) -> JSONResponse:
    """The program runs."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> JSONResponse:
    """The program can serve: 200, or 503 when the database does not answer."""
    try:
        await ping(request.app.state.client)
    except DatabaseError:
        said = {"status": "unavailable", "checks": {"database": "unreachable"}}
        return JSONResponse(said, 503, headers={"Cache-Control": "no-store"})
    said = {"status": "ok", "checks": {"database": "ok"}}
    return JSONResponse(said, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/healthz", alive), Route("/readyz", ready)]
