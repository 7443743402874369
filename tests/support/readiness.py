"""Waits for a state, such as a response body of `/readyz`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import httpx

    from tests.support.clients import Api

PATIENCE_SECONDS = 120
"""Generous deadline, even for states that take several rounds of background work."""

CHECKS = {"database": "ok", "broadcast": "ok", "mail": "ok"}
READY = {"status": "ok", "checks": CHECKS}


async def wait_for_readiness(
    http: httpx.AsyncClient, address: str, expected: dict[str, Any]
) -> int:
    """Wait until `/readyz` has the expected body, and return its status."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (  # noqa: ASYNC110 - no event to wait for
            answer := await http.get(f"{address}/readyz")
        ).json() != expected:
            await asyncio.sleep(0.05)
    return answer.status_code


async def eventually(read: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """Read repeatedly until the result is as wanted, and return it."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            found = await read()
            if wanted(found):
                return found
            await asyncio.sleep(0.1)


async def wait_until_signed_out(api: Api) -> None:
    """Wait until a server refuses a session that another server has ended.

    The server may accept the session for another second, until it learns that it was ended.
    """

    async def codes() -> list[str]:
        answer = await api.post("{ viewer { id } }")
        return [error["extensions"]["code"] for error in answer.get("errors", ())]

    await eventually(codes, lambda found: found == ["UNAUTHENTICATED"])
