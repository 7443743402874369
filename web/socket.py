"""Subscriptions over WebSocket: the protocol graphql-transport-ws, to the letter.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocketDisconnect

from models.errors import ExpertBookError, Unauthenticated, Unavailable
from models.sessions import alive
from schema.context import Context, Services
from schema.operations import RequestFailed, formatted, prepare, run, watch
from web.graphql import viewer_of_header

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from graphql import ExecutionResult
    from starlette.websockets import WebSocket

    from auth.viewers import Viewer
    from subscriptions.sessions import Ended
    from web.cookies import Cookies

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
RECONCILE_SECONDS = 5.0
LONGEST_FRAME = 64 * 1024


class Closing(Exception):
    """The socket is to be closed with that code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """One socket: who is at its other end, and the operations that run on it."""

    def __init__(self, websocket: WebSocket, services: Services, cookies: Cookies) -> None:
        self._websocket = websocket
        self._services = services
        self._cookies = cookies
        self._ended = asyncio.Event()
        self.viewer: Viewer | None = None
        self._is_acknowledged = False
        self._initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}

    async def serve(self) -> None:
        """Serve the socket until either side closes it; ends every operation on it."""
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            await self._websocket.accept()
            await self._websocket.close(4406, "Subprotocol not acceptable")
            return
        await self._websocket.accept(PROTOCOL)
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._until_ended(), name="session end")
                try:
                    await self._listen(group)
                finally:
                    watch.cancel()
                    for task in self._operations.values():
                        task.cancel()
        except* WebSocketDisconnect:
            pass
        except* Closing as closings:
            closing = closings.exceptions[0]
            if isinstance(closing, Closing):
                await self._websocket.close(closing.code, closing.reason)

    async def _until_ended(self) -> None:
        await self._ended.wait()
        raise Closing(4401, "The session has ended")

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                while not self._is_acknowledged:
                    await self._take(await self._receive(), group)
        except TimeoutError:
            raise Closing(4408, "Connection initialisation timeout") from None
        until = None if self.viewer is None else self.viewer.expires_at.timestamp()
        loop = asyncio.get_running_loop()
        ends = None if until is None else loop.time() + until - self._now()
        try:
            async with asyncio.timeout_at(ends):
                while True:
                    await self._take(await self._receive(), group)
        except TimeoutError:
            raise Closing(4401, "The access token has expired") from None

    def _now(self) -> float:
        return Context(self._services, None).now.timestamp()

    async def _receive(self) -> dict[str, Any]:
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1006))
        text = received.get("text")
        if text is None:
            raise Closing(4400, "Messages must be text")
        if len(text) > LONGEST_FRAME:
            raise Closing(4400, f"Messages must have at most {LONGEST_FRAME} bytes")
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Closing(4400, "Messages must be JSON") from None
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise Closing(4400, "Messages must be objects with a type")
        return message

    async def _take(self, message: dict[str, Any], group: asyncio.TaskGroup) -> None:
        payload = message.get("payload")
        match message["type"]:
            case "connection_init":
                await self._initialise(payload)
            case "ping":
                _check_payload(payload)
                await self._send({"type": "pong"} if payload is None else _pong(payload))
            case "pong":
                _check_payload(payload)
            case "subscribe":
                self._subscribe(_id(message), payload, group)
            case "complete":
                task = self._operations.pop(_id(message), None)
                if task:
                    task.cancel()
            case _:
                raise Closing(4400, "Unknown message type")

    async def _initialise(self, payload: object) -> None:
        if self._initialised:
            raise Closing(4429, "Too many initialisation requests")
        self._initialised = True
        _check_payload(payload)
        try:
            self.viewer = await self._identify(_authorization(payload))
        except Unauthenticated as error:
            raise Closing(4403, str(error)) from None
        except ExpertBookError:
            raise Closing(1013, "Try again later") from None
        await self._send({"type": "connection_ack"})
        self._is_acknowledged = True

    async def _identify(self, header: str | None) -> Viewer | None:
        """Who connects: by the connection's parameters, or by the cookie of an own page."""
        token = self._cookies.access_token
        if header or not token or not self._websocket.headers.get("origin"):
            return await viewer_of_header(header, self._services)
        return await self._services.viewers.of(token)

    def end(self) -> None:
        """Close the socket: its session has ended."""
        self._ended.set()

    def _subscribe(self, id_: str, payload: object, group: asyncio.TaskGroup) -> None:
        if not self._is_acknowledged:
            raise Closing(4401, "Unauthorized")
        if id_ in self._operations:
            raise Closing(4409, f"Subscriber for {id_[:64]} already exists")
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            raise Closing(4400, "subscribe needs a payload with a query")
        variables, name = payload.get("variables"), payload.get("operationName")
        if not isinstance(variables, dict | None) or not isinstance(name, str | None):
            raise Closing(4400, "variables must be an object and operationName a string")
        self._operations[id_] = group.create_task(
            self._operate(id_, payload["query"], variables, name), name=f"operation {id_[:64]}"
        )

    async def _operate(
        self, id_: str, query: str, variables: dict[str, Any] | None, name: str | None
    ) -> None:
        try:
            async with aclosing(self._results(query, variables, name)) as results:
                async for result in results:
                    payload: dict[str, Any] = {"data": result.data}
                    if result.errors:
                        payload["errors"] = formatted(result.errors)
                    await self._send({"id": id_, "type": "next", "payload": payload})
            last: dict[str, Any] = {"id": id_, "type": "complete"}
        except RequestFailed as error:
            last = {"id": id_, "type": "error", "payload": formatted(error.errors)}
        except Exception as error:  # noqa: BLE001 - one operation's failure is not its siblings'
            shown = formatted([GraphQLError("failed", original_error=error)])
            last = {"id": id_, "type": "error", "payload": shown}
        if self._operations.get(id_) is asyncio.current_task():
            del self._operations[id_]
            await self._send(last)

    async def _results(
        self, query: str, variables: dict[str, Any] | None, name: str | None
    ) -> AsyncGenerator[ExecutionResult, None]:
        prepared = prepare(query, name, introspection=self._services.allows_introspection)
        context = Context(self._services, self.viewer)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield await run(prepared, variables, context)
            return
        async with aclosing(watch(prepared, variables, context)) as results:
            async for result in results:
                yield result

    async def _send(self, message: dict[str, Any]) -> None:
        try:
            await self._websocket.send_text(orjson.dumps(message).decode())
        except (RuntimeError, OSError):
            # The peer has gone; whoever receives hears of it.
            return


class Sockets:
    """The open sockets of this process, by which the end of a session reaches them."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()

    @contextmanager
    def registered(self, connection: Connection) -> Iterator[None]:
        """Know of a socket for as long as the context lasts."""
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    def end(self, ended: Ended) -> None:
        """Close the sockets of ended sessions."""
        for connection in self._signed_in():
            viewer = connection.viewer
            if viewer and ended.concerns(viewer.session_id, viewer.id):
                connection.end()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Sockets]:
        """Look the sessions up every few seconds, for ends that were not told."""
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._reconcile(), name="socket sessions")
            try:
                yield self
            finally:
                task.cancel()

    def _signed_in(self) -> list[Connection]:
        return [connection for connection in self._open if connection.viewer]

    async def _reconcile(self) -> None:
        while True:
            await asyncio.sleep(RECONCILE_SECONDS)
            connections = {c: c.viewer.session_id for c in self._signed_in() if c.viewer}
            if not connections:
                continue
            try:
                lasting = await alive(set(connections.values()))
            except Unavailable:
                continue
            for connection, session_id in connections.items():
                if session_id not in lasting:
                    connection.end()


def _id(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise Closing(4400, "The message needs an id")
    return id_


def _check_payload(payload: object) -> None:
    if not isinstance(payload, dict | None):
        raise Closing(4400, "payload must be an object")


def _pong(payload: object) -> dict[str, Any]:
    return {"type": "pong", "payload": payload}


def _authorization(payload: object) -> str | None:
    """The `Authorization` in the connection's parameters, whatever its case."""
    for name, value in payload.items() if isinstance(payload, dict) else ():
        if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
            return value
    return None
