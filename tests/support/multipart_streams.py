"""A client that reads subscriptions in Apollo's multipart protocol, one part at a time."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from email.message import Message
from typing import TYPE_CHECKING, Any

from tests.support.clients import PATIENCE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from tests.support.clients import Api

ACCEPT = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
"""The Accept header that Apollo Client sends."""

HEARTBEAT: dict[str, Any] = {}
DELIMITER = b"\r\n--graphql"


class Parts:
    """Parser of a multipart response (RFC 2046) that returns each part as soon as it is complete.

    `is_closed` tells whether the closing delimiter was read.
    """

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.is_closed = False
        self._chunks = response.aiter_bytes()
        self._buffer = b""
        self._is_open = False

    async def part(self) -> dict[str, Any] | None:
        """Return the JSON body of the next part, or None at the end of the response."""
        if not self._is_open:
            assert await self._until_delimiter() == b""
            self._is_open = True
        section = await self._until_delimiter()
        if section is None:
            assert self._buffer in {b"", b"--\r\n"}
            self.is_closed = self._buffer == b"--\r\n"
            return None
        head, _, body = section.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        assert head == b"Content-Type: application/json"
        part: dict[str, Any] = json.loads(body)
        return part

    async def message(self) -> dict[str, Any] | None:
        """Return the next part that is not a heartbeat, or None at the end of the response."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (part := await self.part()) == HEARTBEAT:
                pass
        return part

    async def _until_delimiter(self) -> bytes | None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while DELIMITER not in self._buffer:
                try:
                    self._buffer += await anext(self._chunks)
                except StopAsyncIteration:
                    return None
        section, _, self._buffer = self._buffer.partition(DELIMITER)
        return section


@asynccontextmanager
async def parts(
    api: Api, query: str, /, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[Parts]:
    """Post a subscription as Apollo Client does, and yield the parser of the response."""
    async with api.open_stream(query, variables, {"accept": ACCEPT, **(headers or {})}) as response:
        if response.headers["content-type"].startswith("multipart/mixed"):
            message = Message()
            message["content-type"] = response.headers["content-type"]
            assert (message.get_boundary(), message.get_param("subscriptionSpec")) == (
                "graphql",
                "1.0",
            )
        else:
            await response.aread()
        yield Parts(response)
