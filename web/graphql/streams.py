"""Subscriptions as long-lived HTTP responses, in any streaming format."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from starlette.responses import Response

from models.errors import Unauthenticated, Unavailable
from schema.execution.operations import as_graphql_error, formatted
from web.edge.http_protocol import http_protocol_of
from web.graphql.caching import PRIVATE_HEADERS
from web.graphql.sockets import End, OpenConnection
from web.graphql.subscribers import Encoding, drain, last_message, send, subscribe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import Message, Receive, Scope, Send

    from schema.context import Context
    from schema.execution.prepared import Prepared
    from web.edge.http_protocol import HttpProtocol
    from web.graphql.sockets import Sockets

HEARTBEAT_SECONDS = 12.0
FINAL_SECONDS = 2.0
"""Time in which a client must receive the last chunk.

The time is short, so that a stuck client does not delay a shutdown.
"""

HEADERS = {"Cache-Control": "no-store", "Vary": PRIVATE_HEADERS["Vary"], "X-Accel-Buffering": "no"}


class StreamEncoding(Encoding, Protocol):
    """Encoding of an operation's messages in the body of an HTTP response."""

    media_type: str
    opening: bytes
    """Beginning of the response body, before the first message."""

    heartbeat: bytes
    """Chunk without a message, which keeps an idle stream open."""

    def interrupted(self, errors: Sequence[dict[str, Any]]) -> bytes:
        """Encode the end of an interrupted operation, which the client can start again at once."""


class ResponseTransport:
    """Transport that writes to a response body; `drained` sends the chunks that were written."""

    def __init__(self, protocol: HttpProtocol, send: Send, start: Message) -> None:
        self.abort = protocol.abort
        self._send = send
        self._unsent = [start]

    def write(self, data: bytes, *, is_last: bool = False) -> bool:
        """Add a chunk to the response body; return False, so that the caller awaits `drained`."""
        chunk = {"type": "http.response.body", "body": data, "more_body": not is_last}
        self._unsent.append(chunk)
        return False

    async def drained(self) -> None:
        """Send the chunks that were written, waiting while the send buffer is full."""
        unsent, self._unsent = self._unsent, []
        for message in unsent:
            await self._send(message)


class SubscriptionResponse(OpenConnection, Response):
    """Response to a subscription; it lasts until the client leaves or the server ends it."""

    def __init__(
        self,
        prepared: Prepared,
        variables: dict[str, Any] | None,
        context: Context,
        encoding: StreamEncoding,
        sockets: Sockets,
    ) -> None:
        OpenConnection.__init__(self, context.address, context.viewer)
        self.status_code = 200
        self.background = None
        self.media_type = encoding.media_type
        self.init_headers(HEADERS)
        self._operation = [(prepared, variables, context)]
        self._encoding = encoding
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send results until the stream ends; disconnect a client that does not read in time."""
        protocol = http_protocol_of(scope)
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        transport = ResponseTransport(protocol, send, start)
        transport.write(self._encoding.opening)
        protocol.on_drain = self.drain
        self._sockets.add(self)
        try:
            last = await self._serve(transport, scope, receive)
            transport.write(last, is_last=True)
            await drain(transport, FINAL_SECONDS)
        except* ConnectionAbortedError:
            await _wait_for_disconnect(receive)
        finally:
            self._sockets.remove(self)
            protocol.on_drain = None

    async def _serve(self, transport: ResponseTransport, scope: Scope, receive: Receive) -> bytes:
        """Send results until the operation ends; return the last chunk, which is not yet sent."""
        last = b""

        async def serve() -> None:
            nonlocal last
            await drain(transport)
            # Free the memory of the request's headers and URL, because the subscription may last
            # for days.
            scope.update(headers=[], query_string=b"", raw_path=b"")
            starting = [subscribe(*self._operation.pop(), self._encoding, transport)]
            async with asyncio.TaskGroup() as group:
                heartbeats = group.create_task(self._send_heartbeats(transport), name="heartbeats")
                client = group.create_task(_watch_client(receive), name="stream client")
                last = await last_message(starting.pop(), self._encoding)
                heartbeats.cancel()
                client.cancel()

        end = await self.wait_for_end(serve())
        if end is None:
            return last
        kind = Unavailable if end is End.RESTART else Unauthenticated
        errors = formatted([as_graphql_error(kind(f"{end.value}."))])
        is_final = end is End.SESSION_ENDED
        return self._encoding.errors(errors) if is_final else self._encoding.interrupted(errors)

    async def _send_heartbeats(self, transport: ResponseTransport) -> None:
        """Send heartbeats, so that neither the client nor a proxy closes an idle stream."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await send(transport, self._encoding.heartbeat)


async def _watch_client(receive: Receive) -> None:
    await _wait_for_disconnect(receive)
    raise ConnectionAbortedError


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
