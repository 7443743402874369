"""Serves the stored data of an account, at the URL that `exportMyData` returns."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.routing import Route

from auth.budget_accounts import accounts_of
from models.calendar.times import utc_now
from models.errors import RateLimited, Unavailable
from models.ids import Id
from resolvers.own_data import collect, exportable_account
from web.graphql.sockets import address_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from resolvers.own_data import Export

COST: Final = 5_000
"""Rate-limit cost of a data export without bookings."""

COST_PER_BOOKING: Final = 40
MAX_COST: Final = 600_000
"""Highest rate-limit cost of a data export: half of the budget of a network address.

This limit ensures that an account can always be exported, regardless of its number of bookings.
"""

CHUNK_BYTES: Final = 64 * 1024
NO_STORE: Final = {"Cache-Control": "private, no-store"}
NUMBER: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


async def export(request: Request) -> Response:
    """Return the data of an account as a JSON file.

    Raises:
        HTTPException: 404 without a valid key, 429 if the budget of the client's network
            address is exhausted, 503 if the database does not respond.
    """
    services = request.app.state.container.services
    id_, query = request.path_params["id"], request.query_params
    until, key = query.get("until", ""), query.get("key", "")
    is_plausible = Id.is_valid(id_) and NUMBER.fullmatch(until)
    if not is_plausible or not services.export_keys.admits(Id(id_), int(until), key, utc_now()):
        raise HTTPException(404, headers=NO_STORE)
    try:
        accounts = accounts_of(None, address_of(request))
        services.budgets.check(accounts, COST)
        found = await exportable_account(Id(id_))
        if found is None:
            raise HTTPException(404, headers=NO_STORE)
        user, bookings = found
        await services.budgets.spend(accounts, min(COST + COST_PER_BOOKING * bookings, MAX_COST))
        data = await collect(user)
    except RateLimited as error:
        wait = {"Retry-After": str(error.retry_after_seconds)}
        raise HTTPException(429, headers={**NO_STORE, **wait}) from error
    except Unavailable as error:
        raise HTTPException(503, headers=NO_STORE) from error
    headers = {**NO_STORE, "Content-Disposition": 'attachment; filename="expertbook.json"'}
    return StreamingResponse(encoded(data), headers=headers, media_type="application/json")


async def encoded(data: Export) -> AsyncIterator[bytes]:
    """Yield the JSON text in chunks, so that memory use does not grow with the export's size.

    A failure breaks the connection, so that no client mistakes a partial export for a
    complete one.
    """
    yield orjson.dumps(data.values, option=orjson.OPT_INDENT_2).removesuffix(b"\n}")
    for name, rows in data.lists.items():
        chunk, separator = b',\n  "%b": [' % name.encode(), b"\n    "
        async for row in rows:
            chunk += separator + orjson.dumps(row)
            separator = b",\n    "
            if len(chunk) > CHUNK_BYTES:
                yield chunk
                chunk = b""
                await asyncio.sleep(0)  # lets other requests run during a long export
        yield chunk + b"\n  ]"
    yield b"\n}\n"


EXPORTS: Final = Route("/exports/{id}.json", export)
