"""Subscriptions over Server-Sent Events: graphql-sse, in its distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

The event `complete` ends an operation; a client whose stream ends without it reconnects. If the
operation declares `$after`, each event carries its cursor as `id`, which a reconnecting
`EventSource` sends as `Last-Event-ID`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import Response

from models.calendar.times import utc_now
from models.errors import Unauthenticated
from models.telemetry.metrics import CUT_OFF
from schema.execution.operations import as_graphql_error, body_of, formatted
from schema.execution.prepared import RequestFailed
from web.edge.http_protocol import http_protocol_of
from web.graphql.caching import PRIVATE_HEADERS
from web.graphql.media import EVENT_STREAM

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from graphql import ExecutionResult, GraphQLError
    from starlette.types import Receive, Scope, Send

    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from web.graphql.sockets import Sockets

AFTER_VARIABLE = "after"
COMMENT_SECONDS = 12.0
STUCK_SECONDS = 20.0
FINAL_SECONDS = 2.0
HEADERS = {"Cache-Control": "no-store", "Vary": PRIVATE_HEADERS["Vary"], "X-Accel-Buffering": "no"}
COMMENT = b":\n\n"
# An `EventSource` ignores events without a `data` line.
COMPLETE = b"event: complete\ndata:\n\n"


class EventStream(Response):
    """Response to a subscription, which lasts until the client, session or server ends it."""

    media_type = EVENT_STREAM

    def __init__(
        self,
        results: AsyncGenerator[ExecutionResult, None],
        viewer: Viewer | None,
        sockets: Sockets,
        address: str,
        *,
        resumable: bool,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(HEADERS)
        self.viewer = viewer
        self._results = results
        self._sockets = sockets
        self._address = address
        self._resumable = resumable
        self._final_chunk: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the stream ends; a client that does not read is disconnected."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        protocol = http_protocol_of(scope)
        if protocol:
            protocol.on_drain = self.interrupt
        try:
            with self._sockets.register(self, self._address):
                await _send_in_time(send, start)
                await _send_in_time(send, _body_message(COMMENT))
                final_chunk = await self._serve(receive, send)
                # Shorter than usual, so that a stuck client does not delay a shutdown.
                await _send_in_time(send, _body_message(final_chunk, more=False), FINAL_SECONDS)
        except TimeoutError:
            CUT_OFF.inc()
            if protocol:
                protocol.abort()
                await _wait_for_disconnect(receive)
        finally:
            if protocol:
                protocol.on_drain = None

    async def _serve(self, receive: Receive, send: Send) -> bytes:
        """Send events and comments, and return the final chunk to send.

        Raises:
            TimeoutError: if the client does not read.
        """
        loop = asyncio.get_running_loop()
        expiry = None
        if self.viewer:
            left = (self.viewer.expires_at - utc_now()).total_seconds()
            expiry = loop.call_later(left, self._refuse, "The access token has expired.")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._deliver(send), name="stream"),
                    group.create_task(_send_comments(send), name="stream comments"),
                    group.create_task(self._watch_client(receive), name="stream client"),
                ]
                final_chunk = await self._final_chunk
                for task in tasks:
                    task.cancel()
        except* TimeoutError as stuck:
            raise TimeoutError from stuck
        finally:
            if expiry:
                expiry.cancel()
        return final_chunk

    def end(self) -> None:
        """Complete the stream with an error because its session has ended."""
        self._refuse("The session has ended.")

    def interrupt(self) -> None:
        """End the stream without `complete`, so that the client reconnects."""
        self._finish(b"")

    def _refuse(self, message: str) -> None:
        self._fail([as_graphql_error(Unauthenticated(message))])

    def _fail(self, errors: Sequence[GraphQLError]) -> None:
        self._finish(final_result({"errors": formatted(errors)}))

    def _finish(self, final_chunk: bytes) -> None:
        if not self._final_chunk.done():
            self._final_chunk.set_result(final_chunk)

    async def _deliver(self, send: Send) -> None:
        try:
            async with aclosing(self._results) as results:
                async for result in results:
                    body = body_of(result)
                    id_ = _cursor(body) if self._resumable else None
                    await _send_in_time(send, _body_message(_next_event(body, id_)))
            self._finish(COMPLETE)
        except RequestFailed as error:
            self._fail(error.errors)
        except TimeoutError:
            raise
        except Exception as error:  # noqa: BLE001 - sent to the client, masked
            self._fail([as_graphql_error(error)])

    async def _watch_client(self, receive: Receive) -> None:
        await _wait_for_disconnect(receive)
        self._finish(b"")


def single_result(body: Mapping[str, Any]) -> Response:
    """Return the event stream of a query, mutation or failed request."""
    return Response(final_result(body), headers=HEADERS, media_type=EVENT_STREAM)


def final_result(body: Mapping[str, Any]) -> bytes:
    """Return the last `next` event, followed by `complete`."""
    return _next_event(body) + COMPLETE


def is_resumable(prepared: Prepared) -> bool:
    """Return whether an operation declares `$after`, so that a client can resume it."""
    declared = prepared.operation.variable_definitions or ()
    return any(definition.variable.name.value == AFTER_VARIABLE for definition in declared)


def _next_event(body: Mapping[str, Any], id_: str | None = None) -> bytes:
    head = f"id: {id_}\n".encode() if id_ else b""
    return head + b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"


def _cursor(body: Mapping[str, Any]) -> str | None:
    """Return the cursor of a subscription's event, or None if it was not selected."""
    for value in (body["data"] or {}).values():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        if isinstance(cursor, str) and cursor.isprintable():
            return cursor
    return None


def _body_message(chunk: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _send_in_time(send: Send, message: dict[str, Any], seconds: float | None = None) -> None:
    async with asyncio.timeout(seconds or STUCK_SECONDS):
        await send(message)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_comments(send: Send) -> None:
    """Send comments, so that neither the client nor a proxy closes an idle stream."""
    while True:
        await asyncio.sleep(COMMENT_SECONDS)
        await _send_in_time(send, _body_message(COMMENT))
