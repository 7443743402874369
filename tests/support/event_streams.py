"""Client for GraphQL operations over server-sent events, which reads block by block."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.support.clients import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.support.clients import Api

STREAM = {"accept": "text/event-stream"}
COMMENT = {"": ""}
COMPLETE = {"event": "complete", "data": ""}


class Events:
    """Parser of a graphql-sse response."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def block(self) -> dict[str, str] | None:
        """Return the next block's fields, or None at the end; a comment's field name is ""."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self._lines:
                if not line:
                    return fields
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
        return None

    async def event(self) -> dict[str, str] | None:
        """Return the next block that is not a comment."""
        # Limit the time for all blocks together, because a stream may contain only comments.
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (block := await self.block()) == COMMENT:
                pass
        return block

    async def result(self) -> dict[str, Any]:
        """Return the next GraphQL result in the stream."""
        block = await self.event()
        assert block
        assert block["event"] == "next"
        result: dict[str, Any] = json.loads(block["data"])
        return result

    async def code(self) -> str:
        """Return the error code of the last result, and assert that the stream then completes."""
        [error] = (await self.result())["errors"]
        assert await self.event() == COMPLETE
        assert await self.event() is None
        code: str = error["extensions"]["code"]
        return code


@asynccontextmanager
async def stream(
    api: Api, query: str, /, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[Events]:
    """Post an operation with `Accept: text/event-stream`, signed in like `api`."""
    async with api.open_stream(query, variables, STREAM | (headers or {})) as response:
        if response.headers["content-type"] != "text/event-stream; charset=utf-8":
            await response.aread()
        yield Events(response)
