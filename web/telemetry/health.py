"""Liveness and readiness endpoints for monitoring and load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from models.errors import DatabaseError
from models.store.connection import probe
from models.store.refusals import REFUSALS

if TYPE_CHECKING:
    from starlette.requests import Request

    from web.container import Container


async def healthz(_request: Request) -> JSONResponse:
    """Return status 200 as long as the process runs."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def readyz(request: Request) -> JSONResponse:
    """Return status 200 if the server can handle requests, 503 if the database accepts no writes.

    `problems` lists why the database is unreachable, and the commands that the database refuses,
    each with its error code and a remedy for the operator. An unreachable broadcast or mail
    server is reported, but does not make this server unavailable. Until it can be reached again,
    events are read from the event log, at most a second later than usual, or e-mails wait in the
    outbox.
    """
    container: Container = request.app.state.container
    checks = {"database": "ok"}
    problems = []
    try:
        await probe(container.client)
    except DatabaseError as error:
        checks["database"] = "unreachable"
        problems.append(str(error))
    problems += map(str, REFUSALS.current())
    checks["broadcast"] = "ok" if container.bus.is_connected else "reconnecting"
    checks["mail"] = "ok" if container.mails.is_reachable else "unreachable"
    is_ready = checks["database"] == "ok"
    body: dict[str, object] = {"status": "ok" if is_ready else "unavailable", "checks": checks}
    if problems:
        body["problems"] = problems
    return JSONResponse(body, 200 if is_ready else 503, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/healthz", healthz), Route("/readyz", readyz)]
