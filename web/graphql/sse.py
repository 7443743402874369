"""Subscriptions over Server-Sent Events: graphql-sse, in its distinct connections mode.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md

A client that hears `complete` is done. One whose stream ends without it connects anew; where its
operation declares `$after`, each event carries its cursor as the `id` that an `EventSource` then
sends as `Last-Event-ID`.
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
from web.graphql.caching import OWN
from web.graphql.media import EVENT_STREAM

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping, Sequence

    from graphql import ExecutionResult, GraphQLError
    from starlette.types import Receive, Scope, Send

    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from web.graphql.sockets import Sockets

AFTER = "after"
COMMENT_SECONDS = 12.0
STUCK_SECONDS = 20.0
END_SECONDS = 2.0
HEADERS = {"Cache-Control": "no-store", "Vary": OWN["Vary"], "X-Accel-Buffering": "no"}
COMMENT = b":\n\n"
# Without its empty data an `EventSource` would not dispatch it.
COMPLETE = b"event: complete\ndata:\n\n"


class EventStream(Response):
    """The answer to a subscription: its events, for as long as client, session and server last."""

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
        self._last: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until there is a reason to end; a reader that is stuck is cut off."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        wire = http_protocol_of(scope)
        if wire:
            wire.on_drain = self.interrupt
        try:
            with self._sockets.registered(self, self._address):
                await _in_time(send, start)
                await _in_time(send, _part(COMMENT))
                last = await self._serve(receive, send)
                # A server that stops does not wait long for a reader that is stuck.
                await _in_time(send, _part(last, more=False), END_SECONDS)
        except TimeoutError:
            CUT_OFF.inc()
            if wire:
                wire.abort()
                await _gone(receive)
        finally:
            if wire:
                wire.on_drain = None

    async def _serve(self, receive: Receive, send: Send) -> bytes:
        """Send everything but the end, which it gives.

        Raises:
            TimeoutError: when the client does not take what is sent.
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
                    group.create_task(_comment(send), name="stream comments"),
                    group.create_task(self._listen(receive), name="stream client"),
                ]
                last = await self._last
                for task in tasks:
                    task.cancel()
        except* TimeoutError as stuck:
            raise TimeoutError from stuck
        finally:
            if expiry:
                expiry.cancel()
        return last

    def end(self) -> None:
        """End for good: the session has ended."""
        self._refuse("The session has ended.")

    def interrupt(self) -> None:
        """End without a word, so that the client connects anew: there may be another server."""
        self._finish(b"")

    def _refuse(self, message: str) -> None:
        self._fail([as_graphql_error(Unauthenticated(message))])

    def _fail(self, errors: Sequence[GraphQLError]) -> None:
        self._finish(outcome({"errors": formatted(errors)}))

    def _finish(self, last: bytes) -> None:
        if not self._last.done():
            self._last.set_result(last)

    async def _deliver(self, send: Send) -> None:
        try:
            async with aclosing(self._results) as results:
                async for result in results:
                    body = body_of(result)
                    id_ = _cursor(body) if self._resumable else None
                    await _in_time(send, _part(_next(body, id_)))
            self._finish(COMPLETE)
        except RequestFailed as error:
            self._fail(error.errors)
        except TimeoutError:
            raise
        except Exception as error:  # noqa: BLE001 - the client hears of it, masked, as of any other
            self._fail([as_graphql_error(error)])

    async def _listen(self, receive: Receive) -> None:
        await _gone(receive)
        self._finish(b"")


def once(body: Mapping[str, Any]) -> Response:
    """The stream of an operation with one result, or none."""
    return Response(outcome(body), headers=HEADERS, media_type=EVENT_STREAM)


def outcome(body: Mapping[str, Any]) -> bytes:
    """The last result, and that it was the last."""
    return _next(body) + COMPLETE


def is_resumable(prepared: Prepared) -> bool:
    """Whether an operation declares `$after`, so that another of it can go on where one ended."""
    declared = prepared.operation.variable_definitions or ()
    return any(definition.variable.name.value == AFTER for definition in declared)


def _next(body: Mapping[str, Any], id_: str | None = None) -> bytes:
    head = f"id: {id_}\n".encode() if id_ else b""
    return head + b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"


def _cursor(body: Mapping[str, Any]) -> str | None:
    """The cursor in the one field of a subscription's result, if it was asked for."""
    for value in (body["data"] or {}).values():
        cursor = value.get("cursor") if isinstance(value, dict) else None
        if isinstance(cursor, str) and cursor.isprintable():
            return cursor
    return None


def _part(chunk: bytes, *, more: bool = True) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _in_time(send: Send, message: dict[str, Any], seconds: float | None = None) -> None:
    async with asyncio.timeout(seconds or STUCK_SECONDS):
        await send(message)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _comment(send: Send) -> None:
    """Show the client, and whatever is in between, that the stream is alive."""
    while True:
        await asyncio.sleep(COMMENT_SECONDS)
        await _in_time(send, _part(COMMENT))
