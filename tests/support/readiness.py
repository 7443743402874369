"""Functions that wait until a server reaches a state, such as a given response from `/readyz`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from tests.support.clients import Api

PATIENCE_SECONDS = 120
"""Maximum time to wait, generous even for states that need several rounds of background work."""

CHECKS = {"database": "ok", "broadcast": "ok", "mail": "ok"}
READY = {"status": "ok", "checks": CHECKS}


async def wait_for_readiness(
    http: httpx.AsyncClient, address: str, expected: dict[str, Any]
) -> int:
    """Wait until `/readyz` returns the expected body, and return the response's status code."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (  # noqa: ASYNC110 - no event to wait for
            answer := await http.get(f"{address}/readyz")
        ).json() != expected:
            await asyncio.sleep(0.05)
    return answer.status_code


async def eventually(read: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """Call `read` repeatedly until `wanted` accepts the result, and return that result."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await read()
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def wait_until_signed_out(api: Api) -> None:
    """Wait until a server refuses a session that another server has ended.

    The server may still accept the session for up to a second, until it learns that the session has
    ended.
    """

    async def codes() -> list[str]:
        answer = await api.post("{ viewer { id } }")
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    await eventually(codes, lambda found: found == ["UNAUTHENTICATED"])
