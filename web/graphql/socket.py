"""Subscriptions over WebSocket: the protocol graphql-transport-ws, to the letter.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocketDisconnect

from models.caching.fast_paths import FastPath
from models.calendar.times import utc_now
from models.errors import ExpertBookError, TooManyOperations, Unauthenticated
from models.telemetry.metrics import CUT_OFF
from schema.context import Context, Services
from schema.execution.observation import ObservedSubscription
from schema.execution.operations import as_graphql_error, body_of, formatted, run, watch
from schema.execution.prepared import RequestFailed
from schema.execution.shared_subscriptions import share_subscription
from web.edge.websocket_protocol import CLOSE_SECONDS, EXTENSION, MAX_FRAME_BYTES, STUCK_SECONDS
from web.graphql.http import viewer_of_header
from web.graphql.rate_limit import RateLimitCharge
from web.graphql.requests import BadRequest, parameters
from web.graphql.sockets import address_of
from web.graphql.subscribers import SharedSubscriber, SoloSubscriber

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from graphql import ExecutionResult
    from starlette.types import Message
    from starlette.websockets import WebSocket

    from auth.viewers import Viewer
    from schema.execution.prepared import Prepared
    from schema.execution.shared_subscriptions import SharedSubscription
    from web.edge.cookies import Cookies
    from web.edge.websocket_protocol import WebSocketProtocol
    from web.graphql.persisted_documents import PersistedDocuments
    from web.graphql.requests import GraphQLRequest

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
MOST_OPERATIONS = 50
LONGEST_ID = 256
"""Of an operation: it is sent with each of its events."""


class Closing(Exception):
    """The socket is to be closed with that code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Connection:
    """One socket: who is at its other end, and the operations that run on it."""

    def __init__(
        self,
        websocket: WebSocket,
        services: Services,
        documents: PersistedDocuments,
        cookies: Cookies,
    ) -> None:
        self._websocket = websocket
        self._wire: WebSocketProtocol | None = websocket.scope.get("extensions", {}).get(EXTENSION)
        self._services = services
        self._documents = documents
        self._cookies = cookies
        self.viewer: Viewer | None = None
        self._is_acknowledged = False
        self._initialised = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._finite = 0
        self._is_draining = False
        self._closing = Closing(4408, "Connection initialisation timeout")
        self._until = asyncio.timeout(INIT_SECONDS)

    async def serve(self) -> None:
        """Serve the socket until either side closes it; ends every operation on it."""
        if PROTOCOL not in self._websocket.scope["subprotocols"]:
            await self._websocket.accept()
            await self._close(Closing(4406, "Subprotocol not acceptable"))
            return
        await self._websocket.accept(PROTOCOL)
        if self._wire:
            self._wire.on_drain = self.drain
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    await self._listen(group)
                finally:
                    for task in self._operations.values():
                        task.cancel()
        except* WebSocketDisconnect:
            pass
        except* Closing as closings:
            closing = closings.exceptions[0]
            if isinstance(closing, Closing):
                await self._close(closing)

    async def _listen(self, group: asyncio.TaskGroup) -> None:
        try:
            async with self._until:
                while True:
                    await self._take(_message(await self._websocket.receive()), group)
        except TimeoutError:
            raise self._closing from None

    def end(self) -> None:
        """Close the socket: its session has ended."""
        self._end_as(Closing(4401, "The session has ended"))

    def drain(self) -> None:
        """Close the socket once its queries and mutations are answered: the server stops."""
        self._is_draining = True
        if not self._finite:
            self._end_as(Closing(1012, "Service restart"))

    def _end_as(self, closing: Closing) -> None:
        self._closing = closing
        with suppress(RuntimeError):  # it no longer listens
            self._until.reschedule(0)

    async def _close(self, closing: Closing) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close(closing.code, closing.reason)
        except (RuntimeError, OSError, TimeoutError):
            # The peer has gone, or does not read.
            if self._wire:
                self._wire.abort()

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
        self._websocket.scope["headers"].clear()  # of no more use
        await self._send({"type": "connection_ack"})
        self._is_acknowledged = True
        self._closing = Closing(4401, "The access token has expired")
        self._until.reschedule(self._expiry())

    async def _identify(self, header: str | None) -> Viewer | None:
        """Who connects: by the connection's parameters, or by the cookie of an own page."""
        token = self._cookies.access_token
        if header or not token or not self._websocket.headers.get("origin"):
            return await viewer_of_header(header, self._services)
        return await self._services.viewers.authenticate(token)

    def _expiry(self) -> float | None:
        """When the viewer's token ends, by the loop's clock."""
        if self.viewer is None:
            return None
        left = self.viewer.expires_at - utc_now()
        return asyncio.get_running_loop().time() + left.total_seconds()

    def _subscribe(self, id_: str, payload: object, group: asyncio.TaskGroup) -> None:
        if not self._is_acknowledged:
            raise Closing(4401, "Unauthorized")
        if id_ in self._operations:
            raise Closing(4409, f"Subscriber for {id_[:64]} already exists")
        if not isinstance(payload, dict):
            raise Closing(4400, "subscribe needs a payload")
        try:
            asked = parameters(payload)
        except BadRequest as error:
            raise Closing(4400, str(error)) from None
        if self._is_draining:  # the socket is about to close, and the client to come back
            return
        if len(self._operations) >= MOST_OPERATIONS:
            group.create_task(self._refuse(id_))
            return
        self._operations[id_] = group.create_task(
            self._operate(id_, asked), name=f"operation {id_[:64]}"
        )

    async def _operate(self, id_: str, asked: GraphQLRequest) -> None:
        try:
            answering = await self._begun(id_, asked)
            del asked  # a subscription lasts, and keeps nothing of how it was asked for
            await answering
            last: dict[str, Any] = {"id": id_, "type": "complete"}
        except RequestFailed as error:
            last = {"id": id_, "type": "error", "payload": formatted(error.errors)}
        except BadRequest as error:
            shown = formatted([GraphQLError(str(error))])
            last = {"id": id_, "type": "error", "payload": shown}
        except ConnectionAbortedError:  # the peer has gone; whoever receives hears of it
            return
        except Exception as error:  # noqa: BLE001 - one operation's failure is not its siblings'
            last = {"id": id_, "type": "error", "payload": formatted([as_graphql_error(error)])}
        if self._operations.get(id_) is asyncio.current_task():
            del self._operations[id_]
            await self._send(last)

    async def _begun(self, id_: str, asked: GraphQLRequest) -> Awaitable[None]:
        """What answers an operation, which has been read and paid for."""
        introspection = self._services.allows_introspection
        payer = RateLimitCharge(self._services.budgets, self.viewer, address_of(self._websocket))
        prepare = partial(self._documents.prepare, asked, introspection=introspection)
        prepared = await payer.prepared(prepare)
        await payer.pay(prepared, asked.variables)
        if prepared.kind is not OperationType.SUBSCRIPTION:
            return self._answer(id_, prepared, asked.variables)
        together = None
        if self._wire:
            together = await share_subscription(prepared, asked.variables, self._context())
        if self._wire is None or together is None:
            return self._watch(id_, prepared, asked.variables)
        if FastPath.FRAMES in self._services.fast:
            subscriber = SharedSubscriber(id_, self._wire, together, self.viewer)
        else:
            subscriber = SoloSubscriber(id_, self._wire, together, self.viewer, self._send_text)
        return self._serve_shared(ObservedSubscription(prepared), together, subscriber)

    async def _refuse(self, id_: str) -> None:
        refusal = TooManyOperations(
            f"At most {MOST_OPERATIONS} operations run on a socket at a time; complete one or open "
            "another socket."
        )
        shown = formatted([as_graphql_error(refusal)])
        await self._send({"id": id_, "type": "error", "payload": shown})

    async def _answer(self, id_: str, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Run a query or mutation; it is finished and told even while the server drains."""
        self._finite += 1
        try:
            result = await run(prepared, variables, self._context())
            await self._next(id_, result)
        finally:
            self._finite -= 1
            if self._is_draining:
                self.drain()

    async def _serve_shared(
        self,
        subscribed: ObservedSubscription,
        live: SharedSubscription,
        subscriber: SharedSubscriber,
    ) -> None:
        """Serve a subscription together with others of its kind."""
        with subscribed:
            await subscriber.serve(self._services.hub, live)

    async def _watch(self, id_: str, prepared: Prepared, variables: dict[str, Any] | None) -> None:
        """Serve a subscription by itself."""
        async with aclosing(watch(prepared, variables, self._context())) as results:
            async for result in results:
                await self._next(id_, result)

    def _context(self) -> Context:
        return Context(self._services, self.viewer, address_of(self._websocket))

    async def _next(self, id_: str, result: ExecutionResult) -> None:
        await self._send({"id": id_, "type": "next", "payload": body_of(result)})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message).decode())

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                await self._websocket.send_text(text)
        except TimeoutError:
            CUT_OFF.inc()
            if self._wire:
                self._wire.abort()
        except (RuntimeError, OSError):
            # The peer has gone; whoever receives hears of it.
            return


def _message(received: Message) -> dict[str, Any]:
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1006))
    text = received.get("text")
    if text is None:
        raise Closing(4400, "Messages must be text")
    if len(text) > MAX_FRAME_BYTES:
        raise Closing(4400, f"Messages must have at most {MAX_FRAME_BYTES} bytes")
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Closing(4400, "Messages must be JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise Closing(4400, "Messages must be objects with a type")
    return message


def _id(message: dict[str, Any]) -> str:
    id_ = message.get("id")
    if not isinstance(id_, str) or not id_:
        raise Closing(4400, "The message needs an id")
    if len(id_) > LONGEST_ID:
        raise Closing(4400, f"An id has at most {LONGEST_ID} characters")
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
